// SPDX-License-Identifier: MPL-2.0
/* Two tasks at one socket, or a task and the peer. */
#include "tcp.h"

static void more_comes(void)
{
	inject(TCP_ACK, my_seq + 20, their_seq, 4);
}

static void other_reads(void)
{
	u8 b[20];

	inject(TCP_ACK, my_seq, their_seq, 20);
	UNIT_CHECK(sim_recv(server, b, 20, 0) == 20);
	sim_in_wait = more_comes;
}

/* Another reader takes what a peek waited for: the peek waits on, and sees what comes next. */
static void test_peek_beside(void)
{
	u8 b[20];
	u32 i;

	accept_peer();
	sim_in_wait = other_reads;
	UNIT_CHECK(sim_recv(server, b, 20, MSG_PEEK) == 4);
	for (i = 0; i < 4; i++)
		UNIT_CHECK(b[i] == pattern(20 + i));
	UNIT_CHECK(sim_recv(server, b, 20, MSG_DONTWAIT) == 4);
	drain();
	end_peer();
}

static const struct sockaddr_any nobody = { .family = AF_UNSPEC };
static bool has_waited;

static void disconnect_blocks(void)
{
	sim_blocks = true;
	if (!setjmp(sim_blocked)) {
		(void)server->ops->connect(server, &nobody, 16, false);
		UNIT_CHECK(!"the packets went while a reader was at them");
	}
	sim_blocks = false;
	has_waited = true;
}

static void disconnect(void)
{
	UNIT_CHECK(!server->ops->connect(server, &nobody, 16, false));
}

/* connect(AF_UNSPEC) waits for a reader that copies, and ends one that sleeps. */
static void test_disconnect_beside(void)
{
	static u8 b[5000];

	make_pair();
	UNIT_CHECK(sim_send(client, b, 5000, 0) == 5000);
	sim_run(NSEC_PER_SEC);
	sim_in_copy = disconnect_blocks;
	UNIT_CHECK(sim_recv(server, b, 5000, 0) == 5000 && has_waited);
	mutex_unlock(&tcp_of(server)->send_lock); /* of the call that was left */
	disconnect();
	UNIT_CHECK(sim_recv(server, b, 1, 0) == -ENOTCONN);
	UNIT_CHECK(sim_recv(client, b, 1, 0) == 0 || true);
	sim_close(&server);
	sim_close(&client);
	sim_close(&listener);
	make_pair();
	sim_in_wait = disconnect;
	UNIT_CHECK(sim_recv(server, b, 1, 0) == -EPIPE);
	sim_in_wait = disconnect;
	UNIT_CHECK(sim_recv(client, b, 1, 0) == -ECONNRESET);
	finish();
}

static void reset_comes(void)
{
	inject(TCP_RST, my_seq + 4, 0, 0);
}

/* An error behind bytes is the next call's. */
static void test_error_after_bytes(void)
{
	static u8 b[100000];

	accept_peer();
	inject(TCP_ACK, my_seq, their_seq, 4);
	sim_in_wait = reset_comes;
	UNIT_CHECK(sim_recv(server, b, 20, MSG_WAITALL) == 4);
	UNIT_CHECK(sim_recv(server, b, 20, 0) == -ECONNRESET);
	UNIT_CHECK(sim_recv(server, b, 20, 0) == 0);
	drain();
	sim_close(&server);
	sim_close(&listener);
	accept_peer();
	sim_in_wait = reset_comes;
	my_seq -= 4;
	tcp_of(server)->sndbuf = 4000;
	tcp_of(server)->snd_fixed = true;
	UNIT_CHECK(sim_send(server, b, sizeof(b), 0) > 0);
	UNIT_CHECK(sim_send(server, b, 1, 0) == -ECONNRESET);
	UNIT_CHECK(sim_send(server, b, 1, 0) == -EPIPE);
	drain();
	sim_close(&server);
	sim_close(&listener);
	sim_run(200 * NSEC_PER_SEC);
	UNIT_CHECK(unit_objects == 2);
}

const struct tcp_test tcp_beside_tests[] = {
	{ "peek_beside", test_peek_beside },
	{ "disconnect_beside", test_disconnect_beside },
	{ "error_after_bytes", test_error_after_bytes },
	{ NULL, NULL },
};
