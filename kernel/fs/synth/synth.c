// SPDX-License-Identifier: MPL-2.0
/*
 * Synthetic file systems (kernel/synth.h): inodes, directories, and reading texts record by record.
 *
 * Inodes are made at each look-up and live while they are in use. A dentry in the cache is checked
 * at each look-up (synth_revalidate), so that the path of a process that has exited leads nowhere,
 * or to the new process of that id.
 *
 * How a text is read. An open file keeps one record and the number of the next one. A read copies
 * from the record, and calls show for the next record when it is used up. A read at another
 * position than the present one goes forward record by record, from the start if the position is
 * behind; so pread works, at a cost. A read at offset 0 makes the text anew.
 *
 * A node is a constant table of functions and children; an inode of it has a subject (the thread,
 * the device) and a key (a descriptor, a number). The subject is held by a reference, so functions
 * never see it freed; whether it still means anything, the node's alive function says.
 */
#include <kernel/dentry.h>
#include <kernel/file.h>
#include <kernel/inode.h>
#include <kernel/mount.h>
#include <kernel/stat.h>
#include <kernel/super.h>
#include <kernel/synth.h>
#include <kernel/thread.h>
#include <kernel/uaccess.h>
#include <kernel/uio.h>
#include <uapi/fs.h>

#include "../fs.h"

static void synth_release(struct synth *s)
{
	obj_put_any(&s->subject);
	obj_put_any(&s->bound);
}
OBJ_TYPE(synth, synth_release);

struct synth *synth_of(const struct inode *ino)
{
	return obj_cast(synth, ino->private);
}

/* ---- inodes ---- */

static const struct inode_ops dir_iops, file_iops, link_iops, magic_link_iops;
static const struct file_ops dir_fops, text_fops, text_poll_fops;

/* Each child that is a directory has a link to this one. */
static u32 count_folders(const struct synth_node *dir)
{
	u32 i, n = 0;

	for (i = 0; i < SYNTH_CHILDREN && dir->children[i]; i++)
		n += S_IS(dir->children[i]->mode, S_IFDIR);
	return n;
}

/* An inode for @node; consumes @subject, also on failure. NULL: no memory. */
static struct inode *node_inode(struct super *sb, const struct synth_node *node,
	struct obj *subject, u64 key)
{
	struct synth *s = obj_new(synth);
	struct inode *ino = s ? inode_new(sb, node->mode) : NULL;

	if (!ino) {
		obj_put(&s);
		obj_put_any(&subject);
		return NULL;
	}
	s->node = node;
	s->subject = subject;
	s->key = key;
	ino->private = &s->obj;
	if (S_IS(node->mode, S_IFDIR)) {
		ino->ops = &dir_iops;
		ino->fops = &dir_fops;
		ino->nlink = 2 + count_folders(node);
	} else if (S_IS(node->mode, S_IFLNK)) {
		ino->ops = node->follow ? &magic_link_iops : &link_iops;
	} else {
		ino->ops = &file_iops;
		ino->fops = node->fops ? node->fops : node->poll ? &text_poll_fops : &text_fops;
	}
	if (node->no_mount)
		ino->flags |= S_NO_MOUNT;
	if (node->owner)
		node->owner(s, &ino->uid, &ino->gid);
	return ino;
}

/* The owner of an entry follows the credentials of its process, so it is read again at each use. */
static int refresh_owner(struct inode *ino)
{
	struct synth *s = synth_of(ino);

	if (s->node->owner)
		s->node->owner(s, &ino->uid, &ino->gid);
	return 0;
}

static int synth_getattr(struct inode *ino, struct kstat *st)
{
	struct synth *s = synth_of(ino);

	(void)refresh_owner(ino);
	st->uid = ino->uid;
	st->gid = ino->gid;
	if (s->node->size)
		st->size = s->node->size(s);
	if (s->node->links)
		st->nlink += (u32)s->node->links(s);
	return 0;
}

static int synth_setattr(struct inode *ino, const struct iattr *a)
{
	(void)ino;
	/*
	 * Changes of size and times (O_TRUNC) succeed and do nothing; mode and owner cannot be
	 * changed.
	 */
	return a->valid & (ATTR_MODE | ATTR_UID | ATTR_GID) ? -EPERM : 0;
}

/* Whether what the node describes is gone: an open file of it reads no more, with -ESRCH. */
static bool is_gone(struct synth *s)
{
	return s->node->alive && !s->node->outlives && !s->node->alive(s);
}

