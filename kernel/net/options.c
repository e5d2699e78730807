// SPDX-License-Identifier: MPL-2.0
/*
 * setsockopt and getsockopt of SOL_SOCKET. See socket(7), unix(7). Other levels are the protocol's.
 *
 * Options without a function here are stored and returned, so that programs that set them work as
 * on Linux. The fields of the socket are written without a lock: of two tasks that set an option at
 * the same time, the last one wins.
 *
 * What setsockopt changes at once takes effect with the next call or packet. A protocol that keeps
 * a copy of an option under its own lock is told (socket_ops.changed).
 *
 * Values come from any program, so each is checked before it is stored: buffer sizes are cut to a
 * range in which sums of them do not overflow, times to what the clock can have.
 */
#include <kernel/knobs.h>
#include <uapi/bpf.h>

#include "net.h"

/* ---- options that are one bit ---- */

/*
 * The bit in socket.options for an option that is on or off; 0: it is not such an option.
 * SO_REUSEPORT is only of the internet protocols; another family says that it has no such option.
 */
static u32 socket_option_flag(const struct socket *s, s32 name)
{
	bool is_inet = s->family == AF_INET || s->family == AF_INET6;

	switch (name) {
	case SO_PASSCRED:
		return OPT_PASSCRED;
	case SO_REUSEADDR:
		return OPT_REUSEADDR;
	case SO_KEEPALIVE:
		return OPT_KEEPALIVE;
	case SO_BROADCAST:
		return OPT_BROADCAST;
	case SO_DONTROUTE:
		return OPT_DONTROUTE;
	case SO_OOBINLINE:
		return OPT_OOBINLINE;
	case SO_DEBUG:
		return OPT_DEBUG;
	case SO_NO_CHECK:
		return OPT_NO_CHECK;
	case SO_PASSSEC:
		return OPT_PASSSEC;
	case SO_PASSPIDFD:
		return OPT_PASSPIDFD;
	case SO_SELECT_ERR_QUEUE:
		return OPT_SELECT_ERRORS;
	case SO_REUSEPORT:
		return is_inet ? OPT_REUSEPORT : 0;
	default:
		return 0;
	}
}

/* ---- setting ---- */

/* As on Linux the size requested is doubled for the kernel's own overhead. */
static u32 buffer_size(u32 asked, u32 most, u32 least)
{
	return max(min(asked, most) * 2, least);
}

/*
 * A negative timeout has expired already; 0 means none, and so does one beyond the end of the
 * clock.
 */
static s64 set_timeout(u64 *const to, struct uaddr value, u32 len)
{
	struct user_timeval tv;

	if (len < sizeof(tv))
		return -EINVAL;
	if (user_get(&tv, value))
		return -EFAULT;
	if (tv.usec < 0 || tv.usec >= 1000000)
		return -EDOM;
	if (tv.sec < 0)
		*to = 1; /* expired at once */
	else if ((!tv.sec && !tv.usec) || (u64)tv.sec > NO_DEADLINE / NSEC_PER_SEC - 1)
		*to = 0;
	else
		*to = (u64)tv.sec * NSEC_PER_SEC + (u64)tv.usec * NSEC_PER_USEC;
	return 0;
}

/* Without onoff the old time stays, and is shown, as on Linux. */
static s64 set_linger(struct socket *s, struct uaddr value, u32 len)
{
	struct user_linger l;

	if (len < sizeof(l))
		return -EINVAL;
	if (user_get(&l, value))
		return -EFAULT;
	s->linger.onoff = l.onoff != 0;
	if (l.onoff)
		s->linger.linger = l.linger;
	return 0;
}

static void socket_tell_changed(struct socket *s)
{
	if (s->ops->changed)
		s->ops->changed(s);
}

/*
 * Sizes beyond the machine's limit are cut, not refused; with the FORCE variants CAP_NET_ADMIN goes
 * beyond it. The protocol is told (changed), since some keep a copy under their own lock. First it
 * is told that the size is the program's: a size that it tunes meanwhile must not replace this one.
 */
