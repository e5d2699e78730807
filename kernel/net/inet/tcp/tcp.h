// SPDX-License-Identifier: MPL-2.0
/*
 * TCP (RFC 9293), for the files of this folder only.
 *
 * A connection is a struct tcp_sock. Its spinlock guards all protocol state; the receive path
 * (netdev_run), the system calls and the timer's worker take it. User memory is copied outside of
 * it: senders are ordered by send_lock, readers by recv_lock (mutexes), and packets are appended
 * and removed under the spinlock. Packets that are sent under the spinlock go into the backlog of
 * a device; the caller delivers them by netdev_run when it has dropped the lock.
 *
 * Send queue: packets with data and no headers, first those that were sent (sent), then the others
 * (unsent). What goes to the device is a clone that shares the pages. Receive queue: packets in
 * order (ready), and islands of data behind a gap (reassembly.c).
 *
 * Life: the table of connections holds a reference while the connection is in it, the frame timer
 * one while it exists, the socket one as its proto. inet.socket is NULL once the socket is
 * released: then the connection is an orphan.
 *
 * Lock order: send_lock (LOCK_SOCK_CALL), recv_lock (LOCK_PIPE), a connection's lock, a listener's
 * lock, buckets. connect, listen and shutdown of a listener take send_lock, so a socket in CLOSE
 * leaves this state only under it.
 */
#ifndef KERNEL_NET_INET_TCP_H
#define KERNEL_NET_INET_TCP_H

#include <frame/sync.h>
#include <frame/time.h>
#include <kernel/list.h>
#include <kernel/locks.h>
#include <kernel/netdev.h>
#include <kernel/tree.h>
#include <uapi/errno.h>
#include <uapi/tcp.h>

#include "../sock.h"
#include "counters.h"
#include "settings.h"

/* As numbered by Linux (TCP_INFO, /proc/net/tcp). */
enum tcp_state {
	TCP_ESTABLISHED = 1,
	TCP_SYN_SENT,
	TCP_SYN_RECV,
	TCP_FIN_WAIT1,
	TCP_FIN_WAIT2,
	TCP_TIME_WAIT,
	TCP_CLOSE,
	TCP_CLOSE_WAIT,
	TCP_LAST_ACK,
	TCP_LISTEN,
	TCP_CLOSING
};
static always_inline bool tcp_in(u32 state, u64 set)
{
	return set >> state & 1;
}

enum tcp_flag {
	TCP_FIN = 1,
	TCP_SYN = 2,
	TCP_RST = 4,
	TCP_PSH = 8,
	TCP_ACK = 16,
	TCP_URG = 32,
	TCP_ECE = 64,
	TCP_CWR = 128
};

#define TCP_HEADER      20u
#define TCP_HEADER_MAX  60u
#define TCP_MIN_MSS     88u
#define TCP_MIN_SND_MSS 48u
#define TCP_GSO_MAX     65280u /* bytes of data in one packet */
#define TCP_SACK_BLOCKS 4u
#define TCP_WSCALE_MAX  14u
/* What one packet costs beside its data, for the accounts of buffers. */
#define TCP_PACKET_COST 768u

#define TCP_RTO_MIN_NS     (200 * NSEC_PER_MSEC)
#define TCP_RTO_MAX_NS     (120 * NSEC_PER_SEC)
#define TCP_RTO_INIT_NS    NSEC_PER_SEC
#define TCP_TIMEOUT_MIN_NS (8 * NSEC_PER_MSEC)
#define TCP_DELACK_MIN_NS  (40 * NSEC_PER_MSEC)
#define TCP_TIMEWAIT_NS    (60 * NSEC_PER_SEC)
#define TCP_INIT_CWND      10u
#define TCP_SYN_LINEAR     4u /* SYNs that are sent again before the time between them doubles */

/* Sequence numbers (RFC 9293, 3.4). */
static always_inline bool seq_before(u32 a, u32 b)
{
	return (s32)(a - b) < 0;
}
static always_inline bool seq_after(u32 a, u32 b)
{
	return (s32)(b - a) < 0;
}

/* ---- segments (segment.c) ---- */

