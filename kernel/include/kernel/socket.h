// SPDX-License-Identifier: MPL-2.0
/*
 * Sockets: the part that all protocols share, and the interface to protocol families.
 *
 * A `struct socket` is the end point that system calls work on. A family registers a function that
 * makes a socket and gives it a table of operations and an object of its own (`proto`). Generic
 * code (kernel/net/socket.c, calls.c, msg.c, options.c) decodes arguments, moves addresses and
 * control messages between user memory and the kernel, and keeps the options of SOL_SOCKET. It
 * contains nothing of a protocol. kernel/net/unix*.c is AF_UNIX.
 *
 * An open file holds its socket; a protocol's peers and queues may hold it too. The release
 * operation is called when the file is closed for the last time; the object lives while others hold
 * it.
 */
#ifndef KERNEL_SOCKET_H
#define KERNEL_SOCKET_H

#include <frame/atomic.h>
#include <frame/fmt.h>
#include <frame/obj.h>
#include <frame/sync.h>
#include <frame/wait.h>
#include <kernel/ipaddr.h>
#include <kernel/list.h>
#include <kernel/poll.h>
#include <kernel/uio.h>
#include <uapi/socket.h>

struct bpf_loads;
struct bpf_prog;
struct packet;
struct socket;
struct socket_ops;
struct file;
struct scm_fds;
struct thread;
struct cred;
struct control_out;
struct vma;

#define SOCKET_BUF_DEFAULT 212992u /* net.core.{r,w}mem_default */
#define SOCKET_SNDBUF_MIN  4608u
#define SOCKET_RCVBUF_MIN  2304u

struct socket {
	struct obj obj;
	const struct socket_ops *ops;
	struct obj *proto; /* the protocol's own part; reference */
	struct file *file; /* borrowed; NULL before accept and after the release */
	u16 family, type;
	u32 protocol;
	u32 options;         /* enum socket_opt; set_bits */
	u32 shutdown;        /* enum socket_shutdown; set_bits */
	struct atomic error; /* pending error, positive; reading SO_ERROR clears it */
	u32 sndbuf, rcvbuf;  /* as getsockopt returns them */
	u32 rcvlowat;
	s32 peek_off; /* SO_PEEK_OFF; negative: off */
	s32 priority;
	u32 mark;
	u64 rcv_timeout_ns, snd_timeout_ns; /* 0: none */
	struct user_linger linger;
	u64 cookie;                         /* socket_cookie; 0: none assigned yet */
	u32 stamping;                       /* flags of SO_TIMESTAMPING, enum stamp_flag */
	struct atomic stamp_key;            /* the next send's number; TCP: where numbers begin */
	u64 last_ns;                        /* SIOCGSTAMP: 0: nothing came, LAST_NOT_KNOWN */
	bool last_is_set;                   /* the next packet does not change last_ns */
	bool stamps;                        /* counted in packet_stamps */
	struct obj *errors;                 /* reference: the error queue; set once */
	struct atomic wmem;                 /* bytes of packets that were sent and still exist */
	struct waitq read_wait, write_wait; /* wait for data or connections; for room */
	struct poll_source *poll;
	u32 async_missed;        /* a send or poll with O_ASYNC found no room; socket_async_sent */
	struct bpf_prog *filter; /* filter_lock: a reference (SO_ATTACH_FILTER); NULL: none */
	struct spinlock filter_lock; /* a leaf */
	bool filter_locked;          /* SO_LOCK_FILTER; filter_lock */
	/* The list of all sockets of its kind (socket_list_add); its lock: */
	LIST_LINK(socket) all_link;
	u64 all_id; /* set once */
	u32 all_kind;
	bool all_listed;
};
OBJ_TYPE_DECL(socket);

enum socket_shutdown { SHUTDOWN_RCV = 1, SHUTDOWN_SEND = 2, SHUTDOWN_BOTH = 3 };
enum socket_opt {
	OPT_PASSCRED = 1,
	OPT_REUSEADDR = 2,
	OPT_REUSEPORT = 4,
	OPT_KEEPALIVE = 8,
	OPT_BROADCAST = 16,
	OPT_DONTROUTE = 32,
	OPT_OOBINLINE = 64,
	OPT_DEBUG = 128,
	OPT_TIMESTAMP = 256,
	OPT_NO_CHECK = 512,
	OPT_PASSSEC = 1024,
	OPT_PASSPIDFD = 2048,
	OPT_STAMP_NS = 4096,    /* SO_TIMESTAMPNS, with OPT_TIMESTAMP */
	OPT_STAMP_NEW = 8192,   /* by the names with _NEW */
	OPT_STAMP_LAST = 16384, /* SIOCGSTAMP has asked for a time */
	OPT_ZEROCOPY = 32768,
	OPT_SELECT_ERRORS = 65536, /* SO_SELECT_ERR_QUEUE: errors are POLLPRI, too */
	/* SO_BUF_LOCK, shifted by OPT_BUF_SHIFT: the sizes are the program's, and stay. */
	OPT_SNDBUF_LOCK = 131072,
	OPT_RCVBUF_LOCK = 262144,
};

