// SPDX-License-Identifier: MPL-2.0
/*
 * AF_UNIX sockets: creation, end, readiness, options, and their tables of operations.
 *
 * connect.c makes connections, stream.c and ring.c move bytes, dgram.c messages, name.c has the
 * names, gc.c collects sockets that are reachable only from messages to each other.
 *
 * How a connection ends (unix_end). The socket is unnamed, so that nobody finds it; under its lock
 * it becomes dead and closed and loses its peer, so that no new data can enter. The peer of a
 * stream or packet socket is shut down in both directions and, if data was lost, gets an error.
 * Then everybody who sleeps is woken, and the queues are emptied. Sockets that were never accepted
 * end the same way (unix_drop_embryos).
 *
 * Who waits for room in a datagram socket is on a list of that socket. Registering and ending meet
 * in a barrier: the end stores dead and reads the list, a sender puts itself on the list and reads
 * dead. One of them sees the other.
 *
 * Locking: us->lock guards state, peer and queue of one socket. list_lock guards the list of all
 * sockets and is innermost. bind_lock, write_lock and read_lock are mutexes, taken before it.
 */
#include <frame/types.h>
#include <kernel/cred.h>
#include <kernel/errqueue.h>
#include <kernel/file.h>
#include <kernel/inode.h>
#include <kernel/knobs.h>
#include <kernel/list.h>
#include <kernel/locks.h>
#include <kernel/poll.h>
#include <kernel/thread.h>

#include "diag.h"

static void unix_sock_release(struct unix_sock *us);
OBJ_TYPE(unix_sock, unix_sock_release);

static void unix_sock_release(struct unix_sock *us)
{
	obj_put(&us->addr);
	obj_put(&us->peer_cred);
	obj_put(&us->peer_process);
	obj_put(&us->ring);
}

/* The ids of the calling process, for SCM_CREDENTIALS and SO_PEERCRED. */
struct ucred unix_own_cred(void)
{
	struct thread *t = thread_current();

	return (struct ucred){ .pid = t->process->pid, .uid = t->cred->uid, .gid = t->cred->gid };
}

void unix_set_peer_cred(struct unix_sock *us, struct cred *c, struct process *p)
{
	struct process *old_process;
	struct cred *old;

	spin_lock(&us->lock);
	old = us->peer_cred;
	us->peer_cred = c ? obj_get(c) : NULL;
	old_process = us->peer_process;
	us->peer_process = p ? obj_get(p) : NULL;
	spin_unlock(&us->lock);
	obj_put(&old);
	obj_put(&old_process);
}

/*
 * Returns a reference to the peer's credentials: those of the task that connected, listened or
 * called socketpair.
 */
static struct cred *unix_peercred(struct socket *s, s32 *pid)
{
	struct unix_sock *us = unix_of(s);
	struct cred *c;

	spin_lock(&us->lock);
	c = us->peer_cred ? obj_get(us->peer_cred) : NULL;
	*pid = us->peer_process ? us->peer_process->pid : 0;
	spin_unlock(&us->lock);
	return c;
}

struct process *unix_peer_process(struct socket *s)
{
	struct unix_sock *us = unix_of(s);
	struct process *p;

	spin_lock(&us->lock);
	p = us->peer_process ? obj_get(us->peer_process) : NULL;
	spin_unlock(&us->lock);
	return p;
}

void unix_give_cred(u32 options, struct socket_msg *m)
{
	struct process *p;

	if (!m->has_cred) {
		m->cred = unix_own_cred();
		m->has_cred = true;
	}
	if (m->error || !(options & OPT_PASSPIDFD))
		return;
	p = thread_current()->process;
	p = m->cred.pid == p->pid ? obj_get(p) : process_find(m->cred.pid);
	m->error = p ? &p->obj : NULL;
}