/* ---- directories ---- */

static const struct synth_node *find_child(const struct synth_node *dir, struct cspan name)
{
	u32 i;

	for (i = 0; i < SYNTH_CHILDREN && dir->children[i]; i++) {
		if (cspan_equal(lit_span(dir->children[i]->name), name))
			return dir->children[i];
	}
	return NULL;
}

/*
 * Children of the table come first, then the lookup function of the node. A child has the subject
 * and key of its directory.
 */
static int synth_lookup(struct inode *dir, struct dentry *d)
{
	struct synth *s = synth_of(dir);
	struct synth_found found = { 0 };
	struct inode *ino;
	u8 name[NAME_LEN];
	size_t n = dentry_name(d, span_of(name));
	int err = s->node->access ? s->node->access(s) : 0;

	if (!err && is_gone(s))
		err = -ENOENT;
	if (err)
		return err;
	found.node = find_child(s->node, cspan_first(cspan_of(name), n));
	if (found.node) {
		found.subject = s->subject ? obj_get_any(s->subject) : NULL;
		found.key = s->key;
	} else {
		err = s->node->lookup ? s->node->lookup(s, cspan_first(cspan_of(name), n), &found)
				      : -ENOENT;
		if (err == -ENOENT && dir->sb->magic == SYSFS_MAGIC)
			/*
			 * In sysfs a missing name is a negative dentry, so that creating it fails
			 * with -EACCES. In procfs the look-up fails, so that creating it fails with
			 * -ENOENT, as on Linux.
			 */
			return 0;
		if (err)
			return err;
	}
	ino = node_inode(dir->sb, found.node, found.subject, found.key);
	if (!ino)
		return -ENOMEM;
	dentry_instantiate(d, ino);
	obj_put(&ino);
	return 0;
}

/* A negative dentry is never kept: the entry may exist by now. */
static bool synth_revalidate(struct dentry *d)
{
	struct inode *ino = d->inode;
	struct synth *s = ino ? synth_of(ino) : NULL;

	if (!s)
		return false;
	(void)refresh_owner(ino);
	return !s->node->alive || s->node->alive(s);
}

/* An inode number for readdir: by position, since the entry may have no inode at the moment. */
static u64 entry_ino(const struct inode *dir, u64 pos)
{
	return (dir->ino << 20) + pos + 1;
}

/*
 * Positions: 0 and 1 are the dots, then the children; the positions of list follow, from LIST_BASE
 * on.
 */
#define LIST_BASE (2ul + SYNTH_CHILDREN)

/* The position of an entry of list is LIST_BASE plus the position that list returned. */
static int synth_readdir(struct file *f, struct dir_emit *e)
{
	struct synth *s = synth_of(f->inode);
	const struct synth_node *node = s->node;
	u8 name[NAME_LEN];

	if (is_gone(s))
		return -ENOENT;
	if (!dir_emit_dots(f, e))
		return 0;
	while (f->pos < LIST_BASE) {
		const struct synth_node *child = node->children[f->pos - 2];
		if (!child) {
			f->pos = LIST_BASE;
			break;
		}
		if (!dir_emit(e, lit_span(child->name), entry_ino(f->inode, f->pos),
			    (child->mode & S_IFMT) >> 12, f->pos + 1))
			return 0;
		f->pos++;
	}
	while (node->list) {
		u64 at = f->pos - LIST_BASE;
		u32 type = 0;
		FMT(text, span_of(name));
		if (!node->list(s, &at, &text, &type))
			break;
		if (!dir_emit(e, fmt_text(&text), entry_ino(f->inode, LIST_BASE + at), type >> 12,
			    LIST_BASE + at))
			break;
		f->pos = LIST_BASE + at;
	}
	return 0;
}

/* The right to list a directory is checked at open. */
static int dir_open(struct file *f)
{
	struct synth *s = synth_of(f->inode);

	return s->node->access ? s->node->access(s) : 0;
}

static const struct inode_ops dir_iops = {
	.lookup = synth_lookup,
	.getattr = synth_getattr,
	.setattr = synth_setattr,
	.revalidate = synth_revalidate,
};
static const struct file_ops dir_fops = { .open = dir_open,
	.readdir = synth_readdir,
	.lseek = generic_file_lseek,
	.fsync = generic_fsync_none };
static const struct inode_ops file_iops = { .getattr = synth_getattr, .setattr = synth_setattr };

/* ---- links ---- */

