// SPDX-License-Identifier: MPL-2.0
/*
 * AF_UNIX, for the files of kernel/net/unix and kernel/net. See unix(7).
 *
 * Each socket owns the data that has arrived for it and is not read yet. Streams: a ring of bytes
 * that one writer and one reader use at the same time (a mutex for each side, no common lock), with
 * marks at positions that carry descriptors or credentials. Datagrams and packets: a queue of
 * messages. Connections not yet accepted: a queue of sockets, called embryos. So a sender takes the
 * locks of the receiver's side only.
 *
 * References. The peer is a reference on the struct socket, dropped when the socket's own file is
 * released; so the two ends keep each other's memory, but not each other's descriptor. A message
 * holds a reference on its sender's socket. No queue outlives its owner: at the release the owner
 * is marked dead under the locks that senders take to fill its queues, and then the queues are
 * emptied (unix_end).
 */
#ifndef KERNEL_NET_UNIX_H
#define KERNEL_NET_UNIX_H

#include "../net.h"

enum unix_state { UNIX_CLOSE, UNIX_CONNECTING, UNIX_CONNECTED, UNIX_LISTEN };

/*
 * A name: the sockaddr_un as bytes; @len includes the family. Immutable, and shared by a listener
 * and the sockets it accepts.
 */
struct unix_addr {
	struct obj obj;
	u32 len;
	u32 bucket;
	u8 path[UNIX_PATH_MAX];
};
#define UNIX_ADDR_PATH(a) (cspan_first(cspan_of((a)->path), (a)->len - 2))

/*
 * The number of messages, marks and unaccepted connections that one user may have in queues. The
 * memory of these objects stays with their types for good, so it must be limited.
 */
#define UNIX_ITEMS_MAX    65536u
#define UNIX_EMBRYO_ITEMS 8u /* a connection is charged as this many messages */

/*
 * The ring of a stream: pages for a window of positions. The writer owns page[] and its indices;
 * the reader reads positions below head, which the writer has published.
 */
#define RING_LIMIT 425984u /* bytes in flight at most, whatever SO_SNDBUF says */
#define RING_CHUNK 32768u  /* bytes written in one piece */
#define RING_PAGES 113u    /* the limit, one chunk beyond it, and a partial page at each end */
struct unix_ring {
	struct obj obj;
	u64 first, next;               /* pages first..next-1 exist */
	u32 uid;                       /* user the pages are charged to: USER_SOCKET_PAGES */
	struct page *page[RING_PAGES]; /* references, by page number modulo RING_PAGES */
};

/* Descriptors or credentials that accompany the bytes start..end-1 of a stream. */
struct unix_mark {
	struct obj obj;
	LIST_LINK(unix_mark) link;
	u64 start, end;
	struct scm_fds *fds; /* reference; taken by the first read of any of the bytes */
	bool has_cred;
	struct ucred cred;
	struct obj *sender; /* its process: reference, or NULL; for SO_PASSPIDFD */
	u32 uid;            /* the sender's user: USER_SOCKET_ITEMS */
	bool oob_taken;     /* an urgent byte that MSG_OOB has read: no byte of the stream; lock */
	struct unix_mark *next_gone; /* of marks that a receive drops: reference */
};

/* A datagram or packet. */
#define MSG_INLINE 96u
#define MSG_BUF    2048u
struct unix_msg {
	struct obj obj;
	LIST_LINK(unix_msg) link;
	struct socket *from;    /* reference: the sender, whose send buffer is charged */
	struct unix_addr *addr; /* reference: the sender's name, or NULL */
	struct scm_fds *fds;    /* reference */
	struct ucred cred;
	bool has_cred, peeked;
	struct obj *sender; /* as of unix_mark */
	u32 len, charge;
	u32 uid;                 /* the sender's user: USER_SOCKET_ITEMS */
	u8 small[MSG_INLINE];    /* contents up to MSG_INLINE bytes */
	struct buf *data;        /* contents up to MSG_BUF bytes */
	struct unix_ring *pages; /* larger contents */
};

