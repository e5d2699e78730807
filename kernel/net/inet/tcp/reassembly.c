// SPDX-License-Identifier: MPL-2.0
/*
 * Received data: the queue that is ready to be read, and islands behind gaps.
 *
 * An island is a range of sequence numbers that is there as a whole, with its packets. Islands do
 * not overlap or touch: a packet that overlaps is cut, one that touches is joined. SACK reports
 * those that grew last (sack_out.c). All packets count against the receive
 * buffer; under pressure islands go, from the farthest on, which RFC 2018 (8) permits.
 *
 * What a stranger would try. Many small segments with gaps between them: each costs TCP_PACKET_COST
 * of the receive buffer, so islands are as many as the buffer allows, and insertion is a search in
 * a tree. Overlaps with other contents: what is ready is never changed, and which of two islands'
 * bytes count is decided by their numbers, as on Linux (cut_known, eat_islands). Segments beyond
 * the window are cut (cut_to_window). A peer that fills islands so that nothing in order fits loses
 * the islands first (make_room).
 *
 * A segment in order is appended to the last packet if its bytes fit there (join), or copied to a
 * page when the buffer is a quarter full (collect): crumbs must not cost more memory than their
 * window admits.
 */
#include "tcp.h"

static bool island_before(const struct tcp_island *a, const struct tcp_island *b)
{
	return seq_before(a->start, b->start);
}
TREE_DEFINE(island_tree, tcp_island, node, island_before)

static void island_release(struct tcp_island *i)
{
	struct packet *p;

	while ((p = list_first(&i->packets)) != NULL) {
		list_remove(&i->packets, p, link);
		packet_drop(&p);
	}
}
OBJ_TYPE(tcp_island, island_release);

/* Conservative: a device's small packet has a large share of a page. */
u32 tcp_truesize(const struct packet *p)
{
	u32 n = TCP_PACKET_COST, i;

	for (i = 0; i < p->nr_frags && i < PACKET_FRAGS; i++)
		n += round_up(p->frag[i].len, 512u);
	return n;
}

/* What it costs stands in RQ_CHARGE. */
static void reassembly_charge(struct tcp_sock *ts, struct packet *p)
{
	u32 n = p->control[RQ_CHARGE];

	p->dev = NULL;
	ts->rmem += n;
	tcp_memory_charge(n);
}

static void uncharge(struct tcp_sock *ts, u32 n)
{
	ts->rmem -= n;
	tcp_memory_uncharge(n);
}

static void island_drop(struct tcp_sock *ts, struct tcp_island *i)
{
	struct packet *p;

	list_for_each(p, &i->packets, link)
		uncharge(ts, p->control[RQ_CHARGE]);
	island_tree_remove(&ts->islands, i);
	ts->nr_islands--;
	obj_put(&i);
}

/* From the root on, which is at hand. The receive buffer bounds their number. */
void tcp_islands_drop(struct tcp_sock *ts)
{
	while (ts->islands)
		island_drop(ts, ts->islands);
	ts->nr_sack_out = 0;
}

void tcp_ready_drop(struct tcp_sock *ts)
{
	struct packet *p;

	page_put(&ts->collect);
	while ((p = list_first(&ts->ready)) != NULL) {
		list_remove(&ts->ready, p, link);
		uncharge(ts, p->control[RQ_CHARGE]);
		packet_drop(&p);
	}
}

bool tcp_is_last_end(const struct tcp_sock *ts, u32 seq)
{
	const struct tcp_island *i = ts->islands;

	/* The islands do not overlap, so the last one has the highest end. */
	while (i && i->node.right)
		i = i->node.right;
	return i && ts->sack_ok && i->end == seq;
}

/* ---- in order ---- */

/* The last ready packet has got the bytes of @p, which is dropped: its end and what it counts. */
static void appended(struct tcp_sock *ts, struct packet *tail, struct packet *p)
{
	u32 was = tail->control[RQ_CHARGE];

	tail->control[RQ_END] = p->control[RQ_END];
	if (unlikely(p->time_ns))
		tail->time_ns = p->time_ns; /* as on Linux the whole has the last one's time */
	tail->control[RQ_CHARGE] = tcp_truesize(tail);
	ts->rmem += tail->control[RQ_CHARGE] - was;
	tcp_memory_charge(tail->control[RQ_CHARGE] - was);
	packet_drop(&p);
}

