// SPDX-License-Identifier: MPL-2.0
/*
 * Synthetic file systems: trees whose files are made when they are read. procfs and sysfs are
 * tables of these nodes.
 *
 *	static int show_uptime(struct synth *s, struct fmt *out, u64 *next) { fmt_printf(out, ...); *next = SYNTH_END; return 0; }
 *	static const struct synth_node uptime = { .name = LIT("uptime"), .mode = S_IFREG | 0444, .show = show_uptime };
 *	static const struct synth_node root = { .mode = S_IFDIR | 0555, .children = { &uptime, ... } };
 *
 * A file's text is made in records: show appends the record at *next and moves *next on, up to
 * SYNTH_END. A record that does not fit is asked for again with more room (64 KiB at most), so a
 * file of any length needs memory for one record only. Records are read as they are then, as on
 * Linux.
 *
 * Directories may have entries that come and go besides their children: lookup and list. Nothing is
 * cached: an entry lives while somebody uses it.
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

/* What the inode of a synthetic file stands for. */
struct synth {
	struct obj obj;
	const struct synth_node *node;
	/* What the file is about (a process, a thread), or NULL; a reference. */
	struct obj *subject;
	u64 key;           /* which one of it: a descriptor's number... */
	struct obj *bound; /* of an open file: what bind gave it, or NULL; a reference */
};
OBJ_TYPE_DECL(synth);

/* An entry found by lookup. */
struct synth_found {
	const struct synth_node *node;
	struct obj *subject; /* a reference, taken over */
	u64 key;
};

struct TABLE synth_node {
	struct lit name;
	u32 mode; /* type and permissions */
	/*
	 * Files. Errors of show: -ESRCH when the subject is gone. write gets the text of one
	 * write(2), at most a page.
	 */
	int (*show)(struct synth *s, struct fmt *out, u64 *next);
	int (*write)(struct synth *s, struct cspan text);
	u64 (*size)(struct synth *s); /* what stat says; NULL: 0 */
	const struct file_ops *fops;  /* instead of show and write */
	/* Links: text, and for links that stand for an object also where it is (references). */
	ssize_t (*readlink)(struct synth *s, struct span out);
	int (*follow)(struct synth *s, struct mount **mnt, struct dentry **d);
	/*
	 * Directories: 0, -ENOENT; and the names: the first at or behind *pos (from 0 on), which
	 * moves behind it; false: no more.
	 */
	int (*lookup)(struct synth *s, struct cspan name, struct synth_found *out);
	bool (*list)(struct synth *s, u64 *pos, struct fmt *name, u32 *type);
	/* May the caller use it (open, follow, look up)? NULL: the mode decides alone. */
	int (*access)(struct synth *s);
	/*
	 * What an open file shows for as long as it is open, whatever the subject becomes: a
	 * reference in *out, or NULL; asks whether the caller may.
	 */
	int (*bind)(struct synth *s, struct obj **out);
	/* Who owns it; NULL: root. */
	void (*owner)(struct synth *s, u32 *uid, u32 *gid);
	/* Whether what an earlier lookup found is still there; NULL: yes. */
	bool (*alive)(struct synth *s);
	bool no_mount; /* comes and goes with what it stands for: nothing can be mounted on it */
	u64 arg;       /* for functions that serve several nodes */
	/* Up to the first NULL; they share the directory's subject and key. */
	const struct synth_node *children[SYNTH_CHILDREN];
};

/* A super whose root is @root. */
int synth_mount(const struct fs_type *type, const struct synth_node *root, struct super **out);
/* The synth behind an open file or inode. */
struct synth *synth_of(const struct inode *ino);

#endif
