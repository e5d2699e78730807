// SPDX-License-Identifier: MPL-2.0
/* Declarations that the files of kernel/fs share. */
#ifndef KERNEL_FS_FS_H
#define KERNEL_FS_FS_H

#include <frame/buf.h>
#include <kernel/file.h>
#include <kernel/files.h>
#include <kernel/inode.h>
#include <kernel/locks.h>
#include <kernel/mount.h>
#include <kernel/namei.h>
#include <kernel/thread.h>

struct iattr;

/* ---- dcache.c ---- */
/* The hash of a name, as dentry.name_hash has it. */
u32 name_hash(struct cspan name);
/* The same, one byte at a time: START, then step for each byte, then end. */
#define NAME_HASH_START 2166136261u
static inline u32 name_hash_step(u32 h, u8 c)
{
	return (h ^ c) * 16777619u;
}
static inline u32 name_hash_end(u32 h)
{
	return h ^ h >> 15;
}
/*
 * The hashed dentry called @name below @parent, a reference; NULL: none. @hash: of the name. Takes
 * the bucket's lock. Context: task.
 */
struct dentry *dcache_find(struct dentry *parent, struct cspan name, u32 hash);
/*
 * Hashes @d, which has its inode. No dentry of that name may be hashed: the directory's lock is
 * held for writing.
 */
void dcache_insert(struct dentry *d);
/* Whether @a is @d or an ancestor of it. sb->rename_lock held. */
bool dentry_is_ancestor(struct dentry *a, struct dentry *d);
/*
 * Whether @d is @top or below it in the same file system, at one moment. Takes rename_lock.
 * Context: task.
 */
bool dentry_is_below(struct dentry *d, struct dentry *top);
/*
 * A counter of changes to the shape of the tree: a directory moved below another one, or anything
 * mounted, moved or unmounted. tree_state returns its state; tree_has_changed compares. A task that
 * changes the tree calls tree_change_begin before and tree_change_end after the change, and makes
 * the change itself under a lock that a reader of the changed place takes, too: the dentry's lock,
 * or mount_list_lock of the mounts.
 */
u64 tree_state(void);
bool tree_has_changed(u64 since);
void tree_change_begin(void);
void tree_change_end(void);

/* ---- protected.c: fs.protected_* ---- */
/* Whether a link in @dir at the end of a path may be followed: 0, -EACCES. */
int must_check may_follow_link(const struct inode *dir, const struct inode *link);
/* Whether the file may get another name: 0, -EPERM. */
int must_check may_link(struct inode *ino);
/* Whether O_CREAT may open a file of @dir that is there already: 0, -EACCES. */
int must_check may_create_over(const struct inode *dir, const struct inode *ino);

/* ---- namei.c ---- */
/*
 * A walk in several steps, for open(O_CREAT), which handles a link in the last component itself.
 * Links are counted, and the walk is confined, over all steps. walk_begin starts (if it succeeds,
 * walk_end ends it). walk_parent resolves all but the last component: w->at is the directory. If
 * the last component is a link, walk_link counts it and returns its text (*text, a reference), for
 * the next walk_parent from where the walk stands. *text is NULL for a link to an object: w->at is
 * the object then.
 */
struct walk_texts;
struct walk {
	/* The position. */
	struct path at; /* references */
	/*
	 * Where absolute names start and ".." stops. Either @held has the references or, without
	 * references, the context @lender of the calling thread.
	 */
	struct path root;
	struct path held;          /* references */
	struct fs_context *lender; /* context whose root is borrowed without references, or NULL */
	struct walk_texts *texts;  /* texts of links in progress; reference; NULL: no link so far */
	u64 tree;                  /* tree_state at the start of a confined walk */
	u32 links;                 /* number of links followed so far */
	u32 flags;                 /* LOOKUP_* */
};
/* Odd while pivot_root changes the roots of contexts; see pivot.c. */
extern u32 root_moves;
int must_check walk_begin(struct walk *w, struct thread *t, s32 dirfd, struct cspan name,
	u32 flags);
int must_check walk_link(struct walk *w, struct dentry *link, struct buf **text, size_t *len);
void walk_end(struct walk *w);
/* Walks along @name from where the walk stands. Returns 0 or -errno. */
int must_check walk_string(struct walk *w, struct cspan name, u32 last_flags);
/* Whether the walk stands on a directory that the thread may search: 0, -ENOTDIR, -EACCES. */
int must_check walk_check_dir(struct walk *w);
/* Whether a confined walk is still below its start: 0, -EXDEV, -EAGAIN. */
int must_check walk_check_confined(const struct walk *w);
/* "." and "..". */
static inline bool name_is_dot(struct cspan name)
{
	return cspan_len(name) == 1 && span_byte(name, 0) == '.';
}
static inline bool name_is_dotdot(struct cspan name)
{
	return cspan_len(name) == 2 && span_byte(name, 0) == '.' && span_byte(name, 1) == '.';
}
/* ---- inode.c ---- */
/*
 * Sets the size of the regular file at *@p, and clears its set-user-ID bit; inode_begin_write has
 * succeeded, or the file is open for writing. Returns 0, -EROFS, -EFBIG (with SIGXFSZ), or the error
 * of inode_truncate.
 */
int must_check path_set_size(const struct path *p, u64 size);

/* ---- parent.c ---- */
int must_check walk_parent(struct walk *w, struct cspan name, struct last_name *last);

