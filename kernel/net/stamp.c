// SPDX-License-Identifier: MPL-2.0
/*
 * Time stamps of packets that were received: SO_TIMESTAMP, SO_TIMESTAMPNS, SO_TIMESTAMPING, and the
 * time of the last one: SIOCGSTAMP. See socket(7). stamp_sent.c is about packets that are sent.
 *
 * A packet gets the time when it is received from its device, if any socket asks for times
 * (packet_stamps); else reading the clock would cost each packet. A packet that came before that
 * has the time of the receive. No device has a clock of its own.
 */
#include <kernel/clock.h>
#include <kernel/packet.h>
#include <uapi/errno.h>

#include "net.h"

u32 packet_stamps; /* stamps_lock; each socket is counted once, by socket.stamps */
static struct spinlock stamps_lock;

static void socket_stamps_count(struct socket *s)
{
	spin_lock(&stamps_lock);
	if (!s->stamps)
		store_once(packet_stamps, packet_stamps + 1);
	store_once(s->stamps, true);
	spin_unlock(&stamps_lock);
}

void socket_stamps_inherit(struct socket *s, const struct socket *from)
{
	store_once(s->stamping, load_once(from->stamping));
	if (load_once(from->stamps))
		socket_stamps_count(s);
}

void socket_stamps_end(struct socket *s)
{
	if (!s->stamps)
		return;
	spin_lock(&stamps_lock);
	store_once(packet_stamps, packet_stamps - 1);
	spin_unlock(&stamps_lock);
}

/*
 * What the flags need beside themselves. The order of the errors is Linux's. A protocol whose
 * numbers mean places in its stream says where they begin; TCP's statistics are not told.
 */
static s64 check_stamping(struct socket *s, u32 flags)
{
	u32 key = 0;
	int err = 0;

	if (flags & ~(u32)STAMP_KNOWN)
		return -EINVAL;
	if ((flags & STAMP_OPT_ID_TCP) && !(flags & STAMP_OPT_ID))
		return -EINVAL;
	if ((flags & STAMP_OPT_STATS) && (!(flags & STAMP_OPT_TSONLY) || s->ops->stamp_start))
		return -EINVAL;
	if (flags & STAMP_BIND_PHC)
		return -EOPNOTSUPP;
	if ((flags & STAMP_OPT_ID) && !(load_once(s->stamping) & STAMP_OPT_ID)) {
		if (s->ops->stamp_start)
			err = s->ops->stamp_start(s, flags, &key);
		if (!err)
			atomic_store(&s->stamp_key, key);
	}
	return err;
}

static s64 set_stamping(struct socket *s, bool new, s32 v, struct uaddr value, u32 len)
{
	struct user_stamping st = { .flags = v };
	s64 err;

	if (len == sizeof(st) && user_get(&st, value))
		return -EFAULT;
	err = check_stamping(s, (u32)st.flags);
	if (err)
		return err;
	store_once(s->stamping, (u32)st.flags);
	if (new)
		(void)set_bits(s->options, OPT_STAMP_NEW);
	else
		(void)clear_bits(s->options, OPT_STAMP_NEW);
	if (st.flags & STAMP_RX_SOFTWARE)
		socket_stamps_count(s);
	return 0;
}

s64 socket_stamps_set(struct socket *s, s32 name, s32 v, struct uaddr value, u32 len)
{
	bool ns = name == SO_TIMESTAMPNS || name == SO_TIMESTAMPNS_NEW;
	bool new = name == SO_TIMESTAMP_NEW || name == SO_TIMESTAMPNS_NEW;

	if (name == SO_TIMESTAMPING || name == SO_TIMESTAMPING_NEW)
		return set_stamping(s, name == SO_TIMESTAMPING_NEW, v, value, len);
	(void)clear_bits(s->options, OPT_TIMESTAMP | OPT_STAMP_NS | (v ? OPT_STAMP_NEW : 0u));
	if (v) {
		(void)set_bits(s->options,
			OPT_TIMESTAMP | (ns ? OPT_STAMP_NS : 0u) | (new ? OPT_STAMP_NEW : 0u));
		socket_stamps_count(s);
	}
	return 0;
}

