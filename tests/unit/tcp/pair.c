// SPDX-License-Identifier: MPL-2.0
/* Two ends of this stack. See tcp.h. */
#include "tcp.h"

struct socket *listener, *client, *server;

void no_wait_accept(void)
{
	UNIT_CHECK(!listener->ops->accept(listener, true, &server));
	UNIT_CHECK(server);
}

void make_pair(void)
{
	listener = sim_listen(SIM_SERVER, 80, 16);
	client = sim_socket();
	UNIT_CHECK(!sim_connect(client, SIM_SERVER, 80, false));
	sim_run(NSEC_PER_SEC * 20);
	no_wait_accept();
}

u8 pattern(u64 i)
{
	return (u8)(i * 31 + (i >> 8) * 7 + (i >> 16));
}

/* For a debugger's eyes. */
static void show(const char *name, struct socket *s)
{
	const struct tcp_sock *const ts = tcp_of(s);
	const struct packet *p;
	const struct tcp_island *i;

	printf("%s: state %u una %u nxt %u write %u wnd %u cwnd %u ssthresh %u mss %u flight %u sacked %u lost "
	       "%u retrans %u rec %u xmit %u at %ld backoff %u wmem %u/%u\n",
		name, ts->state, ts->snd_una - ts->iss, ts->snd_nxt - ts->iss,
		ts->write_seq - ts->iss, ts->snd_wnd, ts->cwnd, ts->ssthresh, ts->mss,
		tcp_flight(ts), ts->sacked, ts->lost, ts->retrans, ts->recovery, ts->xmit_kind,
		ts->xmit_ns ? (s64)(ts->xmit_ns - sim_now) : 0, ts->backoff, ts->wmem, ts->sndbuf);
	printf("  rcv_nxt %u wup %u wnd %u copied %u rmem %u/%u islands %u total_retrans %u\n",
		ts->rcv_nxt - ts->irs, ts->rcv_wup - ts->irs, ts->rcv_wnd, ts->copied_seq - ts->irs,
		ts->rmem, ts->rcvbuf, ts->nr_islands, ts->total_retrans);
	list_for_each(p, &ts->sent, link)
		printf("  [%u %u) flags %x\n", p->control[0] - ts->iss, p->control[1] - ts->iss,
			p->control[2]);
	i = ts->islands;
	if (i)
		printf("  island root [%u %u)\n", i->start - ts->irs, i->end - ts->irs);
}

static u32 tree_size(const struct packet *p, const struct packet *parent)
{
	if (!p)
		return 0;
	UNIT_CHECK(p->order_node.parent == parent);
	UNIT_CHECK((p->control[TQ_FLAGS] & (TQ_INDEXED | TQ_SACKED)) == TQ_INDEXED);
	return 1 + tree_size(p->order_node.left, p) + tree_size(p->order_node.right, p);
}

/* The orders of the scoreboard have those packets that they should have. */
static void check_board(const struct tcp_sock *ts)
{
	u32 indexed = 0, to_repeat = 0, repeated = 0;
	const struct packet *p;
	bool ended = false;
	u64 last = 0;

	list_for_each(p, &ts->sent, link) {
		u32 flags = p->control[TQ_FLAGS];
		UNIT_CHECK(!ended || !(flags & TQ_INDEXED));
		ended = !(flags & TQ_INDEXED);
		indexed += (flags & (TQ_INDEXED | TQ_SACKED)) == TQ_INDEXED;
		if (flags & TQ_SACKED)
			continue;
		to_repeat += (flags & (TQ_LOST | TQ_RETRANS)) == TQ_LOST;
		repeated += (flags & TQ_EVER) && (flags & (TQ_LOST | TQ_RETRANS)) != TQ_LOST;
		/* The search for lost originals has not passed one that is out. */
		UNIT_CHECK(!(flags & TQ_INDEXED) || (flags & (TQ_LOST | TQ_EVER)) ||
			seq_after(p->control[TQ_END], ts->board_originals));
	}
	UNIT_CHECK(tree_size(ts->board, NULL) == indexed);
	list_for_each(p, &ts->to_repeat, order_link)
		to_repeat--;
	list_for_each(p, &ts->repeated, order_link) {
		UNIT_CHECK(!(p->control[TQ_FLAGS] & TQ_RETRANS) || tq_time(p) >= last);
		last = tq_time(p);
		repeated--;
	}
	UNIT_CHECK(!to_repeat && !repeated);
}

