// SPDX-License-Identifier: MPL-2.0
/*
 * The files that stand for namespaces (kernel/fs/nsfs.c): of each kind there is one, in which all
 * processes are. See namespaces(7), ioctl_nsfs(2).
 */
#ifndef KERNEL_NSFS_H
#define KERNEL_NSFS_H

#include <frame/fmt.h>
#include <frame/lit.h>

struct dentry;
struct file;
struct mount;
struct path;

enum namespace {
	NS_NET,
	NS_UTS,
	NS_IPC,
	NS_PID,
	NS_USER,
	NS_MNT,
	NS_CGROUP,
	NS_TIME,
	NR_NAMESPACES
};

/* Makes the files. Called once at start-up. Returns 0 or -ENOMEM. */
int must_check nsfs_init(void);
/* The file of @ns: references. Context: task. */
void nsfs_get(enum namespace ns, struct mount **mnt, struct dentry **d);
/* Whether the path leads to such a file. */
bool path_is_ns(const struct path *p);
/* CLONE_NEW* of the namespace that the open file stands for; 0: it stands for none. */
u64 nsfs_type_of(const struct file *f);
/* Appends the text of the link to the file, "net:[4026531840]". */
void nsfs_put_name(struct fmt *f, enum namespace ns);

#endif
