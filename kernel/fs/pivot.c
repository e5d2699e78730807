// SPDX-License-Identifier: MPL-2.0
/*
 * pivot_root: another mount becomes the root, the old root moves below it, and who stood at the old
 * root stands at the new one. See pivot_root(2).
 */
#include <frame/cpu.h>
#include <kernel/cred.h>
#include <kernel/files.h>
#include <kernel/mount.h>
#include <kernel/namei.h>
#include <kernel/syscall.h>
#include <kernel/thread.h>
#include <uapi/fs.h>

#include "fs.h"

static bool is_same(const struct path *a, const struct path *b)
{
	return a->mnt == b->mnt && a->dentry == b->dentry;
}

/* What a context refers to follows its root; the old references go to @gone. */
static void follow(struct path *at, const struct path *from, const struct path *to,
	struct path *gone)
{
	if (!is_same(at, from))
		return;
	*gone = *at;
	*at = *to;
	path_get(at);
}

/* Its old root is kept: a walk may stand on it. */
static void move_context(struct fs_context *fs, const struct path *from, const struct path *to)
{
	struct path cwd = { 0 };

	spin_lock(&fs->lock);
	follow(&fs->root, from, to, &fs->was);
	follow(&fs->cwd, from, to, &cwd);
	spin_unlock(&fs->lock);
	path_put(&cwd);
}

/* The old root goes, unless a walk may stand on it: then it goes when that ends. */
static void drop_if_unused(struct fs_context *fs)
{
	struct path was = { 0 };

	spin_lock(&fs->lock);
	if (!load_once(fs->borrowed)) {
		was = fs->was;
		fs->was = (struct path){ 0 };
	}
	spin_unlock(&fs->lock);
	path_put(&was);
}

/* The file system context of any thread, a reference, or NULL. */
static struct fs_context *context_of(struct thread *t)
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

/*
 * Moves the contexts from one root to the other, or (@to NULL) drops the roots that they had.
 * Whether any still keeps such a one.
 */
static bool for_all_contexts(const struct path *from, const struct path *to)
{
	bool any = false;
	struct fs_context *fs;
	struct thread *t;
	s32 tid = 1;

	while ((t = thread_next(tid)) != NULL) {
		tid = t->tid + 1;
		fs = context_of(t);
		if (fs && to)
			move_context(fs, from, to);
		else if (fs)
			drop_if_unused(fs);
		any |= fs && load_once(fs->was.mnt);
		obj_put(&fs);
		obj_put(&t);
	}
	return any;
}

/*
 * A walk may stand on a root without references (namei.c, borrow_root), and says so in borrowed.
 * It has no fences for that; we make all CPUs execute one, twice. Before the first, root_moves
 * becomes odd, then the roots change, then comes the second, then root_moves becomes even. So a
 * walk that reads root_moves, the root and root_moves again lies between two of these moments as a
 * whole, or sees that it does not, or sees the odd number. And a walk that has read an old root had
 * set borrowed before the first fence: we see that after the second, unless it has ended. It clears
 * borrowed, then looks at was; we have set was before the second fence, and look at borrowed after
 * it: one of the two sees the other, and drops the old root. @moving held.
 */
static void move_all_contexts(const struct path *from, const struct path *to)
{
	store_once(root_moves, root_moves + 1);
	cpu_sync_icache_all();
	(void)for_all_contexts(from, to);
	cpu_sync_icache_all();
	store_once(root_moves, root_moves + 1);
	(void)for_all_contexts(NULL, NULL);
}

static struct mutex moving; /* one at a time; guards root_moves, and setting was */

static s64 pivot(const struct path *root, const struct path *new, const struct path *old)
{
	s64 err;

	mutex_lock(&moving);
	/* A context keeps one old root, as long as a walk of it lasts. */
	err = for_all_contexts(NULL, NULL) ? -EBUSY : mount_pivot(root, new, old);
	if (!err)
		move_all_contexts(root, new);
	mutex_unlock(&moving);
	return err;
}

s64 sys_pivot_root(struct thread *t, struct uaddr new_root, struct uaddr put_old)
{
	struct path root, new = { 0 };
	struct path old = { 0 };
	s64 err;

	if (!cred_capable(t->cred, CAP_SYS_ADMIN))
		return -EPERM;
	err = path_lookup_user(t, AT_FDCWD, new_root, LOOKUP_FOLLOW | LOOKUP_DIRECTORY, &new);
	if (err)
		return err;
	err = path_lookup_user(t, AT_FDCWD, put_old, LOOKUP_FOLLOW | LOOKUP_DIRECTORY, &old);
	if (!err) {
		spin_lock(&t->fs->lock);
		root = t->fs->root;
		path_get(&root);
		spin_unlock(&t->fs->lock);
		err = pivot(&root, &new, &old);
		path_put(&root);
		path_put(&old);
	}
	path_put(&new);
	return err;
}
