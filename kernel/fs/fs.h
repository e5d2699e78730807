// SPDX-License-Identifier: MPL-2.0
/* Inside kernel/fs: what its files share. */
#ifndef KERNEL_FS_FS_H
#define KERNEL_FS_FS_H

#include <kernel/files.h>
#include <kernel/locks.h>
#include <kernel/thread.h>
#include <kernel/vfs.h>

/* ---- dcache.c ---- */
u32 name_hash(struct cspan name);
/* The same byte by byte. */
#define NAME_HASH_START 2166136261u
static inline u32 name_hash_step(u32 h, u8 c)
{
	return (h ^ c) * 16777619u;
}
static inline u32 name_hash_end(u32 h)
{
	return h ^ h >> 15;
}
/* The name where it stands, a span; the parent directory's lock keeps it. */
#define dentry_name_span(d) (cspan_first((d)->long_name ? buf_cspan((d)->long_name) : cspan_of((d)->name), (d)->name_len))
/* The hashed dentry of that name, a reference, or NULL. */
struct dentry *dcache_find(struct dentry *parent, struct cspan name, u32 hash);
void dcache_insert(struct dentry *d);
/* Makes @d a name of its directory that stays until it is unlinked (tmpfs). dir inode's lock held for writing. */
void dentry_pin(struct dentry *d, struct inode *ino);
void dentry_unpin(struct dentry *d);
/* The pinned dentry @d takes the place of @to: its parent and its name. If @to is pinned, it is unlinked in the same step. Both directories' locks held for writing. */
void dentry_move(struct dentry *d, struct dentry *to);
/* Two pinned dentries change places: parents and names. Both directories' locks held for writing. */
void dentry_swap(struct dentry *a, struct dentry *b);
/* Whether @a is @d or above it. sb->rename_lock held. */
bool dentry_is_ancestor(struct dentry *a, struct dentry *d);
/* Whether @d is @top or below it in the same file system, at one moment: takes rename_lock. Context: task. */
bool dentry_is_below(struct dentry *d, struct dentry *top);
/*
 * Whether a directory has come below another one, or anything has been mounted, moved or unmounted, since tree_state was asked. Whoever changes the tree says so
 * before and after, and holds a lock for the change itself that whoever looks at the changed place takes, too: the dentry's, or that of the mounts.
 */
u64 tree_state(void);
bool tree_has_changed(u64 since);
void tree_change_begin(void);
void tree_change_end(void);
struct dentry *dentry_parent(struct dentry *d);

/* ---- namei.c ---- */
/* Looks @name up in the directory; *out: a dentry, negative if there is no such file. dir->lock held for writing if @locked. */
int dir_lookup(struct dentry *dir, struct cspan name, bool locked, struct dentry **out);
/* The parent directory and last component of a path. *last points into the path buffer by offset and length. */
struct last_name {
	u32 off, len;
	bool trailing_slash;
	u32 kind; /* enum last_kind */
};
enum last_kind { LAST_NAME, LAST_DOT, LAST_DOTDOT, LAST_ROOT };
int path_parent(struct thread *t, s32 dirfd, struct cspan name, u32 flags, struct path *dir, struct last_name *last);
/*
 * A walk in several steps, for open(O_CREAT), which has to see each link in the last place itself: the links are counted, and the walk confined, over all of them.
 * walk_begin (if it succeeds, ended by walk_end), then walk_parent: w->at is the directory of the last component. If a link is there, walk_link counts it and
 * gives its text (*text, a reference), for walk_parent again from where the walk stands; or NULL: it was a link to an object, and w->at is that now.
 */
struct walk_texts;
struct walk {
	struct path at;       /* references */
	struct path root;     /* where absolute names start and ".." stops; kept by @held, or by the thread's own context */
	struct path held;     /* references */
	struct walk_texts *texts; /* reference, or NULL: no link so far */
	u64 tree;             /* tree_state at the start of a confined walk */
	u32 links;            /* followed so far */
	u32 flags;            /* LOOKUP_* */
};
int walk_begin(struct walk *w, struct thread *t, s32 dirfd, struct cspan name, u32 flags);
int walk_parent(struct walk *w, struct cspan name, struct last_name *last);
int walk_link(struct walk *w, struct dentry *link, struct buf **text, size_t *len);
void walk_end(struct walk *w);

