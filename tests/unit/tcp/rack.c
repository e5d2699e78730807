// SPDX-License-Identifier: MPL-2.0
/* Loss that acknowledgements show (RFC 8985), and packets that were only late. */
#include "tcp.h"

static void test_rack(void)
{
	send_ten();
	sim_run(20 * NSEC_PER_MSEC);
	inject_sack(1, 2);
	expect_nothing();
	inject_sack(1, 3);
	expect_nothing();
	inject_sack(1, 4);
	expect(TCP_ACK); /* the three segments above the hole are enough */
	UNIT_CHECK(seen.seq == their_seq && seen.len == 1448);
	UNIT_CHECK(tcp_of(server)->recovery == CA_RECOVERY);
	UNIT_CHECK(tcp_of(server)->ssthresh < 14480);
	their_seq += 14480;
	inject(TCP_ACK, my_seq, their_seq, 0);
	UNIT_CHECK(tcp_of(server)->recovery == CA_OPEN && !tcp_of(server)->lost);
	end_peer();
	ts_clock = 0;
}

/* Where order has been seen to change, a hole waits for a quarter of the round-trip time. */
static void test_rack_timer(void)
{
	struct tcp_sock *ts;

	send_ten();
	ts = tcp_of(server);
	ts->reordering_seen = true;
	sim_run(20 * NSEC_PER_MSEC);
	inject_sack(1, 4);
	expect_nothing();
	UNIT_CHECK(ts->xmit_kind == XMIT_REORDER && ts->recovery == CA_DISORDER);
	/* A quarter of 20 ms, and 8 ms for a machine that is busy. */
	sim_run(12 * NSEC_PER_MSEC);
	expect_nothing();
	sim_run(2 * NSEC_PER_MSEC);
	expect(TCP_ACK);
	UNIT_CHECK(seen.seq == their_seq && ts->recovery == CA_RECOVERY);
	drain();
	end_peer();
	ts_clock = 0;
}

/*
 * An acknowledgement that comes too soon after a retransmission is of the original. If it counted,
 * all that was sent before the retransmission would be lost.
 */
static void test_rack_early(void)
{
	send_ten();
	sim_run(20 * NSEC_PER_MSEC);
	inject_sack(1, 4);
	expect(TCP_ACK);
	sim_run(9 * NSEC_PER_MSEC);
	their_seq += 4 * 1448;
	inject(TCP_ACK, my_seq, their_seq, 0);
	expect_nothing();
	UNIT_CHECK(!tcp_of(server)->lost && tcp_of(server)->total_retrans == 1);
	end_peer();
	ts_clock = 0;
}

/* The reordering window grows by D-SACKs of retransmissions, once in a round, for 16 recoveries. */
static void test_rack_steps(void)
{
	const struct tcp_range dup = { 1, 2 };
	struct tcp_sock *ts;
	u32 i;

	send_ten();
	ts = tcp_of(server);
	ts->total_retrans = 3;
	tcp_rack_dsack(ts, dup);
	UNIT_CHECK(!ts->rack_steps); /* no order was seen to change */
	ts->reordering_seen = true;
	ts->tlp_out = ts->tlp_retrans = true;
	ts->tlp_high = dup.end;
	tcp_rack_dsack(ts, dup);
	UNIT_CHECK(!ts->rack_steps); /* the answer to a probe */
	ts->tlp_out = false;
	ts->dsack_dups = 4;
	tcp_rack_dsack(ts, dup);
	UNIT_CHECK(!ts->rack_steps); /* the network duplicates */
	ts->dsack_dups = 1;
	tcp_rack_dsack(ts, dup);
	tcp_rack_dsack(ts, dup);
	UNIT_CHECK(ts->rack_steps == 1);
	their_seq += 14480;
	inject(TCP_ACK, my_seq, their_seq, 0);
	tcp_rack_dsack(ts, dup);
	UNIT_CHECK(ts->rack_steps == 2);
	for (i = 0; i < 15; i++)
		tcp_rack_recovered(ts);
	UNIT_CHECK(ts->rack_steps == 2);
	tcp_rack_recovered(ts);
	UNIT_CHECK(!ts->rack_steps);
	drain();
	end_peer();
	ts_clock = 0;
}

/*
 * Three segments that look lost go again. An acknowledgement of one original draws no further
 * retransmission; the reduction is taken back when no retransmission is under way any more.
 */
static void test_late_originals(void)
{
	u32 original, ssthresh;
	struct tcp_sock *ts;

	send_ten();
	ts = tcp_of(server);
	original = seen.ts_value;
	sim_run(20 * NSEC_PER_MSEC);
	inject_sack(3, 6);
	expect(TCP_ACK);
	expect(TCP_ACK);
	expect(TCP_ACK);
	expect_nothing();
	ssthresh = ts->ssthresh;
	UNIT_CHECK(ts->recovery == CA_RECOVERY && ts->retrans == 3 * 1448);
	seen.ts_value = original;
	their_seq += 1448;
	inject_sack(5, 9);
	expect_nothing();
	UNIT_CHECK(ts->recovery == CA_RECOVERY && ts->ssthresh == ssthresh);
	UNIT_CHECK(ts->reordering_seen);
	their_seq += 5 * 1448;
	inject(TCP_ACK, my_seq, their_seq, 0);
	UNIT_CHECK(ts->recovery != CA_RECOVERY && ts->ssthresh == 0x7fffffff);
	check_sums(ts);
	drain();
	end_peer();
	ts_clock = 0;
}

const struct tcp_test tcp_rack_tests[] = {
	{ "rack", test_rack },
	{ "rack_timer", test_rack_timer },
	{ "rack_early", test_rack_early },
	{ "rack_steps", test_rack_steps },
	{ "late_originals", test_late_originals },
	{ NULL, NULL },
};
