// SPDX-License-Identifier: MPL-2.0
/*
 * The wire of tcp_sim.h: segments that are under way, the time that passes, and segments that are
 * made and read by hand.
 */
#include "tcp_sim.h"

void *malloc(size_t n);

u64 sim_sent;
static const struct ip_transport *transport;

void ip_transport_register(const struct ip_transport *t)
{
	transport = t;
}

struct wire {
	struct wire *next;
	u64 at;
	struct ip_addr from, to;
	u8 tos;
	u32 len, head;
	u8 bytes[];
};
static struct wire *wire_first, *captured, **captured_end = &captured;

static void wire_insert(struct wire *w)
{
	struct wire **at = &wire_first;

	while (*at && (*at)->at <= w->at)
		at = &(*at)->next;
	w->next = *at;
	*at = w;
}

static bool chance(u32 per_mille)
{
	return per_mille && unit_random(1000) < per_mille;
}

/* The link of each destination is busy until then. */
static u64 busy_until[2];

/* When a packet has left the link; false: its queue is full. */
static bool through_link(struct ip_addr to, u32 len, u64 *const at)
{
	u64 *const busy = &busy_until[ip_equal(to, SIM_SERVER)];

	*at = sim_now;
	if (!sim_net.rate)
		return true;
	*busy = max(*busy, sim_now);
	if ((*busy - sim_now) * sim_net.rate / NSEC_PER_SEC > sim_net.queue)
		return false;
	*busy += len * NSEC_PER_SEC / sim_net.rate;
	*at = *busy;
	return true;
}

static void wire_send(const struct flow *f, const u8 *bytes, u32 len, u32 head)
{
	u32 copies = chance(sim_net.duplicate) ? 2 : 1, i;
	u64 leaves;

	sim_sent++;
	if (ip_equal(f->to, SIM_PEER))
		copies = 1;
	else if (chance(sim_net.loss))
		return;
	if (!through_link(f->to, len + 40, &leaves))
		return;
	for (i = 0; i < copies; i++) {
		struct wire *w = calloc(1, sizeof(*w) + len);
		w->at = leaves + sim_net.delay_ns;
		if (sim_net.jitter_ns && chance(sim_net.reorder))
			w->at += unit_random((u32)sim_net.jitter_ns);
		w->from = f->from;
		w->to = f->to;
		w->tos = f->tos;
		if ((w->tos & 3) == 2 && chance(sim_net.mark))
			w->tos |= 3;
		w->len = len;
		w->head = head;
		memcpy(w->bytes, bytes, len);
		if (chance(sim_net.corrupt))
			w->bytes[unit_random(len)] ^= (u8)(1 + unit_random(255));
		if (ip_equal(f->to, SIM_PEER)) {
			*captured_end = w;
			captured_end = &w->next;
		} else {
			wire_insert(w);
		}
	}
}

static u16 checksum(const struct flow *f, const u8 *bytes, u32 len)
{
	u64 sum = ip_pseudo_sum(f->from, f->to, IP_PROTO_TCP, len);
	u32 i;

	for (i = 0; i < len; i++)
		sum += (u64)bytes[i] << (i & 1 ? 0 : 8);
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (u16)~sum;
}

static void put_sum(const struct flow *f, u8 *bytes, u32 len)
{
	u16 sum;

	bytes[16] = bytes[17] = 0;
	sum = checksum(f, bytes, len);
	bytes[16] = (u8)(sum >> 8);
	bytes[17] = (u8)sum;
}

static u32 get32(const u8 *b)
{
	return (u32)b[0] << 24 | (u32)b[1] << 16 | (u32)b[2] << 8 | b[3];
}

static void set32(u8 *b, u32 v)
{
	b[0] = (u8)(v >> 24);
	b[1] = (u8)(v >> 16);
	b[2] = (u8)(v >> 8);
	b[3] = (u8)v;
}

/* Cuts as a device with TSO does. */
int ip_output(struct packet *p, struct route *r, const struct flow *f)
{
	u32 len = p->len, head, data, unit, at = 0, n;
	u8 *all = malloc(len), *one = malloc(len);
	u32 seq;

	(void)r;
	UNIT_CHECK(packet_read(p, 0, (struct span){ all, len }));
	/* The sum of the pseudo-header stands where the device expects it. */
	UNIT_CHECK(p->csum == CSUM_PARTIAL && p->csum_offset == 16 && p->csum_start == p->head);
	if (!p->gso) {
		u16 stands = (u16)(all[16] << 8 | all[17]);
		UNIT_CHECK((u16)~sum_fold(ip_pseudo_sum(f->from, f->to, IP_PROTO_TCP, len)) ==
			stands);
	}
	head = (u32)(all[12] >> 4) * 4;
	data = len - head;
	seq = get32(all + 4);
	unit = p->gso && !sim_net.whole ? p->gso_size : data;
	UNIT_CHECK(sim_net.whole || head + min(unit, data) + 20 <= sim_net.mtu);
	packet_drop(&p);
	do {
		n = min(unit, data - at);
		memcpy(one, all, head);
		memcpy(one + head, all + head + at, n);
		set32(one + 4, seq + at);
		if (at + n < data)
			one[13] &= (u8) ~(TCP_FIN | TCP_PSH);
		if (at)
			one[13] &= (u8)~TCP_CWR;
		put_sum(f, one, head + n);
		wire_send(f, one, head + n, head);
		at += n;
	} while (at < data);
	free(all);
	free(one);
	return 0;
}

