// SPDX-License-Identifier: MPL-2.0
/*
 * PACKET_RX_RING: packets are copied into memory that a program has mapped.
 *
 * TPACKET_V1 and V2 have frames of one size. The kernel fills them in turn: a frame is free while
 * its status is TP_STATUS_KERNEL; the kernel writes the packet, the sender's address and the header
 * and at last the status. A packet that is larger than a frame is cut.
 *
 * TPACKET_V3 has blocks, which packets fill one behind the other, each as long as it is. A block
 * goes to the program when the next packet does not fit, or when its time is over (retire). The
 * next block must then be free; if it is not, the ring is frozen, packets are dropped, and the
 * block is opened by the first packet, or turn of the job, that finds it free. All that the kernel
 * needs to know of the open block stands in struct packet_ring: a program may write what it likes.
 *
 * Locking: packet_sock.lock, for all of it. The job that retires blocks walks the list of sockets
 * with blocks, under packet_lock.
 */
#include <frame/time.h>
#include <kernel/byteorder.h>
#include <kernel/clock.h>
#include <kernel/vnet.h>

#include "afpacket.h"

/* Where the parts of a frame stand, from its begin. */
struct frame_plan {
	u32 mac, net, keep; /* the packet's first byte; its internet header; bytes kept */
	u32 status;
};

/* False: PACKET_RESERVE is so large that the header's fields cannot say where the packet is. */
static bool plan_frame(const struct packet_sock *ps, const struct packet *c, u32 room, u32 keep,
	struct frame_plan *const f)
{
	u32 header = tpacket_header_len(ps->version), maclen = (u32)c->net - c->mac;
	u64 net;

	if (ps->socket->type == SOCK_DGRAM) {
		net = round_up(header, TPACKET_ALIGNMENT) + 16ul + ps->reserve;
		maclen = 0;
	} else {
		net = round_up(header + max(maclen, 16u), TPACKET_ALIGNMENT) + (u64)ps->reserve;
		if (ps->vnet)
			net += sizeof(struct vnet_header);
	}
	if (net > 0xffff)
		return false;
	f->net = (u32)net;
	f->mac = f->net - maclen;
	f->keep = min(keep, room > f->mac ? room - f->mac : 0);
	f->status = TP_STATUS_USER | packet_csum_status(c);
	return true;
}

/* Copies the packet, what stands before it, and the sender's name behind the header. */
static void write_packet(const struct packet_sock *ps, const struct packet_ring *r, u64 at,
	const struct packet *c, const struct frame_plan *f)
{
	struct vnet_header v;
	struct sockaddr_ll ll;
	u8 b[256];
	u32 off, n;

	for (off = 0; off < f->keep; off += n) {
		n = min(f->keep - off, (u32)sizeof(b));
		if (!packet_read(c, off, span_first(span_of(b), n)))
			break;
		ring_write(r, at + f->mac + off, cspan_first(cspan_of(b), n));
	}
	if (ps->vnet && f->keep) {
		vnet_of_packet(c, &v);
		ring_write(r, at + f->mac - sizeof(v), value_cspan(&v));
	}
	packet_name(c, &ll);
	ring_write(r, at + tpacket_header(r->version), value_cspan(&ll));
}

/* The status of a packet with a tag of a VLAN. */
static u32 vlan_status(const struct packet *c)
{
	return c->vlan ? TP_STATUS_VLAN_VALID | TP_STATUS_VLAN_TPID_VALID : 0u;
}

/* ---- frames: TPACKET_V1 and V2 ---- */

/* Everything but the status, which stands first in both kinds of header. */
static void write_header(const struct packet_ring *r, u64 at, const struct packet *c,
	const struct frame_plan *f)
{
	u64 now = clock_realtime_ns();
	struct tpacket1_header h1 = { .len = c->control[PC_LEN],
		.snaplen = f->keep,
		.mac = (u16)f->mac,
		.net = (u16)f->net,
		.sec = (u32)(now / NSEC_PER_SEC),
		.usec = (u32)(now % NSEC_PER_SEC / NSEC_PER_USEC) };
	struct tpacket2_header h2 = { .len = c->control[PC_LEN],
		.snaplen = f->keep,
		.mac = (u16)f->mac,
		.net = (u16)f->net,
		.sec = (u32)(now / NSEC_PER_SEC),
		.nsec = (u32)(now % NSEC_PER_SEC),
		.vlan_tci = c->vlan & 0xefff,
		.vlan_tpid = c->vlan ? 0x8100 : 0 };

	if (r->version == TPACKET_V1)
		ring_write(r, at + 8, cspan_sub(value_cspan(&h1), 8, 20));
	else
		ring_write(r, at + 4, cspan_from(value_cspan(&h2), 4));
}