/*
 * Joins a packet with the last ready one, if their bytes fit into that: many small segments then
 * take little memory. A reader may be copying from the last packet: what is appended lies behind
 * the bytes that it looks at.
 */
static bool reassembly_join(struct tcp_sock *ts, struct packet *p)
{
	struct packet *tail = list_last(&ts->ready);

	if (!tail || tail->control[RQ_END] != p->control[RQ_SEQ] || p->len > 1024 ||
		!packet_append(tail, p))
		return false;
	appended(ts, tail, p);
	return true;
}

/* Copies the bytes of @p to the collecting page, which is the last fragment of @tail. */
static void copy_to_page(struct tcp_sock *ts, const struct packet *p)
{
	u8 bytes[256];
	u32 off, n;

	for (off = 0; off < p->len; off += n) {
		n = min(p->len - off, (u32)sizeof(bytes));
		if (!packet_read(p, off, span_first(span_of(bytes), n)))
			break;
		page_write(ts->collect, ts->collect_used + off, cspan_first(cspan_of(bytes), n));
	}
}

/*
 * Under pressure small segments are copied behind each other, so that a peer that sends crumbs may
 * fill the window that it was offered. A reader does not look behind the bytes that it has seen.
 */
static bool collect(struct tcp_sock *ts, struct packet *p)
{
	struct packet *tail = list_last(&ts->ready);
	u32 len = p->len;

	if (!tail || tail->control[RQ_END] != p->control[RQ_SEQ] || len > 1024 ||
		tail->nr_frags == PACKET_FRAGS)
		return false;
	if (!ts->collect || ts->collect_used + len > PAGE_SIZE) {
		page_put(&ts->collect);
		ts->collect = page_alloc(PAGE_USER);
		ts->collect_used = 0;
	}
	if (!ts->collect)
		return false;
	copy_to_page(ts, p);
	if (packet_add_page(tail, ts->collect, ts->collect_used, len))
		return false;
	ts->collect_used += len;
	appended(ts, tail, p);
	return true;
}

static void append_ready(struct tcp_sock *ts, struct packet *p)
{
	u32 end = p->control[RQ_END];

	ts->bytes_received += p->len;
	if (!(ts->rmem > ts->rcvbuf / 4 && collect(ts, p)) && !reassembly_join(ts, p)) {
		reassembly_charge(ts, p);
		list_push_back(&ts->ready, p, link);
	}
	ts->rcv_nxt = end;
}

/*
 * Moves the first island to the ready queue if its gap is filled. After a segment in order, the
 * first island may touch what is ready. eat_islands has cut it before, so it begins at rcv_nxt
 * exactly, or behind it.
 */
static void absorb_island(struct tcp_sock *ts)
{
	struct tcp_island *i = island_tree_first(ts->islands);
	struct packet *p;

	while (i && !seq_after(i->start, ts->rcv_nxt)) {
		while (i->start == ts->rcv_nxt && (p = list_first(&i->packets)) != NULL) {
			list_remove(&i->packets, p, link);
			list_push_back(&ts->ready, p, link);
			ts->bytes_received += p->len;
			ts->rcv_nxt = i->start = p->control[RQ_END];
		}
		island_drop(ts, i);
		i = island_tree_first(ts->islands);
	}
}

/* After data in order: the last gap that is filled is acknowledged at once (RFC 5681, 4.2). */
static noinline void fill_gap(struct tcp_sock *ts)
{
	absorb_island(ts);
	tcp_sack_advance(ts);
	if (!ts->islands)
		ts->ack_now = true;
}

/* ---- out of order ---- */

/* The last island that begins at or before @seq; NULL: there is none. */
static struct tcp_island *island_at(struct tcp_sock *ts, u32 seq)
{
	struct tcp_island *i = ts->islands, *best = NULL;

	while (i) {
		if (seq_after(i->start, seq)) {
			i = i->node.left;
		} else {
			best = i;
			i = i->node.right;
		}
	}
	return best;
}

