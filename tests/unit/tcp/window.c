// SPDX-License-Identifier: MPL-2.0
/* What may be sent: the peer's window and ours, Nagle, and the MTU of the path. */
#include "tcp.h"

/* A window of zero is probed for ever, if the peer answers. */
static void test_zero_window(void)
{
	u8 b[3000] = { 0 };
	u32 n;
	struct sim_segment g = { .from = 5000, .to = 80, .flags = TCP_ACK, .wscale = -1 };

	accept_peer();
	g.seq = my_seq;
	g.ack = their_seq;
	g.window = 0;
	sim_inject(&g);
	UNIT_CHECK(sim_send(server, b, 3000, MSG_DONTWAIT) == 3000);
	expect_nothing();
	for (n = 0; n < 40; n++) {
		while (!sim_capture(&seen))
			UNIT_CHECK(sim_step(NO_DEADLINE));
		UNIT_CHECK(seen.seq == their_seq - 1 && !seen.len);
		sim_inject(&g);
	}
	UNIT_CHECK(tcp_of(server)->state == TCP_ESTABLISHED);
	g.window = 60000;
	sim_inject(&g);
	for (n = 0; n < 3000 && sim_capture(&seen); n += seen.len)
		;
	UNIT_CHECK(n == 3000);
	g.ack += 3000;
	sim_inject(&g);
	/* And our own: a full buffer closes the window, reading opens it. */
	expect_nothing();
	end_peer();
}

/* A peer that closes its window over data under way, and answers, keeps its connection. */
static void test_window_closes_over_data(void)
{
	struct sim_segment g = { .from = 5000, .to = 80, .flags = TCP_ACK, .wscale = -1 };
	u8 b[1000] = { 0 };
	u32 i;

	accept_peer();
	UNIT_CHECK(sim_send(server, b, 1000, 0) == 1000);
	drain();
	g.seq = my_seq;
	g.ack = their_seq;
	for (i = 0; i < 40; i++) {
		sim_inject(&g);
		while (!sim_capture(&seen))
			UNIT_CHECK(sim_step(NO_DEADLINE));
	}
	UNIT_CHECK(tcp_of(server)->state == TCP_ESTABLISHED);
	/* Silent, it loses it. */
	while (tcp_of(server)->state == TCP_ESTABLISHED)
		UNIT_CHECK(sim_step(NO_DEADLINE));
	UNIT_CHECK(sim_recv(server, b, 1, 0) == -ETIMEDOUT);
	sim_close(&server);
	sim_close(&listener);
	drain();
	sim_run(200 * NSEC_PER_SEC);
	UNIT_CHECK(unit_objects == 2);
}

/*
 * The peer sends no more because the window is small, though SO_RCVLOWAT bytes are not there yet.
 */
static void test_poll_of_little(void)
{
	u32 n = 0;

	tcp_settings.rmem[1] = 8000;
	accept_peer();
	server->rcvlowat = 60000;
	while (tcp_window_left(tcp_of(server)) > tcp_of(server)->rcv_mss) {
		UNIT_CHECK(!(server->ops->poll(server, NULL) & POLLIN));
		inject(TCP_ACK, my_seq, their_seq, 60);
		my_seq += 60;
		UNIT_CHECK(tcp_of(server)->rcv_nxt == my_seq && n++ < 100);
	}
	UNIT_CHECK(tcp_readable(tcp_of(server)) < tcp_of(server)->rcvbuf / 2);
	UNIT_CHECK(server->ops->poll(server, NULL) & POLLIN);
	drain();
	end_peer();
}

