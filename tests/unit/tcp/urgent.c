// SPDX-License-Identifier: MPL-2.0
/* Urgent bytes. */
#include "tcp.h"

static void test_urgent(void)
{
	struct sim_segment g = {
		.from = 5000, .to = 80, .flags = TCP_ACK, .window = 6000, .wscale = -1, .len = 5
	};
	u8 b[10] = { 1, 2, 3 };

	accept_peer();
	UNIT_CHECK(sim_send(server, b, 3, MSG_OOB) == 3);
	expect(TCP_ACK | TCP_PSH | TCP_URG);
	UNIT_CHECK(sim_recv(server, b, 1, MSG_OOB) == -EINVAL);
	/* The flag of URG without a pointer is nothing; with one, the byte before it. */
	g.seq = my_seq;
	g.ack = their_seq + 3;
	memcpy(g.data, "abcde", 5);
	sim_inject(&g);
	UNIT_CHECK(sim_recv(server, b, 10, MSG_DONTWAIT) == 5);
	drain();
	end_peer();
}

static void urgent_comes(void)
{
	struct sim_segment g = { .from = 5000,
		.to = 80,
		.seq = my_seq + 1,
		.ack = their_seq,
		.flags = TCP_ACK,
		.window = 6000,
		.wscale = -1,
		.len = 4,
		.data = "Uend" };

	sim_inject(&g);
}

/*
 * The mark lies behind what has come: a reader sleeps until the byte is there, and reads on behind
 * it.
 */
static void test_urgent_ahead(void)
{
	struct sim_segment g = { .from = 5000,
		.to = 80,
		.flags = TCP_ACK | TCP_URG,
		.window = 6000,
		.wscale = -1,
		.len = 1,
		.urgent = 2,
		.data = "A" };
	u8 b[10];

	accept_peer();
	g.seq = my_seq;
	g.ack = their_seq;
	sim_inject(&g);
	UNIT_CHECK(sim_recv(server, b, 10, 0) == 1 && b[0] == 'A');
	UNIT_CHECK(sim_recv(server, b, 1, MSG_OOB | MSG_DONTWAIT) == -EAGAIN);
	UNIT_CHECK(!(server->ops->poll(server, NULL) & POLLPRI));
	sim_in_wait = urgent_comes;
	UNIT_CHECK(sim_recv(server, b, 10, 0) == 3 && b[0] == 'e' && b[2] == 'd');
	UNIT_CHECK(!tcp_readable(tcp_of(server)));
	/* A mark behind the last byte of all: there is no such byte. */
	g.seq += 5;
	g.len = 0;
	g.urgent = 1;
	g.flags |= TCP_FIN;
	sim_inject(&g);
	UNIT_CHECK(sim_recv(server, b, 1, MSG_OOB) == -EAGAIN);
	UNIT_CHECK(sim_recv(server, b, 10, 0) == 0);
	UNIT_CHECK(!tcp_readable(tcp_of(server)));
	drain();
	end_peer();
}

/* The byte comes without the flag, after an older mark, and again. */
static void test_urgent_byte(void)
{
	struct sim_segment g = { .from = 5000,
		.to = 80,
		.flags = TCP_ACK | TCP_URG,
		.window = 6000,
		.wscale = -1,
		.len = 3,
		.urgent = 2,
		.data = "aXb" };
	u8 b[10];

	accept_peer();
	g.seq = my_seq;
	g.ack = their_seq;
	sim_inject(&g);
	UNIT_CHECK(server->ops->poll(server, NULL) & POLLPRI);
	UNIT_CHECK(sim_recv(server, b, 1, MSG_OOB) == 1 && b[0] == 'X');
	UNIT_CHECK(sim_recv(server, b, 1, MSG_OOB) == -EINVAL);
	g.seq += 3;
	g.len = 0;
	sim_inject(&g);
	UNIT_CHECK(sim_recv(server, b, 1, MSG_OOB) == -EAGAIN);
	g.flags = TCP_ACK;
	g.len = 3;
	memcpy(g.data, "cYd", 3);
	sim_inject(&g);
	UNIT_CHECK(sim_recv(server, b, 1, MSG_OOB) == 1 && b[0] == 'Y');
	UNIT_CHECK(sim_recv(server, b, 10, 0) == 4 && !memcmp(b, "abXc", 1));
	UNIT_CHECK(sim_recv(server, b, 10, 0) == 1 && b[0] == 'd');
	drain();
	end_peer();
}

const struct tcp_test tcp_urgent_tests[] = {
	{ "urgent", test_urgent },
	{ "urgent_ahead", test_urgent_ahead },
	{ "urgent_byte", test_urgent_byte },
	{ NULL, NULL },
};
