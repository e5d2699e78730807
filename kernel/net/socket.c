// SPDX-License-Identifier: MPL-2.0
/*
 * Sockets as objects and as open files; socket(2) and socketpair(2). Protocol families are
 * registered as struct socket_family.
 *
 * How a socket lives. A family creates the struct socket with its own object (proto).
 * socket_file_new makes an open file that owns the caller's reference; the socket knows its file
 * without a reference (socket.file). When the last descriptor is closed, the file is released: the
 * protocol's release operation ends the connection, and the file's reference on the socket is
 * dropped. Others may keep the socket's memory, such as its peer or messages that it has sent; they
 * find it dead. A socket that a connect has created for the other end (an embryo) has no file until
 * it is accepted.
 *
 * Locks. The struct socket has none of its own for the protocol's state; fields that calls and
 * packets share are atomic words (error, wmem) or bits (options, shutdown), and wake-ups need none.
 * So a protocol may wake others with any of its locks held.
 */
#include <frame/cpu.h>
#include <frame/time.h>
#include <kernel/bpf.h>
#include <kernel/file.h>
#include <kernel/files.h>
#include <kernel/inet.h>
#include <kernel/inode.h>
#include <kernel/knobs.h>
#include <kernel/netdev.h>
#include <kernel/notify.h>
#include <kernel/poll.h>
#include <kernel/sigio.h>
#include <kernel/signal.h>
#include <kernel/thread.h>
#include <kernel/uio.h>
#include <uapi/fs.h>

#include "net.h"
#include "unix/unix.h"

static void socket_obj_release(struct socket *s)
{
	socket_list_remove(s);
	obj_put_any(&s->proto);
	obj_put_any(&s->errors);
	obj_put(&s->poll);
	obj_put(&s->filter);
	socket_stamps_end(s);
}
OBJ_TYPE(socket, socket_obj_release);

#define NR_FAMILIES 6
static const struct socket_family *families[NR_FAMILIES];

/* Called at boot, by one CPU; so the array needs no lock. */
void socket_family_register(const struct socket_family *f)
{
	u32 i;

	for (i = 0; i < NR_FAMILIES; i++) {
		if (!families[i]) {
			families[i] = f;
			return;
		}
	}
}

void socket_init(void)
{
	unix_init();
}

void socket_shutdown_all(void)
{
	unix_collect_now();
	virtual_shutdown();
	tap_shutdown();
	net_shutdown();
	inet_shutdown();
	packet_shutdown();
}

struct socket *socket_new(const struct socket_ops *ops, u32 family, u32 type, u32 protocol,
	struct obj *proto)
{
	struct socket *s = obj_new(socket);

	if (!s) {
		obj_put_any(&proto);
		return NULL;
	}
	s->ops = ops;
	s->family = (u16)family;
	s->type = (u16)type;
	s->protocol = protocol;
	s->proto = proto;
	s->sndbuf = (u32)knob_get(KNOB_WMEM_DEFAULT);
	s->rcvbuf = (u32)knob_get(KNOB_RMEM_DEFAULT);
	s->rcvlowat = 1;
	s->peek_off = -1;
	return s;
}

/* ---- waiting ---- */

/* 0: do not wait. A time beyond the end of the clock is none. */
u64 socket_deadline(u64 timeout_ns, bool nonblock)
{
	u64 at;

	if (nonblock)
		return 0;
	if (!timeout_ns || __builtin_add_overflow(time_mono_ns(), timeout_ns, &at))
		return NO_DEADLINE;
	return at;
}

/*
 * A wait with a timeout is not restarted after a signal, because it would begin anew; one without a
 * timeout is (signal(7)).
 */
int socket_wait_error(int err, u64 deadline)
{
	if (err == -ETIMEDOUT)
		return -EAGAIN;
	return deadline == NO_DEADLINE ? -ERESTARTSYS : -EINTR;
}

static bool socket_has_room(const struct socket *s)
{
	return atomic_load(&s->wmem) < load_once(s->sndbuf);
}

/*
 * Called with nothing held. The hint may be old when it returns: two senders may both find the last
 * room, and exceed the buffer by one packet each.
 */
