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
	u32 acked;              /* bytes acknowledged in sequence */
	u32 delivered;          /* bytes acknowledged or sacked for the first time */
	u32 newly_lost, marked; /* bytes, packets */
	u64 rtt_ns;             /* of the segment that was sent last; 0: none */
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
/* Nothing if it is sacked, or lost already. */
void tcp_mark_lost(struct tcp_sock *ts, struct packet *p);
/* Splits a packet of the send queue at @len bytes; false: no memory. */
bool must_check tcp_split(struct tcp_sock *ts, struct packet *p, u32 len, bool sent);

/* ---- scoreboard.c: which packets of `sent` have which marks, see there ---- */
#define TQ_MARKS ((u32)(TQ_SACKED | TQ_LOST | TQ_RETRANS | TQ_EVER))
/* Gives @p, which is in `sent`, these of TQ_MARKS; sums and orders follow. */
void tcp_board_mark(struct tcp_sock *ts, struct packet *p, u32 marks);
/* The same for a packet that was sent again before those that wait for it: @at is the first. */
void tcp_board_mark_before(struct tcp_sock *ts, struct packet *p, u32 marks, struct packet *at);
/* @p leaves `sent`, all or its first @n bytes. */
void tcp_board_leave(struct tcp_sock *ts, struct packet *p);
void tcp_board_trim(struct tcp_sock *ts, const struct packet *p, u32 n);
/* @rest was split from @p, and has its marks. */
void tcp_board_split(struct tcp_sock *ts, struct packet *p, struct packet *rest);
/* All of `sent` leaves. */
void tcp_board_clear(struct tcp_sock *ts);
/* Enters what was sent since the last time. */
void tcp_board_update(struct tcp_sock *ts);
/* The first packet that is not sacked and ends after @seq; the one after @p. tcp_board_update first. */
struct packet *tcp_board_find(const struct tcp_sock *ts, u32 seq);
struct packet *tcp_board_next(struct packet *p);

/* ---- recover.c, congestion.c, push.c ---- */
/* Bytes that are in the network, as far as is known (RFC 6675, pipe). */
static inline u32 tcp_flight(const struct tcp_sock *ts)
{
	return ts->snd_nxt - ts->snd_una - ts->sacked - ts->lost + ts->retrans;
}
/* Sends lost packets again, as far as the window allows. */
void tcp_retransmit_lost(struct tcp_sock *ts);
bool tcp_retransmit(struct tcp_sock *ts, struct packet *p);
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
/* A round-trip time was measured in the first slow start, which this may end. */
void tcp_hystart_sample(struct tcp_sock *ts, u64 rtt_ns);
/* How much of @acked bytes the window grows by in slow start. */
u32 tcp_hystart_growth(const struct tcp_sock *ts, u32 acked);
void tcp_cwnd_restart(struct tcp_sock *ts, u64 now);

#endif