/* The sender's process, of a message that was received: SO_PASSPIDFD. */
static void unix_control_out(struct socket *s, struct socket_msg *m, struct control_out *o)
{
	struct process *p = m->error ? obj_cast(process, m->error) : NULL;

	if (!(load_once(s->options) & OPT_PASSPIDFD))
		return;
	if (p)
		scm_put_pidfd(o, m, p);
	else if (o->left < sizeof(struct user_cmsghdr) + sizeof(s32))
		m->out_flags |= MSG_CTRUNC;
}

/* ---- the end ---- */

/* Notifies the other end of a connection that this one is closed. @reset: data was lost. */
static void end_peer(struct socket *peer, bool reset)
{
	if (reset)
		atomic_store(&peer->error, ECONNRESET);
	set_bits(peer->shutdown, SHUTDOWN_BOTH);
	socket_wake_all(peer,
		POLLIN | POLLRDNORM | POLLOUT | POLLWRNORM | POLLWRBAND | POLLHUP | POLLRDHUP |
			POLLERR | ASYNC_HUP);
}

/*
 * The order: no new data can enter (dead, state), the peer is notified, waiting tasks are woken,
 * and then the queues are emptied. A connection with unread data is reset, as on Linux.
 */
void unix_end(struct socket *s, bool embryo)
{
	struct unix_sock *us = unix_of(s);
	bool unread = unix_stream_used(us) > load_once(us->nr_oob_taken) ||
		load_once(us->queue.first);
	struct socket *peer;

	unix_unname(us);
	spin_lock(&us->lock);
	us->dead = true;
	us->state = UNIX_CLOSE;
	peer = us->peer;
	us->peer = NULL;
	spin_unlock(&us->lock);
	set_bits(s->shutdown, SHUTDOWN_BOTH);
	if (peer && s->type != SOCK_DGRAM)
		end_peer(peer, unread || embryo);
	waitq_wake_all(&us->space_wait);
	unix_stop_waiting(us);
	/*
	 * dead is stored before the list is read. A socket that gets on the list too late to be
	 * notified looks at dead afterwards (unix_peer_is_full).
	 */
	memory_barrier();
	unix_tell_senders(us);
	unix_stream_close(us);
	unix_dgram_flush(us);
	unix_drop_embryos(us);
	socket_list_remove(s);
	obj_put(&peer);
}

/* The file is released. Sockets in flight to this one may be garbage now. */
static void unix_release(struct socket *s)
{
	unix_end(s, false);
	unix_collect_due();
}

/* Each direction that is shut down here is the other one at the peer. */
static int unix_shutdown(struct socket *s, u32 how)
{
	struct unix_sock *us = unix_of(s);
	struct socket *peer = unix_peer_get(us);
	u32 events = POLLIN | POLLRDNORM | POLLOUT | POLLWRNORM | POLLWRBAND | POLLHUP | POLLRDHUP;

	set_bits(s->shutdown, how);
	socket_wake_all(s, events);
	waitq_wake_all(&us->space_wait);
	unix_tell_senders(us);
	if (peer && s->type != SOCK_DGRAM) {
		set_bits(peer->shutdown,
			(how & SHUTDOWN_RCV ? SHUTDOWN_SEND : 0u) |
				(how & SHUTDOWN_SEND ? SHUTDOWN_RCV : 0u));
		if (how == SHUTDOWN_BOTH)
			events |= ASYNC_HUP;
		else if (how & SHUTDOWN_SEND)
			events |= ASYNC_IN;
		socket_wake_all(peer, events);
	}
	obj_put(&peer);
	return 0;
}

/* ---- readiness ---- */

/*
 * A connected stream counts the bytes in its peer's ring, other sockets their messages in flight.
 */
bool unix_is_writable(struct unix_sock *us)
{
	struct socket *s = us->socket, *peer;
	u32 state = load_acquire(us->state);
	u64 used = atomic_load(&us->wmem);

	if (state == UNIX_LISTEN)
		return false;
	if (s->type == SOCK_STREAM && state == UNIX_CONNECTED) {
		peer = load_once(us->peer);
		used = peer ? unix_stream_used(unix_of(peer)) : 0;
	}
	return used * 4 <= unix_send_limit(s);
}

