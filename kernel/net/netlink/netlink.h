// SPDX-License-Identifier: MPL-2.0
/*
 * AF_NETLINK: messages between programs and the kernel's tables (netlink(7)). For the files of
 * kernel/net/netlink only.
 *
 * socket.c has the sockets, table.c finds them, queue.c has what waits in them. request.c takes
 * requests apart, answers with errors and acknowledgements, and runs dumps, a piece for each
 * receive. The families do the work: link.c, address.c, way.c, neighbour.c, rule.c of NETLINK_ROUTE,
 * generic.c, diag*.c of NETLINK_SOCK_DIAG. message.c reads and writes.
 */
#ifndef KERNEL_NET_NETLINK_NETLINK_H
#define KERNEL_NET_NETLINK_NETLINK_H

#include <frame/buf.h>
#include <frame/fmt.h>
#include <kernel/ipaddr.h>
#include <kernel/list.h>
#include <kernel/netdev.h>
#include <kernel/socket.h>
#include <uapi/netlink.h>

struct inet_addr;
struct netdev;
struct neigh_info;
struct route;
struct thread;

/* ---- message.c: reading and writing ---- */

/* What a program gets by one receive, at most: the buffers of old programs have a page. */
#define NETLINK_PIECE 3776u

/* Messages that are being written. What does not fit sets `full`. */
struct nl_writer {
	struct buf *buf; /* NULL: no memory */
	u32 len;
	bool full;
};
/* For @size bytes; nl_writer_end drops what nl_queue and nl_multicast have not taken. */
struct nl_writer nl_writer_new(u32 size);
void nl_writer_end(struct nl_writer *w);

/*
 * Begins a message with its fixed part @head. Returns where it begins. nl_end ends it: false: it
 * did not fit, and is taken away again.
 */
u32 nl_begin(struct nl_writer *w, const struct nlmsghdr *h, struct cspan head);
bool nl_end(struct nl_writer *w, u32 at);
void nl_put(struct nl_writer *w, u16 type, struct cspan value);
void nl_put_u8(struct nl_writer *w, u16 type, u8 v);
void nl_put_u16(struct nl_writer *w, u16 type, u16 v);
void nl_put_u32(struct nl_writer *w, u16 type, u32 v);
/* A text, with the NUL behind it. */
void nl_put_text(struct nl_writer *w, u16 type, struct cspan text);
/* 4 or 16 bytes, in network order. */
void nl_put_addr(struct nl_writer *w, u16 type, struct ip_addr a);
/*
 * Begins an attribute that has attributes. Programs look for the very type, so it has NLA_NESTED only
 * where Linux's has.
 */
u32 nl_nest(struct nl_writer *w, u16 type);
void nl_nest_end(struct nl_writer *w, u32 at);

/*
 * A part of a request: attributes, or the value of one. Borrows the buffer, whose holder outlives
 * it. nl_span: its bytes.
 */
struct nl_range {
	struct buf *buf;
	u32 at, len;
};
#define nl_span(range) (cspan_sub(buf_cspan((range).buf), (range).at, (range).len))

/* The value of the last attribute of @type; false: there is none. */
bool nl_get(struct nl_range attrs, u16 type, struct nl_range *out);
/* The same as a number; @or: there is none, or it is too short. */
u32 nl_get_u32(struct nl_range attrs, u16 type, u32 or);
/* An address of the family: 1: *@out, 0: there is none, -EINVAL: it has another length. */
int must_check nl_get_addr(struct nl_range attrs, u16 type, u32 family, struct ip_addr *out);
/* Whether an attribute exists that is not in the set @known (types below 64). */
bool nl_has_unknown(struct nl_range attrs, u64 known);

/* ---- socket.c, table.c, queue.c ---- */

enum netlink_flag {
	NL_PKTINFO = 1,
	NL_BROADCAST_ERROR = 2,
	NL_NO_ENOBUFS = 4,
	NL_CAP_ACK = 8,
	NL_EXT_ACK = 16,
	NL_STRICT = 32,
	NL_ALL_NSID = 64
};

struct netlink_sock;
struct nl_dump;

/* A request of a program. */
struct nl_request {
	struct netlink_sock *from; /* borrowed */
	struct nlmsghdr h;
	struct buf *bytes; /* borrowed: the whole send */
	u32 at;            /* where the header begins; the request is h.len bytes long */
};

/*
 * Writes the next messages of a dump. Returns whether it is complete. A walk that has passed by many
 * entries returns false, whatever it has written, and is called again. net_config held, unless
 * @unlocked.
 */