static s64 set_buffer(struct socket *s, s32 name, s32 v)
{
	bool force = name == SO_SNDBUFFORCE || name == SO_RCVBUFFORCE;
	bool send = name == SO_SNDBUF || name == SO_SNDBUFFORCE;
	u32 most = (u32)knob_get(send ? KNOB_WMEM_MAX : KNOB_RMEM_MAX);

	if (force && !cred_capable(thread_current()->cred, CAP_NET_ADMIN))
		return -EPERM;
	if (force && v < 0)
		v = 0;
	most = force ? 0x3fffffffu : min(most, 0x3fffffffu);
	set_bits(s->options, send ? OPT_SNDBUF_LOCK : OPT_RCVBUF_LOCK);
	socket_tell_changed(s);
	if (send)
		store_once(s->sndbuf, buffer_size((u32)v, most, SOCKET_SNDBUF_MIN));
	else
		store_once(s->rcvbuf, buffer_size((u32)v, most, SOCKET_RCVBUF_MIN));
	socket_tell_changed(s);
	return 0;
}

/*
 * A size that was set stays as it is; with the bit off the protocol may tune it again. Bits are set
 * before others are cleared: a size that is locked before and after is never free between.
 */
static s64 set_buffer_lock(struct socket *s, s32 v)
{
	u32 locks = (u32)v << OPT_BUF_SHIFT;

	if (v & ~3)
		return -EINVAL;
	set_bits(s->options, locks);
	clear_bits(s->options, OPT_BUF_LOCKS & ~locks);
	socket_tell_changed(s);
	return 0;
}

/*
 * Options that are privileged are so by their effect on others: priorities, marks (which routing
 * rules see).
 */
static s64 socket_set_int(struct socket *s, s32 name, s32 v)
{
	u32 flag = socket_option_flag(s, name);

	if (flag) {
		if (name == SO_DEBUG && v && !cred_capable(thread_current()->cred, CAP_NET_ADMIN))
			return -EACCES;
		if (v)
			set_bits(s->options, flag);
		else
			clear_bits(s->options, flag);
		if (flag & (OPT_KEEPALIVE | OPT_REUSEADDR | OPT_REUSEPORT))
			socket_tell_changed(s);
		return 0;
	}
	switch (name) {
	case SO_SNDBUF:
	case SO_RCVBUF:
	case SO_SNDBUFFORCE:
	case SO_RCVBUFFORCE:
		return set_buffer(s, name, v);
	case SO_RCVLOWAT:
		store_once(s->rcvlowat, v < 0 ? 0x7fffffffu : v ? (u32)v : 1u);
		return 0;
	case SO_PRIORITY:
		if ((v < 0 || v > 6) && !cred_capable(thread_current()->cred, CAP_NET_ADMIN) &&
			!cred_capable(thread_current()->cred, CAP_NET_RAW))
			return -EPERM;
		s->priority = v;
		return 0;
	case SO_MARK:
		if (!cred_capable(thread_current()->cred, CAP_NET_ADMIN) &&
			!cred_capable(thread_current()->cred, CAP_NET_RAW))
			return -EPERM;
		s->mark = (u32)v;
		return 0;
	case SO_BSDCOMPAT: /* obsolete, without effect */
		return 0;
	case SO_ZEROCOPY:
		return socket_zerocopy_set(s, v);
	case SO_BUF_LOCK:
		return set_buffer_lock(s, v);
	case SO_PEEK_OFF:
		if (!s->ops->peek_off)
			return -EOPNOTSUPP;
		store_once(s->peek_off, v);
		return 0;
	default:
		return -ENOPROTOOPT;
	}
}

/*
 * Nearly all values are an int, which is read first: EFAULT comes before ENOPROTOOPT, as on Linux.
 * SO_BINDTODEVICE is a text.
 */
