// SPDX-License-Identifier: MPL-2.0
/*
 * Hashes of a connection's key, and numbers that only this machine can foresee (hash.c). Included
 * by tcp.h.
 */
#ifndef KERNEL_NET_INET_TCP_HASH_H
#define KERNEL_NET_INET_TCP_HASH_H

void tcp_hash_init(void);
u32 tcp_key_hash(const struct tcp_key *k);
/* Keyed by secrets of the machine (RFC 6528): numbers that only we can compute. */
enum tcp_secret_use {
	SECRET_START = 1,
	SECRET_COOKIE,
	SECRET_MINUTES, /* and the minute above these 8 bits */
	SECRET_LISTENER,
	SECRET_PORT
};
u64 tcp_secret(const struct tcp_key *k, u64 what);
/* Where a connection that begins now has its sequence numbers and its time stamps. */
struct tcp_start {
	u32 isn, ts_offset;
};
struct tcp_start tcp_start_numbers(const struct tcp_key *k);

#endif
