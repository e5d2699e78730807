// SPDX-License-Identifier: MPL-2.0
/* Listeners: requests, cookies, the backlog, and what happens beside them. */
#include "tcp.h"

/* The queues of a listener: its backlog, and cookies when there are too many requests. */
static void test_cookies(void)
{
	struct sim_segment g = { .to = 80, .window = 500, .wscale = -1, .flags = TCP_ACK };
	u32 i, accepted = 0;

	listener = sim_listen(SIM_SERVER, 80, 8);
	ts_clock = 7000;
	for (i = 0; i < 50; i++)
		syn((u16)(1000 + i), 1000 * i, true);
	UNIT_CHECK(tcp_of(listener)->nr_requests == 8);
	for (i = 0; i < 50; i++) {
		expect(TCP_SYN | TCP_ACK);
		if (i < 40)
			continue;
		/* By a cookie: options stand in the time stamp. */
		g.from = (u16)(1000 + i);
		g.seq = 1000 * i + 1;
		g.ack = seen.seq + 1;
		g.has_ts = true;
		g.ts_value = ts_clock;
		g.ts_echo = seen.ts_value;
		if (i == 44) {
			g.ack += 1; /* forged: another size */
			sim_inject(&g);
			g.ack += 0x05000000 - 1; /* another minute */
			sim_inject(&g);
			continue;
		}
		sim_inject(&g);
	}
	expect(TCP_RST);
	expect(TCP_RST);
	while (!listener->ops->accept(listener, true, &server)) {
		struct tcp_sock *ts = tcp_of(server);
		UNIT_CHECK(ts->sack_ok && ts->wscale_ok && ts->ts_ok && ts->snd_wscale == 7);
		UNIT_CHECK(ts->mss_peer == 1460 && ts->snd_wnd == 500u << 7);
		accepted++;
		server->linger.onoff = 1;
		sim_close(&server);
	}
	UNIT_CHECK(accepted == 9);
	sim_close(&listener);
	drain();
	UNIT_CHECK(unit_objects == 2);
	ts_clock = 0;
}

static u32 woken;

/* Whoever sees that the listener stops must find it off the chain: listen enters it anew. */
static void listen_again(struct socket *s)
{
	sim_in_wake = NULL;
	woken++;
	UNIT_CHECK(!tcp_listen_add(tcp_of(s)));
	tcp_listen_remove(tcp_of(s));
}

static void test_listen_beside(void)
{
	struct socket *other = sim_socket();

	listener = sim_socket();
	set_bits(other->options, OPT_REUSEPORT);
	set_bits(listener->options, OPT_REUSEPORT);
	UNIT_CHECK(!sim_bind(other, SIM_SERVER, 80) && !other->ops->listen(other, 5));
	UNIT_CHECK(!sim_bind(listener, SIM_SERVER, 80) && !listener->ops->listen(listener, 5));
	UNIT_CHECK(tcp_listen_add(tcp_of(listener)) == -EADDRINUSE);
	sim_in_wake = listen_again;
	UNIT_CHECK(!listener->ops->shutdown(listener, SHUTDOWN_RCV) && woken == 1);
	UNIT_CHECK(!listener->ops->listen(listener, 5));
	UNIT_CHECK(!listener->ops->shutdown(listener, SHUTDOWN_RCV));
	syn(5000, 1000, false);
	expect(TCP_SYN | TCP_ACK);
	sim_close(&listener);
	sim_close(&other);
	UNIT_CHECK(unit_objects == 2);
}

