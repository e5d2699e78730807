// SPDX-License-Identifier: MPL-2.0
/*
 * Sending and receiving: sendto, recvfrom, sendmsg, recvmsg, sendmmsg, recvmmsg. See their manual
 * pages.
 *
 * One message is decoded in three steps: the header and address, the array of buffers, the control
 * messages. Then the protocol moves the data, and for a receive the results go back to the header.
 * Descriptors that are still in m.fds at the end were not delivered and are dropped.
 *
 * What a program can change while a call runs: its own memory. So the header is copied once, and
 * each pointer in it is used through the copy. What is written back goes field by field; a field
 * that faults makes the call fail, but the message has been received by then, as on Linux.
 */
#include <kernel/clock.h>
#include <kernel/file.h>
#include <kernel/stat.h>
#include <kernel/thread.h>
#include <kernel/uio.h>
#include <uapi/fs.h>

#include "net.h"

/* O_NONBLOCK of the file is MSG_DONTWAIT for the protocol. */
static u32 with_nonblock(const struct file *f, u32 flags)
{
	return flags | (load_once(f->flags) & O_NONBLOCK ? MSG_DONTWAIT : 0);
}

/* ---- one buffer, with or without an address ---- */

/* The range of the buffer is checked before the descriptor, as on Linux. */
s64 sys_sendto(struct thread *t, s32 fd, struct uaddr buf, u64 len, u32 flags, struct uaddr addr,
	s32 addr_len)
{
	struct socket_msg m = { 0 };
	struct uio u = uio_user(buf, len);
	struct file *f;
	s64 ret = 0;
	struct socket *s;

	if (!user_range_ok(buf, min(len, MAX_RW_COUNT)))
		return -EFAULT;
	s = socket_get(t, fd, &f, &ret);
	if (!s)
		return ret;
	m.flags = with_nonblock(f, flags);
	if (!addr.va) {
		ret = socket_send(s, &u, &m, NULL);
	} else {
		struct sockaddr_any a;
		ret = address_in(&a, addr, addr_len);
		m.name_len = (u32)addr_len;
		if (!ret)
			ret = socket_send(s, &u, &m, m.name_len ? &a : NULL);
	}
	obj_put(&f);
	return ret;
}

/*
 * Descriptors that came with the message have nowhere to go, and are dropped; so is what an error
 * queue or a packet socket has left for control messages (m.error).
 */
s64 sys_recvfrom(struct thread *t, s32 fd, struct uaddr buf, u64 len, u32 flags, struct uaddr addr,
	struct uaddr addr_len)
{
	struct socket_msg m = { 0 };
	struct uio u = uio_user(buf, len);
	struct file *f;
	s64 ret = 0, err;
	struct socket *s;

	if (!user_range_ok(buf, min(len, MAX_RW_COUNT)))
		return -EFAULT;
	s = socket_get(t, fd, &f, &ret);
	if (!s)
		return ret;
	m.flags = with_nonblock(f, flags);
	if (!addr.va) {
		ret = socket_recv(s, &u, &m, NULL);
	} else {
		struct sockaddr_any a;
		ret = socket_recv(s, &u, &m, &a);
		err = ret >= 0 ? address_out(&a, m.name_len, addr, addr_len) : 0;
		if (err)
			ret = err;
	}
	if (m.fds)
		scm_fds_drop(&m.fds);
	obj_put_any(&m.error);
	obj_put(&f);
	return ret;
}

/* ---- struct msghdr ---- */

/* Copies a struct msghdr in and checks it. Returns 0, -EFAULT, -EINVAL or -EMSGSIZE. */
static s64 header_in(struct uaddr at, struct user_msghdr *h)
{
	if (user_get(h, at))
		return -EFAULT;
	if (!h->name)
		h->namelen = 0;
	if (h->namelen < 0)
		return -EINVAL;
	h->namelen = min(h->namelen, (s32)SOCKADDR_MAX);
	return h->iovlen > IOV_MAX ? -EMSGSIZE : 0;
}

/*
 * Sends one message. @flags includes MSG_DONTWAIT for a non-blocking file. Order, as programs see
 * it in errors: header, address, buffers, control messages, and then the protocol.
 */
static s64 msg_send_one(struct thread *t, struct socket *s, struct uaddr msg, u32 flags)
{
	struct socket_msg m = { .flags = flags };
	struct user_msghdr h;
	struct sockaddr_any a;
	struct uio u;
	s64 ret = header_in(msg, &h);

	if (ret)
		return ret;
	m.name_len = (u32)h.namelen;
	if (h.namelen) {
		ret = address_in(&a, UADDR(h.name), h.namelen);
		if (ret)
			return ret;
	}
	ret = uio_iovec(&u, UADDR(h.iov), h.iovlen);
	if (ret)
		return ret;
	if (h.controllen)
		ret = scm_parse(t, s, UADDR(h.control), h.controllen, &m);
	if (!ret)
		ret = socket_send(s, &u, &m, h.namelen ? &a : NULL);
	if (m.fds)
		scm_fds_drop(&m.fds);
	uio_done(&u);
	return ret;
}

/*
 * Writes the results of a receive to the user's header; consumes m->fds. Control messages first:
 * they decide about MSG_CTRUNC, which stands in the flags.
 */