static bool is_readable(struct unix_sock *us)
{
	return unix_stream_used(us) || load_once(us->queue.first) || load_once(us->embryos.first);
}

/*
 * The waiter is registered before the state is read, so no change is missed (kernel/poll.h). A
 * packet or datagram socket with a full peer also gets on the peer's list of senders.
 */
static u32 unix_poll(struct socket *s, struct poll_table *pt)
{
	struct unix_sock *us = unix_of(s);
	u32 shutdown, r = 0;

	poll_wait(pt, &s->poll);
	shutdown = load_once(s->shutdown);
	r |= s->type == SOCK_STREAM ? socket_error_events(s) & POLLERR : socket_error_events(s);
	if (shutdown == SHUTDOWN_BOTH)
		r |= POLLHUP;
	if (shutdown & SHUTDOWN_RCV)
		r |= POLLRDHUP | POLLIN | POLLRDNORM;
	if (is_readable(us))
		r |= POLLIN | POLLRDNORM;
	if (unlikely(load_once(us->oob)))
		r |= POLLPRI;
	if (s->type != SOCK_DGRAM && load_once(us->state) == UNIX_CLOSE)
		r |= POLLHUP;
	if (unix_is_writable(us) && (s->type == SOCK_STREAM || !unix_peer_is_full(us)))
		r |= POLLOUT | POLLWRNORM | POLLWRBAND;
	return r;
}

/* ---- ioctl ---- */

/* FIONREAD: for datagrams the length of the first message, for the others all bytes. */
static s64 bytes_to_read(struct unix_sock *us)
{
	s64 n;

	if (load_once(us->state) == UNIX_LISTEN)
		return -EINVAL;
	if (us->socket->type == SOCK_STREAM)
		return (s64)(unix_stream_used(us) - load_once(us->nr_oob_taken));
	spin_lock(&us->lock);
	if (us->socket->type == SOCK_SEQPACKET)
		n = (s64)us->queue_bytes;
	else
		n = list_first(&us->queue) ? list_first(&us->queue)->len : 0;
	spin_unlock(&us->lock);
	return n;
}

/* SIOCOUTQ: the bytes that the receiver has not read yet. */
static s64 bytes_to_send(struct unix_sock *us)
{
	struct socket *peer;

	if (us->socket->type != SOCK_STREAM)
		return (s64)atomic_load(&us->wmem);
	peer = load_acquire(us->state) == UNIX_CONNECTED ? us->peer : NULL;
	return peer ? (s64)unix_stream_used(unix_of(peer)) : 0;
}

static s64 unix_ioctl(struct socket *s, u32 cmd, u64 arg)
{
	s64 n;
	s32 out;

	switch (cmd) {
	case FIONREAD:
		n = bytes_to_read(unix_of(s));
		break;
	case SIOCOUTQ:
		n = bytes_to_send(unix_of(s));
		break;
	case SIOCATMARK:
		n = unix_oob_at_mark(unix_of(s));
		break;
	default:
		return -ENOTTY;
	}
	if (n < 0)
		return n;
	out = (s32)n;
	return user_put(UADDR(arg), &out) ? -EFAULT : 0;
}

/* ---- tables ---- */

static bool unix_is_listening(struct socket *s)
{
	return load_once(unix_of(s)->state) == UNIX_LISTEN;
}

/* A larger send buffer may give room to waiting writers. */
static void unix_changed(struct socket *s)
{
	socket_wake_writers(s, POLLOUT | POLLWRNORM | POLLWRBAND);
}

static const struct socket_ops stream_ops = {
	.release = unix_release,
	.bind = unix_bind,
	.connect = unix_connect,
	.pair = unix_pair,
	.listen = unix_listen,
	.accept = unix_accept,
	.getname = unix_getname,
	.sendmsg = unix_stream_send,
	.recvmsg = unix_stream_recv,
	.poll = unix_poll,
	.ioctl = unix_ioctl,
	.shutdown = unix_shutdown,
	.peercred = unix_peercred,
	.peer_process = unix_peer_process,
	.control_out = unix_control_out,
	.peek_off = true,
	.is_listening = unix_is_listening,
	.changed = unix_changed,
};