static s64 set_option(struct socket *s, s32 name, struct uaddr value, u32 len)
{
	s32 v;

	if (name == SO_BINDTODEVICE && s->ops->setsockopt)
		return s->ops->setsockopt(s, SOL_SOCKET, name, value, len);
	if (len < sizeof(v))
		return -EINVAL;
	if (user_get(&v, value))
		return -EFAULT;
	switch (name) {
	case SO_ATTACH_FILTER:
		return socket_filter_attach(s, value, len);
	case SO_DETACH_FILTER:
		return socket_filter_detach(s);
	case SO_LOCK_FILTER:
		return socket_filter_lock(s, v);
	case SO_ATTACH_REUSEPORT_CBPF:
	case SO_DETACH_REUSEPORT_BPF:
		return socket_option_flag(s, SO_REUSEPORT)
			? s->ops->setsockopt(s, SOL_SOCKET, name, value, len)
			: -EINVAL;
	case SO_BINDTOIFINDEX:
		return s->ops->setsockopt ? s->ops->setsockopt(s, SOL_SOCKET, name, value, len)
					  : -ENOPROTOOPT;
	case SO_RCVTIMEO:
	case SO_RCVTIMEO_NEW:
		return set_timeout(&s->rcv_timeout_ns, value, len);
	case SO_SNDTIMEO:
	case SO_SNDTIMEO_NEW:
		return set_timeout(&s->snd_timeout_ns, value, len);
	case SO_LINGER:
		return set_linger(s, value, len);
	case SO_TIMESTAMP:
	case SO_TIMESTAMPNS:
	case SO_TIMESTAMPING:
	case SO_TIMESTAMP_NEW:
	case SO_TIMESTAMPNS_NEW:
	case SO_TIMESTAMPING_NEW:
		return socket_stamps_set(s, name, v, value, len);
	default:
		return socket_set_int(s, name, v);
	}
}

/* The level decides; the protocol refuses levels that it does not know. */
s64 sys_setsockopt(struct thread *t, s32 fd, s32 level, s32 name, struct uaddr value, s32 len)
{
	struct file *f;
	struct socket *s;
	s64 ret = -EINVAL;

	if (len < 0)
		return -EINVAL;
	s = socket_get(t, fd, &f, &ret);
	if (!s)
		return ret;
	if (level == SOL_SOCKET)
		ret = set_option(s, name, value, (u32)len);
	else
		ret = s->ops->setsockopt ? s->ops->setsockopt(s, level, name, value, (u32)len)
					 : -EOPNOTSUPP;
	obj_put(&f);
	return ret;
}

/* ---- getsockopt ---- */

/* Writes as much of @v as fits, and the length that was written. */
static s64 socket_put_value(struct uaddr value, struct uaddr len_at, u32 room, struct cspan v)
{
	s32 n = (s32)min((size_t)room, cspan_len(v));

	if (copy_out(value, cspan_first(v, (size_t)n)))
		return -EFAULT;
	return user_put(len_at, &n) ? -EFAULT : 0;
}

s64 socket_option_put(struct uaddr value, struct uaddr len_at, u32 room, struct cspan v)
{
	s32 n = (s32)min((size_t)room, cspan_len(v));

	if (user_put(len_at, &n))
		return -EFAULT;
	return copy_out(value, cspan_first(v, (size_t)n)) ? -EFAULT : 0;
}

/* SO_PEERCRED. A peer without known credentials has pid 0 and the ids -1, as on Linux. */
static s64 get_peercred(struct socket *s, struct uaddr value, struct uaddr len_at, u32 room)
{
	struct ucred u = { .uid = ~0u, .gid = ~0u };
	struct cred *c = s->ops->peercred ? s->ops->peercred(s, &u.pid) : NULL;

	if (c) {
		u.uid = c->euid;
		u.gid = c->egid;
	}
	obj_put(&c);
	return socket_put_value(value, len_at, room, value_cspan(&u));
}

/* SO_PEERPIDFD: a new descriptor of the peer's process. */
static s64 get_peerpidfd(struct socket *s, struct uaddr value, struct uaddr len_at, u32 room)
{
	struct process *p = s->ops->peer_process ? s->ops->peer_process(s) : NULL;
	struct file *f = NULL;
	s64 err;
	s32 fd;

	if (!p)
		return -ENODATA;
	fd = scm_pidfd(p, &f);
	obj_put(&p);
	if (fd < 0)
		return fd;
	err = socket_put_value(value, len_at, room, value_cspan(&fd));
	scm_pidfd_done(fd, f, !err);
	return err;
}