static s64 header_out(struct thread *t, struct socket *s, struct uaddr at,
	const struct user_msghdr *h, struct socket_msg *m, const struct sockaddr_any *a)
{
	struct uaddr flags_at = uaddr_add(at, offsetof(struct user_msghdr, flags));
	struct uaddr controllen_at = uaddr_add(at, offsetof(struct user_msghdr, controllen));
	u64 control = h->control ? h->controllen : 0;
	u32 flags;
	s64 err = 0;

	scm_put(t, s, UADDR(h->control), &control, m);
	if (h->name)
		err = address_out(a, m->name_len, UADDR(h->name),
			uaddr_add(at, offsetof(struct user_msghdr, namelen)));
	flags = m->out_flags | (m->flags & MSG_CMSG_CLOEXEC);
	if (!err && user_put(flags_at, &flags))
		err = -EFAULT;
	if (!err && user_put(controllen_at, &control))
		err = -EFAULT;
	return err;
}

/* Receives one message. */
static s64 recv_one(struct thread *t, struct socket *s, struct uaddr msg, u32 flags)
{
	struct socket_msg m = { .flags = flags };
	struct user_msghdr h;
	struct sockaddr_any a;
	struct uio u;
	s64 err, ret = header_in(msg, &h);

	if (!ret)
		ret = uio_iovec(&u, UADDR(h.iov), h.iovlen);
	if (ret)
		return ret;
	ret = socket_recv(s, &u, &m, h.name ? &a : NULL);
	uio_done(&u);
	if (ret >= 0) {
		err = header_out(t, s, msg, &h, &m, &a);
		if (err)
			ret = err;
	}
	if (m.fds)
		scm_fds_drop(&m.fds);
	obj_put_any(&m.error);
	return ret;
}

/* Sends or receives one message. */
static s64 one_message(struct thread *t, s32 fd, struct uaddr msg, u32 flags, bool send)
{
	struct file *f;
	s64 ret = 0;
	struct socket *s = socket_get(t, fd, &f, &ret);

	if (!s)
		return ret;
	flags = with_nonblock(f, flags);
	ret = send ? msg_send_one(t, s, msg, flags) : recv_one(t, s, msg, flags);
	obj_put(&f);
	return ret;
}

s64 sys_sendmsg(struct thread *t, s32 fd, struct uaddr msg, u32 flags)
{
	return one_message(t, fd, msg, flags, true);
}

s64 sys_recvmsg(struct thread *t, s32 fd, struct uaddr msg, u32 flags)
{
	return one_message(t, fd, msg, flags, false);
}

/* ---- several messages ---- */

static s64 put_len(struct uaddr at, s64 n)
{
	struct uaddr len_at = uaddr_add(at, offsetof(struct user_mmsghdr, len));
	u32 len = (u32)n;

	return user_put(len_at, &len) ? -EFAULT : 0;
}

/*
 * Returns the number of messages sent; an error counts only if it hits the first one. Messages that
 * were sent are counted; the error of the next one is lost, as on Linux, and the next call meets it
 * again.
 */
s64 sys_sendmmsg(struct thread *t, s32 fd, struct uaddr msgs, u32 n, u32 flags)
{
	struct file *f;
	s64 ret = 0;
	struct socket *s = socket_get(t, fd, &f, &ret);
	u32 i;

	if (!s)
		return ret;
	n = min(n, (u32)IOV_MAX);
	for (i = 0; i < n; i++) {
		struct uaddr at = uaddr_add(msgs, i * sizeof(struct user_mmsghdr));
		ret = msg_send_one(t, s, at, with_nonblock(f, flags));
		if (ret >= 0)
			ret = put_len(at, ret);
		if (ret)
			break;
		task_cond_resched();
	}
	obj_put(&f);
	return i ? (s64)i : ret;
}

/*
 * Receives until @n messages, an error, the deadline (which is only checked between messages, as on
 * Linux) or, with MSG_WAITFORONE, an empty queue. MSG_WAITFORONE waits for the first message only.
 * A signal ends the call with what has come.
 */
static s64 recv_many(struct thread *t, struct socket *s, struct uaddr msgs, u32 n, u32 flags,
	u64 deadline)
{
	s64 ret = 0;
	u32 i;

	for (i = 0; i < n; i++) {
		struct uaddr at = uaddr_add(msgs, i * sizeof(struct user_mmsghdr));
		ret = recv_one(t, s, at, flags & ~MSG_WAITFORONE);
		if (ret >= 0)
			ret = put_len(at, ret);
		if (ret)
			break;
		if (flags & MSG_WAITFORONE)
			flags |= MSG_DONTWAIT;
		if (deadline != NO_DEADLINE && time_mono_ns() >= deadline) {
			i++;
			break;
		}
		task_cond_resched();
	}
	/* An error after the first message is reported by the next call. */
	if (i && ret < 0 && ret != -EAGAIN && ret > -ERESTARTSYS)
		atomic_store(&s->error, (u64)-ret);
	return i ? (s64)i : ret;
}

/* A pending error of the socket comes first. The time that is left is written back. */
s64 sys_recvmmsg(struct thread *t, s32 fd, struct uaddr msgs, u32 n, u32 flags,
	struct uaddr timeout)
{
	struct timespec64 left;
	struct file *f;
	struct socket *s;
	u64 deadline;
	s64 ret = deadline_from_user(timeout, &deadline);

	if (ret)
		return ret;
	s = socket_get(t, fd, &f, &ret);
	if (!s)
		return ret;
	ret = socket_take_error(s);
	if (!ret)
		ret = recv_many(t, s, msgs, min(n, (u32)IOV_MAX), with_nonblock(f, flags),
			deadline);
	obj_put(&f);
	if (ret > 0 && timeout.va) {
		u64 now = time_mono_ns();
		left = timespec_of_ns(deadline > now ? deadline - now : 0);
		if (user_put(timeout, &left))
			ret = -EFAULT;
	}
	return ret;
}