struct TABLE nl_dumper {
	bool (*next)(struct nl_dump *d, struct nl_writer *w);
	bool unlocked;
};
/*
 * What a dump selects: what its request says, parsed once. So the request need not be kept, which
 * the requester can make long. 0: all.
 */
struct nl_filter {
	u32 family; /* AF_* */
	u32 ifindex, table, protocol, kind;
	bool nothing;
	struct buf *bytes; /* reference: what sock_diag keeps, by nl_filter_keep; or NULL */
};
/* A dump in progress. */
struct nl_dump {
	const struct nl_dumper *ops; /* NULL: there is none */
	struct nl_request rq;        /* who asked, and the header; rq.bytes is NULL */
	struct nl_filter want;
	u64 at[2];        /* where it goes on; 0 at first */
	struct obj *last; /* reference: the object written last */
	s32 status;       /* what its end tells: 0 or -errno */
};

/* Where a message comes from. */
struct nl_sender {
	u32 port;  /* 0: the kernel */
	u32 group; /* that it was sent to, or 0 */
	struct ucred cred;
};

/* One message, or several in one piece, that a program will receive. */
struct netlink_msg {
	struct obj obj;
	LIST_LINK(netlink_msg) link;
	struct buf *data; /* reference, shared by all receivers */
	u32 len;          /* a filter may have cut it */
	u32 charge;       /* what it keeps of memory, cut or not */
	bool unfiltered;  /* the filter has not seen it yet; netlink_sock.lock */
	struct nl_sender sender;
};
OBJ_TYPE_DECL(netlink_msg);

struct netlink_sock {
	struct obj obj;
	struct socket *socket; /* borrowed: the socket owns this object */
	u32 protocol;
	u32 port;               /* port id; 0: none yet. Set once, by bind_lock */
	u32 flags;              /* enum netlink_flag; set_bits */
	struct mutex bind_lock; /* LOCK_BIND: port, groups, peer */
	u32 peer_port, peer_groups;
	u64 groups; /* bit n - 1: group n; read without the lock */
	struct spinlock lock;
	LIST_HEAD(netlink_msg) queue;       /* lock; references */
	u32 rmem;                           /* lock: bytes in the queue */
	bool congested;                     /* lock: a message was dropped */
	struct mutex dump_lock;             /* LOCK_NET_DUMP */
	struct nl_dump dump;                /* dump_lock */
	LIST_LINK(netlink_sock) hash_link;  /* table_lock: it is on the list if it has a port */
	LIST_LINK(netlink_sock) group_link; /* table_lock: if it has groups */
	u64 member_id;                      /* table_lock: the place on that list, which grows */
};
OBJ_TYPE_DECL(netlink_sock);
#define NETLINK_GROUPS 64u

static always_inline struct netlink_sock *netlink_sock_of(const struct socket *s)
{
	return obj_cast(netlink_sock, s->proto);
}

#define NETLINK_BUCKETS 256u

/* Queues what @w has for the socket; takes the buffer. Context: task. */
void nl_queue(struct netlink_sock *ns, struct nl_writer *w);
/* Sends what @w has to all sockets of a group; takes the buffer. Context: task. */
void nl_multicast(u32 protocol, u32 group, struct nl_writer *w);
/* Members of the group have missed something: ENOBUFS, unless they want none. Context: task. */
void nl_group_overrun(u32 protocol, u32 group);
/* The groups of the socket: bit n - 1 is group n. bind_lock held. */
void nl_set_groups(struct netlink_sock *ns, u64 groups);
/* Gives the socket the port id @port: 0 or -EADDRINUSE. bind_lock held. */
int must_check netlink_take_port(struct netlink_sock *ns, u32 port);
/*
 * A port id for a socket without one: the process's number, else a random one. 0 or -EADDRINUSE.
 * bind_lock held; netlink_ensure_port takes it if there is no port yet.
 */
int must_check netlink_autobind(struct netlink_sock *ns);
int must_check netlink_ensure_port(struct netlink_sock *ns);
/* Takes the socket out of groups and tables: nobody finds it any more. Takes bind_lock. */
void netlink_table_leave(struct netlink_sock *ns);
/* Start-up, before there is a socket. */
void netlink_table_init(void);
/* A message with the contents @data, for the socket with a port: 0, -ECONNREFUSED, -ENOBUFS. */
int must_check netlink_send_to(struct netlink_sock *ns, u32 port, struct buf *data, u32 len,
	const struct nl_sender *like);
/* The same for all members of the groups in @groups but @but. Returns how many got it. */
u32 netlink_multicast(u32 protocol, u64 groups, struct buf *data, u32 len,
	const struct nl_sender *like, const struct netlink_sock *but);