struct unix_sock {
	struct obj obj;
	struct socket *socket; /* borrowed: the socket owns this object */
	/*
	 * @lock guards state, dead, peer (of datagram sockets), queue, embryos, marks, peer_cred.
	 */
	struct spinlock lock;
	u32 state; /* enum unix_state */
	bool dead;
	bool embryo;                  /* not accepted yet */
	u32 embryo_uid;               /* user of the connecting task: USER_SOCKET_ITEMS */
	struct socket *peer;          /* reference; for a stream set once, before state */
	struct unix_addr *addr;       /* reference; set once (store_release), under bind_lock */
	struct cred *peer_cred;       /* reference */
	struct process *peer_process; /* reference */
	u32 backlog;

	/* Names; name.c */
	struct mutex bind_lock;
	bool named; /* in the table of names or on an inode; names_lock */
	LIST_LINK(unix_sock) name_link;
	struct path path; /* references: the node of a path name */

	/* Streams: bytes that have arrived; stream.c */
	struct mutex write_lock;    /* held by writers: head, pages of the ring */
	struct mutex read_lock;     /* held by readers: tail */
	bool shut;                  /* no more bytes may be written; write_lock */
	u64 head, tail;             /* bytes ever written to this socket, bytes read */
	struct unix_ring *ring;     /* reference; created by the first write */
	LIST_HEAD(unix_mark) marks; /* references; lock */
	struct unix_mark *oob;      /* on that list: the urgent byte, not read yet; lock */
	u32 nr_oob_taken;           /* marks behind tail that are oob_taken; lock */

	/* Datagrams and packets that have arrived; dgram.c */
	LIST_HEAD(unix_msg) queue; /* references */
	u32 queue_len;
	u64 queue_bytes;
	struct atomic wmem;      /* charge of the messages sent from here and not yet received */
	struct waitq space_wait; /* senders and connecting tasks wait here for room in the queue */
	/* Sockets to notify when there is room, as references; senders.c */
	LIST_HEAD(unix_sock) senders;
	LIST_LINK(unix_sock) sender_link;
	struct unix_sock *waits_on; /* the socket whose senders list this one is on; senders_lock */

	/* Connections; connect.c */
	LIST_HEAD(unix_sock) embryos; /* references on their sockets */
	LIST_LINK(unix_sock) embryo_link;
	u32 nr_embryos;

	/*
	 * Descriptors in flight to this socket, and this socket in flight; gc.c, under
	 * inflight_lock
	 */
	LIST_HEAD(scm_fds) fds;
	u32 inflight; /* references of messages on this socket's file */
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

/* The number of bytes that may be in flight from a socket. */
static inline u64 unix_send_limit(const struct socket *s)
{
	return min(load_once(s->sndbuf), RING_LIMIT);
}

/* ---- unix.c ---- */
/*
 * Creates a socket. Context: task. Returns 0 and a reference, -EPROTONOSUPPORT, -ESOCKTNOSUPPORT,
 * -ENOMEM.
 */
int must_check unix_create(u32 type, u32 protocol, struct socket **out);
/*
 * Ends a socket: for the release of its file, or for an embryo that was not accepted. Marks it
 * dead, notifies the peer, and empties all queues. Context: task, no lock held.
 */
void unix_end(struct socket *s, bool embryo);
/* Whether a writer may continue: at most a quarter of the send buffer is in use, as on Linux. */
bool unix_is_writable(struct unix_sock *us);
/* The caller's ids, in the form that messages and connections carry. */
struct ucred unix_own_cred(void);
/*
 * Stores the credentials that SO_PEERCRED returns, and their process, with references of its own;
 * both may be NULL.
 */
void unix_set_peer_cred(struct unix_sock *us, struct cred *c, struct process *p);
/* SO_PEERPIDFD: a reference, or NULL. */
struct process *unix_peer_process(struct socket *s);
/*
 * Adds the sender's credentials to a message from @from to @to, if one of the ends asks for them,
 * and his process (m->error) for SO_PASSPIDFD. The caller puts m->error. unix_give_cred is its slow
 * path; @options: those of both ends.
 */
void unix_give_cred(u32 options, struct socket_msg *m);
static inline void unix_add_cred(const struct socket *from, struct unix_sock *to,
	struct socket_msg *m)
{
	u32 options = load_once(from->options) | load_once(to->socket->options);