static ssize_t synth_readlink(struct inode *ino, struct span out)
{
	struct synth *s = synth_of(ino);
	int err = s->node->access ? s->node->access(s) : 0;

	return err ? err : s->node->readlink(s, out);
}

static int synth_follow(struct inode *ino, struct mount **mnt, struct dentry **d)
{
	struct synth *s = synth_of(ino);
	int err = s->node->access ? s->node->access(s) : 0;

	return err ? err : s->node->follow(s, mnt, d);
}

static const struct inode_ops link_iops = {
	.readlink = synth_readlink, .getattr = synth_getattr, .setattr = synth_setattr
};
static const struct inode_ops magic_link_iops = { .readlink = synth_readlink,
	.follow = synth_follow,
	.getattr = synth_getattr,
	.setattr = synth_setattr };

/* ---- texts ---- */

/* The state of an open text file: the record that is being read. Guarded by lock. */
struct synth_text {
	struct obj obj;
	struct mutex lock;
	struct synth *own; /* a synth of its own, with the bound object; NULL: that of the inode */
	struct buf *buf;
	size_t len, off; /* length of the record, and how much of it has been read */
	u64 next;        /* number of the next record */
	u64 pos;         /* file offset of the next byte */
	u64 seen;        /* by the node's poll */
};
static void synth_text_release(struct synth_text *t)
{
	buf_put(&t->buf);
	obj_put(&t->own);
}
OBJ_TYPE(synth_text, synth_text_release);

/* Gives the open file a synth of its own, whose `bound` stays the same until the file is closed. */
static int bind_text(struct synth *s, struct synth_text *t)
{
	t->own = obj_new(synth);
	if (!t->own)
		return -ENOMEM;
	t->own->node = s->node;
	t->own->subject = s->subject ? obj_get_any(s->subject) : NULL;
	t->own->key = s->key;
	return s->node->bind(s, &t->own->bound);
}

/*
 * Whether the thread may open the file is checked here once; a descriptor that is passed on keeps
 * working.
 */
static int text_open(struct file *f)
{
	struct synth *s = synth_of(f->inode);
	struct synth_text *t;
	int err = s->node->access ? s->node->access(s) : 0;

	if (err)
		return err;
	if ((!s->node->show && !s->node->write) ||
		(f->mode & FMODE_WRITE &&
			(s->node->readonly ||
				(!s->node->write && f->inode->sb->magic == SYSFS_MAGIC))))
		return -EACCES;
	t = obj_new(synth_text);
	if (!t)
		return -ENOMEM;
	err = s->node->bind ? bind_text(s, t) : 0;
	if (err) {
		obj_put(&t);
		return err;
	}
	if (s->node->poll)
		(void)s->node->poll(s, NULL, &t->seen);
	f->private = &t->obj;
	return 0;
}

/*
 * Makes the next record that is not empty. 0 with off == len: the end. A record that does not fit
 * is made again in a buffer of twice the size, up to BUF_MAX; a longer one is cut. The buffer stays
 * for the next records.
 */
static int next_record(struct synth *s, struct synth_text *t)
{
	size_t size = t->buf ? buf_size(t->buf) : 1024;

	t->off = 0;
	t->len = 0;
	while (!t->len && t->next != SYNTH_END) {
		u64 next = t->next;
		int err;
		if (!t->buf)
			t->buf = buf_alloc_dirty(size);
		if (!t->buf)
			return -ENOMEM;
		FMT(out, buf_span(t->buf));
		err = s->node->show(s, &out, &next);
		if (err)
			return err;
		if (fmt_overflow(&out) && size < BUF_MAX) {
			size *= 2;
			buf_put(&t->buf);
			continue;
		}
		t->len = fmt_len(&out);
		t->next = next;
		/* A user may have made many that have nothing to show. */
		if (!t->len && loop_should_end())
			return -EINTR;
	}
	return 0;
}

static void rewind_text(struct synth_text *t)
{
	t->next = 0;
	t->len = t->off = 0;
	t->pos = 0;
}

/* Moves to file offset @pos, from the start again if it lies before the present offset. */
static int seek_text(struct synth *s, struct synth_text *t, u64 pos)
{
	int err;

	if (pos < t->pos)
		rewind_text(t);
	while (t->pos < pos) {
		u64 skip;
		if (t->off == t->len) {
			err = next_record(s, t);
			if (err)
				return err;
			if (t->off == t->len)
				return 0;
		}
		skip = min(pos - t->pos, (u64)(t->len - t->off));
		t->off += skip;
		t->pos += skip;
		if (loop_should_end())
			return -EINTR;
	}
	return 0;
}

