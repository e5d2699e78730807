// SPDX-License-Identifier: MPL-2.0
/*
 * Files that stand for namespaces: /proc/PID/ns leads to them. There is one namespace of each kind,
 * which is the initial one, so there is one file of each kind, made at the start. Their inodes have
 * the numbers of Linux's initial namespaces, by which programs compare them.
 *
 * The file system has no place in the mount tree; its mount is this file's only. Nothing here
 * changes after nsfs_init, so nothing is locked.
 */
#include <kernel/cred.h>
#include <kernel/dentry.h>
#include <kernel/file.h>
#include <kernel/files.h>
#include <kernel/inode.h>
#include <kernel/mount.h>
#include <kernel/nsfs.h>
#include <kernel/stat.h>
#include <kernel/super.h>
#include <kernel/thread.h>
#include <kernel/uaccess.h>
#include <uapi/errno.h>
#include <uapi/fs.h>
#include <uapi/sched.h>

#define NSFS_MAGIC 0x6e736673u

#define NS_GET_USERNS    0xb701u
#define NS_GET_PARENT    0xb702u
#define NS_GET_NSTYPE    0xb703u
#define NS_GET_OWNER_UID 0xb704u

static const struct {
	struct lit name; /* the dentry's, with the colon */
	u64 type;
	u64 ino;
} ns_table[NR_NAMESPACES] = {
	[NS_NET] = { LIT("net:"), CLONE_NEWNET, 4026531840 },
	[NS_UTS] = { LIT("uts:"), CLONE_NEWUTS, 4026531838 },
	[NS_IPC] = { LIT("ipc:"), CLONE_NEWIPC, 4026531839 },
	[NS_PID] = { LIT("pid:"), CLONE_NEWPID, 4026531836 },
	[NS_USER] = { LIT("user:"), CLONE_NEWUSER, 4026531837 },
	[NS_MNT] = { LIT("mnt:"), CLONE_NEWNS, 4026531841 },
	[NS_CGROUP] = { LIT("cgroup:"), CLONE_NEWCGROUP, 4026531835 },
	[NS_TIME] = { LIT("time:"), CLONE_NEWTIME, 4026531834 },
};

static struct mount *ns_mount;
static struct dentry *ns_dentry[NR_NAMESPACES];

/* Immutable, as on Linux: writing is refused before the permissions are looked at. */
static int ns_permission(struct inode *ino, u32 mask)
{
	(void)ino;
	return mask & MAY_WRITE ? -EPERM : mask & MAY_EXEC ? -EACCES : 0;
}

static int ns_setattr(struct inode *ino, const struct iattr *a)
{
	(void)ino;
	(void)a;
	return -EPERM;
}
static const struct inode_ops ns_iops = { .permission = ns_permission, .setattr = ns_setattr };

u64 nsfs_type_of(const struct file *f)
{
	u32 i;

	for (i = 0; i < NR_NAMESPACES; i++) {
		if (ns_dentry[i] && f->inode == ns_dentry[i]->inode && f->ops->ioctl)
			return array_at(ns_table, i)->type;
	}
	return 0;
}

/* A descriptor of the namespace of users, to which all others belong. */
static s64 ns_open_user(struct thread *t)
{
	struct path p = { ns_mount, ns_dentry[NS_USER] };
	struct file *f = NULL;
	s64 ret = file_open_path(&p, O_RDONLY, t->cred, &f);

	if (ret)
		return ret;
	ret = fd_install(t, f, 0, true);
	obj_put(&f);
	return ret;
}

/* Above an initial namespace there is none that the caller may know: -EPERM. */
static s64 ns_ioctl(struct file *f, u32 cmd, u64 arg)
{
	u64 type = nsfs_type_of(f);
	u32 root = 0;

	switch (cmd) {
	case NS_GET_NSTYPE:
		return (s64)type;
	case NS_GET_USERNS:
		return type == CLONE_NEWUSER ? -EPERM : ns_open_user(thread_current());
	case NS_GET_PARENT:
		return type == CLONE_NEWUSER || type == CLONE_NEWPID ? -EPERM : -EINVAL;
	case NS_GET_OWNER_UID:
		if (type != CLONE_NEWUSER)
			return -EINVAL;
		return user_put(UADDR(arg), &root) ? -EFAULT : 0;
	default:
		return -ENOTTY;
	}
}
static const struct file_ops ns_fops = { .ioctl = ns_ioctl };

static struct inode *ns_inode(struct super *sb, u32 mode, u64 nr)
{
	struct inode *ino = inode_new(sb, mode);

	if (ino) {
		ino->ino = nr;
		ino->ops = &ns_iops;
		ino->fops = &ns_fops;
	}
	return ino;
}

static int ns_fill(struct super *sb)
{
	u32 i;

	for (i = 0; i < NR_NAMESPACES; i++) {
		struct inode *ino = ns_inode(sb, S_IFREG | 0444, array_at(ns_table, i)->ino);
		struct dentry *d = ino ? dentry_new(sb->root, lit_span(array_at(ns_table, i)->name))
				       : NULL;
		if (d)
			dentry_instantiate(d, ino);
		obj_put(&ino);
		if (!d)
			return -ENOMEM;
		*array_at(ns_dentry, i) = d;
	}
	return 0;
}

static const struct super_ops ns_super_ops = { 0 };

static int nsfs_mount(const struct fs_type *type, struct cspan source, u32 flags, struct cspan data,
	struct super **out)
{
	struct super *sb = super_new(type, &ns_super_ops);
	struct inode *ino = sb ? ns_inode(sb, S_IFDIR | 0500, 1) : NULL;

	(void)source;
	(void)flags;
	(void)data;
	if (ino)
		sb->root = dentry_new_root(sb, ino);
	obj_put(&ino);
	if (!sb || !sb->root || ns_fill(sb)) {
		obj_put(&sb);
		return -ENOMEM;
	}
	sb->magic = NSFS_MAGIC;
	*out = sb;
	return 0;
}
static const struct fs_type nsfs_type = { .name = LIT("nsfs"), .nodev = true, .mount = nsfs_mount };

int nsfs_init(void)
{
	return mount_new(&nsfs_type, STR("nsfs"), CSPAN_NONE, MS_STRICTATIME, &ns_mount);
}

void nsfs_get(enum namespace ns, struct mount **mnt, struct dentry **d)
{
	*mnt = obj_get(ns_mount);
	*d = obj_get(*array_at(ns_dentry, ns));
}

bool path_is_ns(const struct path *p)
{
	return p->mnt == ns_mount;
}

void nsfs_put_name(struct fmt *f, enum namespace ns)
{
	fmt_lit(f, array_at(ns_table, ns)->name);
	fmt_printf(f, "[%lu]", array_at(ns_table, ns)->ino);
}
