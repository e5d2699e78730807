// SPDX-License-Identifier: MPL-2.0
/*
 * The parameters of TCP below /proc/sys/net/ipv4 (kernel/net/inet/tcp/settings.c). See tcp(7).
 *
 * TCP_SETTINGS has a line for each number: its name in /proc, its field of struct tcp_settings, and
 * the range that Linux gives it. A number is one word, which TCP reads at each use without a lock:
 * a reader sees the old value or the new one.
 */
#ifndef KERNEL_TCP_SETTINGS_H
#define KERNEL_TCP_SETTINGS_H

#include <frame/span.h>
#include <frame/types.h>

#define TCP_MOST    0x7fffffffu
#define TCP_SECONDS 8589934u /* the most that Linux's ticks hold */

#define TCP_SETTINGS(X)                                              \
	X(tcp_challenge_ack_limit, challenge_ack_limit, 0, TCP_MOST) \
	X(tcp_ecn, ecn, 0, 2)                                        \
	X(tcp_fin_timeout, fin_timeout_s, 0, TCP_SECONDS)            \
	X(tcp_frto, frto, 0, 255)                                    \
	X(tcp_invalid_ratelimit, invalid_ratelimit_ms, 0, TCP_MOST)  \
	X(tcp_keepalive_intvl, keep_intvl_s, 1, TCP_SECONDS)         \
	X(tcp_keepalive_probes, keep_probes, 0, 255)                 \
	X(tcp_keepalive_time, keep_time_s, 1, TCP_SECONDS)           \
	X(tcp_max_orphans, max_orphans, 0, TCP_MOST)                 \
	X(tcp_max_syn_backlog, max_syn_backlog, 0, TCP_MOST)         \
	X(tcp_max_tw_buckets, max_tw_buckets, 0, TCP_MOST)           \
	X(tcp_moderate_rcvbuf, moderate_rcvbuf, 0, 255)              \
	X(tcp_orphan_retries, orphan_retries, 0, 255)                \
	X(tcp_retries2, retries2, 0, 255)                            \
	X(tcp_rfc1337, rfc1337, 0, 255)                              \
	X(tcp_sack, sack, 0, 255)                                    \
	X(tcp_slow_start_after_idle, slow_start_after_idle, 0, 255)  \
	X(tcp_syn_retries, syn_retries, 1, 127)                      \
	X(tcp_synack_retries, synack_retries, 0, 255)                \
	X(tcp_syncookies, syncookies, 0, 255)                        \
	X(tcp_timestamps, timestamps, 0, 255)                        \
	X(tcp_tw_reuse, tw_reuse, 0, 2)                              \
	X(tcp_window_scaling, window_scaling, 0, 255)

#define TCP_SETTING_ENUM(name, field, least, most) SETTING_##name,
enum tcp_setting { TCP_SETTINGS(TCP_SETTING_ENUM) NR_TCP_SETTINGS };

/* The present value; 0, or -EINVAL: @v is out of range. Context: any. */
u64 tcp_setting_get(enum tcp_setting s);
int must_check tcp_setting_set(enum tcp_setting s, u64 v);

/* Three numbers in one file: tcp_rmem, tcp_wmem (bytes), tcp_mem (pages). As above; @i: 0 to 2. */
enum tcp_triple { TCP_RMEM, TCP_WMEM, TCP_MEM };
u64 tcp_triple_get(enum tcp_triple t, u32 i);
int must_check tcp_triple_set(enum tcp_triple t, u32 i, u64 v);

/* The congestion control of new sockets. -ENOENT: there is none of this name. Context: any. */
struct lit tcp_congestion_name(void);
int must_check tcp_congestion_set(struct cspan name);

#endif
