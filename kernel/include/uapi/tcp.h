// SPDX-License-Identifier: MPL-2.0
/* TCP in the Linux ABI. See tcp(7). */
#ifndef UAPI_TCP_H
#define UAPI_TCP_H

#include <frame/types.h>

#define SOL_TCP 6

enum tcp_option {
	TCP_NODELAY = 1,
	TCP_MAXSEG = 2,
	TCP_CORK = 3,
	TCP_KEEPIDLE = 4,
	TCP_KEEPINTVL = 5,
	TCP_KEEPCNT = 6,
	TCP_SYNCNT = 7,
	TCP_LINGER2 = 8,
	TCP_DEFER_ACCEPT = 9,
	TCP_WINDOW_CLAMP = 10,
	TCP_INFO = 11,
	TCP_QUICKACK = 12,
	TCP_CONGESTION = 13,
	TCP_USER_TIMEOUT = 18,
	TCP_FASTOPEN = 23,
	TCP_TIMESTAMP = 24,
	TCP_NOTSENT_LOWAT = 25,
};

#define TCP_CA_NAME_MAX 16u

/* struct tcp_info, up to what Linux 6.1 has. */
struct user_tcp_info {
	u8 state, ca_state, retransmits, probes, backoff, options;
	u8 wscales; /* the peer's in the low half, ours in the high */
	u8 app_limited;
	u32 rto, ato, snd_mss, rcv_mss;
	u32 unacked, sacked, lost, retrans, fackets;
	u32 last_data_sent, last_ack_sent, last_data_recv, last_ack_recv;
	u32 pmtu, rcv_ssthresh, rtt, rttvar, snd_ssthresh, snd_cwnd, advmss, reordering;
	u32 rcv_rtt, rcv_space, total_retrans;
	u64 pacing_rate, max_pacing_rate, bytes_acked, bytes_received;
	u32 segs_out, segs_in, notsent_bytes, min_rtt, data_segs_in, data_segs_out;
	u64 delivery_rate, busy_time, rwnd_limited, sndbuf_limited;
	u32 delivered, delivered_ce;
	u64 bytes_sent, bytes_retrans;
	u32 dsack_dups, reord_seen, rcv_ooopack, snd_wnd;
	u32 rcv_wnd, rehash; /* Linux goes on with counts of timeouts */
};
static_assert(sizeof(struct user_tcp_info) == 240, "struct tcp_info");
#define TCPI_OPT_TIMESTAMPS 1
#define TCPI_OPT_SACK       2
#define TCPI_OPT_WSCALE     4
#define TCPI_OPT_ECN        8

#endif