/* A request whose connection somebody else has entered meanwhile goes, and the timer rests. */
static void test_request_without_child(void)
{
	struct tcp_key k = { .local = SIM_SERVER,
		.peer = SIM_PEER,
		.local_port = 80,
		.peer_port = 5000,
		.ifindex = 2 };
	struct tcp_seg seg = { .from_port = 5000,
		.to_port = 80,
		.seq = 1001,
		.flags = TCP_ACK,
		.window = 500,
		.header_len = 20 };
	struct tcp_request *r;
	struct packet *p = packet_new(0);
	u32 n;

	listener = sim_listen(SIM_SERVER, 80, 16);
	syn(5000, 1000, false);
	expect(TCP_SYN | TCP_ACK);
	seg.ack = seen.seq + 1;
	r = tcp_request_find(&k);
	UNIT_CHECK(r);
	client = sim_socket();
	UNIT_CHECK(!sim_bind(client, SIM_SERVER, 80));
	UNIT_CHECK(sim_connect(client, SIM_PEER, 5000, true) == -EINPROGRESS);
	p->tail = 20;
	p->len = 20;
	tcp_input_request(r, p, &seg, &k);
	obj_put(&r);
	UNIT_CHECK(!tcp_of(listener)->nr_requests);
	for (n = 0; sim_step(sim_now + 100 * NSEC_PER_SEC); n++)
		UNIT_CHECK(n < 50);
	sim_close(&client);
	sim_close(&listener);
	drain();
	UNIT_CHECK(unit_objects == 2);
}

/* The answer to a segment outside of a request's window is an ACK; to a SYN-ACK there is none. */
static void test_request_window(void)
{
	listener = sim_listen(SIM_SERVER, 80, 16);
	syn(5000, 1000, false);
	expect(TCP_SYN | TCP_ACK);
	their_seq = seen.seq + 1;
	inject(TCP_SYN | TCP_ACK, 77, their_seq, 0);
	expect_nothing();
	inject(TCP_ACK, 77, their_seq, 0);
	expect(TCP_ACK);
	UNIT_CHECK(seen.seq == their_seq && seen.ack == 1001);
	inject(TCP_ACK, 77, their_seq, 0);
	expect_nothing();
	sim_close(&listener);
	UNIT_CHECK(unit_objects == 2);
}

/* Connections that nobody accepts: the backlog, and what a listener's end does to them. */
static void test_backlog(void)
{
	u32 i;

	listener = sim_listen(SIM_SERVER, 80, 2);
	for (i = 0; i < 5; i++) {
		struct sim_segment g = { .from = (u16)(1000 + i),
			.to = 80,
			.window = 500,
			.wscale = -1,
			.flags = TCP_ACK,
			.seq = 1001 };
		syn((u16)(1000 + i), 1000, false);
		if (i > 2) {
			expect_nothing();
			continue;
		}
		expect(TCP_SYN | TCP_ACK);
		g.ack = seen.seq + 1;
		sim_inject(&g);
	}
	UNIT_CHECK(tcp_of(listener)->nr_accept == 3);
	syn(4000, 1000, false); /* dropped: the queue is full */
	expect_nothing();
	no_wait_accept();
	sim_close(&listener);
	expect(TCP_RST | TCP_ACK);
	expect(TCP_RST | TCP_ACK);
	server->linger.onoff = 1;
	sim_close(&server);
	expect(TCP_RST | TCP_ACK);
	expect_nothing();
	UNIT_CHECK(unit_objects == 2);
}

/* A child that comes while SO_RCVBUF of the listener is half done has one size, and one answer. */
static void test_buffers_of_children(void)
{
	u32 i;

	for (i = 0; i < 2; i++) {
		listener = sim_listen(SIM_SERVER, 80, 16);
		set_bits(listener->options, OPT_RCVBUF_LOCK | OPT_SNDBUF_LOCK);
		if (i)
			listener->ops->changed(listener);
		store_once(listener->rcvbuf, 40000);
		store_once(listener->sndbuf, 50000);
		client = sim_socket();
		UNIT_CHECK(!sim_connect(client, SIM_SERVER, 80, false));
		sim_run(NSEC_PER_SEC);
		no_wait_accept();
		UNIT_CHECK(tcp_of(server)->rcvbuf == server->rcvbuf);
		UNIT_CHECK(tcp_of(server)->sndbuf == server->sndbuf);
		UNIT_CHECK(tcp_of(server)->rcv_fixed == (i > 0));
		UNIT_CHECK((server->options & OPT_BUF_LOCKS) == (i ? OPT_BUF_LOCKS : 0));
		finish();
	}
}

const struct tcp_test tcp_listen_tests[] = {
	{ "cookies", test_cookies },
	{ "listen_beside", test_listen_beside },
	{ "request_without_child", test_request_without_child },
	{ "request_window", test_request_window },
	{ "backlog", test_backlog },
	{ "buffers_of_children", test_buffers_of_children },
	{ NULL, NULL },
};