int socket_wait_room(struct socket *s, u32 flags)
{
	u64 deadline = 0;
	int err;

	for (;;) {
		err = socket_take_error(s);
		if (unlikely(err))
			return err;
		if (unlikely(load_once(s->shutdown) & SHUTDOWN_SEND))
			return -EPIPE;
		if (likely(socket_has_room(s)))
			return 0;
		if (!deadline)
			deadline = socket_deadline(s->snd_timeout_ns, flags & MSG_DONTWAIT);
		if (!deadline)
			return -EAGAIN;
		wait_event(&s->write_wait,
			socket_has_room(s) || atomic_load(&s->error) ||
				(load_once(s->shutdown) & SHUTDOWN_SEND),
			WAIT_INTERRUPTIBLE, deadline, &err);
		if (err)
			return socket_wait_error(err, deadline);
	}
}

/* What was sent before the end is the result, and no signal; the next call gets both. */
ssize_t socket_broken(ssize_t sent, u32 flags)
{
	struct siginfo info = { .signo = SIGPIPE, .code = SI_USER };

	if (sent)
		return sent;
	if (!(flags & MSG_NOSIGNAL))
		ignore_error(signal_send_thread(thread_current(), &info)); /* never refused */
	return -EPIPE;
}

/* Threads that wait in a call, and those that wait in poll, epoll or select. */
void socket_wake_readers(struct socket *s, u32 events)
{
	waitq_wake_all(&s->read_wait);
	poll_notify(s->poll, events);
}

void socket_wake_writers(struct socket *s, u32 events)
{
	if ((events & POLLOUT) && unlikely(load_once(s->async_missed)) &&
		clear_bits(s->async_missed, 1u))
		events |= ASYNC_OUT;
	waitq_wake_all(&s->write_wait);
	poll_notify(s->poll, events);
}

void socket_wake_all(struct socket *s, u32 events)
{
	waitq_wake_all(&s->read_wait);
	socket_wake_writers(s, events);
}

/*
 * Called from wherever a packet ends, maybe under a driver's lock. Writers are woken once, when the
 * half is passed, not for each packet.
 */
void socket_uncharge(struct socket *s, u32 n)
{
	u64 half = load_once(s->sndbuf) / 2, now = atomic_sub(&s->wmem, n);

	if (now <= half && now + n > half)
		socket_wake_writers(s, POLLOUT | POLLWRNORM | POLLWRBAND);
}

/* ---- O_ASYNC ---- */

/*
 * Room is news only for those who have missed it (SOCKWQ_ASYNC_NOSPACE of Linux). The mark is set
 * first, and then the room is looked at again: who makes room does it the other way round.
 */
void socket_async_sent(struct socket *s)
{
	(void)set_bits(s->async_missed, 1u);
	if ((s->ops->poll(s, NULL) & POLLOUT) && clear_bits(s->async_missed, 1u))
		poll_notify(s->poll, ASYNC_OUT);
}

/* A reader that may sleep gets the data itself: no signal says that it came. */
ssize_t socket_async_recv(struct socket *s, struct uio *u, struct socket_msg *m,
	struct sockaddr_any *name)
{
	struct poll_source *p = s->poll;
	ssize_t n;

	if ((m->flags & MSG_DONTWAIT) || !p)
		return s->ops->recvmsg(s, u, m, name);
	(void)atomic_add(&p->async_readers, 1);
	n = s->ops->recvmsg(s, u, m, name);
	(void)atomic_sub(&p->async_readers, 1);
	return n;
}

static void socket_async(struct file *f, struct poll_table *pt)
{
	poll_wait(pt, &obj_cast(socket, f->private)->poll);
}

/* ---- the open file ---- */

/* O_NONBLOCK of the file is MSG_DONTWAIT for the protocol. */
static u32 message_flags(const struct file *f)
{
	return load_once(f->flags) & O_NONBLOCK ? MSG_DONTWAIT : 0;
}

/*
 * read(2) is a receive without address and control messages: descriptors that arrive are dropped.
 */
static ssize_t socket_read(struct file *f, struct uio *u, u64 *pos)
{
	struct socket *s = obj_cast(socket, f->private);
	struct socket_msg m = { .flags = message_flags(f) | (u->nowait ? MSG_DONTWAIT : 0u) };
	ssize_t n;

	(void)pos;
	if (!u->left)
		return 0;
	n = socket_recv(s, u, &m, NULL);
	if (m.fds)
		scm_fds_drop(&m.fds);
	obj_put_any(&m.error);
	return n;
}

/* write(2) is a send without an address. A datagram is one write. */
static ssize_t socket_write(struct file *f, struct uio *u, u64 *pos)
{
	struct socket *s = obj_cast(socket, f->private);
	struct socket_msg m = { .flags = message_flags(f) };

	(void)pos;
	return socket_send(s, u, &m, NULL);
}

