// SPDX-License-Identifier: MPL-2.0
/*
 * devpts: a directory with a node for the slave of each pseudo-terminal, and ptmx. Each mount is an
 * instance of its own. Options: uid=, gid=, mode=, ptmxmode=, max=, newinstance (always in effect).
 * See pts(4), mount(8).
 *
 * Names are pinned as in tmpfs. The inode of a slave refers to its terminal while the master is
 * open; when the master is closed, devpts_remove cuts that reference, so an inode that is still
 * open leads to no other terminal.
 *
 * The instance (struct devpts) can outlive its super: open masters refer to it. So it refers to the
 * root directory without a reference, and the last unmount sets that to NULL (devpts_kill).
 *
 * Locks: the root's inode.lock guards names and options; devpts.lock (leaf) the numbers and `root`.
 */
#include <frame/fmt.h>
#include <kernel/chrdev.h>
#include <kernel/dentry.h>
#include <kernel/devpts.h>
#include <kernel/file.h>
#include <kernel/inode.h>
#include <kernel/list.h>
#include <kernel/locks.h>
#include <kernel/mount.h>
#include <kernel/namei.h>
#include <kernel/stat.h>
#include <kernel/super.h>
#include <kernel/thread.h>
#include <uapi/fs.h>

#include "../fs.h"

#define DEVPTS_MAGIC 0x1cd1u
#define MINORS       (1u << 20)
#define MAX_NUMBERS  4096u /* most numbers of one instance */

struct devpts_options {
	bool set_uid, set_gid;
	u32 uid, gid, mode, ptmx_mode, max;
};

struct devpts {
	struct obj obj;
	struct spinlock lock;          /* guards used and root */
	struct devpts_options options; /* changed by remount under the root's lock */
	struct dentry *root;           /* borrowed from the super; NULL after the last unmount */
	struct dentry *ptmx;           /* likewise; used under the root's lock only */
	u64 used[MAX_NUMBERS / 64];
};
static void devpts_release(struct devpts *fs)
{
	(void)fs;
}
OBJ_TYPE(devpts, devpts_release);

/* The private part of a slave's inode. */
struct devpts_slave {
	struct obj obj;
	struct spinlock lock;
	struct obj *tty; /* reference; NULL: the master has been closed */
};
static void devpts_slave_release(struct devpts_slave *s)
{
	obj_put_any(&s->tty);
}
OBJ_TYPE(devpts_slave, devpts_slave_release);

void devpts_put(struct devpts **fs)
{
	obj_put(fs);
}

/* ---- numbers ---- */

static u32 max_ptys = 4096; /* limit for all instances together */
static struct atomic nr_ptys;

u32 devpts_max(void)
{
	return load_once(max_ptys);
}

void devpts_set_max(u32 max)
{
	store_once(max_ptys, max);
}

u32 devpts_count(void)
{
	return (u32)atomic_load(&nr_ptys);
}

/* The lowest free number below the limit of the instance. fs->lock held. */
static int find_number(struct devpts *fs, u32 *number)
{
	u32 limit = fs->options.max ? min(fs->options.max, MAX_NUMBERS) : MAX_NUMBERS, i;

	for (i = 0; i < div_round_up(limit, 64u); i++) {
		u32 k = bit_lowest(~fs->used[i]);
		if (~fs->used[i] && i * 64 + k < limit) {
			*array_at(fs->used, i) |= bit(k);
			*number = i * 64 + k;
			return 0;
		}
	}
	return -ENOSPC;
}

/*
 * The global count is raised first and lowered again on failure, as the counters of tmpfs are. So
 * the limit is never exceeded, and of two tasks that compete for the last number both may fail; a
 * retry then succeeds.
 */
int devpts_number_new(struct devpts *fs, u32 *number)
{
	int err = -ENOSPC;

	if (atomic_add(&nr_ptys, 1) < devpts_max()) {
		spin_lock(&fs->lock);
		err = find_number(fs, number);
		spin_unlock(&fs->lock);
	}
	if (err)
		atomic_sub(&nr_ptys, 1);
	return err;
}

/*
 * The number can be given out at once: an inode of the old slave that is still open does not lead
 * to the new terminal (devpts_remove).
 */
void devpts_number_free(struct devpts *fs, u32 number)
{
	spin_lock(&fs->lock);
	*array_at(fs->used, number / 64) &= ~bit(number % 64);
	spin_unlock(&fs->lock);
	atomic_sub(&nr_ptys, 1);
}

