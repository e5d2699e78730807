// SPDX-License-Identifier: MPL-2.0
/* What is sent again, and when: the timer, probes, and reductions that are taken back. */
#include "tcp.h"

/* A peer that never answers: how often, and how long. */
static void test_retransmission(void)
{
	u8 b[100] = { 0 };
	u64 start, last;
	u32 n = 0;

	accept_peer();
	UNIT_CHECK(sim_send(server, b, 100, MSG_DONTWAIT) == 100);
	expect(TCP_ACK | TCP_PSH);
	start = last = sim_now;
	while (tcp_of(server)->state == TCP_ESTABLISHED) {
		UNIT_CHECK(sim_step(NO_DEADLINE));
		while (sim_capture(&seen)) {
			UNIT_CHECK(seen.seq == their_seq && seen.len == 100);
			UNIT_CHECK(sim_now - last <= 121 * NSEC_PER_SEC);
			last = sim_now;
			n++;
		}
	}
	UNIT_CHECK(n == 15 && sim_now - start > 600 * NSEC_PER_SEC);
	UNIT_CHECK(sim_recv(server, b, 8, MSG_DONTWAIT) == -ETIMEDOUT);
	sim_close(&server);
	sim_close(&listener);
	/* TCP_USER_TIMEOUT */
	accept_peer();
	UNIT_CHECK(!sim_setopt(server, TCP_USER_TIMEOUT, 5000));
	UNIT_CHECK(sim_send(server, b, 100, MSG_DONTWAIT) == 100);
	sim_run(4 * NSEC_PER_SEC);
	UNIT_CHECK(tcp_of(server)->state == TCP_ESTABLISHED);
	sim_run(10 * NSEC_PER_SEC);
	UNIT_CHECK(tcp_of(server)->state == TCP_CLOSE);
	sim_close(&server);
	sim_close(&listener);
	drain();
	UNIT_CHECK(unit_objects == 2);
}

/* The probe of an only segment waits for the peer's delayed acknowledgement, too. */
static void test_tlp_alone(void)
{
	u8 b[1] = { 0 };
	u64 start;

	send_ten();
	their_seq += 14480;
	sim_run(20 * NSEC_PER_MSEC);
	inject(TCP_ACK, my_seq, their_seq, 0);
	UNIT_CHECK(sim_send(server, b, 1, 0) == 1);
	expect(TCP_ACK | TCP_PSH);
	start = sim_now;
	while (!sim_capture(&seen))
		UNIT_CHECK(sim_step(NO_DEADLINE));
	UNIT_CHECK(sim_now - start >= 220 * NSEC_PER_MSEC && sim_now - start < 260 * NSEC_PER_MSEC);
	UNIT_CHECK(tcp_of(server)->tlp_out && tcp_of(server)->recovery == CA_OPEN);
	end_peer();
	ts_clock = 0;
}

/* The last segments are lost: a probe after two round-trip times, not the timer. */
static void test_tlp(void)
{
	u64 start;

	send_ten();
	start = sim_now;
	while (!sim_capture(&seen))
		UNIT_CHECK(sim_step(NO_DEADLINE));
	UNIT_CHECK(sim_now - start < 60 * NSEC_PER_MSEC);
	UNIT_CHECK(seen.seq == their_seq + 9 * 1448 && seen.len == 1448);
	UNIT_CHECK(tcp_of(server)->recovery == CA_OPEN);
	/* Its SACK shows the others lost. */
	sim_run(20 * NSEC_PER_MSEC);
	inject_sack(9, 10);
	sim_run(20 * NSEC_PER_MSEC);
	expect(TCP_ACK);
	UNIT_CHECK(seen.seq == their_seq);
	drain();
	end_peer();
	ts_clock = 0;
}

/* The peer takes back what it had reported: after the timeout all goes again. */
static void test_reneging(void)
{
	u32 got = 0, i;
	u64 start;

	send_ten();
	sim_run(20 * NSEC_PER_MSEC);
	inject_sack(1, 10);
	drain();
	their_seq += 1448; /* the first is there, and the rest is forgotten */
	inject(TCP_ACK, my_seq, their_seq, 0);
	drain();
	start = sim_now;
	for (i = 0; i < 200 && got < 9; i++) {
		while (!sim_capture(&seen))
			UNIT_CHECK(sim_step(NO_DEADLINE));
		if (seen.seq == their_seq) {
			got++;
			their_seq += seen.len;
			inject(TCP_ACK, my_seq, their_seq, 0);
		}
	}
	UNIT_CHECK(got == 9 && !tcp_of(server)->sent.first);
	/* One timeout, not one for each segment. */
	UNIT_CHECK(sim_now - start < NSEC_PER_SEC);
	end_peer();
	ts_clock = 0;
}

/* A timeout that was too early: the acknowledgement of the original takes the reduction back. */
static void test_undo(void)
{
	u32 cwnd, original;

	send_ten();
	original = seen.ts_value;
	cwnd = tcp_of(server)->cwnd;
	while (tcp_of(server)->recovery != CA_LOSS)
		UNIT_CHECK(sim_step(NO_DEADLINE));
	UNIT_CHECK(tcp_of(server)->cwnd == 1448);
	drain();
	seen.ts_value = original;
	their_seq += 1448;
	inject(TCP_ACK, my_seq, their_seq, 0);
	UNIT_CHECK(tcp_of(server)->recovery == CA_OPEN && tcp_of(server)->cwnd >= cwnd);
	UNIT_CHECK(!tcp_of(server)->lost && tcp_of(server)->ssthresh == 0x7fffffff);
	check_sums(tcp_of(server));
	drain();
	end_peer();
	ts_clock = 0;
}

