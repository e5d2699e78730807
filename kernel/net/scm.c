// SPDX-License-Identifier: MPL-2.0
/*
 * Control messages: parsing and writing of SCM_RIGHTS and SCM_CREDENTIALS. See cmsg(3) and unix(7).
 *
 * A send parses all control messages before the protocol is called: files are looked up and
 * referenced, credentials are checked against the sender's. If one of them is wrong, nothing is
 * sent. A receive writes its control messages after the data was copied. A control buffer that is
 * too short, or not accessible, does not fail the receive: descriptors that cannot be installed are
 * dropped, and MSG_CTRUNC says so.
 */
#include <kernel/knobs.h>
#include <kernel/pidfd.h>

#include "net.h"

/* ---- sending ---- */

/*
 * Takes references to the files of the descriptors in a SCM_RIGHTS message. On failure the
 * references taken so far are in m->fds and the caller drops them. Files are found now, by the
 * sender's table, and travel by reference: what the sender closes later stays open for the
 * receiver. Who may pass how many is bounded in scm_fds_add.
 */
static s64 take_rights(struct thread *t, struct cspan data, struct socket_msg *m)
{
	size_t i, n = cspan_len(data) / sizeof(s32);
	s32 fd;
	s64 err;

	if (!n)
		return 0;
	if (n > SCM_MAX_FD)
		return -EINVAL;
	if (!m->fds)
		m->fds = obj_new(scm_fds);
	if (!m->fds)
		return -ENOMEM;
	for (i = 0; i < n; i++) {
		struct file *f;
		if (!span_read(data, i * sizeof(fd), &fd))
			return -EINVAL;
		f = file_get_path(t, fd);
		if (!f)
			return -EBADF;
		err = scm_fds_add(m->fds, f);
		if (err) {
			obj_put(&f);
			return err;
		}
	}
	return 0;
}

/*
 * SCM_CREDENTIALS: the sender's own ids, or any ids with the capabilities for them. The receiver
 * trusts these numbers, so each must be one of the sender's, unless a capability for that very kind
 * of number says otherwise.
 */
static s64 take_credentials(struct thread *t, struct cspan data, struct socket_msg *m)
{
	const struct cred *c = t->cred;
	struct ucred u;

	if (cspan_len(data) != sizeof(u) || !span_read(data, 0, &u))
		return -EINVAL;
	if (u.pid != t->process->pid && !cred_capable(c, CAP_SYS_ADMIN))
		return -EPERM;
	if (u.uid != c->uid && u.uid != c->euid && u.uid != c->suid && !cred_capable(c, CAP_SETUID))
		return -EPERM;
	if (u.gid != c->gid && u.gid != c->egid && u.gid != c->sgid && !cred_capable(c, CAP_SETGID))
		return -EPERM;
	if (u.pid != t->process->pid) {
		struct process *p = process_find(u.pid);
		if (!p)
			return -ESRCH;
		obj_put(&p);
	}
	if (u.uid == ~0u || u.gid == ~0u)
		return -EINVAL;
	m->cred = u;
	m->has_cred = true;
	return 0;
}

/* SO_TIMESTAMPING: which times of sending this message asks for, instead of the socket. */
static s64 take_stamping(const struct socket *s, struct cspan data, struct socket_msg *m)
{
	u32 flags;

	if (s->family == AF_UNIX || s->family == AF_NETLINK)
		return -EINVAL;
	if (cspan_len(data) != sizeof(flags) || !span_read(data, 0, &flags) ||
		(flags & ~(u32)STAMP_TX_RECORD))
		return -EINVAL;
	m->stamp = flags | STAMP_GIVEN;
	return 0;
}

/*
 * Walks over the control messages. Each header is checked against the rest of the buffer; messages
 * of other levels are ignored, as on Linux.
 */
static s64 control_parse(struct thread *t, struct socket *s, struct cspan c, struct socket_msg *m)
{
	struct user_cmsghdr h;
	size_t at = 0;
	s64 err = 0;

	while (!err && cspan_len(c) - at >= sizeof(h)) {
		if (!span_read(c, at, &h) || h.len < sizeof(h) || h.len > cspan_len(c) - at)
			return -EINVAL;
		if (h.level == SOL_SOCKET) {
			struct cspan data = cspan_sub(c, at + sizeof(h), h.len - sizeof(h));
			if (h.type == SCM_RIGHTS && s->family == AF_UNIX)
				err = take_rights(t, data, m);
			else if (h.type == SCM_CREDENTIALS)
				err = take_credentials(t, data, m);
			else if (h.type == SO_TIMESTAMPING || h.type == SO_TIMESTAMPING_NEW)
				err = take_stamping(s, data, m);
			else
				err = -EINVAL;
		} else if (s->ops->control_in) {
			err = s->ops->control_in(s, h.level, h.type,
				cspan_sub(c, at + sizeof(h), h.len - sizeof(h)), m);
		}
		at = min(at + CMSG_ALIGN(h.len), cspan_len(c));
	}
	return err;
}

/* The control buffer is copied once, so that a program cannot change it between check and use. */
s64 scm_parse(struct thread *t, struct socket *s, struct uaddr control, u64 len,
	struct socket_msg *m)
{
	struct buf *b;
	s64 err;

	if (len > BUF_MAX)
		return -ENOBUFS;
	b = buf_alloc_dirty(len);
	if (!b)
		return -ENOBUFS;
	err = copy_in(buf_span(b), control);
	if (!err)
		err = control_parse(t, s, buf_cspan(b), m);
	buf_put(&b);
	return err;
}