/* ---- attr.c ---- */
/* Checks and applies a change of attributes; ino->lock held for writing. */
int inode_setattr(struct inode *ino, struct iattr *a);
int inode_truncate(struct inode *ino, u64 size);
/* Whether the caller may make the file so large: 0, or -EFBIG and SIGXFSZ beyond RLIMIT_FSIZE. */
int inode_check_size_limit(struct inode *ino, u64 size);
/* Cuts [off, off + len) out of the contents of a file in the page cache; its size stays. inode.lock held for writing. */
int inode_punch_locked(struct inode *ino, u64 off, u64 len);
/* Clears set-user-ID and set-group-ID as a write or chown by an unprivileged user does. */
void inode_kill_suid(struct inode *ino);

/* ---- mount.c ---- */
struct mount *root_mount(void);
/* The mount on dentry @d of mount @m, a reference, or NULL. */
struct mount *mount_on(struct mount *m, struct dentry *d);
/* Up from the root of a mount to where it is attached. False at the top. */
bool mount_up(struct path *p);
/* The mount behind @after (NULL: the first), a reference. */
struct mount *mount_next(struct mount *after);
bool mount_is_readonly(const struct mount *m);
/* The id of the mount it hangs on, or its own. */
s32 mount_parent_id(struct mount *m);
/* Puts the mount of @new in the place of the mount of @root, and that on @old: pivot_root(2)'s checks and its work on the tree. */
s64 mount_pivot(const struct path *root, const struct path *new, const struct path *old);

/* ---- locks.c ---- */
/* @f is what @fd was when the call began. */
s64 locks_fcntl(struct thread *t, s32 fd, struct file *f, u32 cmd, struct uaddr lock);
/* A descriptor of the file in @table was closed: the table's record locks on the inode go. */
void locks_file_closed(struct file *f, struct obj *table);
/* The open file is gone: its own locks (flock, OFD) go. */
void locks_file_released(struct file *f);
void locks_free(struct inode *ino);
/* The object that owns the POSIX locks of a descriptor table; files.c. */
struct obj *files_owner(struct files *fs);
/* Whether the descriptor is that file now; under the table's lock. */
bool fd_is(struct thread *t, s32 fd, const struct file *f);
/* ---- open.c ---- */
int files_init(void);
/* ---- tmpfs.c ---- */
/* Takes the pins off all names below @top. */
void pinned_drop_below(struct dentry *top);
/* ---- devtmpfs.c ---- */
/* What users made in devtmpfs goes; the nodes of devices stay. */
void devtmpfs_shutdown(void);
/* As mknod and mkdir of a tmpfs, for a node that is the kernel's (S_KERNEL) and root's from the moment it can be seen. */
int tmpfs_add_kernel(struct inode *dir, struct dentry *d, u32 mode, u64 rdev);
/* Whether it is a regular file in tmpfs. */
bool inode_is_tmpfs_file(const struct inode *ino);
int shmem_file_new(struct cspan name, struct inode *ino, u32 flags, struct file **out);
/* ---- xattr.c ---- */
/* The inode goes: so do its attributes. */
void xattr_free(struct inode *ino);
/* ---- memfd.c ---- */
/* Whether seals forbid a write of @len at @pos / a change of the size. 0 or -EPERM. inode lock held. */
s64 memfd_check_write(struct inode *ino, u64 pos, u64 len);
s64 memfd_check_resize(struct inode *ino, u64 size);
/* The same of another mode (execute permission). */
s64 memfd_check_mode(struct inode *ino, u32 mode);
/* As generic_file_mmap, but the seals forbid writing through shared mappings. */
int memfd_mmap(struct file *f, struct vma *v);
s64 memfd_seals(struct file *f, bool add, u32 seals);

/* ---- permission ---- */
/* Whether the caller owns the inode or may act as if. */
bool inode_owner_or_capable(const struct inode *ino);
int may_delete(struct inode *dir, struct dentry *victim, bool is_dir);
int may_create(struct inode *dir, const struct mount *m);

extern const struct fs_type tmpfs_type, devtmpfs_type, devpts_type, procfs_type, sysfs_type;
const struct fs_type *fs_find(struct cspan name);
/* For /proc/filesystems: the i-th type. */
const struct fs_type *fs_nth(u32 i);
int tmpfs_init(void);

#endif
