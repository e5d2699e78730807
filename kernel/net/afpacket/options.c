// SPDX-License-Identifier: MPL-2.0
/*
 * Options of SOL_PACKET (packet(7)). Each is refused with Linux's errno, in Linux's order. A value
 * is copied in before any lock is taken. Options that decide about the layout of a ring (set_shape)
 * are looked at and changed under ps->lock, under which a ring is put in its place, so a ring and
 * its layout always fit each other. The others are single words.
 *
 * What has no meaning here is stored and shown as on Linux where that is harmless:
 * PACKET_QDISC_BYPASS (there are no disciplines), PACKET_TIMESTAMP (no device has a clock),
 * PACKET_ORIGDEV.
 *
 * All of it comes from a program with CAP_NET_RAW, which is not trusted further: sizes of rings are
 * checked in ring.c, programs of filters in bpf_prog_from_user, and rings count in the account of
 * their user.
 */
#include <kernel/thread.h>
#include <kernel/uaccess.h>

#include "afpacket.h"

/* An address may be shorter than the struct's: alen bytes of it count. */
static s64 membership(struct packet_sock *ps, s32 name, struct uaddr value, u32 len)
{
	struct packet_mreq m = { 0 };

	if (len < 16)
		return -EINVAL;
	if (user_get(&m, value))
		return -EFAULT;
	if (m.alen > sizeof(m.address))
		return -EINVAL;
	return name == PACKET_ADD_MEMBERSHIP ? packet_join(ps, &m) : packet_part(ps, &m);
}

/*
 * The struct of version 3 is longer. Which one it is, is decided here by the version that is set;
 * packet_set_ring looks at it again under the lock.
 */
static s64 ring(struct packet_sock *ps, bool out, struct uaddr value, u32 len)
{
	struct tpacket_req r = { 0 };
	u32 need = load_once(ps->version) == TPACKET_V3 ? TPACKET_REQ3_LEN : TPACKET_REQ_LEN;

	if (len < need)
		return -EINVAL;
	if (copy_in(span_first(value_span(&r), need), value))
		return -EINVAL; /* as Linux */
	return packet_set_ring(ps, out, &r);
}

/* The second half, which says how many members there may be, came later: without it it is 0. */
static s64 fanout(struct packet_sock *ps, struct uaddr value, u32 len)
{
	struct fanout_args a = { 0 };

	if (len != sizeof(u32) && len != sizeof(a))
		return -EINVAL;
	if (copy_in(span_first(value_span(&a), len), value))
		return -EFAULT;
	return packet_fanout_join(ps, &a);
}

/*
 * The group may be left by the socket meanwhile: the reference keeps it, and the program is its
 * group's.
 */
static s64 fanout_data(struct packet_sock *ps, struct uaddr value, u32 len)
{
	struct packet_fanout *f;
	struct bpf_prog *prog = NULL;
	s64 err;

	spin_lock(&packet_lock);
	f = ps->fanout ? obj_get(ps->fanout) : NULL;
	spin_unlock(&packet_lock);
	if (!f)
		return -EINVAL;
	if (f->type != PACKET_FANOUT_CBPF)
		err = -EINVAL;
	else if (load_once(ps->socket->filter_locked))
		err = -EPERM;
	else
		err = bpf_prog_from_user(value, len, &prog);
	if (!err)
		packet_fanout_set(f, prog);
	obj_put(&f);
	return err;
}

/* Whether the option must have exactly 4 bytes; others may have more. */
static bool is_strict(s32 name)
{
	return name != PACKET_AUXDATA && name != PACKET_ORIGDEV && name != PACKET_VNET_HDR;
}

/*
 * Options that may not change while there is a ring. ps->lock held. 0 or -errno. EBUSY while a ring
 * exists, but PACKET_TX_HAS_OFF, which is then ignored with success, as on Linux.
 */