/* PACKET_COPY_THRESH: what a frame is too small for waits in the queue, too. */
static void keep_copy(struct packet_sock *ps, const struct packet *c, struct frame_plan *const f)
{
	struct packet *copy = ps->copy_thresh ? packet_clone(c) : NULL;
	/* It has no sender: as on Linux, the name is in the ring. */
	struct sockaddr_ll ll = { .family = AF_PACKET, .protocol = be16(c->ethertype) };

	if (!copy)
		return;
	span_copy(span_from(value_span(&copy->control), PC_NAME * sizeof(u32)), value_cspan(&ll));
	copy->control[PC_STATUS] = f->status;
	if (packet_enqueue(ps, copy))
		f->status |= TP_STATUS_COPY;
	else
		packet_drop(&copy);
}

/*
 * The status of the program's side is read once; the kernel's status is written last (ring_put32).
 * A program that writes into frames that are not its own spoils what it reads, nothing else: where
 * the next frame is, and how large, the kernel knows by itself.
 */
static bool take_frame(struct packet_sock *ps, struct packet_ring *r, struct packet *c, u32 keep)
{
	u64 at = ring_frame(r, r->head);
	struct frame_plan f;

	if (!plan_frame(ps, c, r->frame_size, keep, &f) || ring_get32(r, at) != TP_STATUS_KERNEL)
		return false;
	if (f.keep < keep)
		keep_copy(ps, c, &f);
	r->head = r->head + 1 == r->nr_frames ? 0 : r->head + 1;
	write_packet(ps, r, at, c, &f);
	write_header(r, at, c, &f);
	if (r->version == TPACKET_V2)
		f.status |= vlan_status(c);
	ring_put32(r, at, f.status | (ps->nr_dropped ? TP_STATUS_LOSING : 0u));
	return true;
}

/* ---- blocks: TPACKET_V3 ---- */

static u64 block_at(const struct packet_ring *r, u32 i)
{
	return (u64)i * r->block_size;
}

/* Where the first packet of a block is. */
static u32 block_first(const struct packet_ring *r)
{
	return (u32)sizeof(struct tpacket_block) + (u32)round_up((u64)r->priv, 8);
}

static void open_block(struct packet_ring *r)
{
	u64 now = clock_realtime_ns();
	struct tpacket_block b = { .version = r->version,
		.offset_to_priv = (u32)sizeof(b),
		.status = TP_STATUS_KERNEL,
		.first = block_first(r),
		.len = block_first(r),
		.seq = r->seq++,
		.first_sec = (u32)(now / NSEC_PER_SEC),
		.first_nsec = (u32)(now % NSEC_PER_SEC) };

	ring_write(r, block_at(r, r->active), value_cspan(&b));
	r->next = r->last = r->used = b.first;
	r->nr_packets = 0;
	r->frozen = false;
	r->retire_at = time_mono_ns() + (u64)r->retire_ms * NSEC_PER_MSEC;
}

/*
 * Gives the open block to the program; the next one is the active one, and is not open yet. The
 * header is written in two parts around the status, and the status at last.
 */
static void close_block(struct packet_sock *ps, struct packet_ring *r, u32 status)
{
	u64 at = block_at(r, r->active);
	u64 last = r->nr_packets ? r->last_ns : clock_realtime_ns();
	struct tpacket_block b = { .nr_packets = r->nr_packets,
		.first = block_first(r),
		.len = r->used,
		.last_sec = (u32)(last / NSEC_PER_SEC),
		.last_nsec = (u32)(last % NSEC_PER_SEC) };
	u32 end = 0;

	if (r->nr_packets)
		ring_write(r, at + r->last, value_cspan(&end)); /* next_offset */
	ring_write(r, at + offsetof(struct tpacket_block, last_sec),
		cspan_from(value_cspan(&b), offsetof(struct tpacket_block, last_sec)));
	ring_write(r, at + offsetof(struct tpacket_block, nr_packets),
		cspan_sub(value_cspan(&b), offsetof(struct tpacket_block, nr_packets), 12));
	ring_put32(r, at + TPACKET_BLOCK_STATUS,
		TP_STATUS_USER | status | (ps->nr_dropped ? TP_STATUS_LOSING : 0u));
	r->active = r->active + 1 == r->block_nr ? 0 : r->active + 1;
	r->news = true;
}

static bool active_is_free(const struct packet_ring *r)
{
	return ring_get32(r, block_at(r, r->active) + TPACKET_BLOCK_STATUS) == TP_STATUS_KERNEL;
}

/* Opens the active block; if it is the program's, the ring is frozen. */
static bool open_next(struct packet_sock *ps, struct packet_ring *r)
{
	if (active_is_free(r)) {
		open_block(r);
		return true;
	}
	r->frozen = true;
	ps->freezes++;
	return false;
}

void packet_blocks_start(struct packet_sock *ps, struct packet_ring *r)
{
	r->seq = 1;
	ps->freezes = 0;
	open_block(r);
}

bool packet_blocks_news(struct packet_ring *r)
{
	bool news = r->news;

	r->news = false;
	return news;
}

/*
 * The packet is cut to the block. A block that has no room for it goes to the program, even if it
 * is nearly empty: packets do not cross blocks.
 */