/* ---- receiving ---- */

/* The next message begins on an aligned offset, which may lie beyond the end of the buffer. */
static void control_advance(struct control_out *o, u64 n)
{
	n = min(n, o->left);
	o->at += n;
	o->left -= n;
	o->used += n;
}

static s64 put_header(const struct control_out *o, s32 type, u64 data_len)
{
	struct user_cmsghdr h = { .len = sizeof(h) + data_len, .level = SOL_SOCKET, .type = type };

	return user_put(UADDR(o->at), &h) ? -EFAULT : 0;
}

/*
 * A bad address is not an error of the receive, as on Linux: the control message is then missing. A
 * message that does not fit is cut, with MSG_CTRUNC; a header that does not fit is left out.
 */
void scm_put_one(struct control_out *o, struct socket_msg *m, s32 level, s32 type,
	struct cspan data)
{
	struct user_cmsghdr h = { .level = level, .type = type };
	u64 n = cspan_len(data);

	if (o->left < sizeof(h)) {
		m->out_flags |= MSG_CTRUNC;
		return;
	}
	if (o->left - sizeof(h) < n) {
		m->out_flags |= MSG_CTRUNC;
		n = o->left - sizeof(h);
	}
	h.len = sizeof(h) + n;
	if (!user_put(UADDR(o->at), &h) &&
		!copy_out(UADDR(o->at + sizeof(h)), cspan_first(data, n)))
		control_advance(o, CMSG_ALIGN(sizeof(h) + n));
}

static void put_credentials(struct control_out *o, struct socket_msg *m)
{
	struct ucred u = { .uid = (u32)knob_get(KNOB_OVERFLOWUID),
		.gid = (u32)knob_get(KNOB_OVERFLOWGID) };

	if (m->has_cred)
		u = m->cred;

	scm_put_one(o, m, SOL_SOCKET, SCM_CREDENTIALS, value_cspan(&u));
}

/*
 * Installs one descriptor and writes its number to user memory. The number is written before the
 * descriptor can be used, so a bad address leaves no descriptor behind.
 */
static s64 install(struct thread *t, struct file *f, struct uaddr number_at, bool cloexec)
{
	s32 fd = fd_reserve(t, 0, cloexec);

	if (fd < 0)
		return fd;
	if (user_put(number_at, &fd)) {
		fd_unreserve(t, fd);
		return -EFAULT;
	}
	fd_publish(t, fd, f);
	return 0;
}

/*
 * Installs as many descriptors as fit; the others are dropped, and MSG_CTRUNC is set. Descriptors
 * go out one by one, since the receiver's table may be full in the middle. Those that went out stay
 * open in the receiver, even if the call fails later.
 */
static void put_rights(struct thread *t, struct control_out *o, struct socket_msg *m)
{
	u64 room = o->left > sizeof(struct user_cmsghdr)
		? (o->left - sizeof(struct user_cmsghdr)) / sizeof(s32)
		: 0;
	u64 n = 0, total = m->fds->total;
	struct file *f;

	while (n < room && n < total && (f = scm_fds_take(m->fds)) != NULL) {
		s64 err = install(t, f,
			UADDR(o->at + sizeof(struct user_cmsghdr) + n * sizeof(s32)),
			m->flags & MSG_CMSG_CLOEXEC);
		obj_put(&f);
		if (err)
			break;
		n++;
	}
	if (n && !put_header(o, SCM_RIGHTS, n * sizeof(s32)))
		control_advance(o, CMSG_ALIGN(sizeof(struct user_cmsghdr) + n * sizeof(s32)));
	if (n < total)
		m->out_flags |= MSG_CTRUNC;
	scm_fds_drop(&m->fds);
}

s32 scm_pidfd(struct process *p, struct file **f)
{
	struct thread *t = thread_current();
	s32 fd;
	int err;

	if (load_once(p->state) == PROCESS_DEAD)
		return -EINVAL;
	fd = fd_reserve(t, 0, true);
	if (fd < 0)
		return fd;
	err = pidfd_file_new(p, NULL, 0, f);
	if (err)
		fd_unreserve(t, fd);
	return err ? err : fd;
}

void scm_pidfd_done(s32 fd, struct file *f, bool open)
{
	if (open)
		fd_publish(thread_current(), fd, f);
	else
		fd_unreserve(thread_current(), fd);
	obj_put(&f);
}

/* As on Linux a process that is gone leaves an errno in the place of the descriptor. */
void scm_put_pidfd(struct control_out *o, struct socket_msg *m, struct process *p)
{
	struct file *f = NULL;
	u64 before = o->used;
	s32 fd;

	if (o->left < sizeof(struct user_cmsghdr) + sizeof(fd)) {
		m->out_flags |= MSG_CTRUNC;
		return;
	}
	fd = scm_pidfd(p, &f);
	scm_put_one(o, m, SOL_SOCKET, SCM_PIDFD, value_cspan(&fd));
	if (f)
		scm_pidfd_done(fd, f, o->used > before);
}

void scm_put(struct thread *t, struct socket *s, struct uaddr control, u64 *len,
	struct socket_msg *m)
{
	struct control_out o = { .at = control.va, .left = *len };

	if (load_once(s->options) & OPT_PASSCRED)
		put_credentials(&o, m);
	if (m->fds)
		put_rights(t, &o, m);
	if (m->ip.given & IP_CONTROL_TIME)
		scm_put_stamps(s, m, &o);
	if (s->ops->control_out)
		s->ops->control_out(s, m, &o);
	*len = o.used;
}