/* sendfile(2): a protocol that can takes the pages of the file as they are. */
static ssize_t socket_splice_from(struct file *in, u64 *pos, struct file *f, size_t len,
	bool nonblock)
{
	struct socket *s = obj_cast(socket, f->private);
	u64 size = load_once(in->host->size), from = *pos;
	ssize_t n = 0;

	(void)nonblock;
	if (!s->ops->send_file || !(in->ops->splice & SPLICE_CACHED) || (in->flags & O_DIRECT))
		return -EOPNOTSUPP;
	if (from < size)
		n = s->ops->send_file(s, in, from, min(len, size - from), message_flags(f));
	if (n > 0) {
		*pos = from + (u64)n;
		file_accessed(in);
		notify_file(in, IN_ACCESS);
		notify_file(f, IN_MODIFY);
	}
	return n;
}

static u32 socket_poll(struct file *f, struct poll_table *pt)
{
	struct socket *s = obj_cast(socket, f->private);
	u32 r = s->ops->poll(s, pt);

	if (unlikely(load_once(f->flags) & O_ASYNC) && !(r & POLLOUT))
		socket_async_sent(s);
	return r;
}

static s64 socket_ioctl(struct file *f, u32 cmd, u64 arg)
{
	struct socket *s = obj_cast(socket, f->private);
	s32 who, type;
	s64 ret;

	switch (cmd) {
	case FIOSETOWN:
	case SIOCSPGRP:
		return user_get(&who, UADDR(arg)) ? -EFAULT : sigio_set_owner_signed(f, who);
	case FIOGETOWN:
	case SIOCGPGRP:
		who = sigio_owner(f, &type);
		who = type == F_OWNER_PGRP ? -who : who;
		return user_put(UADDR(arg), &who) ? -EFAULT : 0;
	case SIOCGSTAMP:
	case SIOCGSTAMPNS:
	case SIOCGSTAMP_NEW:
	case SIOCGSTAMPNS_NEW:
		return socket_stamp_ioctl(s, cmd, UADDR(arg));
	default:
		break;
	}
	ret = s->ops->ioctl ? s->ops->ioctl(s, cmd, arg) : -ENOTTY;

	/* Any socket will do to ask about network devices. */
	return ret == -ENOTTY ? inet_ioctl(s, cmd, arg) : ret;
}

/* Files of sockets that were made less those that went, by CPU, which alone writes its number. */
static u64 counts[MAX_CPUS];

static void count_socket(u64 by)
{
	u64 *const n = array_at(counts, cpu_id());

	store_once(*n, *n + by);
}

/* A file may be made on one CPU and closed on another, so only the sum means something. */
u64 socket_count(void)
{
	u64 sum = 0;
	u32 i;

	for (i = 0; i < MAX_CPUS; i++)
		sum += load_once(*array_at(counts, i));
	return sum;
}

/*
 * The operations of the protocol end the connection. The file pointer is cleared after that; the
 * socket may live on as the peer of another one.
 */
static void socket_release(struct file *f)
{
	struct socket *s = obj_cast(socket, f->private);

	if (s) {
		s->ops->release(s);
		s->file = NULL;
		count_socket(~0ul);
	}
}

static int socket_mmap(struct file *f, struct vma *v)
{
	struct socket *s = obj_cast(socket, f->private);

	return s->ops->mmap ? s->ops->mmap(s, v) : -ENODEV;
}

static const struct file_ops socket_file_ops = {
	.mmap = socket_mmap,
	.closed = unix_collect_due, /* a socket that only messages refer to now may be garbage */
	.splice = SPLICE_READ | SPLICE_WRITE,
	.read = socket_read,
	.write = socket_write,
	.splice_from = socket_splice_from,
	.poll = socket_poll,
	.async = socket_async,
	.ioctl = socket_ioctl,
	.release = socket_release,
};

struct file *socket_file_new(struct socket *s, u32 flags)
{
	struct thread *t = thread_current();
	/* private is set last: a file whose creation fails must not release a socket. */
	struct file *f = file_new_anon(LIT("socket:"), &socket_file_ops, NULL,
		O_RDWR | (flags & O_NONBLOCK), FMODE_READ | FMODE_WRITE | FMODE_STREAM);

	if (!f) {
		/* A connection that was accepted ends here: its other end must learn that. */
		s->ops->release(s);
		obj_put(&s);
		return NULL;
	}
	f->inode->mode = S_IFSOCK | 0777;
	if (t) {
		f->inode->uid = t->cred->fsuid;
		f->inode->gid = t->cred->fsgid;
	}
	f->private = &s->obj;
	count_socket(1);
	store_release(s->file, f);
	return f;
}