static s64 set_shape(struct packet_sock *ps, s32 name, u32 v)
{
	if (ps->in || ps->out)
		return name == PACKET_TX_HAS_OFF ? 0 : -EBUSY;
	switch (name) {
	case PACKET_VERSION:
		store_once(ps->version, v);
		break;
	case PACKET_RESERVE:
		ps->reserve = v;
		break;
	case PACKET_LOSS:
		ps->loss = v != 0;
		break;
	case PACKET_VNET_HDR:
		store_once(ps->vnet, v != 0);
		break;
	default:
		ps->tx_has_off = v != 0;
		break;
	}
	return 0;
}

/* Each is a word that packets on their way read once (load_once), or goes to set_shape. */
static s64 afpacket_set_int(struct packet_sock *ps, s32 name, u32 v)
{
	s64 err;

	switch (name) {
	case PACKET_AUXDATA:
		store_once(ps->auxdata, v != 0);
		return 0;
	case PACKET_ORIGDEV: /* without bonds the device that received is the one that tells */
		store_once(ps->origdev, v != 0);
		return 0;
	case PACKET_IGNORE_OUTGOING:
		if (v > 1)
			return -EINVAL;
		store_once(ps->ignore_outgoing, v != 0);
		return 0;
	case PACKET_TIMESTAMP: /* no device has a clock of its own */
		ps->timestamp = v;
		return 0;
	case PACKET_COPY_THRESH:
		ps->copy_thresh = v;
		return 0;
	case PACKET_QDISC_BYPASS: /* there are no disciplines */
		ps->bypass = v != 0;
		return 0;
	default:
		spin_lock(&ps->lock);
		err = set_shape(ps, name, v);
		spin_unlock(&ps->lock);
		return err;
	}
}

/* Before the value is read, so an option that is none is ENOPROTOOPT and not EFAULT. */
static bool is_int(s32 name)
{
	switch (name) {
	case PACKET_AUXDATA:
	case PACKET_ORIGDEV:
	case PACKET_IGNORE_OUTGOING:
	case PACKET_TIMESTAMP:
	case PACKET_COPY_THRESH:
	case PACKET_QDISC_BYPASS:
	case PACKET_VERSION:
	case PACKET_RESERVE:
	case PACKET_LOSS:
	case PACKET_VNET_HDR:
	case PACKET_TX_HAS_OFF:
		return true;
	default:
		return false;
	}
}

/* The order of the checks is Linux's: level, option, type of socket, length, value. */
s64 packet_setsockopt(struct socket *s, s32 level, s32 name, struct uaddr value, u32 len)
{
	struct packet_sock *ps = packet_sock_of(s);
	u32 v;

	if (level != SOL_PACKET)
		return -ENOPROTOOPT;
	switch (name) {
	case PACKET_ADD_MEMBERSHIP:
	case PACKET_DROP_MEMBERSHIP:
		return membership(ps, name, value, len);
	case PACKET_RX_RING:
	case PACKET_TX_RING:
		return ring(ps, name == PACKET_TX_RING, value, len);
	case PACKET_FANOUT:
		return fanout(ps, value, len);
	case PACKET_FANOUT_DATA:
		return fanout_data(ps, value, len);
	default:
		break;
	}
	if (!is_int(name))
		return -ENOPROTOOPT;
	if (name == PACKET_VNET_HDR && s->type != SOCK_RAW)
		return -EINVAL;
	if (len < sizeof(v) || (is_strict(name) && len != sizeof(v)))
		return -EINVAL;
	if (user_get(&v, value))
		return -EFAULT;
	if ((name == PACKET_VERSION && v > TPACKET_V3) ||
		(name == PACKET_RESERVE && v > 0x7fffffffu))
		return -EINVAL;
	return afpacket_set_int(ps, name, v);
}

/* ---- reading ---- */

/*
 * The counts begin anew when they are told. Both counts are taken and cleared in one hold of the
 * lock, so each packet is counted in one answer.
 */