/* Cuts what an island has already off the front; false: nothing is left. */
static bool cut_known(struct tcp_sock *ts, struct packet *p)
{
	u32 seq = p->control[RQ_SEQ], end = p->control[RQ_END], n;
	struct tcp_island *i = island_at(ts, seq);

	if (i && seq_after(i->end, seq)) {
		n = min(i->end - seq, end - seq);
		tcp_set_dsack(ts, seq, seq + n);
		tcp_sack_grew(ts, (struct tcp_range){ i->start, i->end });
		if (n == end - seq)
			return false;
		packet_drop_front(p, n);
		p->control[RQ_SEQ] = seq + n;
	}
	return true;
}

/* Takes the bytes before @end off an island that begins before it. */
static void island_cut(struct tcp_sock *ts, struct tcp_island *i, u32 end)
{
	struct packet *p;

	while ((p = list_first(&i->packets)) != NULL && seq_before(p->control[RQ_SEQ], end)) {
		if (seq_after(p->control[RQ_END], end)) {
			packet_drop_front(p, end - p->control[RQ_SEQ]);
			p->control[RQ_SEQ] = end;
			break;
		}
		list_remove(&i->packets, p, link);
		uncharge(ts, p->control[RQ_CHARGE]);
		packet_drop(&p);
	}
	i->start = end;
	if (!seq_before(end, i->end))
		island_drop(ts, i);
}

/*
 * A packet that reaches into islands behind its start replaces what they have there, as on Linux,
 * and the first of that is reported as a duplicate. So a retransmission of larger segments is taken
 * as a whole.
 */
static void eat_islands(struct tcp_sock *ts, u32 seq, u32 end)
{
	struct tcp_island *i = island_at(ts, seq), *next;
	bool first = true;

	for (i = i ? island_tree_next(i) : island_tree_first(ts->islands);
		i && seq_before(i->start, end); i = next) {
		next = island_tree_next(i);
		if (first)
			tcp_set_dsack(ts, i->start, seq_before(i->end, end) ? i->end : end);
		first = false;
		island_cut(ts, i, end);
	}
}

/* Appends the packets of @b, which begins where @a ends, and drops @b. */
static void island_join(struct tcp_sock *ts, struct tcp_island *a, struct tcp_island *b)
{
	struct packet *p;

	while ((p = list_first(&b->packets)) != NULL) {
		list_remove(&b->packets, p, link);
		list_push_back(&a->packets, p, link);
	}
	a->end = b->end;
	island_drop(ts, b);
}

/*
 * First what is known already is cut off the front of the packet, then what the packet covers is
 * cut off the islands behind it. So it overlaps nothing when it is entered, and it either continues
 * the island before it or begins a new one; at last it may touch the next.
 */
static noinline void insert_island(struct tcp_sock *ts, struct packet *p)
{
	struct tcp_island *i, *next;

	tcp_count(TCP_OFO_QUEUE);
	ts->rcv_ooo++;
	if (!cut_known(ts, p)) {
		tcp_count(TCP_OFO_MERGE);
		packet_drop(&p);
		return;
	}
	eat_islands(ts, p->control[RQ_SEQ], p->control[RQ_END]);
	i = island_at(ts, p->control[RQ_SEQ]);
	if (!i || i->end != p->control[RQ_SEQ]) {
		i = obj_new(tcp_island);
		if (!i) {
			packet_drop(&p);
			return;
		}
		i->start = p->control[RQ_SEQ];
		island_tree_insert(&ts->islands, i);
		ts->nr_islands++;
	}
	i->end = p->control[RQ_END];
	p->control[RQ_CHARGE] = tcp_truesize(p);
	reassembly_charge(ts, p);
	list_push_back(&i->packets, p, link);
	next = island_tree_next(i);
	if (next && next->start == i->end)
		island_join(ts, i, next);
	tcp_sack_grew(ts, (struct tcp_range){ i->start, i->end });
}

/* ---- room ---- */

/*
 * Makes room for @n bytes by dropping islands; false: there is none. In-order data is worth more
 * than what lies behind a gap: it can be read. So for it the farthest islands go, which the peer
 * must keep until they are acknowledged (RFC 2018, 8), and for data out of order nothing goes.
 */