/*
 * The same for one receiver. False: it was dropped. @steps: what filters have taken so far; NULL:
 * they are not counted.
 */
bool netlink_deliver(struct netlink_sock *ns, struct buf *data, u32 len,
	const struct nl_sender *like, u32 *steps);
/* The first message: a reference; taken off the queue unless @peek. NULL: there is none. */
struct netlink_msg *netlink_first_message(struct netlink_sock *ns, bool peek);
/* Runs the filter over messages at the head of the queue that have come without. */
void netlink_filter_late(struct netlink_sock *ns);
/* Options of level SOL_NETLINK (options.c); operations of the socket. */
s64 must_check netlink_setsockopt(struct socket *s, s32 level, s32 name, struct uaddr value,
	u32 len);
s64 must_check netlink_getsockopt(struct socket *s, s32 level, s32 name, struct uaddr value,
	struct uaddr len_at, u32 room);
/* Whether anybody listens to the group. Context: any. */
bool nl_has_listeners(u32 protocol, u32 group);
/*
 * Memory of @size bytes for a filter, in the account of all queues; nl_filter_end gives it back. 0,
 * -ENOMEM, -ENOBUFS.
 */
int must_check nl_filter_keep(struct nl_filter *f, u32 size);
void nl_filter_end(struct nl_filter *f);

/* ---- request.c ---- */

/* What follows the header of the request. */
struct nl_range nl_payload(const struct nl_request *rq);
/* The header of an answer. */
struct nlmsghdr nl_reply(const struct nl_request *rq, u16 type, u16 flags);

/* Bytes that were sent: parts of BUF_MAX bytes, the last one shorter. */
#define NETLINK_SEND_MAX (1u << 20)
struct nl_bytes {
	u32 len;
	struct buf *part[NETLINK_SEND_MAX / BUF_MAX];
};
/* Does the requests in what was sent. Context: task, nothing held. */
void nl_requests(struct netlink_sock *ns, const struct nl_bytes *b);
/*
 * Starts a dump, and takes @want over: 1 or -EBUSY (the socket has a dump already; then the filter is
 * still the caller's).
 */
int must_check nl_dump_start(const struct nl_request *rq, const struct nl_dumper *ops,
	const struct nl_filter *want);
/* Queues the next piece of the socket's dump. False: there is none. */
bool nl_dump_more(struct netlink_sock *ns);

/* Answers @rq: 0 (then it is acknowledged if that was asked for), -errno; 1: a dump began. */
int must_check route_request(const struct nl_request *rq);
int must_check generic_request(const struct nl_request *rq);
int must_check sock_diag_request(const struct nl_request *rq);

/* ---- the kinds of NETLINK_ROUTE; net_config held ---- */

/* A kind: what is done by NEW (SET), DEL and GET, and a dump. NULL: -EOPNOTSUPP. */
struct TABLE route_kind_ops {
	u32 head; /* bytes of the fixed part */
	/* What a dump selects beside the family; @strict: NETLINK_GET_STRICT_CHK. NULL: nothing. */
	void (*select)(const struct nl_request *rq, bool strict, struct nl_filter *out);
	int (*set)(const struct nl_request *rq);
	int (*del)(const struct nl_request *rq);
	int (*get)(const struct nl_request *rq);
	const struct nl_dumper *dump;
	bool del_unlocked; /* del is called without net_config */
};
extern const struct route_kind_ops link_kind, address_kind, way_kind, neighbour_kind, rule_kind,
	netconf_kind;
void rtnetlink_init(void);
/* What follows the fixed part of @rq. */
struct nl_range nl_attrs(const struct nl_request *rq, u32 head);
/*
 * The header of news. If a request about @kind makes them, they have its sender's port and its number,
 * as on Linux, by which a program knows its own changes. What follows from a change of another kind
 * (the routes of an address) has none. net_config held.
 */
struct nlmsghdr nl_news(u16 type, const struct route_kind_ops *kind);
/* Sends one message to the requester. */
void nl_answer(const struct nl_request *rq, struct nl_writer *w);

/* Tells of changes: registered by netlink_init. */
void link_changed(struct netdev *d, bool gone);
void address_changed(struct netdev *d, const struct inet_addr *a, bool gone);
void route_changed_to(const struct route *r, bool gone);
extern const struct neigh_watcher neighbour_watcher; /* neighbour.c */
extern const struct fdb_watcher bridge_watcher;      /* bridge.c */
/* uevent.c: tells udev that a device has come, has gone, or has a new name. */
void uevent_net(const struct netdev *d, enum net_event e);

#endif