/* ---- entries ---- */

/* The block size that Linux shows. */
static int devpts_getattr(struct inode *ino, struct kstat *st)
{
	(void)ino;
	st->blksize = 1024;
	return 0;
}
static const struct inode_ops dir_iops = { .getattr = devpts_getattr };
static const struct inode_ops node_iops = { .getattr = devpts_getattr };

/* The directory has no length, so there is no end to seek from. */
static s64 dir_lseek(struct file *f, s64 off, u32 whence)
{
	return whence == SEEK_SET || whence == SEEK_CUR ? generic_file_lseek(f, off, whence)
							: -EINVAL;
}
static const struct file_ops dir_fops = {
	.readdir = pinned_readdir, .lseek = dir_lseek, .fsync = generic_fsync_none
};

/* Adds a node to the root directory, whose lock is held. *@out: a reference. */
static int add_node(struct dentry *root, struct cspan name, struct inode *ino, struct dentry **out)
{
	struct dentry *d;
	int err = dir_lookup(root, name, true, &d);

	if (err)
		return err;
	if (d->inode) {
		obj_put(&d);
		return -EEXIST;
	}
	dentry_pin(d, ino);
	inode_touch(root->inode, ATTR_MTIME | ATTR_CTIME);
	*out = d;
	return 0;
}

/* Inode numbers: the root has 1, ptmx 2, and slaves begin with 3. */
static struct inode *devpts_node_new(struct super *sb, u64 number, u32 mode, u64 rdev)
{
	struct inode *ino = inode_new(sb, S_IFCHR | mode);

	if (ino) {
		ino->ops = &node_iops;
		ino->ino = number;
		ino->rdev = rdev;
	}
	return ino;
}

/*
 * An inode for slave @number. Owner and mode are those of the options, else the owner is the
 * opener.
 */
static struct inode *slave_new(struct devpts *fs, struct super *sb, u32 number, struct obj *tty)
{
	const struct devpts_options *const o = &fs->options;
	struct thread *t = thread_current();
	struct devpts_slave *s = obj_new(devpts_slave);
	struct inode *ino = s ? devpts_node_new(sb, number + 3, o->mode, MKDEV(136, number)) : NULL;

	if (!ino) {
		obj_put(&s);
		return NULL;
	}
	s->tty = obj_get_any(tty);
	ino->private = &s->obj;
	ino->uid = o->set_uid ? o->uid : t->cred->fsuid;
	ino->gid = o->set_gid ? o->gid : t->cred->fsgid;
	return ino;
}

/* The root directory, a reference; NULL: the instance is not mounted any more. */
static struct dentry *root_of(struct devpts *fs)
{
	struct dentry *d;

	spin_lock(&fs->lock);
	d = fs->root ? obj_get(fs->root) : NULL;
	spin_unlock(&fs->lock);
	return d;
}

/*
 * The instance may be unmounted between root_of and the lock; S_DEAD says so. The name appears
 * together with its terminal: a program that sees the number in the directory can open it.
 */
int devpts_add(struct devpts *fs, u32 number, struct obj *tty, struct dentry **out)
{
	struct dentry *root = root_of(fs);
	struct inode *ino;
	u8 text[12];
	FMT(name, span_of(text));
	int err;

	if (!root)
		return -ENODEV;
	fmt_printf(&name, "%u", number);
	rwlock_write_lock(&root->inode->lock);
	ino = slave_new(fs, root->sb, number, tty);
	if (root->inode->flags & S_DEAD)
		err = -ENODEV; /* unmounted after root_of */
	else
		err = ino ? add_node(root, fmt_text(&name), ino, out) : -ENOMEM;
	rwlock_write_unlock(&root->inode->lock);
	obj_put(&ino);
	obj_put(&root);
	return err;
}

/*
 * The master is closed: first the inode loses its terminal, so no open reaches it any more; then
 * the name is removed, unless the unmount has removed it. The reference on the terminal is dropped
 * last, without locks.
 */
void devpts_remove(struct dentry *d)
{
	struct inode *dir = d->parent->inode;
	struct devpts_slave *s = obj_cast(devpts_slave, d->inode->private);
	struct obj *tty;

	spin_lock(&s->lock);
	tty = s->tty;
	s->tty = NULL;
	spin_unlock(&s->lock);
	rwlock_write_lock(&dir->lock);
	if (d->flags & D_PINNED) {
		inode_set_nlink(d->inode, d->inode->nlink - 1);
		inode_touch(dir, ATTR_MTIME | ATTR_CTIME);
		dentry_unpin(d);
	}
	rwlock_write_unlock(&dir->lock);
	obj_put_any(&tty);
}

