// SPDX-License-Identifier: MPL-2.0
/*
 * Settings of TCP, and the account of the memory that they bound (tcp_mem). For the files of this
 * folder only; part of tcp.h.
 */
#ifndef KERNEL_NET_INET_TCP_SETTINGS_H
#define KERNEL_NET_INET_TCP_SETTINGS_H

#include <frame/atomic.h>
#include <frame/page.h>

/* /proc/sys/net/ipv4/tcp_*; settings.c. */
struct tcp_settings {
	u32 rmem[3], wmem[3];
	u64 mem_pages[3];
	u32 syn_retries, synack_retries, retries2, orphan_retries;
	u32 keep_time_s, keep_intvl_s, keep_probes, fin_timeout_s;
	u32 max_syn_backlog, max_orphans, max_tw_buckets;
	u32 challenge_ack_limit, invalid_ratelimit_ms;
	u32 syncookies, ecn, tw_reuse, timestamps;
	u32 sack, frto, window_scaling, slow_start_after_idle, moderate_rcvbuf, rfc1337;
};
extern struct tcp_settings tcp_settings;
void tcp_settings_init(void);

/* Bytes that all connections hold (window.c). */
extern struct atomic tcp_memory;
static always_inline void tcp_memory_charge(u32 n)
{
	atomic_add_relaxed(&tcp_memory, n);
}
static always_inline void tcp_memory_uncharge(u32 n)
{
	atomic_add_relaxed(&tcp_memory, -(u64)n);
}
static always_inline bool tcp_memory_low(void)
{
	return atomic_load(&tcp_memory) >> PAGE_SHIFT > tcp_settings.mem_pages[1];
}
static always_inline bool tcp_memory_out(void)
{
	return atomic_load(&tcp_memory) >> PAGE_SHIFT > tcp_settings.mem_pages[2];
}

#endif