static bool ring_take_packet(struct packet_sock *ps, struct packet_ring *r, struct packet *c,
	u32 keep)
{
	u64 now = clock_realtime_ns(), at;
	struct tpacket3_header h = { .len = c->control[PC_LEN],
		.sec = (u32)(now / NSEC_PER_SEC),
		.nsec = (u32)(now % NSEC_PER_SEC),
		.rxhash = r->features & TP_FT_REQ_FILL_RXHASH ? c->hash : 0,
		.vlan_tci = c->vlan & 0xefff,
		.vlan_tpid = c->vlan ? 0x8100 : 0 };
	struct frame_plan f;
	u32 len;

	if (!plan_frame(ps, c, r->block_size - block_first(r), keep, &f))
		return false;
	len = (u32)round_up((u64)f.mac + f.keep, 8);
	if (len > r->block_size - block_first(r))
		return false;
	if (r->frozen) {
		if (!active_is_free(r))
			return false;
		open_block(r);
	}
	if (r->next + len >= r->block_size) {
		close_block(ps, r, 0);
		if (!open_next(ps, r))
			return false;
	}
	at = block_at(r, r->active) + r->next;
	h.next_offset = len;
	h.snaplen = f.keep;
	h.mac = (u16)f.mac;
	h.net = (u16)f.net;
	h.status = f.status | vlan_status(c);
	write_packet(ps, r, at, c, &f);
	ring_write(r, at, value_cspan(&h));
	r->last = r->next;
	r->last_ns = now;
	r->next += len;
	r->used += len;
	r->nr_packets++;
	return true;
}

/* ---- both ---- */

bool packet_ring_take(struct packet_sock *ps, struct packet *c, u32 keep)
{
	struct packet_ring *r = ps->in;

	return r->version == TPACKET_V3 ? ring_take_packet(ps, r, c, keep)
					: take_frame(ps, r, c, keep);
}

/* The one before the next: what was given to the program last is still unread. */
bool packet_ring_ready(const struct packet_ring *r)
{
	u32 i;

	if (r->version == TPACKET_V3) {
		i = r->active ? r->active - 1 : r->block_nr - 1;
		return ring_get32(r, block_at(r, i) + TPACKET_BLOCK_STATUS) != TP_STATUS_KERNEL;
	}
	i = r->head ? r->head - 1 : r->nr_frames - 1;
	return ring_get32(r, ring_frame(r, i)) != TP_STATUS_KERNEL;
}

static bool is_free(const struct packet_ring *r, u32 ahead)
{
	if (r->version == TPACKET_V3)
		return ring_get32(r,
			       block_at(r, (r->active + ahead) % r->block_nr) +
				       TPACKET_BLOCK_STATUS) == TP_STATUS_KERNEL;
	return ring_get32(r, ring_frame(r, (r->head + ahead) % r->nr_frames)) == TP_STATUS_KERNEL;
}

/* Room is normal while a quarter of the ring is free. */
enum packet_room packet_ring_room(const struct packet_ring *r)
{
	u32 all = r->version == TPACKET_V3 ? r->block_nr : r->nr_frames;

	if (is_free(r, all / 4))
		return ROOM_NORMAL;
	return is_free(r, 0) ? ROOM_LOW : ROOM_NONE;
}

/* ---- blocks whose time is over ---- */

/*
 * ps->lock held. Returns when to come again. An empty block stays open: there is nothing to tell.
 */
u64 packet_blocks_retire(struct packet_sock *ps, u64 now, bool *wake)
{
	struct packet_ring *r = ps->in;

	if (!r || r->version != TPACKET_V3)
		return NO_DEADLINE;
	if (now < r->retire_at)
		return r->retire_at;
	if (r->frozen) {
		if (active_is_free(r))
			open_block(r);
	} else if (r->nr_packets) {
		close_block(ps, r, TP_STATUS_BLK_TMO);
		(void)open_next(ps, r);
		*wake = packet_blocks_news(r);
	}
	if (r->retire_at <= now)
		r->retire_at = now + (u64)r->retire_ms * NSEC_PER_MSEC;
	return r->retire_at;
}

static LIST_HEAD(packet_sock) with_blocks; /* packet_lock */

static u64 retire_all(u64 now)
{
	struct packet_sock *ps;
	u64 next = NO_DEADLINE;
	bool wake;

	spin_lock(&packet_lock);
	list_for_each(ps, &with_blocks, ring_link) {
		wake = false;
		spin_lock(&ps->lock);
		next = min(next, packet_blocks_retire(ps, now, &wake));
		spin_unlock(&ps->lock);
		if (wake)
			socket_wake_readers(ps->socket, POLLIN | POLLRDNORM | ASYNC_IN);
	}
	spin_unlock(&packet_lock);
	return next;
}
static const struct net_job retire_job = { .run = retire_all };
static u32 job_number;

void packet_blocks_init(void)
{
	job_number = net_job_register(&retire_job);
}

void packet_blocks_list(struct packet_sock *ps, bool on)
{
	spin_lock(&packet_lock);
	if (on && !ps->in_blocks)
		list_push_back(&with_blocks, ps, ring_link);
	else if (!on && ps->in_blocks)
		list_remove(&with_blocks, ps, ring_link);
	ps->in_blocks = on;
	spin_unlock(&packet_lock);
	if (on)
		net_job_kick(job_number);
}
