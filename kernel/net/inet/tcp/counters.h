// SPDX-License-Identifier: MPL-2.0
/*
 * What TCP counts for /proc/net/snmp and netstat (counters.c); the names are Linux's.
 */
#ifndef KERNEL_NET_INET_TCP_COUNTERS_H
#define KERNEL_NET_INET_TCP_COUNTERS_H

#include <frame/atomic.h>
#include <frame/cpu.h>
#include <frame/types.h>

enum tcp_counter {
	TCP_NOTHING, /* what does not happen here */
	TCP_ACTIVE_OPENS,
	TCP_PASSIVE_OPENS,
	TCP_ATTEMPT_FAILS,
	TCP_ESTAB_RESETS,
	TCP_CURR_ESTAB, /* each CPU adds and subtracts; the sum counts */
	TCP_IN_SEGS,
	TCP_OUT_SEGS,
	TCP_RETRANS_SEGS,
	TCP_IN_ERRS,
	TCP_OUT_RSTS,
	TCP_IN_CSUM_ERRORS,
	TCP_SYNCOOKIES_SENT,
	TCP_SYNCOOKIES_RECV,
	TCP_SYNCOOKIES_FAILED,
	TCP_EMBRYONIC_RSTS,
	TCP_PRUNE_CALLED,
	TCP_OFO_PRUNED,
	TCP_OUT_OF_WINDOW_ICMPS,
	TCP_TIMEWAITED,
	TCP_TIMEWAIT_RECYCLED,
	TCP_PAWS_ESTAB,
	TCP_DELAYED_ACKS,
	TCP_DELAYED_ACK_LOST,
	TCP_LISTEN_OVERFLOWS,
	TCP_LISTEN_DROPS,
	TCP_PURE_ACKS,
	TCP_RENO_RECOVERY,
	TCP_SACK_RECOVERY,
	TCP_SACK_RENEGING,
	TCP_SACK_REORDER,
	TCP_FULL_UNDO,
	TCP_DSACK_UNDO,
	TCP_LOSS_UNDO,
	TCP_SPURIOUS_RTOS,
	TCP_LOST_RETRANSMIT,
	TCP_RENO_FAILURES,
	TCP_SACK_FAILURES,
	TCP_LOSS_FAILURES,
	TCP_FAST_RETRANS,
	TCP_SLOW_START_RETRANS,
	TCP_TIMEOUTS,
	TCP_LOSS_PROBES,
	TCP_LOSS_PROBE_RECOVERY,
	TCP_RENO_RECOVERY_FAIL,
	TCP_SACK_RECOVERY_FAIL,
	TCP_DSACK_OLD_SENT,
	TCP_DSACK_OFO_SENT,
	TCP_DSACK_RECV,
	TCP_DSACK_OFO_RECV,
	TCP_ABORT_ON_DATA,
	TCP_ABORT_ON_CLOSE,
	TCP_ABORT_ON_MEMORY,
	TCP_ABORT_ON_TIMEOUT,
	TCP_ABORT_ON_LINGER,
	TCP_ABORT_FAILED,
	TCP_DEFER_ACCEPT_DROP,
	TCP_TIMEWAIT_OVERFLOW,
	TCP_REQ_Q_FULL_DO_COOKIES,
	TCP_REQ_Q_FULL_DROP,
	TCP_RETRANS_FAIL,
	TCP_OFO_QUEUE,
	TCP_OFO_DROP,
	TCP_OFO_MERGE,
	TCP_CHALLENGE_ACK,
	TCP_SYN_CHALLENGE,
	TCP_SYN_RETRANS,
	TCP_ORIG_DATA_SENT,
	TCP_SKIPPED_SYN_RECV,
	TCP_SKIPPED_PAWS,
	TCP_SKIPPED_SEQ,
	TCP_SKIPPED_TIMEWAIT,
	TCP_SKIPPED_CHALLENGE,
	TCP_WIN_PROBE,
	TCP_KEEPALIVE,
	TCP_DELIVERED,
	TCP_DELIVERED_CE,
	TCP_DSACK_RECV_SEGS,
	TCP_ACK_COMPRESSED,
	TCP_HYSTART_DELAY,
	TCP_HYSTART_DELAY_CWND,
	TCP_REVERSE_PATH, /* IPv4's rp_filter, which counts elsewhere */
	NR_TCP_COUNTERS
};
struct tcp_counters {
	u64 of[NR_TCP_COUNTERS];
};
extern struct tcp_counters tcp_counters[MAX_CPUS];
/* Counts on this CPU, which alone writes its counters (the kernel is not preempted). */
static always_inline void tcp_count_add(enum tcp_counter c, u64 by)
{
	struct tcp_counters *const at = array_at(tcp_counters, cpu_id());
	u64 *const n = array_at(at->of, c);

	store_once(*n, *n + by);
}
static always_inline void tcp_count(enum tcp_counter c)
{
	tcp_count_add(c, 1);
}
/* Adds @by to two counters. */
static always_inline void tcp_count_two(enum tcp_counter one, enum tcp_counter other, u64 by)
{
	struct tcp_counters *const at = array_at(tcp_counters, cpu_id());

	store_once(*array_at(at->of, one), *array_at(at->of, one) + by);
	store_once(*array_at(at->of, other), *array_at(at->of, other) + by);
}
u64 tcp_counter_sum(enum tcp_counter c);

#endif
