// SPDX-License-Identifier: MPL-2.0
/*
 * What sock_diag(7) tells of internet sockets, in numbers of the machine: diag.c and tcp/diag.c fill
 * it in, kernel/net/netlink/inet_diag.c writes it.
 *
 * A walk goes through a transport's table bucket by bucket. Of each bucket it takes references to a
 * few sockets at a time, so the bucket's lock is held for one walk along the chain, and records are
 * written without it. Where a walk stands is two numbers, a bucket and a place in its chain: as for
 * /proc/net, what comes and goes meanwhile may be missed or told twice.
 *
 * Each batch walks a chain to its place, so chains must be short. Those of UDP and TCP are found by
 * hashes with a secret key, so programs can lengthen a chain only by sockets that have one port and
 * address, of which there are 4096 (struct port_table). Raw sockets have no such bound: they are
 * taken from the list of all (socket_list_next), where a place is an id.
 */
#ifndef KERNEL_INET_DIAG_H
#define KERNEL_INET_DIAG_H

#include <kernel/inet.h>
#include <uapi/sock_diag.h>
#include <uapi/tcp.h>

/* What is wanted. 0: any. */
struct inet_diag_want {
	u32 family, protocol; /* IP_PROTO_TCP, _UDP, _RAW */
	u32 states;           /* bit n: enum tcp_state n */
	u16 local_port, peer_port;
	bool info; /* struct tcp_info, too */
};

struct inet_diag_record {
	u32 family, state;
	struct ip_addr local, peer;
	u16 local_port, peer_port; /* host order */
	u32 ifindex, mark, priority, uid;
	u64 ino, cookie;
	u32 timer, retrans, expires_ms;
	u32 rqueue, wqueue;
	u32 shutdown, tos, tclass;
	u32 options; /* INET_DIAG_RECVERR... */
	u32 raw_protocol;
	bool full; /* a socket; else TIME_WAIT or a request: the fields below say nothing of it */
	bool request; /* and not TIME_WAIT */
	bool tcp, raw, v6only, bound;
	u32 mem[NR_MEMINFO];
	u8 congestion[TCP_CA_NAME_MAX]; /* text, with a NUL behind it */
	struct user_tcp_info info;
};

#define DIAG_BATCH 16u
struct inet_diag_walk {
	u32 bucket;
	u64 place;                  /* of the next socket in the bucket */
	u32 nr, used;               /* of the batch */
	u64 at[DIAG_BATCH];         /* their places */
	struct obj *of[DIAG_BATCH]; /* references; of TCP connections, of TIME_WAIT, or sockets */
	u64 after;                  /* the place behind the batch */
	bool last;                  /* the chain has no more */
	u32 steps;                  /* batches that were taken so far */
};

/*
 * The next socket that is wanted. False: there are no more, or many that were not wanted were passed
 * by (@ended: false): then the caller calls again. Context: task, nothing held.
 */
bool inet_diag_next(struct inet_diag_walk *w, const struct inet_diag_want *want,
	struct inet_diag_record *out, bool *ended);
/* The record that was returned last is to come again from @w->bucket and @w->place. */
void inet_diag_back(struct inet_diag_walk *w);
void inet_diag_walk_end(struct inet_diag_walk *w);
/*
 * The one socket for packets from @k->peer to @k->local. 0, -ENOENT, -EOPNOTSUPP (raw). Context:
 * task.
 */
struct inet_diag_key {
	struct ip_addr local, peer;
	u16 local_port, peer_port;
	u32 ifindex;
};
int must_check inet_diag_find(const struct inet_diag_want *want, const struct inet_diag_key *k,
	struct inet_diag_record *out);
/*
 * Ends the connection or closes the listener with that key and cookie (SOCK_DESTROY): its user gets
 * ECONNABORTED. 0, -ENOENT, -EPERM (it exists, but not @may), -EOPNOTSUPP (not TCP).
 */
int must_check inet_diag_destroy(const struct inet_diag_want *want, const struct inet_diag_key *k,
	u64 cookie, bool may);

/* ---- the parts: a transport's file fills in a batch or a record ---- */

/* What all sockets have; @s: NULL: an orphan. */
void inet_diag_fill(const struct inet_sock *i, struct socket *s, struct inet_diag_record *out);
/* Takes another socket into the batch. */
static inline void inet_diag_take(struct inet_diag_walk *w, u64 place, struct obj *o)
{
	*array_at(w->of, w->nr) = o;
	*array_at(w->at, w->nr) = place;
	w->nr++;
}
/* How many sockets the tables have, of one family: sums of the buckets' counts. */
u32 udp_sockets(u32 family);
u32 tcp_sockets(u32 family);
void udp_diag_batch(struct inet_diag_walk *w, u32 family);
void raw_diag_batch(struct inet_diag_walk *w, u32 family);
void tcp_diag_batch(struct inet_diag_walk *w, u32 family);
#define UDP_DIAG_BUCKETS 1024u
#define RAW_DIAG_BUCKETS 1u /* the list of all */
extern const u32 tcp_diag_buckets;
/* False: the state is not wanted, or none that is told. */
bool tcp_diag_record(struct obj *o, u32 bucket, const struct inet_diag_want *want,
	struct inet_diag_record *out);
int must_check tcp_diag_find(const struct inet_diag_want *want, const struct inet_diag_key *k,
	struct inet_diag_record *out);
int must_check tcp_diag_destroy(const struct inet_diag_key *k, u64 cookie, bool may);
void udp_diag_fill(struct socket *s, struct inet_diag_record *out);
int must_check udp_diag_find(const struct inet_diag_key *k, struct inet_diag_record *out);
void raw_diag_fill(struct socket *s, struct inet_diag_record *out);

#endif