struct tcp_range {
	u32 start, end;
};
/* A received segment's header, decoded. */
struct tcp_seg {
	u16 from_port, to_port;
	u32 seq, ack;
	u32 len;    /* of data */
	u32 flags;  /* enum tcp_flag */
	u32 window; /* as it stands in the header */
	u32 urgent;
	u32 header_len;
	u32 ts_value, ts_echo;
	u32 nr_sacks;
	struct tcp_range sack[TCP_SACK_BLOCKS];
	u16 mss; /* 0: no such option */
	u8 wscale;
	bool has_ts, has_wscale, sack_ok;
	bool congested; /* CE in the internet header */
	u32 isn;        /* TIME_WAIT has chosen our number; 0: it has not */
};
/* The four numbers of a connection. */
struct tcp_key {
	struct ip_addr local, peer;
	u16 local_port, peer_port;
	u32 ifindex; /* by which the packet came, or of the scope */
	u32 hash;    /* tcp_key_hash, computed before; 0: not known */
};

/* Where a sent packet stands: control[] of packets in the send queue. */
enum { TQ_SEQ, TQ_END, TQ_FLAGS, TQ_TIME_LO, TQ_TIME_HI, TQ_CHARGE };
enum tq_flag {
	TQ_SACKED = 1,
	TQ_LOST = 2,
	TQ_RETRANS = 4, /* a retransmission of it is under way */
	TQ_EVER = 8,    /* was retransmitted at least once */
	TQ_FIN = 16,
	TQ_PUSH = 32,
	TQ_INDEXED = 64 /* the scoreboard has it (scoreboard.c) */
};
/* control[] of received packets. */
enum { RQ_SEQ, RQ_END, RQ_CHARGE };

static always_inline u64 tq_time(const struct packet *p)
{
	return (u64)p->control[TQ_TIME_HI] << 32 | p->control[TQ_TIME_LO];
}
/* The sequence numbers that it takes: its data, and the FIN. */
static always_inline u32 tq_space(const struct packet *p)
{
	return p->control[TQ_END] - p->control[TQ_SEQ];
}

/* ---- connections ---- */

struct tcp_island; /* reassembly.c */
struct tcp_request;
struct tcp_sock;

enum tcp_recovery {
	CA_OPEN,     /* nothing unusual */
	CA_DISORDER, /* SACKs have come */
	CA_CWR,      /* the window is reduced for an ECE */
	CA_RECOVERY, /* fast recovery */
	CA_LOSS      /* after a retransmission timeout */
};
/* What the transmission timer is for. */
enum tcp_xmit_timer { XMIT_NONE, XMIT_RTO, XMIT_TLP, XMIT_REORDER, XMIT_PROBE };

/* One algorithm of congestion control. Context: the connection's lock held. */
struct TABLE tcp_congestion {
	struct lit name;
	void (*init)(struct tcp_sock *ts);
	/* @acked bytes were delivered while the window was in use. */
	void (*acked)(struct tcp_sock *ts, u32 acked, u64 now);
	/* The slow start threshold after a loss. */
	u32 (*ssthresh)(struct tcp_sock *ts);
};

struct tcp_cubic {
	u64 epoch_ns;      /* 0: no epoch */
	u64 k_ms;          /* time to the plateau */
	u32 w_max, origin; /* segments */
	u32 prior;         /* window at the last loss, segments */
	u64 w_est_micro;   /* Reno's window, millionths of segments */
};

/* Slow start's search for the end of the queue (hystart.c). */
struct tcp_hystart {
	u64 last_rtt, round_rtt; /* least of the last round and of this one; 0: none */
	u64 base_rtt;            /* of the round before the careful one; 0: it is not careful */
	u32 round_end;           /* snd_nxt when the round began */
	u32 samples, rounds;     /* of this round; careful ones that have ended */
};

struct tcp_sock {
	struct obj obj;
	struct inet_sock inet;
	u16 family;

	struct mutex send_lock, recv_lock;
	struct spinlock lock; /* all that follows */
	u8 state;             /* enum tcp_state; read without the lock as a hint */
	bool hashed;
	u32 hash;                   /* of its key */
	struct tcp_sock *hash_next; /* bucket's lock; table.c */