struct peer_groups {
	u32 gid[NGROUPS];
};

/*
 * SO_PEERGROUPS. If the buffer is too small, the length required is written and the result is
 * -ERANGE.
 */
static s64 get_peergroups(struct socket *s, struct uaddr value, struct uaddr len_at, u32 room)
{
	struct peer_groups g = { 0 };
	s32 pid, need;
	struct cred *c = s->ops->peercred ? s->ops->peercred(s, &pid) : NULL;
	u32 i, n = c ? c->nr_groups : 0;

	if (!c)
		return -ENODATA;
	for (i = 0; i < n && i < NGROUPS; i++)
		g.gid[i] = c->groups[i];
	obj_put(&c);
	need = (s32)(n * sizeof(g.gid[0]));
	if (room < (u32)need)
		return user_put(len_at, &need) ? -EFAULT : -ERANGE;
	return socket_put_value(value, len_at, (u32)need, value_cspan(&g));
}

/* SO_PEERNAME. Less room than the name needs is EINVAL: it is not cut, unlike by getpeername. */
static s64 get_peername(struct socket *s, struct uaddr value, struct uaddr len_at, u32 room)
{
	struct sockaddr_any a;
	int n = s->ops->getname(s, true, &a);

	if (n < 0)
		return -ENOTCONN;
	if ((u32)n < room)
		room = (u32)n;
	else if ((u32)n > room)
		return -EINVAL;
	return socket_put_value(value, len_at, room, value_cspan(&a));
}

/* 0: no limit, as it was set. */
static s64 get_timeout(u64 ns, struct uaddr value, struct uaddr len_at, u32 room)
{
	struct user_timeval tv = { .sec = (s64)(ns / NSEC_PER_SEC),
		.usec = (s64)(ns % NSEC_PER_SEC / NSEC_PER_USEC) };

	return socket_put_value(value, len_at, room, value_cspan(&tv));
}

/* A number that no other socket ever has, given when it is first asked for. */
u64 socket_cookie(struct socket *s)
{
	static struct spinlock lock;
	static u64 last; /* lock */
	u64 cookie = load_once(s->cookie);

	if (cookie)
		return cookie;
	spin_lock(&lock);
	if (!s->cookie)
		store_once(s->cookie, ++last);
	cookie = s->cookie;
	spin_unlock(&lock);
	return cookie;
}

/* SO_COOKIE. */
static s64 get_cookie(struct socket *s, struct uaddr value, struct uaddr len_at, u32 room)
{
	u64 cookie;

	if (room < sizeof(cookie))
		return -EINVAL;
	cookie = socket_cookie(s);
	return socket_put_value(value, len_at, room, value_cspan(&cookie));
}

static s64 get_stamping(const struct socket *s, s32 name, struct uaddr value, struct uaddr len_at,
	u32 room)
{
	struct user_stamping st = { .flags = socket_stamps_get(s, name) };

	return socket_put_value(value, len_at, room, value_cspan(&st));
}

/* An option that nobody can set. False: there is none of that name. */
static bool read_only_option(struct socket *s, s32 name, s32 *v)
{
	switch (name) {
	case SO_TYPE:
		*v = s->type;
		return true;
	case SO_DOMAIN:
		*v = s->family;
		return true;
	case SO_PROTOCOL:
		*v = (s32)s->protocol;
		return true;
	case SO_ACCEPTCONN:
		*v = s->ops->is_listening && s->ops->is_listening(s);
		return true;
	case SO_SNDLOWAT:
		*v = 1;
		return true;
	case SO_BSDCOMPAT:
		*v = 0;
		return true;
	case SO_BPF_EXTENSIONS: /* how many of SKF_AD_ programs may load */
		*v = BPF_AD_MAX;
		return true;
	default:
		return false;
	}
}

/*
 * Reads an option that is one int. Returns false if there is none of that name. SO_ERROR takes the
 * error: the next call does not see it again. Only if there is none, an error that TCP has not
 * given up for (soft_error) is told.
 */