/*
 * The lock is held during the whole read, also over show and the copy to user memory: one open file
 * has one reader at a time. Returns what has been copied before an error.
 */
static ssize_t text_read(struct file *f, struct uio *u, u64 *pos)
{
	struct synth *s = synth_of(f->inode);
	struct synth_text *t = obj_cast(synth_text, f->private);
	size_t done = 0;
	int err = 0;

	if (!s->node->show)
		return -EIO;
	if (is_gone(s))
		return -ESRCH;
	if (t->own)
		s = t->own;
	mutex_lock(&t->lock);
	/* A read at offset 0 shows the present state. */
	if (!*pos)
		rewind_text(t);
	err = seek_text(s, t, *pos);
	while (!err && u->left && t->pos == *pos) {
		size_t n;
		if (t->off == t->len) {
			err = next_record(s, t);
			if (err || t->off == t->len)
				break;
		}
		n = uio_put(u, cspan_sub(buf_cspan(t->buf), t->off, min(u->left, t->len - t->off)));
		if (!n) {
			err = -EFAULT;
			break;
		}
		t->off += n;
		t->pos += n;
		*pos += n;
		done += n;
		if (loop_should_end())
			break;
	}
	mutex_unlock(&t->lock);
	return done ? (ssize_t)done : err;
}

/*
 * One write(2) is one call of the node's write function; the offset is not used. So a value arrives
 * whole, as the programs that write there expect; a text of more than a page is refused.
 */
static ssize_t text_write(struct file *f, struct uio *u, u64 *pos)
{
	struct synth *s = synth_of(f->inode);
	struct buf *b;
	size_t n = u->left;
	int err;

	if (!s->node->write)
		return -EIO;
	if (is_gone(s))
		return -ESRCH;
	if (!n && f->inode->sb->magic == SYSFS_MAGIC)
		return 0; /* an attribute does not hear of a write of nothing */
	if (n > PAGE_SIZE)
		return -EINVAL;
	b = buf_alloc_dirty(max(n, 1ul));
	if (!b)
		return -ENOMEM;
	err = uio_take(u, span_first(buf_span(b), n)) < n
		? -EFAULT
		: s->node->write(s, cspan_first(buf_cspan(b), n));
	buf_put(&b);
	if (err)
		return err;
	*pos += n;
	return (ssize_t)n;
}

/* The length of a text is unknown, so SEEK_END is not possible. */
static s64 text_lseek(struct file *f, s64 off, u32 whence)
{
	return whence == SEEK_SET || whence == SEEK_CUR ? generic_file_lseek(f, off, whence)
							: -EINVAL;
}

static const struct file_ops text_fops = {
	.splice = SPLICE_READ | SPLICE_WRITE,
	.open = text_open,
	.read = text_read,
	.write = text_write,
	.lseek = text_lseek,
};

/* poll may be called while a read holds the lock, and by two tasks: one of them sees the change. */
static u32 text_poll(struct file *f, struct poll_table *pt)
{
	struct synth *s = synth_of(f->inode);
	struct synth_text *t = obj_cast(synth_text, f->private);

	return s->node->poll(s, pt, &t->seen);
}

static const struct file_ops text_poll_fops = {
	.splice = SPLICE_READ | SPLICE_WRITE,
	.open = text_open,
	.read = text_read,
	.write = text_write,
	.lseek = text_lseek,
	.poll = text_poll,
};

/* ---- mounting ---- */

static int synth_statfs(struct super *sb, struct kstatfs *out)
{
	*out = (struct kstatfs){
		.type = sb->magic, .bsize = PAGE_SIZE, .frsize = PAGE_SIZE, .namelen = NAME_LEN
	};
	return 0;
}
static const struct super_ops synth_super_ops = { .statfs = synth_statfs };

/* Each mount makes a super of its own; the table of nodes is shared. */
int synth_mount(const struct fs_type *type, const struct synth_node *root, struct super **out)
{
	struct super *sb = super_new(type, &synth_super_ops);
	struct inode *ino = sb ? node_inode(sb, root, NULL, 0) : NULL;

	if (ino)
		sb->root = dentry_new_root(sb, ino);
	obj_put(&ino);
	if (!sb || !sb->root) {
		obj_put(&sb);
		return -ENOMEM;
	}
	sb->no_programs = true;
	*out = sb;
	return 0;
}
