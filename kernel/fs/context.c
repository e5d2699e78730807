// SPDX-License-Identifier: MPL-2.0
/*
 * Contexts of the file system: root, working directory and umask, which threads share or have for
 * themselves (kernel/files.h).
 *
 * `users` counts the threads that use a context; the references include other tasks that look at it
 * for a moment. fs.lock guards root, cwd and the counts. exec gives privileges only if no other
 * process shares the context: fs_context_begin_exec compares `users` with the threads of its
 * process, and forbids further sharing until the exec has finished.
 */
#include <kernel/files.h>
#include <kernel/list.h>
#include <kernel/mount.h>
#include <kernel/thread.h>

#include "fs.h"

static void fs_context_release(struct fs_context *fs)
{
	path_put(&fs->root);
	path_put(&fs->cwd);
	path_put(&fs->was);
}
OBJ_TYPE(fs_context, fs_context_release);

/* Root and working directory are copied at one moment, under the lock. */
struct fs_context *fs_context_copy(struct fs_context *from)
{
	struct fs_context *fs = obj_new(fs_context);

	if (!fs)
		return NULL;
	spin_lock(&from->lock);
	fs->root = from->root;
	fs->cwd = from->cwd;
	path_get(&fs->root);
	path_get(&fs->cwd);
	fs->umask = from->umask;
	fs->users = 1;
	spin_unlock(&from->lock);
	return fs;
}

struct fs_context *fs_context_share(struct fs_context *fs)
{
	bool ok;

	spin_lock(&fs->lock);
	ok = !fs->nr_execs;
	fs->users += ok;
	spin_unlock(&fs->lock);
	return ok ? obj_get(fs) : NULL;
}

/*
 * *@fsp may be thread.fs, which fs_context_begin_exec counts. So it is cleared in the same critical
 * section as the count is lowered.
 */
void fs_context_put(struct fs_context **fsp)
{
	struct fs_context *fs = *fsp;

	if (!fs)
		return;
	spin_lock(&fs->lock);
	store_once(*fsp, NULL);
	fs->users--;
	spin_unlock(&fs->lock);
	obj_put(&fs);
}

/*
 * A thread that leaves the context clears thread.fs and lowers `users` in one critical section of
 * fs->lock, so each thread is in both counts or in none. A new user after that is refused by
 * fs_context_share.
 */
bool fs_context_begin_exec(struct fs_context *fs, struct thread *t)
{
	struct thread *s;
	u32 ours = 0;
	bool alone;

	spin_lock(&proc_lock);
	spin_lock(&fs->lock);
	list_for_each(s, &t->process->threads, group_link)
		ours += load_once(s->fs) == fs;
	alone = fs->users <= ours;
	fs->nr_execs += alone;
	spin_unlock(&fs->lock);
	spin_unlock(&proc_lock);
	return alone;
}

void fs_context_end_exec(struct fs_context *fs)
{
	spin_lock(&fs->lock);
	fs->nr_execs--;
	spin_unlock(&fs->lock);
}

struct fs_context *fs_context_new_root(void)
{
	struct fs_context *fs = obj_new(fs_context);

	if (!fs)
		return NULL;
	fs->root.mnt = obj_get(root_mount());
	fs->root.dentry = obj_get(fs->root.mnt->root);
	path_follow_mounts(&fs->root);
	fs->cwd = fs->root;
	path_get(&fs->cwd);
	fs->umask = 022;
	fs->users = 1;
	return fs;
}

/* ---- of other threads ---- */

/*
 * The context of any thread, a reference; NULL: the thread has exited. The pointer is read, the
 * object pinned, and the pointer read again: if it is the same, the object was the thread's at that
 * moment.
 */
struct fs_context *fs_context_pin(struct thread *t)
{
	struct fs_context *fs;

	while ((fs = load_once(t->fs)) != NULL) {
		if (obj_tryget(fs)) {
			if (load_once(t->fs) == fs)
				return fs;
			obj_put(&fs);
		}
	}
	return NULL;
}

static bool get_place(struct thread *t, bool root, struct path *out)
{
	struct fs_context *fs = fs_context_pin(t);

	if (!fs)
		return false;
	spin_lock(&fs->lock);
	*out = root ? fs->root : fs->cwd;
	path_get(out);
	spin_unlock(&fs->lock);
	obj_put(&fs);
	return true;
}

/* The umask has no lock: it is one word. */
u32 thread_umask(struct thread *t)
{
	struct fs_context *fs = fs_context_pin(t);
	u32 mask = fs ? fs->umask : 0;

	obj_put(&fs);
	return mask;
}

bool thread_get_root(struct thread *t, struct path *out)
{
	return get_place(t, true, out);
}

bool thread_get_cwd(struct thread *t, struct path *out)
{
	return get_place(t, false, out);
}
