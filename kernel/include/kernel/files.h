// SPDX-License-Identifier: MPL-2.0
/*
 * Descriptor tables and file system contexts (working directory, root, umask).
 *
 * A table is a tree of fixed chunks so that it grows without moving; lookups take no lock: a slot
 * is a pointer to a file, pinned by obj_tryget and read again. When the table has one user (not
 * shared by threads) fd_get skips the reference count.
 */
#ifndef KERNEL_FILES_H
#define KERNEL_FILES_H

#include <frame/obj.h>
#include <frame/sync.h>
#include <kernel/file.h>
#include <kernel/list.h>

#define FILES_CHUNK 64
#define FILES_MAX   1048576u /* descriptors of a table at most: /proc/sys/fs/nr_open */

struct files;
struct fs_context {
	struct obj obj;
	struct spinlock lock;  /* what follows but umask */
	struct path root, cwd; /* references */
	u32 users;             /* threads */
	u32 nr_execs; /* of its users, those within exec: no other process may begin to share it */
	u32 umask;
	/* Walks of its only thread that stand on root without references; written by that. */
	u32 borrowed;
	struct path was; /* references: what root was, until that walk has ended; see pivot.c */
};
OBJ_TYPE_DECL(fs_context);
/* At the root of the mount tree, umask 022. */
struct fs_context *fs_context_new_root(void);
struct fs_context *fs_context_copy(struct fs_context *from);
/*
 * One more thread uses it; NULL: not now, one of its users is within exec. A thread uses it no
 * more: also clears the variable.
 */
struct fs_context *fs_context_share(struct fs_context *fs);
void fs_context_put(struct fs_context **fs);
/*
 * exec: false if other processes share @fs, the context of @t. True: none does until
 * fs_context_end_exec. Takes proc_lock.
 */
bool fs_context_begin_exec(struct fs_context *fs, struct thread *t);
void fs_context_end_exec(struct fs_context *fs);

struct files *files_new(void);
struct files *files_copy(struct files *from, s32 *err);
struct files *files_get(struct files *f);
void files_put(struct files **fp);
/* Whether others (threads, clone(CLONE_FILES)) use it too. */
bool files_is_shared(const struct files *f);
/* exec: closes the close-on-exec ones; a shared table must have been unshared before. */
void files_close_on_exec(struct files *f);

/* A reference to the open file @fd (not O_PATH ones unless _path), or NULL: -EBADF. */
struct file *file_get(struct thread *t, s32 fd);
struct file *file_get_path(struct thread *t, s32 fd);
/*
 * The open file of the calling thread's @fd for the time of one call, .file NULL: -EBADF. No count
 * is taken while nobody else uses the table, since then nobody can close the descriptor meanwhile:
 * the call itself must not, and must not make a thread. Who keeps the file takes a reference. Ended
 * by fd_put.
 */
struct fd_ref {
	struct file *file;
	struct file *held; /* the reference to drop, NULL: none was needed */
};
struct fd_ref fd_get(struct thread *t, s32 fd);
struct fd_ref fd_get_path(struct thread *t, s32 fd); /* O_PATH ones too */
static inline void fd_put(struct fd_ref r)
{
	if (unlikely(r.held))
		obj_put(&r.held);
}
/* A new descriptor >= @from for @f (takes its own reference): the number, -EMFILE, -ENOMEM. */
s32 fd_install(struct thread *t, struct file *f, s32 from, bool cloexec);
/* Two steps when something can fail in between: reserve a number, then publish or give back. */
s32 fd_reserve(struct thread *t, s32 from, bool cloexec);
void fd_publish(struct thread *t, s32 fd, struct file *f);
void fd_unreserve(struct thread *t, s32 fd);
s32 fd_close(struct thread *t, s32 fd);
/* The close-on-exec flag: @set < 0 reads it. */
s64 fd_cloexec(struct thread *t, s32 fd, s32 set);
/* Walk for /proc/pid/fd: the next used descriptor >= @from with a reference, or -1. */
s32 files_next(struct files *fs, s32 from, struct file **out, bool *cloexec);
/*
 * The table of another thread for a look from outside: a plain reference, or NULL when the thread
 * has none any more.
 */
struct files *files_pin(struct thread *t);
void files_unpin(struct files **fp);
/* Likewise its root and working directory: references in *out; false: none. */
bool thread_get_root(struct thread *t, struct path *out);
bool thread_get_cwd(struct thread *t, struct path *out);
u32 thread_umask(struct thread *t);
u32 files_limit(const struct files *fs); /* slots that exist, for FDSize */

#endif