#define OPT_BUF_LOCKS ((u32)OPT_SNDBUF_LOCK | OPT_RCVBUF_LOCK)
#define OPT_BUF_SHIFT 17u

/* What control messages of the internet protocols say (ip(7), ipv6(7), udp(7)). */
enum ip_control_bit {
	IP_CONTROL_PKTINFO = 1,
	IP_CONTROL_TOS = 2,
	IP_CONTROL_TTL = 4,
	IP_CONTROL_SEGMENT = 8, /* UDP_SEGMENT, UDP_GRO */
	IP_CONTROL_TIME = 16,
	IP_CONTROL_ORIGDST = 32,
	IP_CONTROL_ERROR = 64,
};
struct ip_control {
	u32 given; /* enum ip_control_bit: which of the others */
	u32 ifindex;
	struct ip_addr local, to; /* receive: the socket's address on this way; the header's */
	u8 tos, ttl;
	u16 segment, port;
	u64 time_ns;
};

/* One message during a system call, beside its bytes (a uio) and its address. */
struct socket_msg {
	u32 flags;     /* MSG_* of the call; MSG_DONTWAIT also when the file is non-blocking */
	u32 out_flags; /* receive: MSG_TRUNC, MSG_CTRUNC */
	u32 name_len;  /* length of the address with its family; receive: 0: no address */
	bool has_cred; /* send: given and checked; receive: to be reported */
	struct ucred cred;
	struct scm_fds *fds; /* passed descriptors; reference; NULL: none */
	struct ip_control ip;
	/*
	 * A reference for control_out: what MSG_ERRQUEUE had; the packet, of AF_PACKET; the sender's
	 * process, of AF_UNIX.
	 */
	struct obj *error;
	u32 stamp; /* send: STAMP_GIVEN and the flags of SO_TIMESTAMPING of this message; or 0 */
};

/* SOF_TIMESTAMPING_ */
enum stamp_flag {
	STAMP_TX_HARDWARE = 1,
	STAMP_TX_SOFTWARE = 2,
	STAMP_RX_HARDWARE = 4,
	STAMP_RX_SOFTWARE = 8,
	STAMP_SOFTWARE = 16,
	STAMP_SYS_HARDWARE = 32,
	STAMP_RAW_HARDWARE = 64,
	STAMP_OPT_ID = 128,
	STAMP_TX_SCHED = 256,
	STAMP_TX_ACK = 512,
	STAMP_OPT_CMSG = 1024,
	STAMP_OPT_TSONLY = 2048,
	STAMP_OPT_STATS = 4096,
	STAMP_OPT_PKTINFO = 8192,  /* with a hardware's time: never */
	STAMP_OPT_TX_SWHW = 16384, /* there is no hardware's time */
	STAMP_BIND_PHC = 32768,
	STAMP_OPT_ID_TCP = 65536,
	STAMP_OPT_RX_FILTER = 131072,
	STAMP_KNOWN = 262143,
	STAMP_TX_RECORD = STAMP_TX_HARDWARE | STAMP_TX_SOFTWARE | STAMP_TX_SCHED | STAMP_TX_ACK,
};
#define STAMP_GIVEN (1u << 31)

/*
 * Operations on a socket. NULL: -EOPNOTSUPP. Context: task. Results are 0 or -errno unless said
 * otherwise.
 */
