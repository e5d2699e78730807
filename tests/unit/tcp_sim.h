// SPDX-License-Identifier: MPL-2.0
/*
 * What TCP runs on in tests/unit: a simulated clock, network, and the frame's and kernel's
 * functions that it calls. Both ends of a connection are in one stack, at addresses of their own.
 * Packets that go to SIM_PEER are kept for the test, which answers them by hand.
 *
 * Time passes only in sim_step, which delivers the next packet or fires the next timer. A wait of
 * the code (wait_event) takes one step.
 */
#ifndef UNIT_TCP_SIM_H
#define UNIT_TCP_SIM_H

#include <setjmp.h>

#include "../../kernel/net/inet/tcp/tcp.h"
#include "sim_frame.h"

#define SIM_CLIENT ip4_addr(0x0a000001)
#define SIM_SERVER ip4_addr(0x0a000002)
#define SIM_PEER   ip4_addr(0x0a000009)

/* How the network treats packets; per thousand. */
struct sim_network {
	u32 loss, duplicate, reorder, corrupt, mark; /* mark: CE */
	u64 delay_ns, jitter_ns;
	u64 rate;  /* bytes in a second, each way; 0: no limit */
	u32 queue; /* bytes that wait for the link; what finds it full is dropped */
	u32 mtu;
	bool whole; /* large packets are not cut: loopback */
};
extern struct sim_network sim_net;
extern u64 sim_sent; /* packets on the wire */
extern u32 sim_first_port, sim_last_port;
/* Another task: called once, in the next wait; sim_in_copy: in the next copy. */
extern void (*sim_in_wait)(void);
/* With sim_blocks, a mutex that is held ends the call by a jump to here. */
extern void (*sim_in_wake)(struct socket *s); /* in each socket_wake_all */
extern jmp_buf sim_blocked;
extern bool sim_blocks;

void sim_start(u64 seed);
/* False: nothing is left to happen before @until. */
bool sim_step(u64 until);
void sim_run(u64 ns);
/* Prints how many objects of each type there are. */
void sim_list(void);

struct socket *sim_socket(void);
int sim_bind(struct socket *s, struct ip_addr a, u16 port);
int sim_connect(struct socket *s, struct ip_addr a, u16 port, bool nonblock);
struct socket *sim_listen(struct ip_addr a, u16 port, u32 backlog);
ssize_t sim_send(struct socket *s, const u8 *bytes, size_t n, u32 flags);
ssize_t sim_recv(struct socket *s, u8 *bytes, size_t n, u32 flags);
void sim_close(struct socket **s);
int sim_setopt(struct socket *s, s32 name, s32 v);

/* A segment from or to SIM_PEER. */
struct sim_segment {
	u16 from, to;
	u32 seq, ack, flags, window, len;
	bool has_ts;
	u32 ts_value, ts_echo;
	u16 mss;
	s32 wscale; /* -1: none */
	bool sack_ok;
	u32 nr_sacks;
	struct tcp_range sack[4];
	u32 urgent;
	struct ip_addr source; /* zero: SIM_PEER */
	u8 data[64];
};
/* Sends it from @source to SIM_SERVER, and lets it arrive at once. */
void sim_inject(const struct sim_segment *g);
/* The next one that was sent to SIM_PEER; false: there is none. */
bool sim_capture(struct sim_segment *g);

/* The MTU of a path that was learned last; 0: none. */
extern u32 sim_learned;

#endif
