// SPDX-License-Identifier: MPL-2.0
/*
 * Entries of a cpio archive become files, by the operations that system calls use.
 *
 * An entry's directory is found and locked, the name is looked up, and the file system makes the
 * file (open_slot to close_slot). A file of an earlier archive is replaced, a directory is kept.
 * The first name of a file with several is remembered by its inode number until the archive ends.
 */
#include <kernel/chrdev.h>
#include <kernel/dentry.h>
#include <kernel/inode.h>
#include <kernel/mount.h>
#include <kernel/stat.h>
#include <kernel/text.h>
#include <kernel/tree.h>
#include <uapi/fs.h>

#include "../fs.h"
#include "cpio.h"

/* Hard links: the first name of each inode that has more than one. */
struct cpio_link {
	struct obj obj;
	TREE_NODE(cpio_link) node;
	u32 ino;
	struct path path;
};
static void cpio_link_release(struct cpio_link *l)
{
	path_put(&l->path);
}
OBJ_TYPE(cpio_link, cpio_link_release);
static TREE_ROOT(cpio_link) links; /* references */

static bool link_before(const struct cpio_link *a, const struct cpio_link *b)
{
	return a->ino < b->ino;
}
TREE_DEFINE(link_tree, cpio_link, node, link_before)

/*
 * Finds the directory of the entry, and locks it; *@d is a negative dentry in it, or an existing
 * directory. An existing file of that name is removed, so a later archive replaces the files of an
 * earlier one. Names are relative to the root, with or without "./". Returns 1 if the entry is the
 * root itself, else 0 or -errno. close_slot ends it.
 */
static int open_slot(struct unpack *u, struct path *dir, struct dentry **d)
{
	struct cspan name = text_in(u->name);
	struct last_name last;
	struct inode *ino;
	int err;

	while (cspan_starts(name, STR("./")))
		name = cspan_from(name, 2);
	if (!cspan_len(name) || cspan_equal(name, STR(".")) || cspan_equal(name, STR("/")))
		return 1; /* the root itself */
	err = path_parent(NULL, AT_FDCWD, name, 0, dir, &last);
	if (err)
		return err;
	if (last.kind != LAST_NAME) {
		path_put(dir);
		return -EINVAL;
	}
	ino = dir->dentry->inode;
	rwlock_write_lock(&ino->lock);
	err = dir_lookup(dir->dentry, cspan_sub(name, last.off, last.len), true, d);
	if (!err && (*d)->inode && !(S_IS(u->mode, S_IFDIR) && S_IS((*d)->inode->mode, S_IFDIR))) {
		/* No process exists yet, so the victim's lock is not needed. */
		err = S_IS((*d)->inode->mode, S_IFDIR) ? -EISDIR : ino->ops->unlink(ino, *d);
		obj_put(d);
		if (!err)
			err = dir_lookup(dir->dentry, cspan_sub(name, last.off, last.len), true, d);
	}
	if (err) {
		rwlock_write_unlock(&ino->lock);
		path_put(dir);
	}
	return err;
}

static void close_slot(struct path *dir, struct dentry **d)
{
	rwlock_write_unlock(&dir->dentry->inode->lock);
	obj_put(d);
	path_put(dir);
}

/* Owner, mode and times of the archive. A link has no mode of its own. */
static void entry_set_owner(struct unpack *u, struct inode *ino)
{
	ino->uid = u->uid;
	ino->gid = u->gid;
	ino->mtime = (struct timespec64){ .sec = u->mtime };
	ino->atime = ino->mtime;
	if (!S_IS(ino->mode, S_IFLNK))
		ino->mode = (ino->mode & S_IFMT) | (u->mode & 07777);
}

/* The first name of the inode @ino of the archive. */
static struct cpio_link *find_link(u32 ino)
{
	struct cpio_link *l = links;

	while (l && l->ino != ino)
		l = ino < l->ino ? l->node.left : l->node.right;
	return l;
}

/* Without memory a later name becomes a file of its own. */
static void remember_link(u32 ino, struct path *dir, struct dentry *d)
{
	struct cpio_link *l = obj_new(cpio_link);

	if (!l)
		return;
	l->ino = ino;
	l->path.mnt = obj_get(dir->mnt);
	l->path.dentry = obj_get(d);
	link_tree_insert(&links, l);
}

void cpio_forget_links(void)
{
	struct cpio_link *l;

	while ((l = links) != NULL) {
		link_tree_remove(&links, l);
		obj_put(&l);
	}
}

/*
 * Hard links: the names of one file have the same inode number; the first name makes the file,
 * later ones are linked to it. Usually only the last name comes with data; it is written through
 * that name.
 */
int cpio_make_entry(struct unpack *u)
{
	struct path dir = { 0 };
	struct path at;
	struct dentry *d = NULL;
	struct inode *ino;
	struct cpio_link *link = NULL;
	int err = open_slot(u, &dir, &d);

	if (err == 1) {
		if (S_IS(u->mode, S_IFDIR))
			entry_set_owner(u, root_mount()->root->inode);
		return 0;
	}
	if (err)
		return err;
	ino = dir.dentry->inode;
	if (S_IS(u->mode, S_IFREG) && u->nlink > 1)
		link = find_link(u->ino);
	if (d->inode) {
		err = 0; /* a directory that exists already */
	} else if (link) {
		err = ino->ops->link(ino, d, link->path.dentry->inode);
	} else if (S_IS(u->mode, S_IFDIR)) {
		err = ino->ops->mkdir(ino, d, u->mode & 07777);
	} else if (S_IS(u->mode, S_IFREG)) {
		err = ino->ops->create(ino, d, u->mode & 07777);
		if (!err && u->nlink > 1)
			remember_link(u->ino, &dir, d);
	} else if (S_IS(u->mode, S_IFLNK)) {
		err = 0; /* made when its data, the target, has been read */
	} else {
		err = ino->ops->mknod(ino, d, u->mode, MKDEV(u->major, u->minor));
	}
	if (!err && d->inode) {
		entry_set_owner(u, d->inode);
		u->nr_files++;
		if (S_IS(u->mode, S_IFREG) && u->size) {
			at.mnt = dir.mnt;
			at.dentry = d;
			err = file_open_path(&at, O_WRONLY, NULL, &u->file);
		}
	}
	close_slot(&dir, &d);
	return err;
}

/* It cannot be made earlier, since a link cannot be changed. */
int cpio_make_symlink(struct unpack *u, struct cspan target)
{
	struct path dir = { 0 };
	struct dentry *d = NULL;
	int err = open_slot(u, &dir, &d);

	if (err)
		return err == 1 ? 0 : err;
	err = dir.dentry->inode->ops->symlink(dir.dentry->inode, d, target);
	if (!err) {
		entry_set_owner(u, d->inode);
		u->nr_files++;
	}
	close_slot(&dir, &d);
	return err;
}