struct TABLE socket_ops {
	void (*release)(struct socket *s); /* the last reference to the file is gone */
	int (*bind)(struct socket *s, const struct sockaddr_any *a, u32 len);
	int (*connect)(struct socket *s, const struct sockaddr_any *a, u32 len, bool nonblock);
	int (*pair)(struct socket *a, struct socket *b);
	int (*listen)(struct socket *s, u32 backlog);
	/* *@out: a reference to the socket of the new connection, which has no file yet. */
	int (*accept)(struct socket *s, bool nonblock, struct socket **out);
	/* Its own address or the peer's: returns the length or -errno. */
	int (*getname)(struct socket *s, bool peer, struct sockaddr_any *a);
	/*
	 * @name: the destination (m->name_len bytes; NULL if 0). Returns the bytes sent or -errno.
	 * A message that takes m->fds along consumes it and sets it to NULL.
	 */
	ssize_t (*sendmsg)(struct socket *s, struct uio *u, struct socket_msg *m,
		const struct sockaddr_any *name);
	/*
	 * Sends @len bytes of @in, a file of the page cache, from @pos on, by reference to its
	 * pages. The bytes sent, 0 at the file's end, or -errno. NULL: sendmsg with copies.
	 */
	ssize_t (*send_file)(struct socket *s, struct file *in, u64 pos, size_t len, u32 flags);
	/* @name: receives the sender's address; NULL: not requested. The caller gets m->fds. */
	ssize_t (*recvmsg)(struct socket *s, struct uio *u, struct socket_msg *m,
		struct sockaddr_any *name);
	u32 (*poll)(struct socket *s, struct poll_table *pt);
	s64 (*ioctl)(struct socket *s, u32 cmd, u64 arg);
	int (*shutdown)(struct socket *s, u32 how); /* enum socket_shutdown */
	/* Options of levels other than SOL_SOCKET. getsockopt writes the length at @len_at. */
	s64 (*setsockopt)(struct socket *s, s32 level, s32 name, struct uaddr value, u32 len);
	s64 (*getsockopt)(struct socket *s, s32 level, s32 name, struct uaddr value,
		struct uaddr len_at, u32 room);
	/*
	 * SO_TIMESTAMPING with OPT_ID, whose @flags these are: where numbers begin. 0 or -EINVAL.
	 * NULL: they are counted from 0.
	 */
	int (*stamp_start)(struct socket *s, u32 flags, u32 *key);
	/*
	 * SO_ERROR while there is no error that ended anything: takes and clears one that may pass;
	 * positive, 0: none. NULL: the protocol has no such errors.
	 */
	s32 (*take_soft_error)(struct socket *s);
	/*
	 * SO_PEERCRED, SO_PEERGROUPS: the peer's credentials, a reference (NULL: unknown), and its
	 * pid.
	 */
	struct cred *(*peercred)(struct socket *s, s32 *pid);
	/* SO_PEERPIDFD: the peer's process, a reference; NULL: unknown. */
	struct process *(*peer_process)(struct socket *s);
	bool peek_off; /* a peek begins at SO_PEEK_OFF (socket_peek_from) */
	bool (*is_listening)(struct socket *s);
	/*
	 * A control message of another level than SOL_SOCKET. 0 or -errno; NULL: they are ignored.
	 */
	int (*control_in)(struct socket *s, s32 level, s32 type, struct cspan data,
		struct socket_msg *m);
	/* Writes the control messages of a receive by scm_put_one. */
	void (*control_out)(struct socket *s, struct socket_msg *m, struct control_out *o);
	/* As file_ops.mmap; NULL: -ENODEV. */
	int (*mmap)(struct socket *s, struct vma *v);
	/* An option or a buffer size has changed that waiters depend on. */
	void (*changed)(struct socket *s);
};

/* The position in a control buffer, the room left and the bytes used. */
struct control_out {
	u64 at, left, used;
};
/* Appends one control message; what does not fit sets MSG_CTRUNC. Context: task. */
void scm_put_one(struct control_out *o, struct socket_msg *m, s32 level, s32 type,
	struct cspan data);

struct TABLE socket_family {
	u32 family;
	/*
	 * Makes a socket; @type is one of SOCK_*. 0, -EPROTONOSUPPORT, -ESOCKTNOSUPPORT, -ENOMEM...
	 */
	int (*create)(u32 type, u32 protocol, struct socket **out);
};
/* Start-up: registers a family. */
void socket_family_register(const struct socket_family *f);
void socket_init(void);
/*
 * Power-off, when all processes are gone: frees the sockets that only descriptors in flight keep
 * alive.
 */
void socket_shutdown_all(void);

/*
 * A socket with default options; one reference. Consumes @proto (may be NULL), also on failure.
 * NULL: no memory.
 */
struct socket *socket_new(const struct socket_ops *ops, u32 family, u32 type, u32 protocol,
	struct obj *proto);
/*
 * An open file for the socket; consumes the reference, also on failure. @flags: O_NONBLOCK. NULL:
 * no memory.
 */
struct file *socket_file_new(struct socket *s, u32 flags);
/*
 * The end of a getsockopt() of a protocol (options.c): writes the length, then as much of @v as fits
 * into @room bytes. Linux's SOL_SOCKET writes the two in the other order, which shows where one of
 * them cannot be written. Context: task. Returns 0 or -EFAULT.
 */
