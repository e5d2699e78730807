// SPDX-License-Identifier: MPL-2.0
/* A peer whose segments are made by hand. See tcp.h. */
#include "tcp.h"

struct sim_segment seen;
u32 my_seq, their_seq, ts_clock;

void expect(u32 flags)
{
	UNIT_CHECK(sim_capture(&seen));
	if (seen.flags != flags)
		printf("flags %x, not %x; seq %u ack %u len %u\n", seen.flags, flags, seen.seq,
			seen.ack, seen.len);
	UNIT_CHECK(seen.flags == flags);
}

void expect_nothing(void)
{
	struct sim_segment g;

	if (sim_capture(&g)) {
		printf("a segment: flags %x seq %u ack %u len %u\n", g.flags, g.seq, g.ack, g.len);
		UNIT_CHECK(!"nothing was expected");
	}
}

void drain(void)
{
	while (sim_capture(&seen))
		;
}

void inject(u32 flags, u32 seq, u32 ack, u32 len)
{
	struct sim_segment g = { .from = 5000,
		.to = 80,
		.seq = seq,
		.ack = ack,
		.flags = flags,
		.window = 60000,
		.len = len,
		.wscale = -1,
		.has_ts = ts_clock != 0,
		.ts_value = ts_clock,
		.ts_echo = seen.ts_value };
	u32 i;

	for (i = 0; i < len; i++)
		g.data[i] = pattern(seq - 1001 + i);
	sim_inject(&g);
}

void syn(u16 port, u32 seq, bool options)
{
	struct sim_segment g = { .from = port,
		.to = 80,
		.seq = seq,
		.flags = TCP_SYN,
		.window = 60000,
		.wscale = options ? 7 : -1,
		.mss = 1460,
		.sack_ok = options,
		.has_ts = options,
		.ts_value = ts_clock };

	sim_inject(&g);
}

void accept_peer(void)
{
	listener = sim_listen(SIM_SERVER, 80, 16);
	syn(5000, 1000, ts_clock != 0);
	expect(TCP_SYN | TCP_ACK);
	UNIT_CHECK(seen.ack == 1001);
	UNIT_CHECK(seen.mss == 1460);
	their_seq = seen.seq + 1;
	my_seq = 1001;
	sim_run(20 * NSEC_PER_MSEC);
	inject(TCP_ACK, my_seq, their_seq, 0);
	expect_nothing();
	no_wait_accept();
}

void end_peer(void)
{
	inject(TCP_RST | TCP_ACK, tcp_of(server)->rcv_nxt, 0, 0);
	UNIT_CHECK(tcp_of(server)->state == TCP_CLOSE);
	sim_close(&server);
	if (listener)
		sim_close(&listener);
	sim_run(200 * NSEC_PER_SEC);
	UNIT_CHECK(unit_objects == 2 && !atomic_load(&tcp_memory));
}

void send_ten(void)
{
	u8 b[14480] = { 0 };
	u32 i;

	ts_clock = 10;
	accept_peer();
	/* A round-trip time of 20 ms is known. */
	UNIT_CHECK(sim_send(server, b, 1, 0) == 1);
	expect(TCP_ACK | TCP_PSH);
	sim_run(20 * NSEC_PER_MSEC);
	their_seq++;
	inject(TCP_ACK, my_seq, their_seq, 0);
	UNIT_CHECK(sim_send(server, b, 14480, 0) == 14480);
	for (i = 0; i < 10; i++) {
		UNIT_CHECK(sim_capture(&seen));
		UNIT_CHECK(seen.len == 1448 && seen.seq == their_seq + i * 1448);
	}
	expect_nothing();
}

void inject_sack(u32 from, u32 to)
{
	struct sim_segment g = { .from = 5000,
		.to = 80,
		.seq = my_seq,
		.ack = their_seq,
		.flags = TCP_ACK,
		.window = 60000,
		.wscale = -1,
		.has_ts = true,
		.ts_value = ts_clock,
		.ts_echo = seen.ts_value,
		.nr_sacks = 1 };

	g.sack[0] = (struct tcp_range){ their_seq + from * 1448, their_seq + to * 1448 };
	sim_inject(&g);
}
