// SPDX-License-Identifier: MPL-2.0
/*
 * Synthetic file systems: trees of files whose contents are made when they are read. procfs and
 * sysfs are tables of these nodes.
 *
 *	static int show_uptime(struct synth *s, struct fmt *out, u64 *next)
 *	{ fmt_printf(out, ...); *next = SYNTH_END; return 0; }
 *	static const struct synth_node uptime = {
 *		.name = LIT("uptime"), .mode = S_IFREG | 0444, .show = show_uptime };
 *	static const struct synth_node root = {
 *		.mode = S_IFDIR | 0555, .children = { &uptime, ... } };
 *
 * The text of a file is made in records. show appends the record at *next and advances *next, up to
 * SYNTH_END. If a record does not fit, show is called for it again with more room (64 KiB at most).
 * So a file of any length needs memory for one record only. Each record shows the state at the
 * moment when it is read, as on Linux.
 *
 * Besides its children a directory may have entries that exist for a time: lookup and list find
 * them. They are not cached: an entry's inode lives while it is in use.
 */
#ifndef KERNEL_SYNTH_H
#define KERNEL_SYNTH_H

#include <frame/fmt.h>
#include <kernel/file.h>
#include <kernel/inode.h>

#define SYSFS_MAGIC    0x62656572u
#define SYNTH_END      (~0ul)
#define SYNTH_CHILDREN 64

struct synth_node;

/* The object behind the inode of a synthetic file. */
struct synth {
	struct obj obj;
	const struct synth_node *node;
	/* The object that the file describes (a process, a thread), or NULL; a reference. */
	struct obj *subject;
	u64 key;           /* selects a part of the subject: a descriptor's number... */
	struct obj *bound; /* of an open file: the result of bind, or NULL; a reference */
};
OBJ_TYPE_DECL(synth);

/* An entry found by lookup. */
struct synth_found {
	const struct synth_node *node;
	struct obj *subject; /* a reference, which the caller gets */
	u64 key;
};

struct TABLE synth_node {
	struct lit name;
	u32 mode; /* type and permissions */
	/*
	 * Files. show returns 0 or -errno (-ESRCH: the subject no longer exists). write gets the
	 * text of one write(2), at most a page, and returns 0 or -errno.
	 */
	int (*show)(struct synth *s, struct fmt *out, u64 *next);
	int (*write)(struct synth *s, struct cspan text);
	/*
	 * Readiness of an open file; NULL: it cannot be polled. *@seen belongs to the open file: the
	 * state that the last call saw. open calls it first, without a table.
	 */
	u32 (*poll)(struct synth *s, struct poll_table *pt, u64 *seen);
	u64 (*size)(struct synth *s); /* the size that stat reports; NULL: 0 */
	const struct file_ops *fops;  /* instead of show and write */
	/*
	 * Links: readlink makes the text. follow, for links that stand for an object, returns the
	 * mount and the dentry of the object (references).
	 */
	ssize_t (*readlink)(struct synth *s, struct span out);
	int (*follow)(struct synth *s, struct mount **mnt, struct dentry **d);
	/*
	 * Directories. lookup finds an entry: 0, -ENOENT. list writes the name of the first entry
	 * at or after *pos (which starts at 0) and moves *pos past it; false: no more entries.
	 */
	int (*lookup)(struct synth *s, struct cspan name, struct synth_found *out);
	bool (*list)(struct synth *s, u64 *pos, struct fmt *name, u32 *type);
	u64 (*links)(struct synth *s); /* how many directories list shows, for stat; NULL: none */
	/*
	 * Whether the calling thread may open, follow or look up: 0 or -errno. NULL: the mode alone
	 * decides.
	 */
	int (*access)(struct synth *s);
	/*
	 * Called by open: finds the object that the open file shows until it is closed, whatever
	 * becomes of the subject. *out: a reference, or NULL. Returns 0, or -errno if the calling
	 * thread may not.
	 */
	int (*bind)(struct synth *s, struct obj **out);
	/* The owner; NULL: root. */
	void (*owner)(struct synth *s, u32 *uid, u32 *gid);
	/* Whether an entry that lookup found still exists; NULL: yes. */
	bool (*alive)(struct synth *s);
	bool outlives; /* an open file goes on to work when its subject is not alive any more */
	bool readonly; /* opening for writing is refused to all, also to the privileged */
	bool no_mount; /* exists for a time only, so it cannot be a mount point */
	u64 arg;       /* for functions that serve several nodes */
	/* Ends with the first NULL. Children share the directory's subject and key. */
	const struct synth_node *children[SYNTH_CHILDREN];
};

/*
 * The mount operation of a synthetic file system with root node @root. *@out: a reference. Returns
 * 0 or -errno.
 */
int must_check synth_mount(const struct fs_type *type, const struct synth_node *root,
	struct super **out);
/* The synth behind an inode, borrowed. */
struct synth *synth_of(const struct inode *ino);

#endif