/* Words without a lock: a file in the middle of its release has another's owner, or none. */
u32 socket_owner(const struct socket *s)
{
	const struct file *f = load_acquire(s->file);
	const struct inode *ino = f ? load_once(f->inode) : NULL;

	return ino ? load_once(ino->uid) : 0;
}

struct socket *socket_of(const struct file *f)
{
	return f->ops == &socket_file_ops ? obj_cast(socket, f->private) : NULL;
}

/* A reference to the file keeps the socket: the caller puts the file. */
struct socket *socket_get(struct thread *t, s32 fd, struct file **f, s64 *err)
{
	struct socket *s;

	*f = file_get(t, fd);
	if (!*f) {
		*err = -EBADF;
		return NULL;
	}
	s = socket_of(*f);
	if (!s) {
		obj_put(f);
		*err = -ENOTSOCK;
	}
	return s;
}

/* ---- creation ---- */

/* The families check type and protocol; the order of the errors is Linux's. */
static int create(s32 family, u32 type, u32 protocol, struct socket **out)
{
	u32 i;

	if (family < 0 || family >= AF_MAX)
		return -EAFNOSUPPORT;
	if (type >= SOCK_MAX)
		return -EINVAL;
	for (i = 0; i < NR_FAMILIES && families[i]; i++) {
		if (families[i]->family == (u32)family)
			return families[i]->create(type, protocol, out);
	}
	return -EAFNOSUPPORT;
}

/* Without room for a descriptor the file goes, and with it the socket, by its release. */
s64 sys_socket(struct thread *t, s32 family, u32 type, s32 protocol)
{
	struct socket *s = NULL;
	struct file *f;
	s64 ret;

	if (type & ~(SOCK_TYPE_MASK | SOCK_CLOEXEC | SOCK_NONBLOCK))
		return -EINVAL;
	ret = create(family, type & SOCK_TYPE_MASK, (u32)protocol, &s);
	if (ret)
		return ret;
	f = socket_file_new(s, type & SOCK_NONBLOCK);
	if (!f)
		return -ENFILE;
	ret = fd_install(t, f, 0, type & SOCK_CLOEXEC);
	obj_put(&f);
	return ret;
}

struct socket_fds {
	s32 fd[2];
};

/* Creates two connected sockets with files. On failure the caller puts the files made so far. */
static s64 make_pair(s32 family, u32 type, u32 protocol, struct file **fa, struct file **fb)
{
	struct socket *a = NULL, *b = NULL;
	s64 err = create(family, type & SOCK_TYPE_MASK, protocol, &a);

	if (err)
		return err;
	err = create(family, type & SOCK_TYPE_MASK, protocol, &b);
	if (err) {
		a->ops->release(a);
		obj_put(&a);
		return err;
	}
	*fa = socket_file_new(a, type & SOCK_NONBLOCK);
	*fb = socket_file_new(b, type & SOCK_NONBLOCK);
	if (!*fa || !*fb)
		return -ENFILE;
	return a->ops->pair ? a->ops->pair(a, b) : -EOPNOTSUPP;
}

/*
 * The numbers are reserved and written to user memory first. Publishing the files cannot fail, so a
 * failure leaves no descriptor behind.
 */
s64 sys_socketpair(struct thread *t, s32 family, u32 type, s32 protocol, struct uaddr fds)
{
	bool cloexec = type & SOCK_CLOEXEC;
	struct file *a = NULL, *b = NULL;
	struct socket_fds out;
	s64 err;

	if (type & ~(SOCK_TYPE_MASK | SOCK_CLOEXEC | SOCK_NONBLOCK))
		return -EINVAL;
	out.fd[0] = fd_reserve(t, 0, cloexec);
	if (out.fd[0] < 0)
		return out.fd[0];
	out.fd[1] = fd_reserve(t, 0, cloexec);
	err = out.fd[1] < 0 ? out.fd[1] : 0;
	if (!err)
		err = user_put(fds, &out) ? -EFAULT
					  : make_pair(family, type, (u32)protocol, &a, &b);
	if (err) {
		fd_unreserve(t, out.fd[0]);
		if (out.fd[1] >= 0)
			fd_unreserve(t, out.fd[1]);
	} else {
		fd_publish(t, out.fd[0], a);
		fd_publish(t, out.fd[1], b);
	}
	obj_put(&a);
	obj_put(&b);
	return err;
}
