// SPDX-License-Identifier: MPL-2.0
/*
 * Descriptor tables and file system contexts (working directory, root, umask).
 *
 * A table is a tree of fixed chunks, so it grows without moving. Look-ups take no lock: a slot is a
 * pointer to a file; the reader pins the file by obj_tryget and reads the slot again. While a table
 * has one user (no other thread shares it), fd_get takes no reference.
 */
#ifndef KERNEL_FILES_H
#define KERNEL_FILES_H

#include <frame/obj.h>
#include <frame/sync.h>
#include <kernel/file.h>
#include <kernel/list.h>

#define FILES_CHUNK 64
#define FILES_MAX   1048576u /* most descriptors of a table: /proc/sys/fs/nr_open */

struct files;
struct fs_context {
	struct obj obj;
	struct spinlock lock;  /* guards the fields below except umask and borrowed */
	struct path root, cwd; /* references */
	u32 users;             /* threads */
	u32 nr_execs; /* users within exec: meanwhile no other process may begin to share it */
	u32 umask;
	/*
	 * Path walks of its only thread that use root without references; written by that thread.
	 */
	u32 borrowed;
	/* references: the root before pivot_root, until that walk has ended; see pivot.c */
	struct path was;
};
OBJ_TYPE_DECL(fs_context);
/* A context at the root of the mount tree, umask 022, one user. NULL: no memory. */
struct fs_context *fs_context_new_root(void);
/* A copy with one user; NULL: no memory. */
struct fs_context *fs_context_copy(struct fs_context *from);
/*
 * fs_context_share adds a user (a thread) and returns a reference. NULL: refused, since one of its
 * users is within exec. fs_context_put removes a user, drops the reference, and sets *@fs to NULL.
 */
struct fs_context *fs_context_share(struct fs_context *fs);
void fs_context_put(struct fs_context **fs);
/*
 * exec: returns false if other processes share @fs, the context of @t. True: no other process will
 * share it until fs_context_end_exec. Takes proc_lock.
 */
bool fs_context_begin_exec(struct fs_context *fs, struct thread *t);
void fs_context_end_exec(struct fs_context *fs);

/* An empty table with one user; NULL: no memory. */
struct files *files_new(void);
/* A copy of all open descriptors with one user. NULL: *@err says why. Takes from->lock. */
struct files *files_copy(struct files *from, int *err);
/*
 * files_get adds a user (a thread that shares the table) and returns a reference. files_put removes
 * a user; the last one closes all descriptors. Context: task; files_put may sleep.
 */
struct files *files_get(struct files *f);
void files_put(struct files **fp);
/* Whether other threads use the table too. */
bool files_is_shared(const struct files *f);
/*
 * exec: closes the descriptors marked close-on-exec. The table must have one user: exec copies a
 * shared table first.
 */
void files_close_on_exec(struct files *f);

/*
 * The open file @fd, a reference; NULL: -EBADF. file_get returns NULL also for O_PATH files,
 * file_get_path does not.
 */
struct file *file_get(struct thread *t, s32 fd);
struct file *file_get_path(struct thread *t, s32 fd);
/*
 * The open file of the calling thread's descriptor @fd for the duration of one system call; .file
 * NULL: -EBADF. While the table has no other user, no reference is taken, because nobody else can
 * close the descriptor. So the call itself must not close it and must not create a thread. A call
 * that stores the file takes a reference of its own. fd_put ends the use.
 */
struct fd_ref {
	struct file *file;
	struct file *held; /* the reference to drop, NULL: none was needed */
};
struct fd_ref fd_get(struct thread *t, s32 fd);
struct fd_ref fd_get_path(struct thread *t, s32 fd); /* also O_PATH files */
static inline void fd_put(struct fd_ref r)
{
	if (unlikely(r.held))
		obj_put(&r.held);
}
/*
 * Allocates the lowest descriptor >= @from for @f (takes its own reference). Returns the number,
 * -EMFILE, -ENOMEM.
 */
s32 must_check fd_install(struct thread *t, struct file *f, s32 from, bool cloexec);
/*
 * The same in two steps, for a caller that can fail in between: fd_reserve allocates a number that
 * other threads see as not open; then fd_publish stores @f (takes its own reference) or
 * fd_unreserve frees the number. fd_publish cannot fail.
 */
s32 must_check fd_reserve(struct thread *t, s32 from, bool cloexec);
void fd_publish(struct thread *t, s32 fd, struct file *f);
void fd_unreserve(struct thread *t, s32 fd);
/*
 * Makes @to stand for @f (takes its own reference), as dup3 does: what @to was before is closed.
 * Returns @to, -EBADF (out of range), -ENOMEM, -EBUSY (another thread is opening that number).
 */
s32 must_check fd_replace(struct thread *t, struct file *f, s32 to, bool cloexec);
/* The close-on-exec flag: sets it to @set, or returns it if @set < 0. -EBADF. */
s64 must_check fd_cloexec(struct thread *t, s32 fd, s32 set);
/* For /proc/pid/fd: the next open descriptor >= @from with a reference in *@out, or -1. */
s32 files_next(struct files *fs, s32 from, struct file **out, bool *cloexec);
/*
 * The table of another thread, for a look from outside: a plain reference that does not count as a
 * user. NULL: the thread has none any more.
 */
struct files *files_pin(struct thread *t);
void files_unpin(struct files **fp);
/*
 * The root and the working directory of any thread: references in *@out. False: it has none any
 * more.
 */
bool thread_get_root(struct thread *t, struct path *out);
bool thread_get_cwd(struct thread *t, struct path *out);
/* The umask of any thread; 0 if it has no context any more. */
u32 thread_umask(struct thread *t);
u32 files_limit(const struct files *fs); /* allocated slots, for FDSize in /proc/pid/status */

#endif
