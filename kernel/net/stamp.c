// SPDX-License-Identifier: MPL-2.0
/*
 * Time stamps of packets that were received: SO_TIMESTAMP, SO_TIMESTAMPNS, SO_TIMESTAMPING. See
 * socket(7).
 *
 * A packet gets the time when it is received from its device, if any socket asks for times
 * (packet_stamps); else reading the clock would cost each packet. A packet that came before that
 * has the time of the receive. No device has a clock of its own, and nothing tells when a packet
 * was sent: the flags of SO_TIMESTAMPING that ask for that are refused.
 */
#include <kernel/clock.h>
#include <kernel/packet.h>

#include "net.h"

u32 packet_stamps; /* stamps_lock; each socket is counted once, by socket.stamps */
static struct spinlock stamps_lock;

/* SOF_TIMESTAMPING_ */
enum {
	STAMP_RX_HARDWARE = 4,
	STAMP_RX_SOFTWARE = 8,
	STAMP_SOFTWARE = 16,
	STAMP_SYS_HARDWARE = 32,
	STAMP_RAW_HARDWARE = 64,
	STAMP_OPT_CMSG = 1024, /* also with the error queue; they are there in any case */
	STAMP_KNOWN = STAMP_RX_HARDWARE | STAMP_RX_SOFTWARE | STAMP_SOFTWARE | STAMP_SYS_HARDWARE |
		STAMP_RAW_HARDWARE | STAMP_OPT_CMSG,
};

static void socket_stamps_count(struct socket *s)
{
	spin_lock(&stamps_lock);
	if (!s->stamps)
		store_once(packet_stamps, packet_stamps + 1);
	store_once(s->stamps, true);
	spin_unlock(&stamps_lock);
}

void socket_stamps_end(struct socket *s)
{
	if (!s->stamps)
		return;
	spin_lock(&stamps_lock);
	store_once(packet_stamps, packet_stamps - 1);
	spin_unlock(&stamps_lock);
}

static s64 set_stamping(struct socket *s, bool new, s32 v, struct uaddr value, u32 len)
{
	struct user_stamping st = { .flags = v };

	if (len == sizeof(st) && user_get(&st, value))
		return -EFAULT;
	if (st.flags & ~STAMP_KNOWN)
		return -EINVAL;
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
	if ((load_once(s->stamping) & STAMP_SOFTWARE) && (known || (options & OPT_TIMESTAMP)))
		scm_put_one(o, m, SOL_SOCKET, new ? SO_TIMESTAMPING_NEW : SO_TIMESTAMPING,
			value_cspan(&all));
}