/* Datagrams, and packets of SOCK_SEQPACKET. */
static const struct socket_ops message_ops = {
	.release = unix_release,
	.bind = unix_bind,
	.connect = unix_connect,
	.pair = unix_pair,
	.listen = unix_listen,
	.accept = unix_accept,
	.getname = unix_getname,
	.sendmsg = unix_dgram_send,
	.recvmsg = unix_dgram_recv,
	.poll = unix_poll,
	.ioctl = unix_ioctl,
	.shutdown = unix_shutdown,
	.peercred = unix_peercred,
	.peer_process = unix_peer_process,
	.control_out = unix_control_out,
	.peek_off = true,
	.is_listening = unix_is_listening,
	.changed = unix_changed,
};

int unix_create(u32 type, u32 protocol, struct socket **out)
{
	struct unix_sock *us;
	struct socket *s;

	if (protocol && protocol != AF_UNIX)
		return -EPROTONOSUPPORT;
	if (type == SOCK_RAW)
		type = SOCK_DGRAM;
	if (type != SOCK_STREAM && type != SOCK_DGRAM && type != SOCK_SEQPACKET)
		return -ESOCKTNOSUPPORT;
	us = obj_new(unix_sock);
	if (!us)
		return -ENOMEM;
	lock_level(&us->bind_lock, LOCK_BIND);
	lock_level(&us->write_lock, LOCK_PIPE);
	lock_level(&us->read_lock, LOCK_PIPE);
	us->backlog = (u32)knob_get(KNOB_DGRAM_QUEUE);
	s = socket_new(type == SOCK_STREAM ? &stream_ops : &message_ops, AF_UNIX, type, 0,
		&us->obj);
	if (!s)
		return -ENOMEM;
	us->socket = s;
	socket_list_add(SOCKETS_UNIX, s);
	*out = s;
	return 0;
}

static const struct socket_family unix_family = { .family = AF_UNIX, .create = unix_create };

void unix_init(void)
{
	unix_gc_init();
	socket_family_register(&unix_family);
}

/* ---- /proc/net/unix ---- */

void unix_show_header(struct fmt *out)
{
	fmt_lit(out, LIT("Num       RefCount Protocol Flags    Type St Inode Path\n"));
}

#define SHOW_ACCEPTING 0x10000u /* __SO_ACCEPTCON */

void unix_show(struct socket *s, struct fmt *out)
{
	struct unix_sock *us = unix_of(s);
	struct unix_addr *a = load_acquire(us->addr);
	struct file *f = load_acquire(s->file);
	/*
	 * The file may be in the middle of its release; its slot may then hold another file, and
	 * the inode number shown is of that one.
	 */
	struct inode *ino = f ? load_once(f->inode) : NULL;
	u32 state = load_once(us->state);
	size_t i;

	/* States as SS_* of Linux: unconnected 1, connecting 2, connected 3. */
	fmt_printf(out, "%016lx: %08x %08x %08x %04x %02x %5lu", s->all_id, obj_refs(s), 0u,
		state == UNIX_LISTEN ? SHOW_ACCEPTING : 0u, (u32)s->type,
		state == UNIX_CONNECTED            ? 3u
			: state == UNIX_CONNECTING ? 2u
						   : 1u,
		ino && !us->dead ? ino->ino : 0ul);
	if (a) {
		struct cspan path = UNIX_ADDR_PATH(a);
		fmt_char(out, ' ');
		for (i = 0; i < cspan_len(path); i++) {
			u8 c = span_byte(path, i);
			if (c || !i || us->path.dentry == NULL)
				fmt_char(out, c ? (char)c : '@');
		}
	}
	fmt_char(out, '\n');
}