	if (unlikely(load_once(to->embryo))) /* the listener's options are its own, later */
		options |= OPT_PASSPIDFD;
	if (unlikely(options & (OPT_PASSCRED | OPT_PASSPIDFD)))
		unix_give_cred(options, m);
}

/* ---- name.c ---- */
/* bind(2). Returns 0, -EINVAL, -EADDRINUSE, -ENOMEM, or an error of the path walk. */
int must_check unix_bind(struct socket *s, const struct sockaddr_any *a, u32 len);
/* Gives the socket a free abstract name unless it has one. Returns 0, -ENOSPC or -ENOMEM. */
int must_check unix_autobind(struct socket *s);
/*
 * Finds the socket of that name and type and returns a reference. Returns 0, -ECONNREFUSED,
 * -EPROTOTYPE, -EACCES or another error of the path walk.
 */
int must_check unix_find(const struct sockaddr_any *a, u32 len, u32 type, struct socket **out);
/* Whether the address has the family and a length that is possible: 0 or -EINVAL. */
int must_check unix_check_addr(const struct sockaddr_any *a, u32 len);
/* Copies the name and returns its length. NULL: an unnamed socket. */
u32 unix_addr_copy(const struct unix_addr *from, struct sockaddr_any *to);
/* The socket's own or its peer's name. Returns its length or -ENOTCONN. */
int must_check unix_getname(struct socket *s, bool peer, struct sockaddr_any *a);
/* Removes the socket's name from the table or the inode, so that no one finds it any more. */
void unix_unname(struct unix_sock *us);

/* ---- connect.c ---- */
/* listen, accept, connect and socketpair, as in their manual pages; see connect.c. */
int must_check unix_listen(struct socket *s, u32 backlog);
int must_check unix_accept(struct socket *s, bool nonblock, struct socket **out);
int must_check unix_connect(struct socket *s, const struct sockaddr_any *a, u32 len, bool nonblock);
int must_check unix_pair(struct socket *a, struct socket *b);
/* Ends the connections that have not been accepted. */
void unix_drop_embryos(struct unix_sock *us);

/* ---- stream.c ---- */
/*
 * Send and receive on a stream, with control messages in @m. Return bytes or -errno; see stream.c.
 */
ssize_t must_check unix_stream_send(struct socket *s, struct uio *u, struct socket_msg *m,
	const struct sockaddr_any *name);
ssize_t must_check unix_stream_recv(struct socket *s, struct uio *u, struct socket_msg *m,
	struct sockaddr_any *name);
static inline u64 unix_stream_used(const struct unix_sock *us)
{
	return load_acquire(us->head) - load_acquire(us->tail);
}
/* Lets no more bytes in and drops the ones that have arrived, with their descriptors. */
void unix_stream_close(struct unix_sock *us);

/* ---- oob.c: the urgent byte of a stream ---- */
/* recv(MSG_OOB): 1, -EINVAL or -EFAULT. */
ssize_t must_check unix_oob_recv(struct socket *s, struct uio *u, struct socket_msg *m);
/* What a receive does at a mark. */
enum unix_oob_step {
	UNIX_OOB_READ, /* ordinary bytes */
	UNIX_OOB_STOP, /* it ends before them */
	UNIX_OOB_SKIP, /* the byte is not part of the stream any more */
};
/* @copied: bytes have been read before. read_lock held. */
enum unix_oob_step unix_oob_step(struct unix_sock *us, struct unix_mark *mark, u32 flags,
	bool copied);
/* SIOCATMARK. Takes read_lock. */
bool unix_oob_at_mark(struct unix_sock *us);

/* ---- ring.c ---- */
/* A ring without pages, charged to the calling user. NULL if memory is out. */
struct unix_ring *unix_ring_new(void);
/*
 * Provides pages up to position @end; pages before @tail may be used again. Called by the writer
 * only. Returns 0 or -ENOMEM. unix_ring_grow is its slow path.
 */
int must_check unix_ring_grow(struct unix_ring *r, u64 tail, u64 pos, u64 end);
static inline int must_check unix_ring_reserve(struct unix_ring *r, u64 tail, u64 pos, u64 end)
{
	bool has = r->first != r->next && end <= r->next * PAGE_SIZE;

	return likely(has) ? 0 : unix_ring_grow(r, tail, pos, end);
}
/*
 * Copy at a position, which has pages. Return the number of bytes copied, fewer if a fault stops
 * the copy.
 */
size_t unix_ring_write(struct unix_ring *r, u64 pos, struct uio *u, size_t n);
size_t unix_ring_read(struct unix_ring *r, u64 pos, struct uio *u, size_t n);
/* Copies bytes out; false: it has no such pages. Context: any. */
bool unix_ring_peek(const struct unix_ring *r, u64 pos, struct span to);
/* Frees the pages before @tail but a few. Called by the writer only. */
void unix_ring_trim(struct unix_ring *r, u64 tail);

/* ---- dgram.c ---- */
/*
 * Send and receive of whole messages, with control messages in @m. Return bytes or -errno; see
 * dgram.c.
 */
ssize_t must_check unix_dgram_send(struct socket *s, struct uio *u, struct socket_msg *m,
	const struct sockaddr_any *name);
ssize_t must_check unix_dgram_recv(struct socket *s, struct uio *u, struct socket_msg *m,
	struct sockaddr_any *name);
/* connect(2) on a datagram socket; AF_UNSPEC dissolves the connection. */
int must_check unix_dgram_connect(struct socket *s, const struct sockaddr_any *a, u32 len);
/* Drops all queued messages and notifies the senders that wait for room. */
void unix_dgram_flush(struct unix_sock *us);
/*
 * Whether a message from @s must wait because the queue of @to is full. Two sockets that are
 * connected to each other are exempt: their send buffers limit them.
 */
bool unix_must_wait(struct socket *s, struct unix_sock *to);
/* Returns a reference to the peer, or NULL. */
struct socket *unix_peer_get(struct unix_sock *us);

/* ---- senders.c ---- */
/* Notifies the pollers for sending that wait for room in this socket's queue. */
void unix_tell_senders(struct unix_sock *us);
/*
 * Whether @us cannot send to its peer because the peer's queue is full. If so, @us is on the peer's
 * list and is notified when there is room.
 */
bool unix_peer_is_full(struct unix_sock *us);
/* Takes the socket off its peer's list of waiting senders. */
void unix_stop_waiting(struct unix_sock *us);

/* ---- gc.c: descriptors in flight ---- */
void unix_gc_init(void);
/*
 * Charges the descriptors to the caller as in flight to @to, before the message is put into the
 * queue. Returns 0 or -ETOOMANYREFS.
 */
int must_check unix_fds_queue(struct unix_sock *to, struct scm_fds *f);
/*
 * Takes the descriptors out of the accounts and of the collector's sight; then the caller has them
 * alone.
 */
void unix_fds_unqueue(struct scm_fds *f);
/* A copy of the descriptors of a message in a queue, for MSG_PEEK; NULL if memory is out. */
struct scm_fds *unix_fds_peek(struct scm_fds *f);
/*
 * unix_collect_due: requests a run of the collector after a socket was released, if sockets are in
 * flight, and runs it unless the task is dropping descriptors. unix_collect_if_due: runs it if one
 * is requested. unix_collect_now: runs it. Context: task, no lock held.
 */
void unix_collect_due(void);
void unix_collect_if_due(void);
void unix_collect_now(void);
/* fds.c: drops descriptors that the collector has taken. */
void scm_fds_drop_doomed(struct scm_fds **fp);

#endif