static noinline bool reassembly_prune(struct tcp_sock *ts, u32 n, bool in_order)
{
	if (!in_order) {
		tcp_count(TCP_OFO_DROP);
		return false;
	}
	tcp_count(TCP_PRUNE_CALLED);
	if (ts->islands && ts->rmem + n > ts->rcvbuf)
		tcp_count(TCP_OFO_PRUNED);
	while (ts->islands && ts->rmem + n > ts->rcvbuf) {
		struct tcp_island *last = island_tree_last(ts->islands);
		tcp_sack_lost(ts, (struct tcp_range){ last->start, last->end });
		island_drop(ts, last);
	}
	return ts->rmem + n <= ts->rcvbuf && !tcp_memory_out();
}

static bool make_room(struct tcp_sock *ts, u32 n, bool in_order)
{
	return likely(ts->rmem + n <= ts->rcvbuf && !tcp_memory_out()) ||
		reassembly_prune(ts, n, in_order);
}

/*
 * Of a packet for which there is no room. If nothing else waits to be read, a little of it is
 * taken, or nothing would ever arrive: all of it if only the buffer is small, tcp_rmem[0] bytes if
 * the machine has no memory for TCP. False: it is dropped.
 */
static noinline bool take_little(struct tcp_sock *ts, struct packet *p, bool in_order)
{
	if (!in_order || ts->ready.first)
		return false;
	if (tcp_memory_out() && p->len > tcp_settings.rmem[0]) {
		packet_trim(p, tcp_settings.rmem[0]);
		p->control[RQ_END] = p->control[RQ_SEQ] + p->len;
		p->control[RQ_CHARGE] = tcp_truesize(p);
		ts->ack_now = true;
	}
	return true;
}

/* Cuts the packet to the window; false: nothing is left. */
static noinline bool cut_to_window(struct tcp_sock *ts, struct packet *p, u32 limit)
{
	u32 seq = p->control[RQ_SEQ], end = p->control[RQ_END];

	if (seq_before(seq, ts->rcv_nxt)) {
		u32 n = min(ts->rcv_nxt - seq, end - seq);
		tcp_set_dsack(ts, seq, seq + n);
		ts->ack_now = true;
		if (n == end - seq)
			return false;
		packet_drop_front(p, n);
		p->control[RQ_SEQ] = seq += n;
	}
	if (seq_after(end, limit)) {
		ts->ack_now = true;
		if (!seq_after(limit, seq))
			return false;
		packet_trim(p, limit - seq);
		p->control[RQ_END] = limit;
	}
	return p->len != 0;
}

/*
 * The order: cut to the window, find room, then queue. Each way out of it that drops or cuts makes
 * an acknowledgement due at once: the sender is to learn where this end stands, and finds its loss
 * by that.
 */
void tcp_data(struct tcp_sock *ts, struct packet *p, const struct tcp_seg *seg, u64 now)
{
	bool in_order, had_gaps;
	u32 unit = p->gso_size ? p->gso_size : seg->len, limit = ts->rcv_wup + ts->rcv_wnd;

	packet_pull(p, seg->header_len);
	p->control[RQ_SEQ] = seg->seq;
	p->control[RQ_END] = seg->seq + seg->len;
	if (unit > ts->rcv_mss)
		ts->rcv_mss = unit;
	ts->data_segs_in++;
	tcp_receive_rtt(ts, seg, now);
	if (unlikely(seq_before(seg->seq, ts->rcv_nxt) || seq_after(p->control[RQ_END], limit)) &&
		!cut_to_window(ts, p, limit)) {
		packet_drop(&p);
		return;
	}
	in_order = p->control[RQ_SEQ] == ts->rcv_nxt;
	p->control[RQ_CHARGE] = tcp_truesize(p);
	if (!make_room(ts, p->control[RQ_CHARGE], in_order) && !take_little(ts, p, in_order)) {
		ts->ack_now = true;
		packet_drop(&p);
		return;
	}
	if (!in_order) {
		insert_island(ts, p);
		tcp_ack_data(ts, now);
		return;
	}
	had_gaps = ts->islands;
	if (unlikely(had_gaps))
		eat_islands(ts, p->control[RQ_SEQ], p->control[RQ_END]);
	append_ready(ts, p);
	if (unlikely(had_gaps))
		fill_gap(ts);
	tcp_ack_data(ts, now);
	tcp_tune_receive(ts, now);
	/* Below SO_RCVLOWAT a reader may wait for the rest of what it has begun to read. */
	tcp_wake_readers(ts, TCP_EV_IN | ASYNC_IN | (unlikely(ts->urg_valid) ? POLLPRI : 0u));
}
