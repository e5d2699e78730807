// SPDX-License-Identifier: MPL-2.0
/* Connections that are made, refused, or made by both ends at once; their ports and numbers. */
#include "tcp.h"

static void test_syn_retries(void)
{
	u32 n = 0;

	client = sim_socket();
	UNIT_CHECK(sim_connect(client, SIM_PEER, 9, true) == -EINPROGRESS);
	UNIT_CHECK(sim_connect(client, SIM_PEER, 9, true) == -EALREADY);
	sim_run(300 * NSEC_PER_SEC);
	while (sim_capture(&seen)) {
		UNIT_CHECK(seen.flags == TCP_SYN && seen.mss == 1460 && seen.sack_ok);
		n++;
	}
	/* Five at equal times, then six that double. */
	UNIT_CHECK(n == 11 && tcp_of(client)->state == TCP_CLOSE);
	UNIT_CHECK(atomic_load(&client->error) == ETIMEDOUT);
	sim_close(&client);
	/* SYN-ACKs go again, too, until the request ends. */
	listener = sim_listen(SIM_SERVER, 80, 16);
	syn(5000, 1000, true);
	sim_run(200 * NSEC_PER_SEC);
	for (n = 0; sim_capture(&seen); n++)
		UNIT_CHECK(seen.flags == (TCP_SYN | TCP_ACK) && seen.sack_ok && seen.wscale >= 0);
	UNIT_CHECK(n == 6 && tcp_of(listener)->nr_requests == 0);
	sim_close(&listener);
	UNIT_CHECK(unit_objects == 2);
}

static void test_simultaneous_open(void)
{
	struct sim_segment g = {
		.from = 9, .mss = 1460, .window = 60000, .wscale = -1, .seq = 1000, .flags = TCP_SYN
	};

	client = sim_socket();
	UNIT_CHECK(!sim_bind(client, SIM_SERVER, 80));
	UNIT_CHECK(sim_connect(client, SIM_PEER, 9, true) == -EINPROGRESS);
	expect(TCP_SYN);
	g.to = 80;
	sim_inject(&g);
	expect(TCP_SYN | TCP_ACK);
	UNIT_CHECK(tcp_of(client)->state == TCP_SYN_RECV && seen.ack == 1001);
	g.seq = 1001;
	g.ack = seen.seq + 1;
	g.flags = TCP_ACK;
	sim_inject(&g);
	UNIT_CHECK(tcp_of(client)->state == TCP_ESTABLISHED);
	sim_close(&client);
	drain();
	g.flags = TCP_RST;
	sim_inject(&g);
	UNIT_CHECK(unit_objects == 2);
}

/* A socket that connects to itself gets what it sends. */
static void test_self_connect(void)
{
	u8 b[8] = { 1, 2, 3 };

	client = sim_socket();
	UNIT_CHECK(!sim_bind(client, SIM_SERVER, 80));
	UNIT_CHECK(!sim_connect(client, SIM_SERVER, 80, false));
	UNIT_CHECK(tcp_of(client)->state == TCP_ESTABLISHED);
	UNIT_CHECK(sim_send(client, b, 3, 0) == 3);
	b[0] = b[1] = b[2] = 0;
	UNIT_CHECK(sim_recv(client, b, 8, 0) == 3 && b[2] == 3);
	sim_close(&client);
	sim_run(200 * NSEC_PER_SEC);
	UNIT_CHECK(unit_objects == 2);
}

static void test_refused(void)
{
	client = sim_socket();
	UNIT_CHECK(sim_connect(client, SIM_SERVER, 81, false) == -ECONNREFUSED);
	/* The socket can be used again. */
	listener = sim_listen(SIM_SERVER, 80, 1);
	UNIT_CHECK(!sim_connect(client, SIM_SERVER, 80, false));
	UNIT_CHECK(sim_connect(client, SIM_SERVER, 80, false) == -EISCONN);
	sim_close(&client);
	sim_close(&listener);
	sim_run(200 * NSEC_PER_SEC);
	UNIT_CHECK(unit_objects == 2);
}

/* No two ends answer each other for ever, and none itself. */
static void test_storms(void)
{
	struct sim_segment land = { .source = SIM_SERVER,
		.from = 80,
		.to = 80,
		.seq = 1000,
		.flags = TCP_SYN,
		.window = 60000,
		.wscale = -1 };
	struct sim_segment g = { .source = SIM_CLIENT,
		.to = 80,
		.seq = 77,
		.flags = TCP_SYN,
		.window = 60000,
		.wscale = -1 };
	u64 before;

	listener = sim_listen(SIM_SERVER, 80, 16);
	sim_inject(&land);
	sim_run(60 * NSEC_PER_SEC);
	UNIT_CHECK(sim_sent < 20);
	sim_close(&listener);
	make_pair();
	g.from = tcp_of(client)->inet.local_port;
	sim_close(&client);
	sim_run(NSEC_PER_SEC);
	sim_close(&server);
	sim_run(NSEC_PER_SEC);
	before = sim_sent;
	sim_inject(&g);
	sim_run(50 * NSEC_PER_SEC);
	UNIT_CHECK(sim_sent - before < 300);
	sim_close(&listener);
	sim_run(200 * NSEC_PER_SEC);
	UNIT_CHECK(unit_objects == 2);
}

