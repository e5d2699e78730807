// SPDX-License-Identifier: MPL-2.0
/*
 * pivot_root: another mount becomes the root, the old root moves below it, and who stood at the old
 * root stands at the new one. See pivot_root(2).
 */
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

static void move_context(struct fs_context *fs, const struct path *from, const struct path *to)
{
	struct path root = { 0 };
	struct path cwd = { 0 };

	spin_lock(&fs->lock);
	follow(&fs->root, from, to, &root);
	follow(&fs->cwd, from, to, &cwd);
	spin_unlock(&fs->lock);
	path_put(&root);
	path_put(&cwd);
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

static void move_all_contexts(const struct path *from, const struct path *to)
{
	struct fs_context *fs;
	struct thread *t;
	s32 tid = 1;

	while ((t = thread_next(tid)) != NULL) {
		tid = t->tid + 1;
		fs = context_of(t);
		if (fs)
			move_context(fs, from, to);
		obj_put(&fs);
		obj_put(&t);
	}
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
		err = mount_pivot(&root, &new, &old);
		if (!err)
			move_all_contexts(&root, &new);
		path_put(&root);
		path_put(&old);
	}
	path_put(&new);
	return err;
}