/* After a timeout slow start sends two segments for one that arrives, also of one large packet. */
static void test_loss_of_a_packet(void)
{
	static u8 b[14600];
	u32 i;

	accept_peer();
	UNIT_CHECK(sim_send(server, b, sizeof(b), 0) == sizeof(b));
	for (i = 0; i < 10; i++)
		UNIT_CHECK(sim_capture(&seen));
	while (!sim_capture(&seen))
		UNIT_CHECK(sim_step(NO_DEADLINE));
	UNIT_CHECK(seen.seq == their_seq && tcp_of(server)->recovery == CA_LOSS);
	expect_nothing();
	for (i = 1; i < 4; i++) {
		their_seq += 1460;
		inject(TCP_ACK, my_seq, their_seq, 0);
		UNIT_CHECK(sim_capture(&seen) && sim_capture(&seen));
		expect_nothing();
	}
	end_peer();
}

/* An answer within a tick of the time stamps says nothing of the least round-trip time. */
static void test_tick(void)
{
	send_ten();
	while (tcp_of(server)->recovery != CA_LOSS)
		UNIT_CHECK(sim_step(NO_DEADLINE));
	drain();
	their_seq += 1448;
	inject(TCP_ACK, my_seq, their_seq, 0);
	UNIT_CHECK(tcp_of(server)->min_rtt_ns >= NSEC_PER_MSEC);
	UNIT_CHECK(tcp_of(server)->srtt8 >= 8 * NSEC_PER_MSEC);
	drain();
	end_peer();
	ts_clock = 0;
}

/*
 * A DSACK of data that is older than the loss takes nothing back; one of the retransmission does.
 */
static void test_dsack(void)
{
	struct tcp_sock *ts;

	send_ten();
	ts = tcp_of(server);
	sim_run(20 * NSEC_PER_MSEC);
	inject_sack(1, 4);
	expect(TCP_ACK);
	UNIT_CHECK(ts->recovery == CA_RECOVERY && ts->undo_retrans == 1);
	inject_sack(-1u, 0);
	UNIT_CHECK(ts->recovery == CA_RECOVERY && ts->undo_retrans == 1);
	/* The whole comes, and the retransmission for a second time. */
	their_seq += 4 * 1448;
	seen.ts_value += 1000; /* not the original's */
	inject_sack(-4u, -3u);
	UNIT_CHECK(ts->recovery == CA_OPEN && ts->ssthresh == 0x7fffffff);
	drain();
	end_peer();
	ts_clock = 0;
}

/*
 * A loss that only the probe has seen and repaired reduces the window; a needless probe does not.
 */
static void test_tlp_repairs(void)
{
	u8 b[1];
	u32 ssthresh;

	send_ten();
	while (!sim_capture(&seen))
		UNIT_CHECK(sim_step(NO_DEADLINE));
	UNIT_CHECK(tcp_of(server)->tlp_out && tcp_of(server)->tlp_retrans);
	their_seq += 14480;
	inject(TCP_ACK, my_seq, their_seq, 0);
	UNIT_CHECK(tcp_of(server)->tlp_out && tcp_of(server)->ssthresh == 0x7fffffff);
	UNIT_CHECK(sim_send(server, b, 1, 0) == 1);
	expect(TCP_ACK | TCP_PSH);
	their_seq++;
	inject(TCP_ACK, my_seq, their_seq, 0);
	ssthresh = tcp_of(server)->ssthresh;
	UNIT_CHECK(!tcp_of(server)->tlp_out && ssthresh < 0x7fffffff);
	UNIT_CHECK(sim_send(server, b, 1, 0) == 1);
	expect(TCP_ACK | TCP_PSH);
	while (!sim_capture(&seen))
		UNIT_CHECK(sim_step(NO_DEADLINE));
	UNIT_CHECK(tcp_of(server)->tlp_retrans);
	their_seq++;
	inject(TCP_ACK, my_seq, their_seq, 0);
	inject(TCP_ACK, my_seq, their_seq, 0);
	UNIT_CHECK(!tcp_of(server)->tlp_out && tcp_of(server)->ssthresh == ssthresh);
	drain();
	end_peer();
	ts_clock = 0;
}

/* TCP_INFO: how long there was something to send, what came out of order, the window that is offered. */
static void test_info(void)
{
	struct user_tcp_info i;

	send_ten();
	sim_run(30 * NSEC_PER_MSEC);
	tcp_get_info(tcp_of(server), &i);
	UNIT_CHECK(i.busy_time == 20000 + 30000);
	their_seq += 14480;
	inject(TCP_ACK, my_seq, their_seq, 0);
	sim_run(100 * NSEC_PER_MSEC);
	inject(TCP_ACK, my_seq + 30, their_seq, 10);
	inject(TCP_ACK, my_seq + 10, their_seq, 10);
	tcp_get_info(tcp_of(server), &i);
	UNIT_CHECK(i.busy_time == 50000 && i.rcv_ooopack == 2);
	UNIT_CHECK(i.rcv_wnd == tcp_of(server)->rcv_wnd && i.rcv_wnd > 20000);
	drain();
	end_peer();
	ts_clock = 0;
}

const struct tcp_test tcp_loss_tests[] = {
	{ "retransmission", test_retransmission },
	{ "tlp", test_tlp },
	{ "tlp_alone", test_tlp_alone },
	{ "reneging", test_reneging },
	{ "undo", test_undo },
	{ "loss_of_a_packet", test_loss_of_a_packet },
	{ "tick", test_tick },
	{ "dsack", test_dsack },
	{ "tlp_repairs", test_tlp_repairs },
	{ "info", test_info },
	{ NULL, NULL },
};
