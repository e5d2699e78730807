// SPDX-License-Identifier: MPL-2.0
/*
 * What acknowledgements say, loss detection, recovery and congestion control: between ack.c, sack.c,
 * rack.c, rtt.c, recover.c and congestion.c. Included by tcp.h. ts->lock is held everywhere.
 */
#ifndef KERNEL_NET_INET_TCP_RECOVERY_H
#define KERNEL_NET_INET_TCP_RECOVERY_H

/* ---- ack.c, rtt.c ---- */
/* What one segment has told about ours. */
struct tcp_ack_state {
	u32 acked;     /* bytes acknowledged in sequence */
	u32 delivered; /* bytes acknowledged or sacked for the first time */
	u32 newly_lost;
	u64 rtt_ns; /* of the segment that was sent last; 0: none */
	bool dsack, ece, data;
	bool undo;     /* all retransmissions were needless */
	bool late;     /* tcp_is_late */
	bool original; /* what was sent before high_seq, and only once, has arrived */
	bool sacked;   /* SACK blocks have told something new */
	u64 now;
};
/* False: the segment is to be dropped. ts->lock held. */
bool must_check tcp_ack(struct tcp_sock *ts, const struct tcp_seg *seg, u64 now);
/* Whether the window that @seg tells is newer than the one known. */
bool tcp_updates_window(const struct tcp_sock *ts, const struct tcp_seg *seg);
/* @exact: it is measured by our own clock, not by the ticks of a time stamp. */
void tcp_rtt_sample(struct tcp_sock *ts, u64 rtt_ns, u64 now, bool exact);
u64 tcp_rto(const struct tcp_sock *ts);
void tcp_sack_process(struct tcp_sock *ts, const struct tcp_seg *seg, struct tcp_ack_state *a);
void tcp_sack_reset(struct tcp_sock *ts);
void tcp_rack_note(struct tcp_sock *ts, const struct packet *p, struct tcp_ack_state *a);
void tcp_rack_detect(struct tcp_sock *ts, struct tcp_ack_state *a);
void tcp_rack_dsack(struct tcp_sock *ts, struct tcp_range dup);
/* A recovery has ended. */
void tcp_rack_recovered(struct tcp_sock *ts);
void tcp_mark_lost(struct tcp_sock *ts, struct packet *p);
/* Splits a packet of the send queue at @len bytes; false: no memory. */
bool must_check tcp_split(struct tcp_sock *ts, struct packet *p, u32 len, bool sent);

/* ---- recover.c, congestion.c ---- */
/* Whether this acknowledgement, which is of an original, comes amid retransmissions. */
bool tcp_is_late(const struct tcp_sock *ts, const struct tcp_seg *seg,
	const struct tcp_ack_state *a);
void tcp_recover(struct tcp_sock *ts, const struct tcp_seg *seg, struct tcp_ack_state *a);
void tcp_enter_loss(struct tcp_sock *ts);
void tcp_enter_cwr(struct tcp_sock *ts);
void tcp_tlp_acked(struct tcp_sock *ts, const struct tcp_seg *seg, const struct tcp_ack_state *a);
void tcp_tlp_send(struct tcp_sock *ts);
bool tcp_tlp_arm(struct tcp_sock *ts, u64 now);
const struct tcp_congestion *tcp_congestion_find(struct cspan name);
extern const struct tcp_congestion tcp_cubic, tcp_reno;
void tcp_cwnd_init(struct tcp_sock *ts);
#define TCP_SSTHRESH_NONE 0x7fffffffu /* nothing was ever lost */
/* ---- hystart.c ---- */
/* A round-trip time was measured in the first slow start. */
void tcp_hystart_sample(struct tcp_sock *ts, u64 rtt_ns);
/* How much of @acked bytes the window grows by in slow start; may end it. */
u32 tcp_hystart_growth(struct tcp_sock *ts, u32 acked);
void tcp_cwnd_restart(struct tcp_sock *ts, u64 now);

#endif