	/* sending */
	struct flow flow;  /* what segments go by, and the route: output.c */
	struct route *way; /* reference; NULL: to be found */
	u64 way_seen;
	u32 iss, snd_una, snd_nxt, write_seq;
	u32 snd_wnd, snd_wl1, max_window;
	u32 snd_up; /* end of urgent data */
	bool urgent;
	u8 snd_wscale, rcv_wscale;
	u32 mss;      /* bytes of data in a segment without further options */
	u32 mss_peer; /* the peer's option */
	u32 mss_user; /* TCP_MAXSEG */
	u32 advmss;   /* our option */
	u32 pmtu;
	LIST_HEAD(packet) sent, unsent;
	u32 wmem; /* charged for both */
	u32 sndbuf;
	u32 snd_small; /* end of the last segment that was not full: Minshall's rule */
	bool fin_queued, more;

	/* receiving */
	u32 irs, rcv_nxt, rcv_wup, rcv_wnd, copied_seq;
	u32 epoch; /* counts disconnects: a reader that has waited knows whose data it sees */
	LIST_HEAD(packet) ready;
	u32 rmem; /* charged for ready and islands */
	u32 rcvbuf;
	TREE_ROOT(tcp_island) islands;
	u32 nr_islands;
	struct page *collect; /* reference: the page that small segments are copied to */
	u32 collect_used;
	u32 rcv_mss;  /* estimate of the peer's segments */
	bool has_fin; /* a FIN at fin_seq has come, maybe behind a gap */
	u32 fin_seq;
	bool has_dsack;
	struct tcp_range dsack;
	struct tcp_range sack_out[TCP_SACK_BLOCKS]; /* what SACK reports, the newest first */
	u32 nr_sack_out;
	/* Duplicate acknowledgements of gap_nxt that went at once; those that wait for one. */
	u32 gap_nxt, dup_acks_sent, compressed_acks;
	bool urg_valid, urg_read;
	u32 urg_seq;
	u64 tune_ns; /* buffer tuning: start of the round, what was read by then */
	u32 tune_seq, tune_space;
	u64 rcv_rtt8;     /* round-trip time as the receiver sees it, times 8; 0: not known */
	u32 rcv_rtt_echo; /* the time stamp of its last sample */

	/* options agreed on */
	bool ts_ok, sack_ok, wscale_ok, ecn_ok;
	u32 ts_recent, ts_offset;
	u64 ts_recent_ns;
	bool ecn_echo, ecn_cwr; /* to be sent: ECE; CWR */

	/* acknowledgements */
	bool ack_now, ack_pending;
	u32 quick_acks; /* that are sent at once */
	bool pingpong;  /* replies carry them */

	/* round-trip time, nanoseconds; srtt times 8, rttvar times 4 */
	u64 srtt8, rttvar4, rto_ns, min_rtt_ns, min_rtt_seen_ns;
	u32 backoff;
	u64 syn_ns;

	/* recovery: recover.c, rack.c */
	u8 recovery; /* enum tcp_recovery */
	u32 high_seq;
	u32 sacked, lost, retrans; /* bytes */
	TREE_ROOT(packet) board;   /* scoreboard.c: what is not sacked, by sequence number */
	LIST_HEAD(packet) to_repeat, repeated;
	u32 board_originals; /* no original that is out lies before it */
	u32 dupacks;
	bool undo_valid; /* a reduction that may be taken back */
	u32 undo_stamp;  /* our time stamp at its first retransmission; 0: none yet */
	u32 undo_una;    /* snd_una at the reduction: a DSACK of older data is of another time */
	u32 undo_cwnd, undo_ssthresh;
	u32 undo_retrans; /* retransmissions without a DSACK */
	u32 prr_delivered, prr_out, prr_flight;
	u64 rack_ns, rack_rtt_ns;
	u32 rack_end;
	bool reordering_seen, frto; /* frto: a timeout may turn out to be needless (recover.c) */
	/* Quarter round-trip times that widen the reordering window, until when; DSACKs' round. */
	u32 rack_steps, rack_keep, rack_round;
	u32 fack; /* highest sequence number sacked */
	bool tlp_out, tlp_retrans;
	u32 tlp_high;

	/* congestion */
	const struct tcp_congestion *congestion;
	u32 cwnd, ssthresh; /* bytes */
	u32 cwnd_acked;
	bool cwnd_limited;
	struct tcp_cubic cubic;
	struct tcp_hystart hystart;