s32 socket_stamps_get(const struct socket *s, s32 name)
{
	u32 o = load_once(s->options) & (OPT_TIMESTAMP | OPT_STAMP_NS | OPT_STAMP_NEW);

	switch (name) {
	case SO_TIMESTAMP:
		return o == OPT_TIMESTAMP;
	case SO_TIMESTAMPNS:
		return o == (OPT_TIMESTAMP | OPT_STAMP_NS);
	case SO_TIMESTAMP_NEW:
		return (o & OPT_TIMESTAMP) && (o & OPT_STAMP_NEW);
	case SO_TIMESTAMPNS_NEW:
		return (o & OPT_STAMP_NS) && (o & OPT_STAMP_NEW);
	case SO_TIMESTAMPING_NEW:
		return o & OPT_STAMP_NEW ? (s32)load_once(s->stamping) : 0;
	default:
		return (s32)load_once(s->stamping);
	}
}

struct user_stamps {
	struct timespec64 software, gone, hardware;
};

/* The old and the new names have the same structures, for time has 64 bits. */
void scm_put_stamps(struct socket *s, struct socket_msg *m, struct control_out *o)
{
	u32 options = load_once(s->options);
	bool new = options &OPT_STAMP_NEW;
	u64 known = m->ip.time_ns, ns = known ? known : clock_realtime_ns();
	u32 stamping = load_once(s->stamping);
	struct user_timeval tv = { (s64)(ns / NSEC_PER_SEC),
		(s64)(ns % NSEC_PER_SEC / NSEC_PER_USEC) };
	struct user_stamps all = { .software = timespec_of_ns(ns) };
	struct timespec64 ts = timespec_of_ns(ns);

	if ((options & OPT_TIMESTAMP) && (options & OPT_STAMP_NS))
		scm_put_one(o, m, SOL_SOCKET, new ? SO_TIMESTAMPNS_NEW : SO_TIMESTAMPNS,
			value_cspan(&ts));
	else if (options & OPT_TIMESTAMP)
		scm_put_one(o, m, SOL_SOCKET, new ? SO_TIMESTAMP_NEW : SO_TIMESTAMP,
			value_cspan(&tv));
	/* With OPT_RX_FILTER only what RX_SOFTWARE asks for is told of packets that came. */
	if ((stamping & STAMP_OPT_RX_FILTER) && !(stamping & STAMP_RX_SOFTWARE) &&
		!(m->flags & MSG_ERRQUEUE))
		return;
	if ((stamping & STAMP_SOFTWARE) && (known || (options & OPT_TIMESTAMP)))
		scm_put_one(o, m, SOL_SOCKET, new ? SO_TIMESTAMPING_NEW : SO_TIMESTAMPING,
			value_cspan(&all));
}

/* ---- SIOCGSTAMP ---- */

/*
 * A socket whose reader gets times with the packets keeps none. Before the first SIOCGSTAMP only
 * that something came is noted, and the time is then that of the question.
 */
void socket_last_received(struct socket *s, u64 time_ns)
{
	u32 options = load_once(s->options);
	bool asked = options & OPT_STAMP_LAST;

	if ((options & OPT_TIMESTAMP) ||
		(load_once(s->stamping) & (STAMP_SOFTWARE | STAMP_RAW_HARDWARE)))
		return;
	if (asked)
		store_once(s->last_ns, max(time_ns, (u64)LAST_NOT_KNOWN));
	else if (!load_once(s->last_ns))
		store_once(s->last_ns, LAST_NOT_KNOWN);
	store_once(s->last_is_set, !asked);
}

s64 socket_stamp_ioctl(struct socket *s, u32 cmd, struct uaddr at)
{
	struct timespec64 ts;
	u64 ns;

	if (s->family != AF_INET && s->family != AF_INET6 && s->family != AF_PACKET)
		return -ENOTTY;
	(void)set_bits(s->options, OPT_STAMP_LAST);
	store_once(s->last_is_set, false);
	socket_stamps_count(s);
	ns = load_once(s->last_ns);
	if (!ns)
		return -ENOENT;
	if (ns == LAST_NOT_KNOWN) {
		ns = clock_realtime_ns();
		store_once(s->last_ns, ns);
	}
	ts = timespec_of_ns(ns);
	if (cmd == SIOCGSTAMP || cmd == SIOCGSTAMP_NEW)
		ts.nsec /= NSEC_PER_USEC;
	return user_put(at, &ts) ? -EFAULT : 0;
}
