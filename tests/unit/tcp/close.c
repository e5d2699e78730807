// SPDX-License-Identifier: MPL-2.0
/* Each way in which a connection ends. */
#include "tcp.h"

/* RFC 5961: only the exact number resets; others in the window are challenged. */
static void test_rst(void)
{
	u8 b[8];

	accept_peer();
	inject(TCP_RST, my_seq + 100, 0, 0);
	expect(TCP_ACK);
	UNIT_CHECK(seen.ack == my_seq);
	inject(TCP_RST, my_seq - 1, 0, 0);
	inject(TCP_RST, my_seq + 1000000, 0, 0);
	expect_nothing();
	/* A SYN in the window, or at the exact number. */
	inject(TCP_SYN, my_seq, 0, 0);
	expect(TCP_ACK);
	inject(TCP_SYN, my_seq + 5, 0, 0);
	expect(TCP_ACK);
	/* An acknowledgement of what was never sent: as on Linux, no answer. */
	inject(TCP_ACK, my_seq, their_seq + 1000, 0);
	expect_nothing();
	inject(TCP_ACK, my_seq, their_seq - 100000000, 0);
	expect(TCP_ACK);
	UNIT_CHECK(tcp_of(server)->state == TCP_ESTABLISHED);
	inject(TCP_RST, my_seq, 0, 0);
	UNIT_CHECK(tcp_of(server)->state == TCP_CLOSE);
	UNIT_CHECK(sim_recv(server, b, 8, MSG_DONTWAIT) == -ECONNRESET);
	UNIT_CHECK(sim_recv(server, b, 8, MSG_DONTWAIT) == 0);
	UNIT_CHECK(sim_send(server, b, 8, MSG_DONTWAIT) == -EPIPE);
	/* Nobody is there now. */
	inject(TCP_ACK, my_seq, their_seq, 4);
	expect(TCP_RST);
	UNIT_CHECK(seen.seq == their_seq);
	syn(5001, 77, false);
	drain();
	sim_close(&server);
	sim_close(&listener);
	inject(TCP_SYN, 500, 0, 0);
	expect(TCP_RST | TCP_ACK);
	UNIT_CHECK(seen.ack == 501);
}

/* Each state that a close goes through, and what it answers. */
static void test_passive_close(void)
{
	u8 b[8];

	accept_peer();
	inject(TCP_FIN | TCP_ACK, my_seq, their_seq, 4);
	expect(TCP_ACK);
	UNIT_CHECK(seen.ack == my_seq + 5 && tcp_of(server)->state == TCP_CLOSE_WAIT);
	UNIT_CHECK(sim_recv(server, b, 8, MSG_DONTWAIT) == 4);
	UNIT_CHECK(sim_recv(server, b, 8, MSG_DONTWAIT) == 0);
	/* The same FIN again. */
	inject(TCP_FIN | TCP_ACK, my_seq, their_seq, 4);
	expect(TCP_ACK);
	UNIT_CHECK(sim_send(server, b, 8, MSG_DONTWAIT) == 8);
	expect(TCP_ACK | TCP_PSH);
	sim_close(&server);
	expect(TCP_FIN | TCP_ACK);
	inject(TCP_ACK, my_seq + 5, their_seq + 8, 0);
	UNIT_CHECK(atomic_load(&tcp_orphans) == 1);
	inject(TCP_ACK, my_seq + 5, their_seq + 9, 0);
	UNIT_CHECK(atomic_load(&tcp_orphans) == 0);
	inject(TCP_ACK, my_seq + 5, their_seq + 9, 0);
	expect(TCP_RST);
	sim_close(&listener);
	UNIT_CHECK(unit_objects == 2);
}

static void test_simultaneous_close(void)
{
	accept_peer();
	UNIT_CHECK(!server->ops->shutdown(server, SHUTDOWN_SEND));
	expect(TCP_FIN | TCP_ACK);
	UNIT_CHECK(tcp_of(server)->state == TCP_FIN_WAIT1);
	inject(TCP_FIN | TCP_ACK, my_seq, their_seq, 0);
	UNIT_CHECK(tcp_of(server)->state == TCP_CLOSING);
	expect(TCP_ACK);
	inject(TCP_ACK, my_seq + 1, their_seq + 1, 0);
	UNIT_CHECK(tcp_of(server)->state == TCP_CLOSE);
	/* TIME_WAIT answers the FIN again, and takes a new SYN. */
	inject(TCP_FIN | TCP_ACK, my_seq, their_seq, 0);
	expect(TCP_ACK);
	UNIT_CHECK(seen.ack == my_seq + 1 && seen.seq == their_seq + 1);
	inject(TCP_SYN, my_seq - 50, 0, 0);
	expect(TCP_ACK);
	inject(TCP_SYN, my_seq - 50, 0, 0);
	expect_nothing(); /* one answer in half a second */
	inject(TCP_SYN, my_seq + 5000, 0, 0);
	expect(TCP_SYN | TCP_ACK);
	sim_close(&server);
	sim_close(&listener);
	UNIT_CHECK(unit_objects == 2);
}