	/* timers: deadlines, 0: none (timer.c) */
	struct timer *timer; /* reference */
	u64 armed_ns;
	u64 xmit_ns, delack_ns, keep_ns;
	u8 xmit_kind;
	u32 probes;  /* zero-window or keepalive probes without an answer */
	u32 retries; /* timeouts in a row */
	u64 retry_since_ns;
	u64 last_oow_ns; /* answer to a segment outside of the window */
	u64 last_rcv_ns, last_snd_ns, last_ack_ns;
	struct tcp_sock *work_next; /* work_lock */
	bool work_queued;

	/* socket options */
	bool nodelay, cork, linger2_set;
	u32 keep_idle_s, keep_intvl_s, keep_count;
	u32 user_timeout_ms;
	u32 syn_count;
	u32 defer_accept_s;
	s32 linger2_s;
	u32 window_clamp;
	u32 notsent_lowat;
	bool nospace; /* somebody waits for room in the send buffer, by a wait or a poll */
	s32 soft_error;
	bool snd_fixed, rcv_fixed; /* SO_SNDBUF, SO_RCVBUF: no tuning */
	u16 former_port;           /* of a connection that is over; 0: none */
	bool bound, bound_addr;    /* bind gave the port, the address: they outlast a connection */
	bool was_connected;        /* connect gives EISCONN until a disconnect, as on Linux */
	bool connecting;           /* no call has told the end of connect yet */
	bool shut_untold; /* shutdown came after a failure that no connect has told: EINVAL */
	bool final;       /* nothing is left but the object */

	/* a listener */
	u32 backlog, nr_accept, nr_requests;
	LIST_HEAD(tcp_sock) accept_queue; /* references */
	LIST_LINK(tcp_sock) accept_link;
	LIST_HEAD(tcp_request) requests; /* references */
	struct tcp_sock *listen_next;    /* listener table */
	u64 overflow_ns;                 /* when cookies were last sent */

	/* counters of TCP_INFO */
	u64 bytes_acked, bytes_received, bytes_sent, bytes_retrans;
	u32 segs_in, segs_out, data_segs_in, data_segs_out, total_retrans, dsack_dups, reord_seen;
	u32 delivered, delivered_ce, rcv_ooo;
	u64 busy_ns, busy_since_ns; /* data was there to be sent: before; since when, 0: not now */
};
OBJ_TYPE_DECL(tcp_sock);

static inline struct tcp_sock *tcp_of(const struct socket *s)
{
	return obj_cast(tcp_sock, s->proto);
}

/* Nothing is left to be sent (TCP_INFO). */
static inline void tcp_busy_end(struct tcp_sock *ts, u64 now)
{
	if (ts->busy_since_ns)
		ts->busy_ns += now - ts->busy_since_ns;
	ts->busy_since_ns = 0;
}

/* settings.c */
const struct tcp_congestion *tcp_congestion_standard(void);

/* ---- all connections ---- */

extern struct atomic tcp_orphans; /* how many have lost their socket */
extern struct port_table tcp_ports;

/* ---- segment.c ---- */
/* Decodes the header of @p to @seg, which is zero. False: it is none. */
bool must_check tcp_parse(const struct packet *p, const struct ip_info *info, struct tcp_seg *seg);
/* Everything that stands in the header of a segment to be sent. */
struct tcp_out {
	u16 from_port, to_port;
	u16 mss; /* 0: no such option */
	u32 seq, ack, flags, window, urgent;
	s32 wscale; /* -1: none */
	bool sack_ok, has_ts;
	u32 ts_value, ts_echo;
	u32 nr_sacks;
	struct tcp_range sack[TCP_SACK_BLOCKS];
};
/* Puts the header before the packet, and the pseudo-header's sum into it. */
void tcp_push_header(struct packet *p, const struct tcp_out *o, const struct flow *f);

#include "hash.h"

/* ---- table.c ---- */
void tcp_table_init(void);
/* A reference to the connection; NULL: there is none. Context: any but interrupt. */
struct tcp_sock *tcp_find(const struct tcp_key *k);
/* Enters @ts under its key. -EADDRNOTAVAIL: the key is taken. ts->lock held, or not yet public. */
int must_check tcp_table_add(struct tcp_sock *ts);
void tcp_table_remove(struct tcp_sock *ts);
/*
 * The first of the family (0: any) from the *@n-th of a bucket on: a reference, and its place in
 * *@n; NULL: there is none. First come the buckets of listeners, then those of connections. One
 * walk along the chain, which users can make long: the caller gives way between two calls.
 */
