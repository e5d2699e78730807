// SPDX-License-Identifier: MPL-2.0
/*
 * What one segment of a peer costs a sender with a large flight: basic blocks that are run, which
 * are the same each time. The peer is SIM_PEER of tcp_sim.h, and reports what makes the sender
 * search most. Prints a row for each kind of peer.
 */
#include "tcp_sim.h"

#define FLIGHT  6000000u
#define MSS     536u
#define SEGMENT (MSS - 12u) /* with time stamps */

static struct socket *listener, *server;
static struct sim_segment seen;
static u32 base;   /* the number of the flight's first byte */
static u64 blocks; /* basic blocks until now */

void __sanitizer_cov_trace_pc(void);
void __attribute__((no_sanitize_coverage)) __sanitizer_cov_trace_pc(void)
{
	blocks++;
}

/* Of the segments since start_row. */
static struct {
	u64 segments, most, sum, out;
} row;

static void start_row(void)
{
	row.segments = row.most = row.sum = 0;
	row.out = sim_sent;
}

/* @limit: what a segment may cost on average. */
static void end_row(const char *name, u64 limit)
{
	printf("%-44s %6lu segments, %8lu blocks each, %9lu at most; %lu sent\n", name,
		row.segments, row.sum / row.segments, row.most, sim_sent - row.out);
	UNIT_CHECK(row.sum / row.segments <= limit);
}

static void drain(void)
{
	while (sim_capture(&seen))
		;
}

static void inject(u32 ack, u32 n, const struct tcp_range *r)
{
	struct sim_segment g = { .from = 5000,
		.to = 80,
		.seq = 1001,
		.ack = ack,
		.flags = TCP_ACK,
		.window = 60000,
		.wscale = -1,
		.has_ts = true,
		.ts_value = 10,
		.ts_echo = seen.ts_value,
		.nr_sacks = n };
	u64 before;
	u32 i;

	for (i = 0; i < n; i++)
		g.sack[i] = r[i];
	before = blocks;
	sim_inject(&g);
	before = blocks - before;
	row.segments++;
	row.sum += before;
	row.most = max(row.most, before);
}

/* The range of segments [from, to) of the flight. */
static struct tcp_range segments(u32 from, u32 to)
{
	return (struct tcp_range){ base + from * SEGMENT, base + to * SEGMENT };
}

static void connect_peer(void)
{
	struct sim_segment g = { .from = 5000,
		.to = 80,
		.seq = 1000,
		.flags = TCP_SYN,
		.window = 60000,
		.wscale = 7,
		.mss = MSS,
		.sack_ok = true,
		.has_ts = true,
		.ts_value = 10 };

	listener = sim_listen(SIM_SERVER, 80, 16);
	sim_inject(&g);
	UNIT_CHECK(sim_capture(&seen));
	base = seen.seq + 1;
	sim_run(20 * NSEC_PER_MSEC);
	inject(base, 0, NULL);
	UNIT_CHECK(!listener->ops->accept(listener, true, &server));
}

/* A flight as after a long transfer without a loss. */
static void fill(void)
{
	static u8 bytes[FLIGHT];
	struct tcp_sock *ts = tcp_of(server);

	ts->snd_fixed = true;
	ts->sndbuf = FLIGHT;
	ts->cwnd = 2 * FLIGHT;
	UNIT_CHECK(sim_send(server, bytes, FLIGHT, MSG_DONTWAIT) > (ssize_t)FLIGHT / 2);
	drain();
	sim_run(20 * NSEC_PER_MSEC);
}

int main(void)
{
	struct tcp_range r[3];
	u32 i, k, all;

	sim_start(1);
	connect_peer();
	fill();
	all = (tcp_of(server)->snd_nxt - base) / SEGMENT;
	printf("a flight of %u segments\n", all);

	/* Every second segment, from behind, so that nothing looks lost for long. */
	start_row();
	for (i = 1; i + 6 < all; i += 6) {
		for (k = 0; k < 3; k++)
			r[k] = segments(i + 2 * k, i + 2 * k + 1);
		inject(base, 3, r);
		drain();
	}
	end_row("every second segment", 8000);

	/* The same three blocks again and again. */
	start_row();
	for (i = 0; i < 1000; i++) {
		for (k = 0; k < 3; k++)
			r[k] = segments(all / 2 + 2 * k + 1, all / 2 + 2 * k + 2);
		inject(base, 3, r);
		drain();
	}
	end_row("blocks that are known", 2000);

	/* A block over all that was reported, with all the holes but the first. */
	start_row();
	for (i = 0; i < 1000; i++) {
		r[0] = segments(all / 2, all / 2 + 1 + i);
		inject(base, 1, r);
		drain();
	}
	end_row("a block that grows", 2000);

	/* A segment of what was sent again last: all that was sent again before it is lost. */
	start_row();
	for (i = 0; i < 500; i++) {
		sim_run(30 * NSEC_PER_MSEC);
		drain();
		k = (seen.seq - base) / SEGMENT;
		r[0] = segments(k, k + 1);
		inject(base, 1, r);
		drain();
	}
	end_row("retransmissions that are lost", 5000);

	return 0;
}