static s64 statistics(struct packet_sock *ps, struct uaddr value, struct uaddr len_at, u32 room)
{
	struct tpacket_stats t;
	bool blocks = load_once(ps->version) == TPACKET_V3;

	spin_lock(&ps->lock);
	t.packets = ps->nr_seen + ps->nr_dropped;
	t.drops = ps->nr_dropped;
	t.freezes = ps->freezes;
	ps->nr_seen = ps->nr_dropped = ps->freezes = 0;
	spin_unlock(&ps->lock);
	return socket_option_put(value, len_at, room,
		cspan_first(value_cspan(&t), blocks ? 12 : 8));
}

/* PACKET_HDRLEN is a question with a value in it: how long the header of that version is. */
static s64 header_len(struct uaddr value, struct uaddr len_at, u32 room)
{
	u32 v;

	if (room < sizeof(v))
		return -EINVAL;
	if (user_get(&v, value))
		return -EFAULT;
	if (v > TPACKET_V3)
		return -EINVAL;
	v = tpacket_header(v);
	return socket_option_put(value, len_at, room, value_cspan(&v));
}

/* Only of a member of a group that rolls over. */
static s64 rollover(struct packet_sock *ps, struct uaddr value, struct uaddr len_at, u32 room)
{
	struct rollover_stats r;
	bool rolls;

	spin_lock(&ps->lock);
	rolls = ps->rolls;
	r = ps->rolled;
	spin_unlock(&ps->lock);
	return rolls ? socket_option_put(value, len_at, room, value_cspan(&r)) : -EINVAL;
}

/* As the group was joined: the number, the type, the flags. 0: no group. */
static u32 fanout_of(struct packet_sock *ps)
{
	const struct packet_fanout *f;
	u32 v;

	spin_lock(&packet_lock);
	f = ps->fanout;
	v = f ? f->id | f->type << 16 | f->flags << 24 : 0;
	spin_unlock(&packet_lock);
	return v;
}

/* Without ps->lock: a word of each. */
static bool afpacket_get_int(struct packet_sock *ps, s32 name, u32 *const v)
{
	switch (name) {
	case PACKET_AUXDATA:
		*v = ps->auxdata;
		return true;
	case PACKET_ORIGDEV:
		*v = ps->origdev;
		return true;
	case PACKET_IGNORE_OUTGOING:
		*v = ps->ignore_outgoing;
		return true;
	case PACKET_VNET_HDR:
		*v = ps->vnet;
		return true;
	case PACKET_VERSION:
		*v = ps->version;
		return true;
	case PACKET_RESERVE:
		*v = ps->reserve;
		return true;
	case PACKET_LOSS:
		*v = ps->loss;
		return true;
	case PACKET_TIMESTAMP:
		*v = ps->timestamp;
		return true;
	case PACKET_COPY_THRESH:
		*v = ps->copy_thresh;
		return true;
	case PACKET_QDISC_BYPASS:
		*v = ps->bypass;
		return true;
	case PACKET_TX_HAS_OFF:
		*v = ps->tx_has_off;
		return true;
	case PACKET_FANOUT:
		*v = fanout_of(ps);
		return true;
	default:
		return false;
	}
}

/* Statistics are taken, all else is only told. */
s64 packet_getsockopt(struct socket *s, s32 level, s32 name, struct uaddr value,
	struct uaddr len_at, u32 room)
{
	struct packet_sock *ps = packet_sock_of(s);
	u32 v;

	if (level != SOL_PACKET)
		return -ENOPROTOOPT;
	switch (name) {
	case PACKET_STATISTICS:
		return statistics(ps, value, len_at, room);
	case PACKET_HDRLEN:
		return header_len(value, len_at, room);
	case PACKET_ROLLOVER_STATS:
		return rollover(ps, value, len_at, room);
	default:
		break;
	}
	if (!afpacket_get_int(ps, name, &v))
		return -ENOPROTOOPT;
	return socket_option_put(value, len_at, room, value_cspan(&v));
}