void check_sums(const struct tcp_sock *ts)
{
	const struct packet *p;
	u32 sacked = 0, lost = 0, retrans = 0, wmem = 0, rmem = 0, at = ts->snd_una;

	list_for_each(p, &ts->sent, link) {
		u32 flags = p->control[TQ_FLAGS], n = tq_space(p);
		UNIT_CHECK(p->control[TQ_SEQ] == at);
		UNIT_CHECK(n == p->len + ((flags & TQ_FIN) != 0));
		at = p->control[TQ_END];
		sacked += flags & TQ_SACKED ? n : 0;
		lost += flags & TQ_LOST ? n : 0;
		retrans += flags & TQ_RETRANS ? n : 0;
		wmem += p->control[TQ_CHARGE];
	}
	if (ts->state != TCP_SYN_SENT && ts->state != TCP_SYN_RECV && ts->state != TCP_CLOSE &&
		ts->state != TCP_LISTEN)
		UNIT_CHECK(at == ts->snd_nxt);
	check_board(ts);
	list_for_each(p, &ts->unsent, link)
		wmem += p->control[TQ_CHARGE];
	list_for_each(p, &ts->ready, link)
		rmem += p->control[RQ_CHARGE];
	UNIT_CHECK(sacked == ts->sacked && lost == ts->lost && retrans == ts->retrans);
	UNIT_CHECK(wmem == ts->wmem && rmem <= ts->rmem);
	UNIT_CHECK(ts->islands || rmem == ts->rmem);
	UNIT_CHECK(ts->rmem <= ts->rcvbuf + 70000);
}

void transfer(u64 total, bool both)
{
	static u8 buf[200000];
	struct socket *const ends[2] = { client, server };
	u64 sent[2] = { 0 }, got[2] = { 0 };
	u64 deadline = sim_now + 4000 * NSEC_PER_SEC;
	u32 i;

	if (!both)
		sent[1] = got[0] = total;
	while (got[0] < total || got[1] < total) {
		bool did = false;
		for (i = 0; i < 2; i++) {
			u64 n = min(total - sent[i],
				(u64)1 + unit_random(unit_random(4) ? 3000 : 200000));
			u64 k;
			ssize_t r;
			for (k = 0; k < n; k++)
				buf[k] = pattern(sent[i] + k + i);
			r = n ? sim_send(ends[i], buf, n, MSG_DONTWAIT) : 0;
			if (r < 0 && r != -EAGAIN)
				show("client", client), show("server", server),
					printf("send: error %ld at %lu of %lu\n", r, sent[i],
						sim_now);
			UNIT_CHECK(r >= 0 || r == -EAGAIN);
			if (r > 0) {
				sent[i] += (u64)r;
				did = true;
			}
			r = sim_recv(ends[i], buf, 1 + unit_random(150000), MSG_DONTWAIT);
			UNIT_CHECK(r >= 0 || r == -EAGAIN);
			for (k = 0; r > 0 && k < (u64)r; k++)
				UNIT_CHECK(buf[k] == pattern(got[i] + k + (1 - i)));
			if (r > 0) {
				got[i] += (u64)r;
				did = true;
			}
		}
		if (!did) {
			check_sums(tcp_of(client));
			check_sums(tcp_of(server));
			if (!sim_step(deadline)) {
				printf("stuck: sent %lu %lu got %lu %lu\n", sent[0], sent[1],
					got[0], got[1]);
				exit(1);
			}
		}
	}
}

void finish(void)
{
	s64 before;

	sim_close(&client);
	sim_run(NSEC_PER_SEC * 10);
	if (server)
		sim_close(&server);
	if (listener)
		sim_close(&listener);
	sim_run(400 * NSEC_PER_SEC);
	before = unit_objects;
	sim_run(4000 * NSEC_PER_SEC);
	/* The route and the worker. */
	if (before != 2 || unit_objects != 2)
		printf("objects left: %ld, then %ld\n", before, unit_objects);
	UNIT_CHECK(unit_objects == 2);
	UNIT_CHECK(unit_pages <= 1); /* of the room in packet.c */
	UNIT_CHECK(!atomic_load(&tcp_memory));
	UNIT_CHECK(!atomic_load(&tcp_orphans));
}