#define TCP_LISTEN_BUCKETS 256u
#define TCP_BUCKETS        4096u
struct tcp_sock *tcp_table_next(u32 bucket, u32 family, u32 *n);
/* Takes the next batch of a walk of sock_diag; the walk gives way. */
struct inet_diag_walk;
void tcp_table_batch(struct inet_diag_walk *w, u32 family);
/* A reference to the listener for a packet; NULL: there is none. */
struct tcp_sock *tcp_find_listener(const struct tcp_key *k);
/* -EADDRINUSE: another listener has the address, and does not share it. */
int must_check tcp_listen_add(struct tcp_sock *ts);
void tcp_listen_remove(struct tcp_sock *ts);
struct tcp_key tcp_key_of(const struct tcp_sock *ts);
/* tcp_find compares without ts->lock: who has taken it compares again. */
static always_inline bool tcp_has_key(const struct tcp_sock *ts, const struct tcp_key *k)
{
	const struct inet_sock *const s = &ts->inet;

	return s->peer_port == k->peer_port && s->local_port == k->local_port &&
		ip_equal(s->peer, k->peer) && ip_equal(s->local, k->local) &&
		(!s->ifindex || !k->ifindex || s->ifindex == k->ifindex);
}

/* Makes ts->flow and ts->way good. 0, or the error of inet_route. ts->lock held, or not public. */
int must_check tcp_way(struct tcp_sock *ts);
/* The next segment looks for its way anew. ts->lock held. */
static inline void tcp_way_drop(struct tcp_sock *ts)
{
	obj_put(&ts->way);
}

/* ---- sock.c ---- */
struct tcp_sock *tcp_sock_new(u32 family, struct socket **out);
extern const struct socket_ops tcp_socket_ops;
u32 tcp_poll(struct socket *s, struct poll_table *pt);
bool tcp_is_writable(const struct tcp_sock *ts);
/* The same; if there is no room, acknowledgements will wake writers. Takes ts->lock. */
bool tcp_writable_or_mark(struct tcp_sock *ts);
/* The end of the data that is ready to be read, and how much of it there is. */
static always_inline u32 tcp_data_end(const struct tcp_sock *ts)
{
	u32 next = load_once(ts->rcv_nxt);

	return unlikely(ts->has_fin) && next == ts->fin_seq + 1 ? ts->fin_seq : next;
}
static always_inline u32 tcp_readable(const struct tcp_sock *ts)
{
	u32 n = tcp_data_end(ts) - load_once(ts->copied_seq);

	return (s32)n > 0 ? n : 0;
}
/* Wakes those who wait at the socket, if there is one. ts->lock held. */
void tcp_wake_readers(struct tcp_sock *ts, u32 events);
void tcp_wake_writers(struct tcp_sock *ts, u32 events);
void tcp_wake_all(struct tcp_sock *ts, u32 events);
#define TCP_EV_IN  (POLLIN | POLLRDNORM)
#define TCP_EV_OUT (POLLOUT | POLLWRNORM | POLLWRBAND)
#define TCP_EV_END (TCP_EV_IN | TCP_EV_OUT | POLLHUP | POLLRDHUP | POLLERR)

/* ---- close.c ---- */
void tcp_release(struct socket *s);
int must_check tcp_shutdown(struct socket *s, u32 how);
/*
 * Ends a connection: state CLOSE, off the table, timers off, queues dropped. @error: positive, for
 * the socket; 0: none. ts->lock held; the caller has a reference of its own.
 */
void tcp_done(struct tcp_sock *ts, int error);
/* Sends a RST, and ends the connection. */
void tcp_abort(struct tcp_sock *ts, int error);
/* Queues a FIN behind the data, and moves to the next state. */
void tcp_send_fin(struct tcp_sock *ts);
/* The FIN of ours is acknowledged, or the peer's has come. ts->lock held. */
void tcp_fin_acked(struct tcp_sock *ts);
void tcp_fin_received(struct tcp_sock *ts);
void tcp_purge_send(struct tcp_sock *ts);
/* Separates a connection from its socket, which is going. ts->lock held. */
void tcp_orphan(struct tcp_sock *ts);
/* send_lock held, no other. */
void tcp_disconnect(struct tcp_sock *ts);
/* Both mutexes and ts->lock held. */
void tcp_forget(struct tcp_sock *ts);

