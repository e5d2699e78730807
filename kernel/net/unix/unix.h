// SPDX-License-Identifier: MPL-2.0
/*
 * AF_UNIX: what its files share. See unix(7).
 *
 * Each socket owns what is on its way to it. Streams: a ring of bytes that one writer and one
 * reader use at the same time (a mutex for each side, no common lock), with marks where descriptors
 * or credentials come along. Datagrams and packets: a queue of messages. Connections not yet
 * accepted are a queue of sockets. A sender so takes the lock of one side, the receiver's.
 *
 * References: a peer is a reference on the struct socket, dropped when the own file is released, so
 * two ends keep each other's memory but not each other's descriptor. A message holds its sender's
 * socket. Nothing in a queue outlives the release of the queue's owner: it is closed (dead) under
 * the locks that fill it, and then emptied.
 */
#ifndef KERNEL_NET_UNIX_H
#define KERNEL_NET_UNIX_H

#include "../net.h"

enum unix_state { UNIX_CLOSE, UNIX_CONNECTING, UNIX_CONNECTED, UNIX_LISTEN };

/*
 * A name: the sockaddr_un as bytes; len counts the family. Immutable, shared by a listener and what
 * it accepts.
 */
struct unix_addr {
	struct obj obj;
	u32 len;
	u32 bucket;
	u8 path[UNIX_PATH_MAX];
};
#define UNIX_ADDR_PATH(a) (cspan_first(cspan_of((a)->path), (a)->len - 2))

/*
 * Messages, marks and connections not accepted that one user may have in queues; what they take is
 * the kernel's for good.
 */
#define UNIX_ITEMS_MAX    65536u
#define UNIX_EMBRYO_ITEMS 8u /* a connection is as large as so many messages */

/*
 * What arrives on a stream: pages of a window of positions. page[] belongs to the writer; the
 * reader reads what head has published.
 */
#define RING_LIMIT 425984u /* bytes in flight at most, whatever SO_SNDBUF says */
#define RING_CHUNK 32768u  /* written in one piece */
#define RING_PAGES 113u    /* the limit, one chunk over it, and both ends */
struct unix_ring {
	struct obj obj;
	u64 first, next;               /* page numbers first..next-1 have a page */
	u32 uid;                       /* whose pages they count as: USER_SOCKET_PAGES */
	struct page *page[RING_PAGES]; /* references; page number modulo RING_PAGES */
};

/* Bytes start..end-1 of a stream have descriptors or credentials with them. */
struct unix_mark {
	struct obj obj;
	LIST_LINK(unix_mark) link;
	u64 start, end;
	struct scm_fds *fds; /* reference; the first read of any of the bytes takes them */
	bool has_cred;
	struct ucred cred;
	u32 uid; /* of the sender: USER_SOCKET_ITEMS */
};

/* A datagram or packet. */
#define MSG_INLINE 96u
#define MSG_BUF    2048u
struct unix_msg {
	struct obj obj;
	LIST_LINK(unix_msg) link;
	struct socket *from;    /* reference: whose send buffer it counts for */
	struct unix_addr *addr; /* reference: of the sender, or NULL */
	struct scm_fds *fds;    /* reference */
	struct ucred cred;
	bool has_cred;
	u32 len, charge;
	u32 uid;                 /* of the sender: USER_SOCKET_ITEMS */
	u8 small[MSG_INLINE];    /* up to MSG_INLINE bytes */
	struct buf *data;        /* up to MSG_BUF */
	struct unix_ring *pages; /* more */
};

struct unix_sock {
	struct obj obj;
	struct socket *socket; /* borrowed: it owns us */
	/* state, dead, peer (of datagram sockets), queue, embryos, senders, peer_cred. */
	struct spinlock lock;
	u32 state; /* enum unix_state */
	bool dead;
	bool embryo;            /* not accepted yet */
	u32 embryo_uid;         /* who connected: USER_SOCKET_ITEMS */
	bool listed;            /* on the list of all; list_lock */
	struct socket *peer;    /* reference; of a stream: set once, before state */
	struct unix_addr *addr; /* reference; set once (store_release), under bind_lock */
	struct cred *peer_cred; /* reference */
	s32 peer_pid;
	u32 backlog;
	u64 id; /* order on the list of all */
	LIST_LINK(unix_sock) all_link;

	/* Names; unix_name.c */
	struct mutex bind_lock;
	bool named; /* in the table or on an inode; names_lock */
	LIST_LINK(unix_sock) name_link;
	struct path path; /* references: the node of a path name */

	/* Streams: what arrives here; unix_stream.c */
	struct mutex write_lock;    /* head, ring's pages */
	struct mutex read_lock;     /* tail */
	bool shut;                  /* nothing may be written any more; write_lock */
	u64 head, tail;             /* bytes ever written here, read */
	struct unix_ring *ring;     /* reference; made by the first write */
	LIST_HEAD(unix_mark) marks; /* references; lock */

	/* Datagrams and packets that arrived; unix_dgram.c */
	LIST_HEAD(unix_msg) queue; /* references */
	u32 queue_len;
	u64 queue_bytes;
	struct atomic wmem;      /* what messages sent from here and not yet received count */
	struct waitq space_wait; /* senders and connectors wait here for room in our queue */
	/* Those to be told when there is room: references on their sockets. */
	LIST_HEAD(unix_sock) senders;
	LIST_LINK(unix_sock) sender_link;
	struct unix_sock *waits_on; /* on whose senders list we are; senders_lock */

	/* Connections; unix_connect.c */
	LIST_HEAD(unix_sock) embryos; /* references on their sockets */
	LIST_LINK(unix_sock) embryo_link;
	u32 nr_embryos;

