// SPDX-License-Identifier: MPL-2.0
/*
 * Names of AF_UNIX sockets: nodes in the file system, abstract names, and names given by autobind.
 * See unix(7).
 *
 * An abstract name is found in a hash table. A path name is found by a path walk: the inode of the
 * node points to the socket. Both are guarded by names_lock, without references: unix_unname
 * removes the name before the socket is released. bind_lock of a socket serializes bind, so that
 * addr is set once.
 */
#include <kernel/inode.h>
#include <kernel/list.h>
#include <kernel/mount.h>
#include <kernel/namei.h>
#include <kernel/random.h>
#include <kernel/super.h>
#include <kernel/thread.h>
#include <uapi/fs.h>

#include "diag.h"

OBJ_TYPE(unix_addr, NULL_RELEASE);
OBJ_TYPE_DECL(unix_addr);

/* Abstract names, hashed by type and bytes. inode.socket of nodes is also guarded by names_lock. */
#define NR_BUCKETS 256u
struct unix_bucket {
	LIST_HEAD(unix_sock) socks;
};
static struct unix_bucket names[NR_BUCKETS];
static struct spinlock names_lock;

/* The hash includes the type: sockets of different types may have the same abstract name. */
static u32 unix_name_bucket(struct cspan path, u32 type)
{
	u64 h = type;
	size_t i;

	for (i = 0; i < cspan_len(path); i++)
		h = h * 31 + span_byte(path, i);
	return (u32)(h * 0x9e3779b97f4a7c15ul >> 56) % NR_BUCKETS;
}

/* A new name, not yet in the table; NULL if memory is out. */
static struct unix_addr *addr_new(struct cspan path, u32 type)
{
	struct unix_addr *a = obj_new(unix_addr);

	if (a) {
		a->len = 2 + (u32)span_copy(span_of(a->path), path);
		a->bucket = unix_name_bucket(path, type);
	}
	return a;
}

u32 unix_addr_copy(const struct unix_addr *from, struct sockaddr_any *to)
{
	to->family = AF_UNIX;
	if (!from)
		return sizeof(to->family);
	span_copy(span_of(to->data), UNIX_ADDR_PATH(from));
	return from->len;
}

int unix_check_addr(const struct sockaddr_any *a, u32 len)
{
	return len <= sizeof(a->family) || len > sizeof(a->family) + UNIX_PATH_MAX ||
			a->family != AF_UNIX
		? -EINVAL
		: 0;
}

/*
 * The length of the name without the family: a path ends at its NUL, an abstract name uses all
 * bytes.
 */
static size_t path_len(const struct sockaddr_any *a, u32 len)
{
	struct cspan all = cspan_first(cspan_of(a->data), len - sizeof(a->family));

	return span_byte(all, 0) ? cspan_strlen(all) : cspan_len(all);
}
#define PATH_OF(a, len) (cspan_first(cspan_of((a)->data), path_len((a), (len))))

int unix_getname(struct socket *s, bool peer, struct sockaddr_any *a)
{
	struct unix_sock *us = unix_of(s);
	struct socket *other;
	int len;

	if (!peer)
		return (int)unix_addr_copy(load_acquire(us->addr), a);
	other = unix_peer_get(us);
	if (!other)
		return -ENOTCONN;
	len = (int)unix_addr_copy(load_acquire(unix_of(other)->addr), a);
	obj_put(&other);
	return len;
}

/* ---- lookup ---- */

/* Finds an abstract name; borrowed. names_lock held. */
static struct unix_sock *in_table(struct cspan path, u32 type, u32 bucket)
{
	struct unix_sock *us;

	list_for_each(us, &names[bucket % NR_BUCKETS].socks, name_link) {
		if (us->socket->type == type && cspan_equal(UNIX_ADDR_PATH(us->addr), path))
			break;
	}
	return us;
}

static int find_abstract(struct cspan path, u32 type, struct socket **out)
{
	struct unix_sock *us;

	spin_lock(&names_lock);
	us = in_table(path, type, unix_name_bucket(path, type));
	if (us)
		*out = obj_get(us->socket);
	spin_unlock(&names_lock);
	return us ? 0 : -ECONNREFUSED;
}

/* Finds the socket of a node in the file system. The caller needs write permission on the node. */
static int find_node(struct cspan path, u32 type, struct socket **out)
{
	struct path at;
	struct inode *ino;
	struct socket *s = NULL;
	int err = path_lookup(thread_current(), AT_FDCWD, path, LOOKUP_FOLLOW, &at);

	if (err)
		return err;
	ino = at.dentry->inode;
	err = inode_permission(ino, MAY_WRITE);
	if (!err && S_IS(ino->mode, S_IFSOCK)) {
		spin_lock(&names_lock);
		s = ino->socket ? obj_get(ino->socket) : NULL;
		spin_unlock(&names_lock);
	}
	path_put(&at);
	if (!err && !s)
		err = -ECONNREFUSED;
	if (!err && s->type != type) {
		obj_put(&s);
		err = -EPROTOTYPE;
	}
	if (!err)
		*out = s;
	return err;
}