/* ---- connect.c ---- */
int must_check tcp_connect(struct socket *s, const struct sockaddr_any *a, u32 len, bool nonblock);
/* Whether the socket may connect or listen: 0, -EISCONN, -EALREADY, -EINVAL. send_lock held. */
int must_check tcp_is_new(struct tcp_sock *ts);
/* A segment in SYN_SENT / SYN_RECV. Consumes @p. ts->lock held. */
void tcp_input_syn_sent(struct tcp_sock *ts, struct packet *p, const struct tcp_seg *seg);
bool tcp_input_syn_recv(struct tcp_sock *ts, const struct tcp_seg *seg);
void tcp_send_syn(struct tcp_sock *ts);
void tcp_establish(struct tcp_sock *ts);
/* Sets mss and what depends on it from the path's MTU. */
void tcp_sync_mss(struct tcp_sock *ts, u32 pmtu);
void tcp_init_receive(struct tcp_sock *ts);
/* What both ends agree on, from the peer's SYN. */
void tcp_agree(struct tcp_sock *ts, const struct tcp_seg *seg);
/* What this machine tells a peer to send at most in a segment; sets ts->pmtu, too. */
u16 tcp_advmss(struct tcp_sock *ts);
/* The same for a route to @to, whose path has @mtu. */
u16 tcp_route_mss(const struct route *r, struct ip_addr to, u32 mtu);
/* The scale and the window of a SYN: whole segments of @mss bytes. Of a listener without its lock. */
u8 tcp_window_scale(const struct tcp_sock *ts);
u32 tcp_first_window(const struct tcp_sock *ts, u32 mss);
/* Of a peer that does not tell its own (RFC 9293, 3.7.1; RFC 8200). */
static inline u32 tcp_default_mss(struct ip_addr peer)
{
	return ip_is4(peer) ? 536 : 1220;
}

/* ---- listen.c, request.c, cookies.c ---- */
struct tcp_request {
	struct obj obj;
	struct tcp_key key;
	struct tcp_sock *listener;     /* reference */
	struct tcp_request *hash_next; /* bucket */
	LIST_LINK(tcp_request) link;   /* listener's lock */
	bool hashed, listed, claimed, acked;
	u32 iss, irs, rcv_nxt;
	u32 window;      /* that was offered */
	u16 mss, advmss; /* the peer's, ours */
	u8 snd_wscale, rcv_wscale;
	bool ts_ok, sack_ok, wscale_ok, ecn_ok;
	u32 ts_recent, ts_offset;
	u32 retries;
	u64 sent_ns, deadline_ns, since_ns;
	u64 last_oow_ns;
};
OBJ_TYPE_DECL(tcp_request);
int must_check tcp_listen(struct socket *s, u32 backlog);
int must_check tcp_accept(struct socket *s, bool nonblock, struct socket **out);
/* A segment for a listener. Consumes @p. Nothing held. */
void tcp_input_listen(struct tcp_sock *l, struct packet *p, const struct tcp_seg *seg,
	const struct tcp_key *k);
/* A reference to the request of a connection that is not established yet; NULL. */
struct tcp_request *tcp_request_find(const struct tcp_key *k);
/* A segment for it. Consumes @p. Nothing held. */
void tcp_input_request(struct tcp_request *r, struct packet *p, const struct tcp_seg *seg,
	const struct tcp_key *k);
/* send_lock held, or nobody has the socket any more. */
void tcp_listener_stop(struct tcp_sock *l);
void tcp_listener_timer(struct tcp_sock *l, u64 now);
struct tcp_sock *tcp_child_new(struct tcp_sock *l, const struct tcp_request *r);
bool tcp_accept_queue(struct tcp_sock *l, struct tcp_sock *child);
void tcp_request_init(struct tcp_request *r, struct tcp_sock *l, const struct tcp_seg *seg,
	const struct tcp_key *k);
