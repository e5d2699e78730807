// SPDX-License-Identifier: MPL-2.0
/*
 * PACKET_TX_RING: a send sends the frames that a program has written into mapped memory.
 *
 * The program writes a packet behind the header of the next frame, and then its status,
 * TP_STATUS_SEND_REQUEST. A send of any length goes over the frames from where the last one
 * stopped, until one is not to be sent. A frame's header is copied once; the packet is copied and
 * sent, and the frame is the program's again (TP_STATUS_AVAILABLE): Linux lends the pages to the
 * device until it has sent them, here they are free at once. A frame that cannot be sent ends the
 * call with its error and TP_STATUS_WRONG_FORMAT, or is passed over (PACKET_LOSS).
 *
 * One call goes over each frame once at most, whatever other threads write meanwhile. A ring has
 * millions of frames: the call gives way after each, and ends when its thread is being killed.
 *
 * Locking: send_lock, for the whole call.
 */
#include <frame/task.h>
#include <kernel/thread.h>
#include <kernel/vnet.h>

#include "afpacket.h"

/* A frame that is sent. */
struct out_frame {
	u64 at;
	u32 data, len; /* the packet in the frame */
};

static u64 status_at(const struct packet_ring *r, u64 frame)
{
	return frame + (r->version == TPACKET_V3 ? TPACKET3_STATUS : 0u);
}

/* PACKET_TX_HAS_OFF: the header says where the packet begins. False: not inside the frame. */
static bool offset_ok(const struct packet_ring *r, const struct out_frame *f)
{
	return f->data >= tpacket_header(r->version) && f->len <= r->frame_size &&
		f->data <= r->frame_size - f->len;
}

/* What the header of the frame at @f->at says. 0, -EINVAL, -EMSGSIZE. */
static int parse_frame(struct socket *s, const struct packet_ring *r, u32 most, struct out_frame *f)
{
	const struct packet_sock *ps = packet_sock_of(s);
	struct tpacket1_header h1;
	struct tpacket2_header h2;
	struct tpacket3_header h3;
	u32 mac, net;

	if (r->version == TPACKET_V3) {
		ring_read(r, f->at, value_span(&h3));
		f->len = h3.len;
		mac = h3.mac;
		net = h3.net;
		if (h3.next_offset)
			return -EINVAL;
	} else if (r->version == TPACKET_V2) {
		ring_read(r, f->at, value_span(&h2));
		f->len = h2.len;
		mac = h2.mac;
		net = h2.net;
	} else {
		ring_read(r, f->at, value_span(&h1));
		f->len = h1.len;
		mac = h1.mac;
		net = h1.net;
	}
	f->data = tpacket_header(r->version);
	if (f->len > most)
		return -EMSGSIZE;
	if (!ps->tx_has_off)
		return 0;
	f->data = s->type == SOCK_DGRAM ? net : mac;
	return offset_ok(r, f) ? 0 : -EINVAL;
}

/* The bytes of the frame: as many as fit into the head, the rest in pages. 0 or -errno. */
static int copy_frame(const struct packet_ring *r, const struct out_frame *f, struct packet *p)
{
	u32 n = min(f->len, PACKET_DATA - PACKET_ROOM), off;
	u8 b[256];
	int err;

	ring_read(r, f->at + f->data, span_sub(span_of(p->data), p->tail, n));
	p->tail += (u16)n;
	p->len = n;
	err = n < f->len ? packet_add_room(p, f->len - n) : 0;
	for (off = n; !err && off < f->len; off += n) {
		n = min(f->len - off, (u32)sizeof(b));
		ring_read(r, f->at + f->data + off, span_first(span_of(b), n));
		if (!packet_write(p, off, cspan_first(cspan_of(b), n)))
			err = -EINVAL;
	}
	return err;
}

/*
 * Sends one frame. 0 or -errno; *@bad: the error is the frame's own. The header was copied
 * (parse_frame), so the lengths that are checked are those that are used. The packet's bytes may
 * change while they are copied; that is the program's own loss.
 */
static int send_frame(struct socket *s, const struct packet_ring *r, const struct packet_way *w,
	const struct socket_msg *m, struct out_frame *f, bool *bad)
{
	u32 reserve = s->type == SOCK_RAW ? packet_link_header(w->dev) : 0;
	u32 most = r->frame_size - tpacket_header(r->version);
	struct vnet_header v = { 0 };
	struct packet *p;
	int err;

	*bad = true;
	if (packet_sock_of(s)->vnet)
		most = min(most, PACKET_MAX + (u32)sizeof(v));
	else
		most = min(most, packet_most(w->dev, reserve) + VLAN_HEADER);
	err = parse_frame(s, r, most, f);
	if (!err && packet_sock_of(s)->vnet) {
		err = f->len < sizeof(v) ? -EINVAL : 0;
		if (!err) {
			ring_read(r, f->at + f->data, value_span(&v));
			f->data += (u32)sizeof(v);
			f->len -= (u32)sizeof(v);
			vnet_correct(&v);
		}
	}
	if (err)
		return err;
	p = packet_new(PACKET_ROOM);
	err = p ? copy_frame(r, f, p) : -ENOBUFS;
	*bad = err != -ENOBUFS;
	if (!err)
		err = packet_set_header(s, p, w);
	if (!err && packet_sock_of(s)->vnet && !packet_set_vnet(p, &v))
		err = -EINVAL;
	if (err) {
		packet_drop(&p);
		return err;
	}
	err = packet_send(s, p, w, m);
	*bad = err == -EMSGSIZE;
	return *bad ? err : 0; /* what the device does not take is lost, as on Linux */
}

/* Frames until one is not to be sent. Bytes or -errno. send_lock held. */
static ssize_t send_frames(struct socket *s, struct packet_ring *r, const struct packet_way *w,
	const struct socket_msg *m)
{
	struct packet_sock *ps = packet_sock_of(s);
	ssize_t done = 0;
	u32 i;

	for (i = 0; i < r->nr_frames; i++) {
		struct out_frame f = { .at = ring_frame(r, r->head) };
		u64 status = status_at(r, f.at);
		bool bad = false;
		int err;

		if (ring_get32(r, status) != TP_STATUS_SEND_REQUEST)
			break;
		if (loop_should_end())
			return done ? done : -EINTR;
		err = socket_wait_room(s, m->flags);
		if (!err)
			err = send_frame(s, r, w, m, &f, &bad);
		if (err && !(bad && ps->loss)) {
			if (bad)
				ring_put32(r, status, TP_STATUS_WRONG_FORMAT);
			return !bad && done ? done : err;
		}
		ring_put32(r, status, TP_STATUS_AVAILABLE);
		r->head = r->head + 1 == r->nr_frames ? 0 : r->head + 1;
		if (!err)
			done += f.len;
		netdev_run();
	}
	return done;
}

ssize_t packet_send_ring(struct socket *s, struct socket_msg *m, const struct sockaddr_any *name)
{
	struct packet_sock *ps = packet_sock_of(s);
	struct packet_way w;
	ssize_t ret = packet_find_way(s, name, m->name_len, &w);

	if (ret)
		return ret;
	mutex_lock(&ps->send_lock);
	ret = ps->out ? send_frames(s, ps->out, &w, m) : -EBUSY;
	mutex_unlock(&ps->send_lock);
	obj_put(&w.dev);
	return ret;
}