int unix_find(const struct sockaddr_any *a, u32 len, u32 type, struct socket **out)
{
	struct cspan path = PATH_OF(a, len);

	return span_byte(cspan_of(a->data), 0) ? find_node(path, type, out)
					       : find_abstract(path, type, out);
}

/* ---- binding; bind_lock held ---- */

/* Gives the socket an abstract name unless the name is taken; consumes @addr on success. */
static int name_abstract(struct unix_sock *us, struct unix_addr *addr)
{
	bool taken;

	spin_lock(&names_lock);
	taken = in_table(UNIX_ADDR_PATH(addr), us->socket->type, addr->bucket);
	if (!taken) {
		store_release(us->addr, addr);
		us->named = true;
		list_push_back(&names[addr->bucket % NR_BUCKETS].socks, us, name_link);
	}
	spin_unlock(&names_lock);
	return taken ? -EADDRINUSE : 0;
}

/*
 * Creates a node for the socket and names the socket by it; consumes @addr on success. Everything
 * that can fail comes before the socket can be found.
 */
static int name_node(struct unix_sock *us, struct unix_addr *addr)
{
	struct inode *mine = us->socket->file->inode;
	int err = vfs_mksock(thread_current(), UNIX_ADDR_PATH(addr), mine->mode, us->addr != NULL,
		&us->path);

	if (err)
		return err == -EEXIST ? -EADDRINUSE : err;
	addr->len++; /* the length includes the NUL */
	spin_lock(&names_lock);
	us->path.dentry->inode->socket = us->socket;
	us->named = true;
	spin_unlock(&names_lock);
	store_release(us->addr, addr);
	return 0;
}

#define AUTOBIND_NAMES 0x100000u /* five hexadecimal digits */

/* Tries names from a random one on until one is free. */
static int autobind_locked(struct unix_sock *us)
{
	u8 name[6];
	u32 i, start = (u32)random_u64();
	struct unix_addr *addr;
	int err = -EADDRINUSE;

	if (us->addr)
		return 0;
	for (i = 0; err == -EADDRINUSE && i < AUTOBIND_NAMES; i++) {
		FMT(f, span_of(name));
		fmt_char(&f, 0);
		fmt_printf(&f, "%05x", (start + i) % AUTOBIND_NAMES);
		addr = addr_new(cspan_of(name), us->socket->type);
		err = addr ? name_abstract(us, addr) : -ENOMEM;
		if (err)
			obj_put(&addr);
	}
	return err == -EADDRINUSE ? -ENOSPC : err;
}

int unix_autobind(struct socket *s)
{
	struct unix_sock *us = unix_of(s);
	int err;

	if (load_acquire(us->addr))
		return 0;
	mutex_lock(&us->bind_lock);
	err = autobind_locked(us);
	mutex_unlock(&us->bind_lock);
	return err;
}

/*
 * A length without a path requests an autobind. bind_lock makes the check for an earlier name and
 * the naming one step.
 */
int unix_bind(struct socket *s, const struct sockaddr_any *a, u32 len)
{
	struct unix_sock *us = unix_of(s);
	struct unix_addr *addr;
	bool abstract;
	int err;

	if (len == sizeof(a->family) && a->family == AF_UNIX)
		return unix_autobind(s);
	err = unix_check_addr(a, len);
	if (err)
		return err;
	abstract = !span_byte(cspan_of(a->data), 0);
	addr = addr_new(PATH_OF(a, len), s->type);
	if (!addr)
		return -ENOMEM;
	mutex_lock(&us->bind_lock);
	if (!abstract)
		err = name_node(us, addr);
	else
		err = us->addr ? -EINVAL : name_abstract(us, addr);
	mutex_unlock(&us->bind_lock);
	if (err)
		obj_put(&addr);
	return err;
}

/*
 * The inode or table forgets the socket under names_lock, so a lookup either has a reference
 * already or does not find the socket. The node in the file system stays until it is unlinked.
 */
void unix_unname(struct unix_sock *us)
{
	spin_lock(&names_lock);
	if (us->named && us->path.dentry)
		us->path.dentry->inode->socket = NULL;
	else if (us->named)
		list_remove(&names[us->addr->bucket % NR_BUCKETS].socks, us, name_link);
	us->named = false;
	spin_unlock(&names_lock);
	path_put(&us->path);
}

bool unix_diag_node(struct unix_sock *us, u64 *ino, u64 *dev)
{
	struct inode *node = NULL;

	spin_lock(&names_lock);
	if (us->named && us->path.dentry)
		node = us->path.dentry->inode;
	if (node) {
		*ino = node->ino;
		*dev = node->sb->dev;
	}
	spin_unlock(&names_lock);
	return node != NULL;
}