/* ptmx has no private object, so it leads to no terminal. */
struct obj *devpts_tty(struct inode *ino)
{
	struct devpts_slave *s = ino->sb->magic == DEVPTS_MAGIC
		? obj_cast(devpts_slave, ino->private)
		: NULL;
	struct obj *tty;

	if (!s)
		return NULL;
	spin_lock(&s->lock);
	tty = s->tty ? obj_get_any(s->tty) : NULL;
	spin_unlock(&s->lock);
	return tty;
}

/* ---- from ptmx to the instance ---- */

/*
 * Replaces *@p, a ptmx node of another file system, by the root of the devpts mounted on the name
 * pts in the same directory. That is Linux's rule for a /dev/ptmx that is a node and not a link to
 * pts/ptmx.
 */
static int find_beside(struct path *p)
{
	struct dentry *dir = dentry_parent(p->dentry);
	struct dentry *d = NULL;
	int err = dir_lookup(dir, STR("pts"), false, &d);

	obj_put(&dir);
	if (err)
		return err;
	if (!d->inode) {
		obj_put(&d);
		return -ENOENT;
	}
	obj_put(&p->dentry);
	p->dentry = d;
	path_follow_mounts(p);
	return p->mnt->sb->magic == DEVPTS_MAGIC && p->dentry == p->mnt->root ? 0 : -ENODEV;
}

/*
 * The root of the instance of a ptmx node, with references, or a node inside the instance itself.
 */
static int find_instance(const struct path *ptmx, struct path *out)
{
	int err = 0;

	*out = *ptmx;
	path_get(out);
	if (out->mnt->sb->magic != DEVPTS_MAGIC)
		err = find_beside(out);
	if (err)
		path_put(out);
	return err;
}

int devpts_of_ptmx(const struct path *ptmx, struct devpts **out)
{
	struct path at;
	int err = find_instance(ptmx, &at);

	if (err)
		return err;
	*out = obj_get(obj_cast(devpts, at.mnt->sb->private));
	path_put(&at);
	return 0;
}

/*
 * For TIOCGPTPEER, which opens the slave by the way that the master was opened: the path may lead
 * to another instance by now, -ENODEV.
 */
int devpts_mount_of(const struct path *ptmx, struct devpts *fs, struct mount **out)
{
	struct path at;
	int err = find_instance(ptmx, &at);

	if (err)
		return err;
	if (obj_cast(devpts, at.mnt->sb->private) == fs)
		*out = obj_get(at.mnt);
	else
		err = -ENODEV;
	path_put(&at);
	return err;
}

/* ---- options ---- */

static const struct devpts_options default_options = { .mode = 0600, .max = MINORS };

/* A number must be the whole value: "620x" is an error. */
static int devpts_parse_option(struct devpts_options *to, struct cspan text)
{
	size_t eq = cspan_find(text, '=');
	struct cspan key = cspan_first(text, eq), v = cspan_from(text, eq + 1);
	bool octal = cspan_equal(key, STR("mode")) || cspan_equal(key, STR("ptmxmode"));
	u64 n;

	if (cspan_equal(key, STR("newinstance")))
		return eq == cspan_len(text) ? 0 : -EINVAL;
	if (!cspan_len(v) || parse_u64(v, octal ? 8 : 0, &n) != cspan_len(v) || n > 0xffffffff)
		return -EINVAL;
	if (cspan_equal(key, STR("uid"))) {
		to->uid = (u32)n;
		to->set_uid = true;
	} else if (cspan_equal(key, STR("gid"))) {
		to->gid = (u32)n;
		to->set_gid = true;
	} else if (cspan_equal(key, STR("mode"))) {
		to->mode = (u32)n & 07777;
	} else if (cspan_equal(key, STR("ptmxmode"))) {
		to->ptmx_mode = (u32)n & 07777;
	} else if (cspan_equal(key, STR("max")) && n <= MINORS) {
		to->max = (u32)n;
	} else {
		return -EINVAL;
	}
	return 0;
}

/* Into a copy, so that a bad option leaves the instance as it was. */
static int devpts_parse_options(struct devpts_options *to, struct cspan data)
{
	int err = 0;

	*to = default_options;
	while (!err && cspan_len(data)) {
		size_t n = cspan_find(data, ',');
		if (n)
			err = devpts_parse_option(to, cspan_first(data, n));
		data = cspan_from(data, n + 1);
	}
	return err;
}