static void test_nagle_and_cork(void)
{
	u8 b[2000] = { 0 };

	accept_peer();
	UNIT_CHECK(sim_send(server, b, 10, 0) == 10);
	expect(TCP_ACK | TCP_PSH);
	/* A second small segment waits for the first one's acknowledgement. */
	UNIT_CHECK(sim_send(server, b, 10, 0) == 10);
	UNIT_CHECK(sim_send(server, b, 10, 0) == 10);
	expect_nothing();
	inject(TCP_ACK, my_seq, their_seq + 10, 0);
	expect(TCP_ACK | TCP_PSH);
	UNIT_CHECK(seen.len == 20);
	UNIT_CHECK(!sim_setopt(server, TCP_NODELAY, 1));
	UNIT_CHECK(sim_send(server, b, 10, 0) == 10);
	expect(TCP_ACK | TCP_PSH);
	inject(TCP_ACK, my_seq, their_seq + 40, 0);
	/* A cork keeps what is not a full segment, for 200 ms at most. */
	UNIT_CHECK(!sim_setopt(server, TCP_CORK, 1));
	UNIT_CHECK(sim_send(server, b, 1500, 0) == 1500);
	expect(TCP_ACK);
	UNIT_CHECK(seen.len == 1460);
	expect_nothing();
	UNIT_CHECK(!sim_setopt(server, TCP_CORK, 0));
	expect(TCP_ACK | TCP_PSH);
	UNIT_CHECK(seen.len == 40);
	inject(TCP_ACK, my_seq, their_seq + 1540, 0);
	UNIT_CHECK(sim_send(server, b, 10, TCP_MSG_MORE) == 10);
	expect_nothing();
	sim_run(300 * NSEC_PER_MSEC);
	expect(TCP_ACK | TCP_PSH);
	UNIT_CHECK(seen.len == 10);
	end_peer();
}

/* Our window: it closes when nobody reads, and reading tells the peer. */
static void test_own_window(void)
{
	u8 b[20000];
	u32 sent = 0, i;
	ssize_t n;

	accept_peer();
	for (i = 0; i < 4000; i++) {
		u32 room = tcp_of(server)->rcv_wup + tcp_of(server)->rcv_wnd - my_seq - sent;
		if (!room)
			break;
		inject(TCP_ACK, my_seq + sent, their_seq, min(room, 64u));
		sent += min(room, 64u);
		UNIT_CHECK(tcp_of(server)->rmem <= tcp_of(server)->rcvbuf);
	}
	sim_run(NSEC_PER_SEC);
	drain();
	UNIT_CHECK(seen.window == 0 && seen.ack == my_seq + sent && sent > 50000);
	/* More is not taken, and answered. */
	inject(TCP_ACK, my_seq + sent, their_seq, 10);
	expect(TCP_ACK);
	UNIT_CHECK(seen.window == 0 && seen.ack == my_seq + sent);
	for (i = 0; i < sent; i += (u32)n) {
		u32 k;
		n = sim_recv(server, b, sizeof(b), MSG_DONTWAIT);
		UNIT_CHECK(n > 0);
		for (k = 0; k < (u32)n; k++)
			UNIT_CHECK(b[k] == pattern(i + k));
	}
	expect(TCP_ACK);
	UNIT_CHECK(seen.window > 10000);
	drain();
	end_peer();
}

/* ICMP: a smaller path, and hints that are too old to be believed. */
static void test_path(void)
{
	struct ip_error e = { .error = EMSGSIZE, .info = 1000, .mtu = 1000 };
	u8 b[1460] = { 0 };

	accept_peer();
	e.flow = (struct flow){
		.from = SIM_SERVER, .to = SIM_PEER, .from_port = 80, .to_port = 5000
	};
	UNIT_CHECK(sim_send(server, b, 1460, 0) == 1460);
	expect(TCP_ACK | TCP_PSH);
	e.sequence = their_seq - 50000;
	tcp_error(&e, NULL);
	UNIT_CHECK(tcp_of(server)->mss == 1460 && !sim_learned);
	e.sequence = their_seq;
	sim_net.mtu = 1000;
	tcp_error(&e, NULL);
	UNIT_CHECK(tcp_of(server)->mss == 960 && sim_learned == 1000);
	expect(TCP_ACK);
	UNIT_CHECK(seen.len == 960 && seen.seq == their_seq);
	/* Errors that are no end of an established connection. */
	e.error = EHOSTUNREACH;
	e.fatal = true;
	tcp_error(&e, NULL);
	UNIT_CHECK(tcp_of(server)->state == TCP_ESTABLISHED);
	drain();
	end_peer();
}

const struct tcp_test tcp_window_tests[] = {
	{ "zero_window", test_zero_window },
	{ "window_closes_over_data", test_window_closes_over_data },
	{ "poll_of_little", test_poll_of_little },
	{ "nagle_and_cork", test_nagle_and_cork },
	{ "own_window", test_own_window },
	{ "path", test_path },
	{ NULL, NULL },
};