s64 must_check socket_option_put(struct uaddr value, struct uaddr len_at, u32 room, struct cspan v);
/* How many sockets have files, for /proc/net/sockstat. */
u64 socket_count(void);
/*
 * The user who owns its file, and shares ports with the owner's other sockets: the one who made it,
 * unless fchown has named another. 0: it has no file. Context: any.
 */
u32 socket_owner(const struct socket *s);
/* The socket behind a file, borrowed; NULL: the file is no socket. */
struct socket *socket_of(const struct file *f);

/*
 * All sockets of a kind (socket_list.c), for those who tell of each of them. socket_list_remove may
 * be called again, and for a socket that was never added; the end of a struct socket calls it.
 * Context: task; the locks are leaves.
 */
enum socket_kind { SOCKETS_UNIX, SOCKETS_NETLINK, SOCKETS_RAW, SOCKETS_PACKET, NR_SOCKET_LISTS };
void socket_list_add(enum socket_kind kind, struct socket *s);
void socket_list_remove(struct socket *s);
/*
 * The first socket whose all_id is above @after: a reference; NULL: there is none. 0 begins a walk,
 * and the id of what was returned continues it. Gives way. Context: task, no spinlock held.
 */
struct socket *socket_list_next(enum socket_kind kind, u64 after);
/* How many there are of AF_INET6 / of all other families. */
u32 socket_list_count(enum socket_kind kind, u32 family);

/*
 * The deadline of a wait: 0: do not wait; NO_DEADLINE: wait for ever. @timeout_ns: rcv_timeout_ns
 * or snd_timeout_ns.
 */
u64 socket_deadline(u64 timeout_ns, bool nonblock);
/*
 * Waits until what the socket has sent leaves room in its send buffer (wmem below sndbuf), as Linux'
 * sock_alloc_send_pskb does: a pending error is taken first, then a shutdown ends it. 0, the error,
 * -EPIPE, -EAGAIN (MSG_DONTWAIT in @flags, or the send timeout), or as socket_wait_error. Context:
 * task.
 */
int must_check socket_wait_room(struct socket *s, u32 flags);
/*
 * The result of a system call whose wait_event returned @err: -EAGAIN after the timeout; after a
 * signal -ERESTARTSYS, or -EINTR if the wait had a timeout, since a restart would wait anew.
 */
int must_check socket_wait_error(int err, u64 deadline);
/*
 * The result of a send on a stream that takes no more bytes: @sent, the bytes sent before; if there
 * are none, -EPIPE, and SIGPIPE for the calling thread unless @flags have MSG_NOSIGNAL. Context: task.
 */
ssize_t must_check socket_broken(ssize_t sent, u32 flags);
/*
 * A number that is unique among sockets, assigned when it is first requested (SO_COOKIE). Context:
 * any but interrupt; takes a leaf lock.
 */
u64 socket_cookie(struct socket *s);
/*
 * SO_PEEK_OFF: where a receive with @flags begins, behind the first bytes that are there; and what
 * follows when it is done with @n bytes. The caller holds its lock of receives.
 */
static inline u32 socket_peek_from(const struct socket *s, u32 flags)
{
	s32 off = load_once(s->peek_off);

	return (flags & MSG_PEEK) && off > 0 ? (u32)off : 0;
}
/* The same into *@off; whether there is an offset. One look for both: another task may change it. */
static inline bool socket_peeks_at(const struct socket *s, u32 flags, u32 *const off)
{
	s32 at = load_once(s->peek_off);

	*off = (flags & MSG_PEEK) && at > 0 ? (u32)at : 0;
	return (flags & MSG_PEEK) && at >= 0;
}
static inline void socket_peek_done(struct socket *s, u32 flags, size_t n)
{
	s32 off = load_once(s->peek_off);

	if (unlikely(off >= 0))
		store_once(s->peek_off,
			flags & MSG_PEEK ? (s32)((u32)off + (u32)n)
					 : off - (s32)min((size_t)off, n));
}
/* Takes and clears the pending error: 0 or -errno. */
static inline int must_check socket_take_error(struct socket *s)
{
	return atomic_load(&s->error) ? -(int)atomic_swap(&s->error, 0) : 0;
}
/*
 * Counts packets in a socket's send buffer, and takes them off it when they go; then writers wake
 * if at most half of the buffer is in use, so that they are not woken for each packet. Context:
 * any.
 */
static inline void socket_charge(struct socket *s, u32 n)
{
	(void)atomic_add(&s->wmem, n);
}
void socket_uncharge(struct socket *s, u32 n);
/*
 * Whether the calling task is dropping descriptors that were left in messages: what it then does to
 * files was not its own idea. Context: task.
 */
