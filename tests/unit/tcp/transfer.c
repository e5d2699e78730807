// SPDX-License-Identifier: MPL-2.0
/* Transfers between two ends of this stack, over networks that lose, delay, mark and duplicate. */
#include "tcp.h"

static void test_clean(void)
{
	make_pair();
	transfer(2000000, true);
	UNIT_CHECK(!tcp_of(client)->total_retrans && !tcp_of(server)->total_retrans);
	finish();
}

static void test_loopback(void)
{
	sim_net.mtu = 65536;
	sim_net.whole = true;
	sim_net.delay_ns = 0;
	make_pair();
	transfer(8000000, true);
	UNIT_CHECK(!tcp_of(client)->total_retrans && !tcp_of(server)->total_retrans);
	finish();
}

static void test_loss(void)
{
	sim_net.loss = 50;
	make_pair();
	transfer(1500000, true);
	finish();
}

/*
 * A path that delays each packet unequally and loses none: what looks lost at first is found to be
 * late, the reduction is taken back, and from then on the reordering window covers the path.
 */
static void test_reordering(void)
{
	sim_net.delay_ns = 20 * NSEC_PER_MSEC;
	sim_net.jitter_ns = 10 * NSEC_PER_MSEC;
	sim_net.reorder = 1000;
	make_pair();
	transfer(3000000, false);
	UNIT_CHECK(tcp_of(client)->reordering_seen);
	UNIT_CHECK(tcp_of(client)->total_retrans < 20);
	UNIT_CHECK(tcp_of(client)->ssthresh == TCP_SSTHRESH_NONE);
	finish();
}

static void test_everything(void)
{
	sim_net = (struct sim_network){ .loss = 30,
		.duplicate = 20,
		.reorder = 100,
		.corrupt = 10,
		.jitter_ns = 20 * NSEC_PER_MSEC,
		.mtu = 1500,
		.delay_ns = 10 * NSEC_PER_MSEC };
	make_pair();
	transfer(2000000, true);
	finish();
}

static void test_no_options(void)
{
	tcp_settings.sack = tcp_settings.timestamps = tcp_settings.window_scaling = false;
	sim_net.loss = 20;
	make_pair();
	UNIT_CHECK(!tcp_of(client)->sack_ok && !tcp_of(server)->ts_ok);
	transfer(500000, true);
	finish();
}

static void test_reno(void)
{
	tcp_settings.timestamps = false;
	sim_net.loss = 10;
	make_pair();
	tcp_of(client)->congestion = &tcp_reno;
	transfer(2000000, false);
	finish();
}

static void test_ecn(void)
{
	tcp_settings.ecn = 1;
	sim_net.mark = 20;
	make_pair();
	UNIT_CHECK(tcp_of(client)->ecn_ok && tcp_of(server)->ecn_ok);
	transfer(5000000, false);
	UNIT_CHECK(!tcp_of(client)->total_retrans);
	UNIT_CHECK(tcp_of(client)->ssthresh < 0x7fffffff);
	finish();
}

static void hystart_round(u64 ms)
{
	struct tcp_sock *ts = tcp_of(server);
	u32 i;

	for (i = 0; i < 8; i++) {
		ts->hystart.round_end = ts->snd_una + (i < 7);
		tcp_hystart_sample(ts, ms * NSEC_PER_MSEC);
	}
}

/* RFC 9406: careful when the least time of a round has grown; five such rounds end slow start. */
static void test_hystart(void)
{
	struct tcp_sock *ts;
	u32 i;

	accept_peer();
	ts = tcp_of(server);
	hystart_round(20);
	UNIT_CHECK(tcp_hystart_growth(ts, 1000) == 1000);
	hystart_round(23);
	UNIT_CHECK(tcp_hystart_growth(ts, 1000) == 1000);
	hystart_round(27);
	UNIT_CHECK(tcp_hystart_growth(ts, 1000) == 250);
	hystart_round(26); /* it was chance */
	UNIT_CHECK(tcp_hystart_growth(ts, 1000) == 1000);
	/* Rounds end also while the window does not grow. */
	hystart_round(20);
	hystart_round(27);
	UNIT_CHECK(tcp_hystart_growth(ts, 1000) == 250);
	hystart_round(26);
	for (i = 0; i < 5; i++) {
		UNIT_CHECK(ts->ssthresh == TCP_SSTHRESH_NONE);
		hystart_round(40 + i);
		UNIT_CHECK(tcp_hystart_growth(ts, 1000) == 250);
	}
	UNIT_CHECK(ts->ssthresh == ts->cwnd && tcp_counter_sum(TCP_HYSTART_DELAY) == 1);
	end_peer();
}

/* A link of 10 Mbit/s whose queue takes nine times what the path does: slow start alone would fill it. */
static void test_bottleneck(void)
{
	sim_net.delay_ns = 20 * NSEC_PER_MSEC;
	sim_net.rate = 1250000;
	sim_net.queue = 450000;
	make_pair();
	transfer(3000000, false);
	UNIT_CHECK(!tcp_of(client)->total_retrans);
	UNIT_CHECK(tcp_counter_sum(TCP_HYSTART_DELAY) == 1);
	finish();
}

const struct tcp_test tcp_transfer_tests[] = {
	{ "clean", test_clean },
	{ "loopback", test_loopback },
	{ "loss", test_loss },
	{ "reordering", test_reordering },
	{ "everything", test_everything },
	{ "no_options", test_no_options },
	{ "reno", test_reno },
	{ "ecn", test_ecn },
	{ "hystart", test_hystart },
	{ "bottleneck", test_bottleneck },
	{ NULL, NULL },
};
