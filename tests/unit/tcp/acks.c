// SPDX-License-Identifier: MPL-2.0
/* What the receiver answers: time stamps, SACK blocks, and acknowledgements that wait. */
#include "tcp.h"

/* RFC 7323: an old time stamp is dropped and answered, whatever its number. */
static void test_paws(void)
{
	u8 b[8];

	ts_clock = 100000;
	accept_peer();
	inject(TCP_ACK, my_seq, their_seq, 4);
	expect(TCP_ACK);
	UNIT_CHECK(seen.ack == my_seq + 4 && seen.ts_echo == ts_clock);
	ts_clock -= 5000;
	inject(TCP_ACK, my_seq + 4, their_seq, 4);
	expect(TCP_ACK);
	UNIT_CHECK(seen.ack == my_seq + 4);
	UNIT_CHECK(sim_recv(server, b, 8, MSG_DONTWAIT) == 4);
	UNIT_CHECK(sim_recv(server, b, 8, MSG_DONTWAIT) == -EAGAIN);
	/* But after 24 days it counts again. */
	sim_now += 25ul * 24 * 3600 * NSEC_PER_SEC;
	inject(TCP_ACK, my_seq + 4, their_seq, 4);
	UNIT_CHECK(sim_recv(server, b, 8, MSG_DONTWAIT) == 4);
	drain();
	end_peer();
	ts_clock = 0;
}

/* Data behind a gap: SACK blocks, the youngest first; duplicates bring a DSACK. */
static void test_gaps(void)
{
	u8 b[64];
	u32 i;

	ts_clock = 5;
	accept_peer();
	inject(TCP_ACK, my_seq + 20, their_seq, 10);
	expect(TCP_ACK);
	UNIT_CHECK(seen.nr_sacks == 1 && seen.sack[0].start == my_seq + 20 &&
		seen.sack[0].end == my_seq + 30 && seen.ack == my_seq);
	inject(TCP_ACK, my_seq + 40, their_seq, 10);
	expect(TCP_ACK);
	UNIT_CHECK(seen.nr_sacks == 2 && seen.sack[0].start == my_seq + 40);
	inject(TCP_ACK, my_seq + 20, their_seq, 10);
	expect(TCP_ACK);
	UNIT_CHECK(seen.nr_sacks == 3 && seen.sack[0].start == my_seq + 20 &&
		seen.sack[0].end == my_seq + 30);
	/* Overlaps on both sides join the two. */
	inject(TCP_ACK, my_seq + 25, their_seq, 20);
	expect(TCP_ACK);
	inject(TCP_ACK, my_seq, their_seq, 25);
	expect(TCP_ACK);
	UNIT_CHECK(seen.ack == my_seq + 50 && tcp_of(server)->nr_islands == 0);
	UNIT_CHECK(sim_recv(server, b, 64, MSG_DONTWAIT) == 50);
	for (i = 0; i < 50; i++)
		UNIT_CHECK(b[i] == pattern(i));
	inject(TCP_ACK, my_seq, their_seq, 25);
	expect(TCP_ACK);
	UNIT_CHECK(seen.nr_sacks == 1 && seen.sack[0].start == my_seq &&
		seen.sack[0].end == my_seq + 25);
	end_peer();
	ts_clock = 0;
}

/* The last acknowledgement, after those that wait for a millisecond. */
static void last_ack(void)
{
	u32 n = 0;

	sim_run(2 * NSEC_PER_MSEC);
	while (sim_capture(&seen))
		n++;
	UNIT_CHECK(n && seen.flags == TCP_ACK);
}

/* The @i-th block reports @len bytes at @at. */
static void expect_block(u32 i, u32 at, u32 len)
{
	UNIT_CHECK(i < seen.nr_sacks);
	UNIT_CHECK(seen.sack[i].start == my_seq + at && seen.sack[i].end == my_seq + at + len);
}

