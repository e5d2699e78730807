// SPDX-License-Identifier: MPL-2.0
/*
 * TCP_INFO (tcp(7)). Linux counts segments where this stack counts bytes. A number of segments is
 * what the bytes would be in full ones, rounded up. What this stack does not measure is 0, or has
 * the value that Linux has at first (reordering 3). The caller holds ts->lock, so all numbers are
 * of one moment.
 */
#include "tcp.h"

static u32 usec(u64 ns)
{
	return (u32)min(ns / NSEC_PER_USEC, 0xfffffffful);
}

static u32 since_ms(u64 then, u64 now)
{
	return then ? (u32)((now - then) / NSEC_PER_MSEC) : 0;
}

static u32 segments(const struct tcp_sock *ts, u32 bytes)
{
	return (bytes + max(ts->mss, 1u) - 1) / max(ts->mss, 1u);
}

static void path_info(const struct tcp_sock *ts, struct user_tcp_info *i)
{
	i->rto = usec(ts->rto_ns);
	i->ato = usec(TCP_DELACK_MIN_NS);
	i->snd_mss = ts->mss;
	i->rcv_mss = ts->rcv_mss;
	i->pmtu = ts->pmtu;
	i->advmss = ts->advmss;
	i->rtt = usec(ts->srtt8 / 8);
	i->rttvar = usec(ts->rttvar4 / 4);
	i->min_rtt = ts->min_rtt_ns ? usec(ts->min_rtt_ns) : ~0u;
	i->snd_ssthresh = ts->ssthresh >= TCP_SSTHRESH_NONE ? TCP_SSTHRESH_NONE
							    : segments(ts, ts->ssthresh);
	i->snd_cwnd = segments(ts, ts->cwnd);
	i->reordering = 3;
	i->rcv_ssthresh = ts->rcvbuf / 2;
	i->rcv_space = ts->tune_space;
	i->snd_wnd = ts->snd_wnd;
	i->rcv_wnd = tcp_window_left(ts);
	i->rcv_rtt = usec(ts->rcv_rtt8 / 8);
	if (ts->srtt8)
		i->pacing_rate = (u64)ts->cwnd * NSEC_PER_SEC / max(ts->srtt8 / 8, 1ul);
	i->max_pacing_rate = ~0ul;
}

static void count_info(const struct tcp_sock *ts, struct user_tcp_info *i)
{
	i->unacked = segments(ts, ts->snd_nxt - ts->snd_una);
	i->sacked = segments(ts, ts->sacked);
	i->lost = segments(ts, ts->lost);
	i->retrans = segments(ts, ts->retrans);
	i->total_retrans = ts->total_retrans;
	i->bytes_acked = ts->bytes_acked;
	i->bytes_received = ts->bytes_received;
	i->bytes_sent = ts->bytes_sent;
	i->bytes_retrans = ts->bytes_retrans;
	i->segs_in = ts->segs_in;
	i->segs_out = ts->segs_out;
	i->data_segs_in = ts->data_segs_in;
	i->data_segs_out = ts->data_segs_out;
	i->notsent_bytes = ts->write_seq - ts->snd_nxt;
	i->delivered = ts->delivered;
	i->delivered_ce = ts->delivered_ce;
	i->dsack_dups = ts->dsack_dups;
	i->reord_seen = ts->reord_seen;
	i->rcv_ooopack = ts->rcv_ooo;
}

void tcp_get_info(struct tcp_sock *ts, struct user_tcp_info *i)
{
	u64 now = time_mono_ns();

	*i = (struct user_tcp_info){ .state = ts->state };
	if (ts->state == TCP_LISTEN) {
		/* As Linux: the queue's length and its limit. */
		i->unacked = ts->nr_accept;
		i->sacked = ts->backlog;
		return;
	}
	i->ca_state = ts->recovery;
	i->retransmits = (u8)min(ts->retries, 255u);
	i->probes = (u8)min(ts->probes, 255u);
	i->backoff = (u8)ts->backoff;
	i->options = (u8)((ts->ts_ok ? TCPI_OPT_TIMESTAMPS : 0) |
		(ts->sack_ok ? TCPI_OPT_SACK : 0) | (ts->wscale_ok ? TCPI_OPT_WSCALE : 0) |
		(ts->ecn_ok ? TCPI_OPT_ECN : 0));
	i->wscales = (u8)(ts->snd_wscale | ts->rcv_wscale << 4);
	i->last_data_sent = since_ms(ts->last_snd_ns, now);
	i->last_data_recv = since_ms(ts->last_rcv_ns, now);
	i->last_ack_recv = since_ms(ts->last_ack_ns, now);
	i->busy_time = (ts->busy_ns + (ts->busy_since_ns ? now - ts->busy_since_ns : 0)) /
		NSEC_PER_USEC;
	path_info(ts, i);
	count_info(ts, i);
}