void tcp_request_send(struct tcp_request *r);
void tcp_request_error(struct tcp_request *r, const struct ip_error *e);
/* False: the listener has too many requests, or listens no more. */
bool tcp_request_add(struct tcp_request *r);
void tcp_request_remove(struct tcp_request *r);
/* The same; the listener's lock is held. The caller has a reference of its own. */
void tcp_request_unlink(struct tcp_request *r);
#define TCP_REQUEST_BUCKETS 1024u
/* As tcp_table_next; of the family of the listener. */
struct tcp_request *tcp_request_next(u32 bucket, u32 family, u32 *n);
void tcp_request_table_init(void);
/* The initial sequence number that encodes the request; and its decoding. */
u32 tcp_cookie_make(struct tcp_request *r);
bool must_check tcp_cookie_check(struct tcp_request *r, const struct tcp_seg *seg);

/* ---- input.c, reset.c ---- */
void tcp_receive(struct packet *p, const struct ip_info *info);
void tcp_error(const struct ip_error *e, struct packet *p);
/* Consumes @p. ts->lock held. */
void tcp_input(struct tcp_sock *ts, struct packet *p, struct tcp_seg *seg);
void tcp_send_reset_for(const struct tcp_seg *seg, const struct tcp_key *k);
/* An answer without a connection: @o without ports. */
void tcp_send_bare(const struct tcp_key *k, struct tcp_out *o, u32 tos);
void tcp_challenge_ack(struct tcp_sock *ts);
bool tcp_challenge_allowed(void);
/*
 * Whether an answer to a segment that is not acceptable may go. One without data gets an answer
 * twice in a second at most (*@last: when the last one went), so that two ends, or one and a
 * forger, cannot keep each other busy.
 */
bool must_check tcp_oow_allowed(const struct tcp_seg *seg, u64 *last, u64 now);

/* ---- output.c, push.c ---- */
/* Puts the header before @p and sends it; consumes it. ts->lock held. */
int must_check tcp_transmit(struct tcp_sock *ts, struct packet *p, u32 seq, u32 flags);
void tcp_send_ack(struct tcp_sock *ts);
/* A segment that the peer must answer: zero window probe, keepalive. */
void tcp_send_probe(struct tcp_sock *ts);
void tcp_send_rst(struct tcp_sock *ts);
/* Bytes of data in one segment now, after the options that it has. */
u32 tcp_mss_now(const struct tcp_sock *ts);
u32 tcp_select_window(struct tcp_sock *ts);
/* Sends what may be sent. @force: also what Nagle's rule would keep. */
void tcp_push(struct tcp_sock *ts, bool force);
void tcp_queue_data(struct tcp_sock *ts, struct packet *p);
u32 tcp_size_goal(const struct tcp_sock *ts);
u32 tcp_ts_now(const struct tcp_sock *ts, u64 now);

/* ---- reassembly.c, window.c ---- */
struct tcp_island {
	struct obj obj;
	TREE_NODE(tcp_island) node;
	u32 start, end;
	LIST_HEAD(packet) packets;
};
OBJ_TYPE_DECL(tcp_island);
/* Data of a segment that passed the checks; consumes @p. ts->lock held. */
void tcp_data(struct tcp_sock *ts, struct packet *p, const struct tcp_seg *seg, u64 now);
void tcp_islands_drop(struct tcp_sock *ts);
void tcp_ready_drop(struct tcp_sock *ts);
u32 tcp_truesize(const struct packet *p);
/* ---- sack_out.c; ts->lock held ---- */
/* Fills o->sack, and returns how many blocks. */
u32 tcp_sack_blocks(struct tcp_sock *ts, struct tcp_out *o);
/* The island with this range has got data. */
void tcp_sack_grew(struct tcp_sock *ts, struct tcp_range r);
/* It was dropped for want of memory. */
void tcp_sack_lost(struct tcp_sock *ts, struct tcp_range r);
/* rcv_nxt has moved over gaps. */
void tcp_sack_advance(struct tcp_sock *ts);
/* The range has come twice. */
void tcp_set_dsack(struct tcp_sock *ts, u32 start, u32 end);
/* ---- reassembly.c, window.c ---- */
/* Whether data behind a gap reaches up to @seq, and none beyond. */
bool tcp_is_last_end(const struct tcp_sock *ts, u32 seq);
/* The bytes that may be offered to the peer. */
u32 tcp_window_left(const struct tcp_sock *ts); /* of what was offered; a hint without the lock */
u32 tcp_receive_space(const struct tcp_sock *ts);
void tcp_tune_receive(struct tcp_sock *ts, u64 now);
/* Takes a sample of the receiver's round-trip time. */
void tcp_receive_rtt(struct tcp_sock *ts, const struct tcp_seg *seg, u64 now);
void tcp_tune_send(struct tcp_sock *ts);
/* Data was received, or read: whether and when to acknowledge it. */
void tcp_ack_data(struct tcp_sock *ts, u64 now);
void tcp_ack_read(struct tcp_sock *ts);