/* Each destination has all ports; in TIME_WAIT, too. */
static void test_ports(void)
{
	struct socket *s[16], *t;
	u32 i, k;

	sim_first_port = 40000;
	sim_last_port = 40006;
	for (i = 0; i < 14; i++) {
		s[i] = sim_socket();
		UNIT_CHECK(sim_connect(s[i], SIM_PEER, (u16)(90 + i % 2), true) == -EINPROGRESS);
		for (k = i & 1; k < i; k += 2)
			UNIT_CHECK(tcp_of(s[i])->inet.local_port != tcp_of(s[k])->inet.local_port);
	}
	t = sim_socket();
	UNIT_CHECK(sim_connect(t, SIM_PEER, 90, true) == -EADDRNOTAVAIL);
	UNIT_CHECK(sim_connect(t, SIM_PEER, 92, true) == -EINPROGRESS);
	sim_close(&t);
	for (i = 0; i < 14; i++)
		sim_close(&s[i]);
	drain();
	UNIT_CHECK(unit_objects == 2);
}

/* A new connection out of TIME_WAIT begins above the old one's numbers, however fast that was. */
static void test_isn_after_timewait(void)
{
	accept_peer();
	tcp_of(server)->snd_una = tcp_of(server)->snd_nxt = tcp_of(server)->write_seq += 2000000000;
	their_seq += 2000000000;
	UNIT_CHECK(!server->ops->shutdown(server, SHUTDOWN_SEND));
	expect(TCP_FIN | TCP_ACK);
	inject(TCP_FIN | TCP_ACK, my_seq, their_seq + 1, 0);
	expect(TCP_ACK);
	UNIT_CHECK(tcp_of(server)->state == TCP_CLOSE);
	/* The FIN again, half a minute later: it waits another minute from now on. */
	sim_run(40 * NSEC_PER_SEC);
	inject(TCP_FIN | TCP_ACK, my_seq, their_seq + 1, 0);
	expect(TCP_ACK);
	sim_run(40 * NSEC_PER_SEC);
	inject(TCP_SYN, my_seq + 5000, 0, 0);
	expect(TCP_SYN | TCP_ACK);
	UNIT_CHECK(seen.seq == their_seq + 1 + 65537);
	sim_close(&server);
	sim_close(&listener);
	UNIT_CHECK(unit_objects == 2);
}

static struct socket *shut;
static int anew;

/* The other task of a connect that waits: shuts the socket down, and maybe connects it anew. */
static void shut_down(void)
{
	UNIT_CHECK(!shut->ops->shutdown(shut, SHUTDOWN_RCV));
	if (anew)
		UNIT_CHECK(sim_connect(shut, SIM_SERVER, 80, true) == -EINPROGRESS);
}

/* shutdown ends an attempt, tells a connect that waits of a reset, and the socket is new. */
static void test_shutdown_of_attempts(void)
{
	listener = sim_listen(SIM_SERVER, 80, 16);
	shut = sim_socket();
	for (anew = 0; anew < 2; anew++) {
		sim_in_wait = shut_down;
		UNIT_CHECK(sim_connect(shut, SIM_PEER, 9, false) == (anew ? 0 : -ECONNRESET));
		UNIT_CHECK(!atomic_load(&shut->error) && !load_once(shut->shutdown));
	}
	sim_close(&shut);
	sim_run(NSEC_PER_SEC);
	no_wait_accept();
	sim_close(&server);
	/* An attempt that has failed, of which nobody was told. */
	shut = sim_socket();
	UNIT_CHECK(sim_connect(shut, SIM_SERVER, 81, true) == -EINPROGRESS);
	sim_run(NSEC_PER_SEC);
	UNIT_CHECK(shut->ops->shutdown(shut, SHUTDOWN_SEND) == -ENOTCONN);
	UNIT_CHECK(sim_connect(shut, SIM_SERVER, 80, true) == -EINVAL);
	UNIT_CHECK(shut->ops->listen(shut, 1) == -EINVAL);
	tcp_disconnect(tcp_of(shut));
	UNIT_CHECK(!sim_connect(shut, SIM_SERVER, 80, false));
	sim_close(&shut);
	sim_run(NSEC_PER_SEC);
	no_wait_accept();
	sim_close(&server);
	sim_close(&listener);
	drain();
	sim_run(200 * NSEC_PER_SEC);
	UNIT_CHECK(unit_objects == 2);
}

const struct tcp_test tcp_connect_tests[] = {
	{ "syn_retries", test_syn_retries },
	{ "simultaneous_open", test_simultaneous_open },
	{ "self_connect", test_self_connect },
	{ "refused", test_refused },
	{ "storms", test_storms },
	{ "ports", test_ports },
	{ "isn_after_timewait", test_isn_after_timewait },
	{ "shutdown_of_attempts", test_shutdown_of_attempts },
	{ NULL, NULL },
};