/* After close, data that nobody can read any more is answered by a reset. */
static void test_data_after_close(void)
{
	accept_peer();
	sim_close(&server);
	expect(TCP_FIN | TCP_ACK);
	inject(TCP_ACK, my_seq, their_seq + 1, 0);
	UNIT_CHECK(atomic_load(&tcp_orphans) == 1);
	inject(TCP_ACK, my_seq, their_seq + 1, 4);
	expect(TCP_RST);
	UNIT_CHECK(atomic_load(&tcp_orphans) == 0);
	sim_close(&listener);
	UNIT_CHECK(unit_objects == 2);
	/* Unread data at the close: a reset, too; and with SO_LINGER of 0. */
	accept_peer();
	inject(TCP_ACK, my_seq, their_seq, 4);
	expect(TCP_ACK);
	sim_close(&server);
	expect(TCP_RST | TCP_ACK);
	sim_close(&listener);
	accept_peer();
	server->linger.onoff = 1;
	sim_close(&server);
	expect(TCP_RST | TCP_ACK);
	sim_close(&listener);
	/* FIN_WAIT2 without a peer ends after a minute. */
	accept_peer();
	sim_close(&server);
	expect(TCP_FIN | TCP_ACK);
	inject(TCP_ACK, my_seq, their_seq + 1, 0);
	sim_close(&listener);
	sim_run(59 * NSEC_PER_SEC);
	UNIT_CHECK(atomic_load(&tcp_orphans) == 1);
	sim_run(2 * NSEC_PER_SEC);
	UNIT_CHECK(unit_objects == 2 && atomic_load(&tcp_orphans) == 0);
}

static void test_keepalive(void)
{
	u32 n = 0;

	accept_peer();
	set_bits(server->options, OPT_KEEPALIVE);
	server->ops->changed(server);
	UNIT_CHECK(!sim_setopt(server, TCP_KEEPIDLE, 10));
	UNIT_CHECK(!sim_setopt(server, TCP_KEEPINTVL, 2));
	UNIT_CHECK(!sim_setopt(server, TCP_KEEPCNT, 3));
	sim_run(9 * NSEC_PER_SEC);
	expect_nothing();
	sim_run(2 * NSEC_PER_SEC);
	expect(TCP_ACK);
	UNIT_CHECK(seen.seq == their_seq - 1);
	inject(TCP_ACK, my_seq, their_seq, 0);
	sim_run(30 * NSEC_PER_SEC);
	UNIT_CHECK(tcp_of(server)->state == TCP_CLOSE);
	UNIT_CHECK(atomic_load(&server->error) == ETIMEDOUT);
	while (sim_capture(&seen))
		n++;
	UNIT_CHECK(n == 4 && seen.flags == (TCP_RST | TCP_ACK));
	sim_close(&server);
	sim_close(&listener);
	UNIT_CHECK(unit_objects == 2);
}

/* A peer that acknowledges and never opens its window does not keep an orphan for ever. */
static void test_orphan_at_zero_window(void)
{
	struct sim_segment g = { .from = 5000, .to = 80, .flags = TCP_ACK, .wscale = -1 };
	u8 b[1000] = { 0 };

	accept_peer();
	g.seq = my_seq;
	g.ack = their_seq;
	sim_inject(&g);
	UNIT_CHECK(sim_send(server, b, 1000, MSG_DONTWAIT) == 1000);
	sim_close(&server);
	sim_close(&listener);
	UNIT_CHECK(atomic_load(&tcp_orphans) == 1);
	while (atomic_load(&tcp_orphans)) {
		UNIT_CHECK(sim_now < 3600 * NSEC_PER_SEC && sim_step(NO_DEADLINE));
		while (sim_capture(&seen)) {
			if (!(seen.flags & TCP_RST))
				sim_inject(&g);
		}
	}
	UNIT_CHECK(sim_now > 100 * NSEC_PER_SEC);
	UNIT_CHECK(unit_objects == 2);
}

const struct tcp_test tcp_close_tests[] = {
	{ "rst", test_rst },
	{ "passive_close", test_passive_close },
	{ "simultaneous_close", test_simultaneous_close },
	{ "data_after_close", test_data_after_close },
	{ "keepalive", test_keepalive },
	{ "orphan_at_zero_window", test_orphan_at_zero_window },
	{ NULL, NULL },
};