/* With many islands the first block is still that of the segment which drew the acknowledgement. */
static void test_many_islands(void)
{
	u32 i;

	ts_clock = 10;
	accept_peer();
	for (i = 0; i < 100; i++) {
		inject(TCP_ACK, my_seq + 10 + i * 8, their_seq, 4);
		last_ack();
		expect_block(0, 10 + i * 8, 4);
	}
	inject(TCP_ACK, my_seq + 14 + 80 * 8, their_seq, 2);
	last_ack();
	expect_block(0, 10 + 80 * 8, 6);
	end_peer();
	ts_clock = 0;
}

/* Blocks stand from the newest to the oldest, and four are remembered (RFC 2018, 4; Linux). */
static void test_sack_order(void)
{
	u32 i;

	ts_clock = 10;
	accept_peer();
	for (i = 0; i < 6; i++)
		inject(TCP_ACK, my_seq + 10 + i * 10, their_seq, 4);
	last_ack();
	UNIT_CHECK(seen.nr_sacks == 3);
	for (i = 0; i < 3; i++)
		expect_block(i, 60 - i * 10, 4);
	/* An older island grows, and comes first. */
	inject(TCP_ACK, my_seq + 44, their_seq, 2);
	last_ack();
	expect_block(0, 40, 6);
	expect_block(1, 60, 4);
	expect_block(2, 50, 4);
	/* Two become one. */
	inject(TCP_ACK, my_seq + 54, their_seq, 6);
	last_ack();
	expect_block(0, 50, 14);
	expect_block(1, 40, 6);
	expect_block(2, 30, 4);
	/* What is acknowledged is not reported, and what was forgotten does not come back. */
	inject(TCP_ACK, my_seq, their_seq, 40);
	last_ack();
	UNIT_CHECK(seen.ack == my_seq + 46 && seen.nr_sacks == 2);
	expect_block(0, 10, 4); /* came twice */
	expect_block(1, 50, 14);
	end_peer();
	ts_clock = 0;
}

/* Of many segments behind a gap only the first are acknowledged one by one. */
static void test_compressed_acks(void)
{
	u32 i;

	ts_clock = 10;
	accept_peer();
	for (i = 0; i < 16; i++) { /* those of a new connection go at once */
		inject(TCP_ACK, my_seq, their_seq, 10);
		expect(TCP_ACK);
		my_seq += 10;
	}
	for (i = 0; i < 3; i++) {
		inject(TCP_ACK, my_seq + 10 + i * 10, their_seq, 10);
		expect(TCP_ACK);
	}
	for (; i < 20; i++)
		inject(TCP_ACK, my_seq + 10 + i * 10, their_seq, 10);
	expect_nothing();
	sim_run(2 * NSEC_PER_MSEC);
	expect(TCP_ACK);
	expect_block(0, 10, 200);
	expect_nothing();
	UNIT_CHECK(tcp_counter_sum(TCP_ACK_COMPRESSED) == 17);
	/* The gap is filled: this is said at once. */
	inject(TCP_ACK, my_seq, their_seq, 10);
	expect(TCP_ACK);
	UNIT_CHECK(seen.ack == my_seq + 210 && !seen.nr_sacks);
	my_seq += 210;
	/* 44 are the most that one stands for. */
	for (i = 0; i < 3 + 45; i++)
		inject(TCP_ACK, my_seq + 10 + i * 10, their_seq, 10);
	for (i = 0; i < 4; i++)
		expect(TCP_ACK);
	expect_block(0, 10, 480);
	expect_nothing();
	/* No block is pushed out before it was reported. */
	for (i = 0; i < 4; i++)
		inject(TCP_ACK, my_seq + 1000 + i * 20, their_seq, 10);
	expect(TCP_ACK);
	expect_block(0, 1020, 10);
	expect_block(2, 10, 480);
	expect(TCP_ACK);
	expect_block(0, 1040, 10);
	expect_block(2, 1000, 10);
	expect_nothing();
	end_peer();
	ts_clock = 0;
}

const struct tcp_test tcp_acks_tests[] = {
	{ "paws", test_paws },
	{ "gaps", test_gaps },
	{ "many_islands", test_many_islands },
	{ "sack_order", test_sack_order },
	{ "compressed_acks", test_compressed_acks },
	{ NULL, NULL },
};