void netdev_run(void)
{
}

static void deliver(struct wire *w)
{
	struct ip_info info = { .from = w->from,
		.to = w->to,
		.ifindex = 2,
		.protocol = IP_PROTO_TCP,
		.tos = w->tos,
		.ttl = 64,
		.header_len = 20 };
	struct packet *p = packet_new(0);
	u32 in_head = min(w->len, unit_random(2) ? w->head : min(w->len, 200u)), at = in_head;

	memcpy(p->data, w->bytes, in_head);
	p->tail = (u16)in_head;
	p->len = in_head;
	while (at < w->len) {
		struct page *page = page_alloc(0);
		u32 n = min(w->len - at, (u32)PAGE_SIZE);
		memcpy(page->bytes, w->bytes + at, n);
		UNIT_CHECK(!packet_add_page(p, page, 0, n));
		page_put(&page);
		at += n;
	}
	p->kind = PACKET_HOST;
	transport->receive(p, &info);
}

/* ---- time ---- */

bool sim_step(u64 until)
{
	struct timer *t = sim_first_timer();
	struct wire *w = wire_first;

	if (w && (!t || w->at <= t->at)) {
		if (w->at > until)
			return false;
		wire_first = w->next;
		sim_now = max(sim_now, w->at);
		deliver(w);
		free(w);
		return true;
	}
	if (!t || t->at > until)
		return false;
	sim_now = max(sim_now, t->at);
	t->at = 0;
	(void)t->ops->fire(t->owner);
	tcp_timer_work();
	return true;
}

void sim_run(u64 ns)
{
	u64 until = sim_now + ns;

	while (sim_step(until))
		;
	sim_now = until;
}

/* ---- segments by hand ---- */

static u32 options_out(const struct sim_segment *g, u8 *b)
{
	u32 n = 0, i;

	if (g->mss) {
		set32(b + n, 2u << 24 | 4u << 16 | g->mss);
		n += 4;
	}
	if (g->wscale > 0) {
		set32(b + n, 1u << 24 | 3u << 16 | 3u << 8 | (u32)g->wscale);
		n += 4;
	}
	if (g->sack_ok) {
		set32(b + n, 0x01010402);
		n += 4;
	}
	if (g->has_ts) {
		set32(b + n, 0x0101080a);
		set32(b + n + 4, g->ts_value);
		set32(b + n + 8, g->ts_echo);
		n += 12;
	}
	if (g->nr_sacks) {
		set32(b + n, 0x01010500 | (2 + 8 * g->nr_sacks));
		n += 4;
		for (i = 0; i < g->nr_sacks; i++, n += 8) {
			set32(b + n, g->sack[i].start);
			set32(b + n + 4, g->sack[i].end);
		}
	}
	return n;
}

void sim_inject(const struct sim_segment *g)
{
	struct flow f = { .from = ip_is_zero(g->source) ? SIM_PEER : g->source, .to = SIM_SERVER };
	u8 b[256] = { (u8)(g->from >> 8), (u8)g->from, (u8)(g->to >> 8), (u8)g->to };
	u32 n = 20 + options_out(g, b + 20);
	struct wire *w;

	set32(b + 4, g->seq);
	set32(b + 8, g->ack);
	b[12] = (u8)(n / 4 << 4);
	b[13] = (u8)g->flags;
	b[14] = (u8)(g->window >> 8);
	b[15] = (u8)g->window;
	b[18] = (u8)(g->urgent >> 8);
	b[19] = (u8)g->urgent;
	memcpy(b + n, g->data, g->len);
	put_sum(&f, b, n + g->len);
	w = calloc(1, sizeof(*w) + n + g->len);
	w->from = f.from;
	w->to = f.to;
	w->len = n + g->len;
	w->head = n;
	memcpy(w->bytes, b, w->len);
	deliver(w);
	free(w);
}

bool sim_capture(struct sim_segment *g)
{
	struct wire *w = captured;
	struct ip_info info = { .tos = 0 };
	struct packet *p;
	struct tcp_seg seg = { 0 };

	if (!w)
		return false;
	captured = w->next;
	if (!captured)
		captured_end = &captured;
	p = packet_new(0);
	memcpy(p->data, w->bytes, min(w->len, 256u));
	p->tail = (u16)min(w->len, 256u);
	p->len = p->tail;
	UNIT_CHECK(tcp_parse(p, &info, &seg));
	*g = (struct sim_segment){ .from = seg.from_port,
		.to = seg.to_port,
		.seq = seg.seq,
		.ack = seg.ack,
		.flags = seg.flags,
		.window = seg.window,
		.len = w->len - w->head,
		.has_ts = seg.has_ts,
		.ts_value = seg.ts_value,
		.ts_echo = seg.ts_echo,
		.mss = seg.mss,
		.wscale = seg.has_wscale ? seg.wscale : -1,
		.sack_ok = seg.sack_ok,
		.nr_sacks = seg.nr_sacks };
	memcpy(g->sack, seg.sack, sizeof(g->sack));
	memcpy(g->data, w->bytes + w->head, min(g->len, 64u));
	packet_drop(&p);
	free(w);
	return true;
}