static bool int_option(struct socket *s, s32 name, s32 *v)
{
	u32 flag = name == SO_ZEROCOPY ? OPT_ZEROCOPY : socket_option_flag(s, name);

	if (flag) {
		*v = (load_once(s->options) & flag) != 0;
		return true;
	}
	switch (name) {
	case SO_ERROR:
		*v = -socket_take_error(s);
		if (!*v && s->ops->take_soft_error)
			*v = s->ops->take_soft_error(s);
		return true;
	case SO_SNDBUF:
		*v = (s32)load_once(s->sndbuf);
		return true;
	case SO_RCVBUF:
		*v = (s32)load_once(s->rcvbuf);
		return true;
	case SO_RCVLOWAT:
		*v = (s32)load_once(s->rcvlowat);
		return true;
	case SO_PRIORITY:
		*v = s->priority;
		return true;
	case SO_MARK:
		*v = (s32)s->mark;
		return true;
	case SO_LOCK_FILTER:
		*v = load_once(s->filter_locked);
		return true;
	case SO_TIMESTAMP:
	case SO_TIMESTAMPNS:
	case SO_TIMESTAMP_NEW:
	case SO_TIMESTAMPNS_NEW:
		*v = socket_stamps_get(s, name);
		return true;
	case SO_BUF_LOCK:
		*v = (s32)((load_once(s->options) & OPT_BUF_LOCKS) >> OPT_BUF_SHIFT);
		return true;
	default:
		return read_only_option(s, name, v);
	}
}

/*
 * Structs first, then what is one int. Nothing here changes the socket but SO_ERROR and SO_COOKIE.
 */
static s64 get_option(struct socket *s, s32 name, struct uaddr value, struct uaddr len_at, u32 room)
{
	s32 v;

	switch (name) {
	case SO_LINGER:
		return socket_put_value(value, len_at, room, value_cspan(&s->linger));
	case SO_RCVTIMEO:
	case SO_RCVTIMEO_NEW:
		return get_timeout(s->rcv_timeout_ns, value, len_at, room);
	case SO_SNDTIMEO:
	case SO_SNDTIMEO_NEW:
		return get_timeout(s->snd_timeout_ns, value, len_at, room);
	case SO_PEERCRED:
		return get_peercred(s, value, len_at, room);
	case SO_PEERGROUPS:
		return get_peergroups(s, value, len_at, room);
	case SO_PEERNAME:
		return get_peername(s, value, len_at, room);
	case SO_GET_FILTER:
		return socket_filter_get(s, value, len_at, room);
	case SO_COOKIE:
		return get_cookie(s, value, len_at, room);
	case SO_TIMESTAMPING:
	case SO_TIMESTAMPING_NEW:
		return get_stamping(s, name, value, len_at, room);
	case SO_PEERPIDFD:
		return get_peerpidfd(s, value, len_at, room);
	case SO_PEEK_OFF:
		v = load_once(s->peek_off);
		return s->ops->peek_off ? socket_put_value(value, len_at, room, value_cspan(&v))
					: -EOPNOTSUPP;
	case SO_BINDTOIFINDEX:
		return s->ops->getsockopt
			? s->ops->getsockopt(s, SOL_SOCKET, name, value, len_at, room)
			: -ENOPROTOOPT;
	default:
		return int_option(s, name, &v)
			? socket_put_value(value, len_at, room, value_cspan(&v))
			: -ENOPROTOOPT;
	}
}

/*
 * The length is read before the option is looked at: a bad pointer is told also of options that do
 * not exist.
 */
s64 sys_getsockopt(struct thread *t, s32 fd, s32 level, s32 name, struct uaddr value,
	struct uaddr len_at)
{
	struct file *f;
	s64 ret = 0;
	s32 len;
	struct socket *s = socket_get(t, fd, &f, &ret);

	if (!s)
		return ret;
	if (level != SOL_SOCKET && !s->ops->getsockopt)
		ret = -EOPNOTSUPP;
	else if (user_get(&len, len_at))
		ret = -EFAULT;
	else if (len < 0)
		ret = -EINVAL;
	else if (level == SOL_SOCKET)
		ret = get_option(s, name, value, len_at, (u32)len);
	else
		ret = s->ops->getsockopt(s, level, name, value, len_at, (u32)len);
	obj_put(&f);
	return ret;
}