#define TCP_MSG_MORE 0x8000u
/* ---- send.c, recv.c ---- */
ssize_t must_check tcp_sendmsg(struct socket *s, struct uio *u, struct socket_msg *m,
	const struct sockaddr_any *name);
ssize_t must_check tcp_send_file(struct socket *s, struct file *in, u64 pos, size_t len, u32 flags);
ssize_t must_check tcp_recvmsg(struct socket *s, struct uio *u, struct socket_msg *m,
	struct sockaddr_any *name);

/* ---- timer.c ---- */
/* A timer for tcp_timer_take, which consumes it; NULL: no memory. Nothing held. */
struct timer *must_check tcp_timer_make(struct tcp_sock *ts);
/* ts->lock held, or not yet public. */
void tcp_timer_take(struct tcp_sock *ts, struct timer *t);
void tcp_timer_drop(struct tcp_sock *ts);
/* Arms the frame timer if a deadline lies before the one it is armed for. ts->lock held. */
void tcp_timer_update(struct tcp_sock *ts);
void tcp_arm_xmit(struct tcp_sock *ts, enum tcp_xmit_timer kind, u64 at_ns);
/* The retransmission timer as the send queue wants it. */
void tcp_arm_rto(struct tcp_sock *ts, u64 now);
void tcp_arm_keepalive(struct tcp_sock *ts, u64 now);
void tcp_timer_init(void);
/* The worker's work: all connections whose timers have fired. Context: task, nothing held. */
void tcp_timer_work(void);
/* Makes the worker call tcp_timewait_expire at @at_ns, or before. */
void tcp_worker_at(u64 at_ns);

/* ---- timewait.c ---- */
struct tcp_timewait {
	struct obj obj;
	struct tcp_key key;
	struct tcp_timewait *hash_next;
	LIST_LINK(tcp_timewait) link;
	bool hashed;
	u16 family;
	u32 rcv_nxt, snd_nxt, window;
	u32 ts_recent, ts_offset;
	bool ts_ok;
	u64 ts_recent_ns, expires_ns;
	u64 last_oow_ns;
	struct port_binding *port; /* reference, a use of it; NULL: none */
};
OBJ_TYPE_DECL(tcp_timewait);
void tcp_timewait_init(void);
void tcp_timewait_start(struct tcp_sock *ts);
struct tcp_timewait *tcp_timewait_find(const struct tcp_key *k);
/*
 * Returns whether the segment is a SYN that may open a new connection; then the entry is gone, and
 * *@isn is as below.
 */
bool must_check tcp_input_timewait(struct tcp_timewait *tw, const struct tcp_seg *seg, u32 *isn);
/*
 * Whether a connect may take the key over (tcp_tw_reuse); then the entry is gone, and *@isn is the
 * number to begin with: above all that the old connection has sent.
 */
bool must_check tcp_timewait_reuse(const struct tcp_key *k, u32 *isn);
void tcp_timewait_remove(struct tcp_timewait *tw);
/* The same in one of TCP_BUCKETS. */
struct tcp_timewait *tcp_timewait_next(u32 bucket, u32 family, u32 *n);
void tcp_timewait_expire(u64 now);
u32 tcp_timewait_count(void);
#define TCP_ALL_TIMES ~0ul /* all entries, at power-off */

/* ---- options.c, info.c ---- */
s64 must_check tcp_setsockopt(struct socket *s, s32 level, s32 name, struct uaddr value, u32 len);
s64 must_check tcp_getsockopt(struct socket *s, s32 level, s32 name, struct uaddr value,
	struct uaddr len_at, u32 room);
void tcp_get_info(struct tcp_sock *ts, struct user_tcp_info *i);

#include "recovery.h"

#endif