/* ---- dir.c ---- */
/* The parent directory and the last component of a path, with the buffer that has the name. */
struct target {
	struct buf *buf;
	size_t len;
	struct path dir;
	struct last_name last;
	bool writes; /* counted as a change in progress: see target_begin_write */
};
/* Resolves the parent of @path; target_put releases it. Returns 0 or the error of the walk. */
int must_check target_get(struct thread *t, s32 dirfd, struct uaddr path, struct target *g);
void target_put(struct target *g);
/* mount_begin_write for the directory; target_put ends it. Returns 0, -EROFS. */
int must_check target_begin_write(struct target *g);
/*
 * The dentry of the last component, a reference; negative if there is none. The directory is locked
 * for writing.
 */
int must_check target_lookup(struct target *g, struct dentry **out);
#define target_name(g) (cspan_sub(buf_cspan((g)->buf), (g)->last.off, (g)->last.len))
/* ---- cwd.c ---- */
/*
 * Writes the path of @d from the root of its file system to the end of @out. Returns where it
 * begins, or -ENAMETOOLONG. Context: task.
 */
ssize_t must_check dentry_path(struct dentry *d, struct span out);
/* ---- mount.c ---- */
/* The mount on dentry @d of mount @m, a reference; NULL: none. Takes mount_list_lock. */
struct mount *mount_on(struct mount *m, struct dentry *d);
/*
 * Moves *@p from the root of a mount up to its mount point. False at the top. Takes
 * mount_list_lock.
 */
bool mount_up(struct path *p);

/* ---- attr.c ---- */
/*
 * Applies a change of attributes; the caller has checked the permissions. ATTR_SIZE is ignored: see
 * inode_truncate. Returns 0 or -errno. ino->lock held for writing.
 */
int must_check inode_setattr(struct inode *ino, struct iattr *a);

/* ---- copy.c ---- */
/*
 * FICLONE: what would share the data of @in_fd with @out. No file system here can: -EOPNOTSUPP,
 * after the checks: -EBADF, -EXDEV, -EISDIR, -EINVAL.
 */
s64 must_check file_clone(struct thread *t, s32 in_fd, const struct file *out);

/* ---- file_count.c ---- */
/*
 * An open file without anything in it, or NULL: no memory, or there are too many. Its release calls
 * file_counted(-1). Context: task.
 */
struct file *file_alloc(void);
extern u64 file_counts[MAX_CPUS];
static inline void file_counted(s64 change)
{
	u64 *const count = array_at(file_counts, cpu_id());

	store_once(*count, *count + (u64)change);
}

/* ---- locks.c, lock_calls.c ---- */
/*
 * The lock commands of fcntl(2). @f is the file that @fd was when the call began. Returns the
 * result of the call.
 */
s64 must_check locks_fcntl(struct thread *t, s32 fd, struct file *f, u32 cmd, struct uaddr lock);
/* Whether the inode of @f has, or has had, locks or leases; if not, a close has none to remove. */
static inline bool file_has_locks(const struct file *f)
{
	return f->inode && unlikely(load_once(f->inode->locks) != NULL);
}
/* A descriptor of @f in @table was closed: removes the record locks of the table on the inode. */
void locks_file_closed(struct file *f, struct obj *table);
/* The last reference to @f, whose inode has locks, is gone: removes its own (flock, OFD). */
void locks_file_released(struct file *f);
/* ---- dnotify.c ---- */
/* F_NOTIFY; the result of the call. */
s64 must_check dnotify_fcntl(struct thread *t, s32 fd, struct file *f, u32 mask);
/* A descriptor of the directory @f in @table was closed: removes the watch. */
void dnotify_remove(struct file *f, struct obj *table);

/* ---- lease.c ---- */
/* F_SETLEASE and F_GETLEASE; the result of the call. */
s64 must_check lease_set(struct thread *t, s32 fd, struct file *f, u64 arg);
s64 must_check lease_get(struct file *f);
/* The last reference to @f, whose inode has locks, is gone: removes its lease. */
void lease_file_released(struct file *f);
/*
 * Breaks the leases that conflict with an open of the file by @flags (O_ACCMODE, O_NONBLOCK), and
 * waits for their ends. The caller has been counted in inode.writers or inode.readers. Returns 0,
 * -EAGAIN (O_NONBLOCK), -ERESTARTSYS, -ENOMEM. Context: task, no locks.
 */
int must_check lease_break(struct inode *ino, u32 flags);

/* The inode is being released: frees its locks. */
void locks_free(struct inode *ino);
/* The text of /proc/locks, record by record as <kernel/synth.h> says. */
void locks_show(struct fmt *f, u64 *next);
/* The object that owns the record locks of a descriptor table; files.c. */
struct obj *files_owner(struct files *fs);
/* Whether descriptor @fd is @f now; takes the table's lock. */
bool fd_is(struct thread *t, s32 fd, const struct file *f);
/* ---- chrdev.c ---- */
/*
 * Finds the operations of a special file that is being opened and sets f->ops. 0, -ENXIO, or the
 * error of the kind.
 */
int must_check special_choose_ops(struct file *f);
/* ---- sync.c ---- */
/*
 * sync_file_range(2) of an open file; the arguments have been checked. Returns 0, -ESPIPE, -ENOMEM,
 * -EAGAIN, or with one of the flags that wait an error that this open file has not been told of.
 */
int must_check file_sync_range(struct file *f, u64 off, u64 len, u32 flags);
/* ---- context.c ---- */
/* The context of any thread, a reference; NULL: the thread has exited. Takes no lock. */
struct fs_context *fs_context_pin(struct thread *t);
/* ---- open.c ---- */
/* Start-up: makes the file system of files without a name. */
int must_check files_init(void);
/* ---- xattr.c ---- */
/* The inode is being released: frees its attributes. */
void xattr_free(struct inode *ino);

#endif
