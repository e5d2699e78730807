// SPDX-License-Identifier: MPL-2.0
/*
 * Calls on the addresses and state of a socket: bind, listen, accept, connect, getsockname,
 * getpeername, shutdown. See their manual pages.
 *
 * Each call looks the descriptor up, keeps a reference to the file while it runs, copies addresses
 * in or out here, and leaves the rest to the protocol's operation. So protocols see addresses of
 * the kernel only, and a close by another thread cannot take the socket away from under a call.
 *
 * A protocol without an operation says EOPNOTSUPP. Errors come in Linux's order: the descriptor
 * first, then the address.
 */
#include <frame/types.h>
#include <kernel/file.h>
#include <kernel/files.h>
#include <kernel/knobs.h>
#include <kernel/thread.h>
#include <uapi/fs.h>

#include "net.h"

/* A length of 0 gives an empty address; the protocol decides whether that is an error. */
int address_in(struct sockaddr_any *a, struct uaddr from, s32 len)
{
	if (len < 0 || len > (s32)SOCKADDR_MAX)
		return -EINVAL;
	*a = (struct sockaddr_any){ 0 };
	return len ? copy_in(span_first(value_span(a), (size_t)len), from) : 0;
}

/*
 * The length written is that of the whole address, also if the buffer was too short, as in
 * accept(2).
 */
s64 address_out(const struct sockaddr_any *a, u32 n, struct uaddr to, struct uaddr len_at)
{
	s32 room, len = (s32)n;

	if (user_get(&room, len_at))
		return -EFAULT;
	if (room < 0)
		return -EINVAL;
	if (room && n && copy_out(to, cspan_first(value_cspan(a), min((u32)room, n))))
		return -EFAULT;
	return user_put(len_at, &len) ? -EFAULT : 0;
}

s64 sys_bind(struct thread *t, s32 fd, struct uaddr addr, s32 len)
{
	struct sockaddr_any a;
	struct file *f;
	s64 ret = 0;
	struct socket *s = socket_get(t, fd, &f, &ret);

	if (!s)
		return ret;
	ret = address_in(&a, addr, len);
	if (!ret)
		ret = s->ops->bind ? s->ops->bind(s, &a, (u32)len) : -EOPNOTSUPP;
	obj_put(&f);
	return ret;
}

/* A negative backlog is a large one, and is cut to somaxconn. */
s64 sys_listen(struct thread *t, s32 fd, s32 backlog)
{
	struct file *f;
	s64 ret = 0;
	struct socket *s = socket_get(t, fd, &f, &ret);

	if (!s)
		return ret;
	ret = s->ops->listen ? s->ops->listen(s, min((u32)backlog, (u32)knob_get(KNOB_SOMAXCONN)))
			     : -EOPNOTSUPP;
	obj_put(&f);
	return ret;
}

/*
 * Accepts a connection and creates its file. If the file or the address cannot be delivered, the
 * connection is lost: *@out, when put, resets it.
 */
static s64 accept_file(struct socket *s, const struct file *listener, u32 flags, struct uaddr addr,
	struct uaddr len, struct file **out)
{
	struct socket *new = NULL;
	struct sockaddr_any a;
	s64 ret;
	int n;

	if (!s->ops->accept)
		return -EOPNOTSUPP;
	ret = s->ops->accept(s, load_once(listener->flags) & O_NONBLOCK, &new);
	if (ret)
		return ret;
	/* While it has no file its peer has a name, also if the connection is over already. */
	n = addr.va ? new->ops->getname(new, true, &a) : 0;
	*out = socket_file_new(new, flags & SOCK_NONBLOCK);
	if (!*out)
		return -ENFILE;
	if (!addr.va)
		return 0;
	return n < 0 ? -ECONNABORTED : address_out(&a, (u32)n, addr, len);
}

/*
 * The descriptor is reserved first, so that a process at its limit of descriptors does not lose a
 * connection.
 */
s64 sys_accept4(struct thread *t, s32 fd, struct uaddr addr, struct uaddr len, u32 flags)
{
	struct file *f, *new = NULL;
	struct socket *s;
	s64 ret = 0;
	s32 new_fd;

	if (flags & ~(SOCK_CLOEXEC | SOCK_NONBLOCK))
		return -EINVAL;
	s = socket_get(t, fd, &f, &ret);
	if (!s)
		return ret;
	new_fd = fd_reserve(t, 0, flags & SOCK_CLOEXEC);
	if (new_fd >= 0) {
		ret = accept_file(s, f, flags, addr, len, &new);
		if (ret)
			fd_unreserve(t, new_fd);
		else
			fd_publish(t, new_fd, new);
		obj_put(&new);
	}
	obj_put(&f);
	return ret ? ret : new_fd;
}

s64 sys_accept(struct thread *t, s32 fd, struct uaddr addr, struct uaddr len)
{
	return sys_accept4(t, fd, addr, len, 0);
}

/* The address is copied before the protocol is called: it cannot change while the call sleeps. */
s64 sys_connect(struct thread *t, s32 fd, struct uaddr addr, s32 len)
{
	struct sockaddr_any a;
	struct file *f;
	s64 ret = 0;
	struct socket *s = socket_get(t, fd, &f, &ret);

	if (!s)
		return ret;
	ret = address_in(&a, addr, len);
	if (!ret)
		ret = s->ops->connect
			? s->ops->connect(s, &a, (u32)len, load_once(f->flags) & O_NONBLOCK)
			: -EOPNOTSUPP;
	obj_put(&f);
	return ret;
}

/* getsockname and getpeername differ only in the end whose address is returned. */
static s64 socket_get_name(struct thread *t, s32 fd, struct uaddr addr, struct uaddr len, bool peer)
{
	struct sockaddr_any a;
	struct file *f;
	s64 ret = 0;
	struct socket *s = socket_get(t, fd, &f, &ret);

	if (!s)
		return ret;
	ret = s->ops->getname(s, peer, &a);
	if (ret >= 0)
		ret = address_out(&a, (u32)ret, addr, len);
	obj_put(&f);
	return ret;
}

s64 sys_getsockname(struct thread *t, s32 fd, struct uaddr addr, struct uaddr len)
{
	return socket_get_name(t, fd, addr, len, false);
}

s64 sys_getpeername(struct thread *t, s32 fd, struct uaddr addr, struct uaddr len)
{
	return socket_get_name(t, fd, addr, len, true);
}

s64 sys_shutdown(struct thread *t, s32 fd, s32 how)
{
	struct file *f;
	s64 ret = 0;
	struct socket *s = socket_get(t, fd, &f, &ret);

	if (!s)
		return ret;
	if (how < SHUT_RD || how > SHUT_RDWR)
		ret = -EINVAL;
	else
		ret = s->ops->shutdown ? s->ops->shutdown(s, (u32)how + 1) : -EOPNOTSUPP;
	obj_put(&f);
	return ret;
}
