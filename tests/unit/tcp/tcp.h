// SPDX-License-Identifier: MPL-2.0
/*
 * What the tests of TCP share. Each file has the tests of one subject, and a table of them, which
 * ends with an empty row; tests/unit/tcp.c runs one.
 */
#ifndef UNIT_TCP_TCP_H
#define UNIT_TCP_TCP_H

#include "../tcp_sim.h"

struct tcp_test {
	const char *name;
	void (*run)(void);
};
extern const struct tcp_test tcp_transfer_tests[];
extern const struct tcp_test tcp_connect_tests[];
extern const struct tcp_test tcp_close_tests[];
extern const struct tcp_test tcp_listen_tests[];
extern const struct tcp_test tcp_loss_tests[];
extern const struct tcp_test tcp_rack_tests[];
extern const struct tcp_test tcp_acks_tests[];
extern const struct tcp_test tcp_window_tests[];
extern const struct tcp_test tcp_urgent_tests[];
extern const struct tcp_test tcp_beside_tests[];
extern const struct tcp_test tcp_fuzz_tests[];

/* ---- pair.c: both ends are in this stack ---- */

extern struct socket *listener, *client, *server;

/* A connection from the client's address to the server's. */
void make_pair(void);
/* The connection that waits at the listener becomes the server. */
void no_wait_accept(void);
/* The byte at position @i of a stream. */
u8 pattern(u64 i);
/* Sends @total bytes each way at once, in pieces of any size; all must arrive, and in order. */
void transfer(u64 total, bool both);
/* Both ends close; in the end nothing is left. */
void finish(void);
/* Sums and orders that must hold whatever comes. */
void check_sums(const struct tcp_sock *ts);

/* ---- peer.c: the other end is SIM_PEER, by hand ---- */

/* The segment that was sent to the peer last. */
extern struct sim_segment seen;
/* The state of the connection as the peer sees it; ts_clock: its time stamps, 0: none. */
extern u32 my_seq, their_seq, ts_clock;

/* The next segment that was sent to the peer must have these flags. */
void expect(u32 flags);
void expect_nothing(void);
/* Takes all that was sent to the peer. */
void drain(void);
void inject(u32 flags, u32 seq, u32 ack, u32 len);
void syn(u16 port, u32 seq, bool options);
/* A connection from SIM_PEER, whose initial number is 1000; time stamps if ts_clock is set. */
void accept_peer(void);
/* A reset ends it, and nothing is left. */
void end_peer(void);
/* Such a connection, and a flight of ten segments after a round trip of 20 ms. */
void send_ten(void);
/* The peer reports the segments [@from, @to) of the flight. */
void inject_sack(u32 from, u32 to);

#endif