	/* Descriptors in flight to here, and this socket in flight; unix_gc.c, inflight_lock */
	LIST_HEAD(scm_fds) fds;
	u32 inflight; /* references of messages on the file */
	LIST_LINK(unix_sock) inflight_link;
	u32 gc_refs;
	u32 gc_state;
	LIST_LINK(unix_sock) gc_link;
};
OBJ_TYPE_DECL(unix_sock);
OBJ_TYPE_DECL(unix_ring);

static inline struct unix_sock *unix_of(struct socket *s)
{
	return obj_cast(unix_sock, s->proto);
}

/* What may be in flight from a socket. */
static inline u64 unix_send_limit(const struct socket *s)
{
	return min(load_once(s->sndbuf), RING_LIMIT);
}

/* ---- unix.c ---- */
int unix_create(u32 type, u32 protocol, struct socket **out);
/* The end of a socket, of its file or as an embryo that nobody accepted. */
void unix_end(struct socket *s, bool embryo);
bool unix_is_writable(struct unix_sock *us);
/* The caller's ids as a message or a connection carries them. */
struct ucred unix_own_cred(void);
void unix_set_peer_cred(struct unix_sock *us, struct cred *c, s32 pid);
/* Whether messages between the two carry credentials without being asked each time. */
bool unix_passes_cred(const struct socket *from, struct unix_sock *to);

/* ---- unix_name.c ---- */
int unix_bind(struct socket *s, const struct sockaddr_any *a, u32 len);
int unix_autobind(struct socket *s);
/* The socket of that name and type; a reference. -ECONNREFUSED, -EPROTOTYPE, -EACCES... */
int unix_find(const struct sockaddr_any *a, u32 len, u32 type, struct socket **out);
int unix_check_addr(const struct sockaddr_any *a, u32 len);
/* Copies the name (NULL: an unnamed one): its length. */
u32 unix_addr_copy(const struct unix_addr *from, struct sockaddr_any *to);
int unix_getname(struct socket *s, bool peer, struct sockaddr_any *a);
void unix_unname(struct unix_sock *us);

/* ---- unix_connect.c ---- */
int unix_listen(struct socket *s, u32 backlog);
int unix_accept(struct socket *s, bool nonblock, struct socket **out);
int unix_connect(struct socket *s, const struct sockaddr_any *a, u32 len, bool nonblock);
int unix_pair(struct socket *a, struct socket *b);
void unix_drop_embryos(struct unix_sock *us);

/* ---- unix_stream.c ---- */
ssize_t unix_stream_send(struct socket *s, struct uio *u, struct socket_msg *m,
	const struct sockaddr_any *name);
ssize_t unix_stream_recv(struct socket *s, struct uio *u, struct socket_msg *m,
	struct sockaddr_any *name);
static inline u64 unix_stream_used(const struct unix_sock *us)
{
	return load_acquire(us->head) - load_acquire(us->tail);
}
/* No more comes in; drops what is there. */
void unix_stream_close(struct unix_sock *us);

/* ---- unix_ring.c ---- */
struct unix_ring *unix_ring_new(void);
/* Makes pages up to position @end; pages before @tail may be used again. -ENOMEM. The writer's. */
int must_check unix_ring_reserve(struct unix_ring *r, u64 tail, u64 pos, u64 end);
/* Copies at a position; the bytes copied, short when a fault stops it. */
size_t unix_ring_write(struct unix_ring *r, u64 pos, struct uio *u, size_t n);
size_t unix_ring_read(struct unix_ring *r, u64 pos, struct uio *u, size_t n);
/* Gives back all but a few of the pages before @tail. The writer's. */
void unix_ring_trim(struct unix_ring *r, u64 tail);

/* ---- unix_dgram.c ---- */
ssize_t unix_dgram_send(struct socket *s, struct uio *u, struct socket_msg *m,
	const struct sockaddr_any *name);
ssize_t unix_dgram_recv(struct socket *s, struct uio *u, struct socket_msg *m,
	struct sockaddr_any *name);
int unix_dgram_connect(struct socket *s, const struct sockaddr_any *a, u32 len);
/* Drops what is queued. */
void unix_dgram_flush(struct unix_sock *us);
/*
 * Whether the limit of @to's queue holds for messages from @s: not between two that are connected
 * to each other.
 */
bool unix_must_wait(struct socket *s, struct unix_sock *to);
/* A reference to the peer, or NULL. */
struct socket *unix_peer_get(struct unix_sock *us);

/* ---- unix_senders.c ---- */
/* There is room in our queue (or we are gone): those who wait for it are told. */
void unix_tell_senders(struct unix_sock *us);
/*
 * Whether @us cannot send to its peer because that one's queue is full; then it is told when there
 * is room.
 */
bool unix_peer_is_full(struct unix_sock *us);
void unix_stop_waiting(struct unix_sock *us);

/* ---- unix_gc.c: descriptors in flight ---- */
void unix_gc_init(void);
/* Counts the descriptors as in flight to @to, before they are put into its queue. -ETOOMANYREFS. */
int must_check unix_fds_queue(struct unix_sock *to, struct scm_fds *f);
/* They leave the queue: the caller has them alone. */
void unix_fds_unqueue(struct scm_fds *f);
/* A copy of those in a queue; NULL: out of memory. */
struct scm_fds *unix_fds_peek(struct scm_fds *f);
/* Drops what is in flight only within itself, if a socket was released since. */
void unix_collect_due(void);
void unix_collect_if_due(void);
void unix_collect_now(void);
/* fds.c */
void scm_fds_drop_doomed(struct scm_fds **fp);
bool scm_fds_is_dropping(void);

#endif