/* ---- supers ---- */

/* As mount(8) prints them: owners only if they were given. */
static void devpts_show(struct super *sb, struct fmt *f)
{
	const struct devpts_options *const o = &obj_cast(devpts, sb->private)->options;

	if (o->set_uid)
		fmt_printf(f, ",uid=%u", o->uid);
	if (o->set_gid)
		fmt_printf(f, ",gid=%u", o->gid);
	fmt_printf(f, ",mode=%03o,ptmxmode=%03o", o->mode, o->ptmx_mode);
	if (o->max < MINORS)
		fmt_printf(f, ",max=%u", o->max);
}

/*
 * Options that are not given get their default, as on Linux. Existing slaves keep their owner and
 * mode.
 */
static int devpts_remount(struct super *sb, u32 flags, struct cspan data)
{
	struct devpts *fs = obj_cast(devpts, sb->private);
	struct devpts_options new;
	int err = devpts_parse_options(&new, data);

	(void)flags;
	if (err)
		return err;
	rwlock_write_lock(&sb->root->inode->lock);
	fs->options = new;
	store_once(fs->ptmx->inode->mode, S_IFCHR | new.ptmx_mode);
	rwlock_write_unlock(&sb->root->inode->lock);
	return 0;
}

/*
 * The last unmount: removes all names. Open masters keep their terminals. S_DEAD makes devpts_add
 * fail that has got the root before.
 */
static int devpts_kill(struct super *sb)
{
	struct devpts *fs = obj_cast(devpts, sb->private);
	struct dentry *d;

	spin_lock(&fs->lock);
	fs->root = NULL;
	spin_unlock(&fs->lock);
	rwlock_write_lock(&sb->root->inode->lock);
	sb->root->inode->flags |= S_DEAD;
	while ((d = list_first(&sb->root->children)) != NULL)
		dentry_unpin(d);
	rwlock_write_unlock(&sb->root->inode->lock);
	return 0;
}

static const struct super_ops devpts_super_ops = {
	.kill = devpts_kill,
	.show_options = devpts_show,
	.remount = devpts_remount,
};

/* Makes the root directory with ptmx in it. */
static int devpts_fill(struct devpts *fs, struct super *sb)
{
	struct inode *root = inode_new(sb, S_IFDIR | 0755);
	struct inode *ptmx = devpts_node_new(sb, 2, fs->options.ptmx_mode, MKDEV(5, 2));
	int err = -ENOMEM;

	if (root && ptmx) {
		root->ops = &dir_iops;
		root->fops = &dir_fops;
		root->ino = 1;
		root->nlink = 2;
		sb->root = dentry_new_root(sb, root);
	}
	if (sb->root) {
		rwlock_write_lock(&root->lock);
		err = add_node(sb->root, STR("ptmx"), ptmx, &fs->ptmx);
		rwlock_write_unlock(&root->lock);
	}
	if (!err) {
		struct dentry *pin = fs->ptmx;
		fs->root = sb->root;
		obj_put(&pin); /* the pinned name holds it as long as the super exists */
	}
	obj_put(&ptmx);
	obj_put(&root);
	return err;
}

/* A super that fails half way is taken apart like one after its last unmount. */
static int devpts_mount(const struct fs_type *type, struct cspan source, u32 flags,
	struct cspan data, struct super **out)
{
	struct devpts_options options;
	struct super *sb;
	struct devpts *fs;
	int err = devpts_parse_options(&options, data);

	(void)source;
	(void)flags;
	if (err)
		return err;
	sb = super_new(type, &devpts_super_ops);
	fs = obj_new(devpts);
	err = sb && fs ? 0 : -ENOMEM;
	if (!err) {
		lock_level(&fs->lock, LOCK_LEAF);
		fs->options = options;
		sb->magic = DEVPTS_MAGIC;
		sb->private = &obj_get(fs)->obj;
		err = devpts_fill(fs, sb);
	}
	if (!err) {
		*out = obj_get(sb);
	} else if (sb && sb->root) {
		(void)devpts_kill(sb);
		obj_put(&sb->root);
	}
	obj_put(&fs);
	obj_put(&sb);
	return err;
}

static const struct fs_type devpts_type = {
	.name = LIT("devpts"), .nodev = true, .mount = devpts_mount
};

void devpts_init(void)
{
	fs_register(&devpts_type);
}