bool scm_fds_is_dropping(void);
/* Wakes readers or writers, and notifies pollers of @events. Context: any. */
void socket_wake_readers(struct socket *s, u32 events);
void socket_wake_writers(struct socket *s, u32 events);
void socket_wake_all(struct socket *s, u32 events);

/*
 * Runs the socket's filter over a message, which is read by @loads: how many bytes of it are kept,
 * 0: none, the message is to be dropped. Without a filter a message costs one load.
 *
 * Where one message is for many sockets, whoever sends it pays for all of their filters, and perhaps
 * holds locks: then *@steps, 0 at first, sums up the steps of the runs, and from FILTER_STEPS on a
 * filter keeps nothing. One run may exceed that by its own length. NULL: there is one receiver.
 * Context: any.
 */
#define FILTER_ALL   0xffffffffu
#define FILTER_STEPS (1u << 18)
u32 socket_filter_run(struct socket *s, const struct bpf_loads *loads, struct obj *message,
	u32 *const steps);
static inline u32 socket_filter(struct socket *s, const struct bpf_loads *loads,
	struct obj *message, u32 *const steps)
{
	return likely(!load_once(s->filter)) ? FILTER_ALL
					     : socket_filter_run(s, loads, message, steps);
}
/* How a program reads a packet, from its head on. */
extern const struct bpf_loads packet_loads;
u32 socket_filter_packet_run(struct socket *s, struct packet *p, u32 *const steps);
static inline u32 socket_filter_packet(struct socket *s, struct packet *p, u32 *const steps)
{
	return likely(!load_once(s->filter)) ? FILTER_ALL : socket_filter_packet_run(s, p, steps);
}
/* bpf_loads.ancillary of messages about which nothing is known. */
bool socket_ancillary(struct obj *message, u32 what, u32 *a);
/* A checked program that struct sock_fprog at @at names. 0 or -errno. Context: task. */
int must_check bpf_prog_from_user(struct uaddr at, u32 len, struct bpf_prog **out);

/* ---- kernel/net/stamp_sent.c: times of sending ---- */
/*
 * The stamps of a message's packet, and whether it takes a number; makes the error queue. Context:
 * task.
 */
u32 socket_stamp_bits(struct socket *s, const struct socket_msg *m, bool *counted);
void socket_stamp_packet_run(struct socket *s, const struct socket_msg *m, struct packet *p);
/* Marks a packet with the times that the socket, or the message, asks for. Context: task. */
static inline void socket_stamp_packet(struct socket *s, const struct socket_msg *m,
	struct packet *p)
{
	if (unlikely((load_once(s->stamping) | m->stamp) & (STAMP_TX_RECORD | STAMP_GIVEN)))
		socket_stamp_packet_run(s, m, p);
}
/* stamp.c: an accepted socket asks for the times that its listener asks for. Context: any. */
void socket_stamps_inherit(struct socket *s, const struct socket *from);
/* ---- kernel/net/zerocopy.c: MSG_ZEROCOPY ---- */
struct sent_error;
int must_check socket_zerocopy_start(struct socket *s, size_t len, struct sent_error **place);
void socket_zerocopy_finish(struct socket *s, struct sent_error **place, bool sent);
/*
 * Before a send of @len bytes takes any of them: if it asks for a completion, *@place, NULL until
 * then, gets a place for it. 0, -ENOBUFS. Context: task.
 */
static inline int must_check socket_zerocopy_begin(struct socket *s, const struct socket_msg *m,
	size_t len, struct sent_error **place)
{
	if (likely(!(m->flags & MSG_ZEROCOPY)) || !(load_once(s->options) & OPT_ZEROCOPY))
		return 0;
	return socket_zerocopy_start(s, len, place);
}
/* The bytes were taken and are the program's again, or the send failed (@sent is false). */
static inline void socket_zerocopy_end(struct socket *s, struct sent_error **place, bool sent)
{
	if (unlikely(*place))
		socket_zerocopy_finish(s, place, sent);
}
/* ---- kernel/net/stamp.c: the time of the last packet, for SIOCGSTAMP ---- */
#define LAST_NOT_KNOWN 1u
void socket_last_received(struct socket *s, u64 time_ns);
/* A packet that came at @time_ns (0: not known) goes to the reader. Context: task. */
static inline void socket_received(struct socket *s, u64 time_ns)
{
	if (unlikely(!load_once(s->last_is_set)))
		socket_last_received(s, time_ns);
}

/* ---- AF_UNIX, for /proc/net/unix ---- */
void unix_init(void);
/* Appends its line of /proc/net/unix, and the heading of that file. */
void unix_show(struct socket *s, struct fmt *out);
void unix_show_header(struct fmt *out);

#endif
