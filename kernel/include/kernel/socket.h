// SPDX-License-Identifier: MPL-2.0
/*
 * Sockets: what all protocols share, and what a protocol family supplies.
 *
 * A `struct socket` is the end point that system calls work on; a family registers itself with a
 * function that makes one and gives it a table of operations and an object of its own (`proto`).
 * Generic code (kernel/net/socket.c, calls.c, msg.c, options.c) decodes arguments, moves addresses
 * and control messages between user memory and the kernel, and keeps the options of SOL_SOCKET; it
 * knows no protocol. kernel/net/unix*.c is AF_UNIX.
 *
 * A socket is held by its open file (and, in a protocol, by whoever needs it: a peer, a queue). The
 * release operation comes when the file goes; the object lives on while others hold it.
 */
#ifndef KERNEL_SOCKET_H
#define KERNEL_SOCKET_H

#include <frame/atomic.h>
#include <frame/fmt.h>
#include <frame/obj.h>
#include <frame/sync.h>
#include <frame/wait.h>
#include <kernel/poll.h>
#include <kernel/uio.h>
#include <uapi/socket.h>

struct socket;
struct socket_ops;
struct file;
struct scm_fds;
struct thread;
struct cred;

#define SOCKET_BUF_DEFAULT 212992u  /* net.core.{r,w}mem_default */
#define SOCKET_BUF_MAX     4194304u /* net.core.{r,w}mem_max */
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
	struct atomic error; /* pending, positive; SO_ERROR takes it */
	u32 sndbuf, rcvbuf;  /* as getsockopt tells them */
	u32 rcvlowat;
	s32 priority;
	u32 mark;
	u64 rcv_timeout_ns, snd_timeout_ns; /* 0: none */
	struct user_linger linger;
	u64 cookie;                         /* 0: not asked for yet */
	struct waitq read_wait, write_wait; /* for data or connections; for room */
	struct poll_source *poll;
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
};

/* One message on its way through a call, beside its bytes (a uio) and its address. */
struct socket_msg {
	u32 flags;     /* MSG_* asked for; MSG_DONTWAIT also when the file is non-blocking */
	u32 out_flags; /* receive: MSG_TRUNC, MSG_CTRUNC */
	u32 name_len;  /* of the address beside it, family included; receive: 0: no address */
	bool has_cred; /* send: claimed and checked; receive: to be shown */
	struct ucred cred;
	struct scm_fds *fds; /* descriptors; reference; NULL: none */
};

/*
 * Operations on a socket. NULL: -EOPNOTSUPP. Context: task. Results are 0 or -errno unless said
 * otherwise.
 */
struct TABLE socket_ops {
	void (*release)(struct socket *s); /* the file is gone */
	int (*bind)(struct socket *s, const struct sockaddr_any *a, u32 len);
	int (*connect)(struct socket *s, const struct sockaddr_any *a, u32 len, bool nonblock);
	int (*pair)(struct socket *a, struct socket *b);
	int (*listen)(struct socket *s, u32 backlog);
	/* *out: a reference to the connection's socket, which has no file yet. */
	int (*accept)(struct socket *s, bool nonblock, struct socket **out);
	/* The own or the peer's address: its length or -errno. */
	int (*getname)(struct socket *s, bool peer, struct sockaddr_any *a);
	/*
	 * @name: the address given (m->name_len; NULL when 0). Bytes sent or -errno. m->fds is
	 * consumed (set to NULL) if the message takes it along.
	 */
	ssize_t (*sendmsg)(struct socket *s, struct uio *u, struct socket_msg *m,
		const struct sockaddr_any *name);
	/*
	 * @name: where the sender's address goes, NULL: not asked for. m->fds becomes the caller's.
	 */
	ssize_t (*recvmsg)(struct socket *s, struct uio *u, struct socket_msg *m,
		struct sockaddr_any *name);
	u32 (*poll)(struct socket *s, struct poll_table *pt);
	s64 (*ioctl)(struct socket *s, u32 cmd, u64 arg);
	int (*shutdown)(struct socket *s, u32 how); /* enum socket_shutdown */
	/* Levels other than SOL_SOCKET. get writes the length at @len_at. */
	s64 (*setsockopt)(struct socket *s, s32 level, s32 name, struct uaddr value, u32 len);
	s64 (*getsockopt)(struct socket *s, s32 level, s32 name, struct uaddr value,
		struct uaddr len_at, u32 room);
	/*
	 * SO_PEERCRED, SO_PEERGROUPS: a reference to the peer's credentials (NULL: none known) and
	 * its process.
	 */
	struct cred *(*peercred)(struct socket *s, s32 *pid);
	bool (*is_listening)(struct socket *s);
	/* An option or a buffer size that others wait on has changed. */
	void (*changed)(struct socket *s);
};

struct TABLE socket_family {
	u32 family;
	/* A new socket: type is one of SOCK_*. -EPROTONOSUPPORT, -ESOCKTNOSUPPORT, -ENOMEM... */
	int (*create)(u32 type, u32 protocol, struct socket **out);
};
/* At start-up. */
void socket_family_register(const struct socket_family *f);
void socket_init(void);
/* Power-off, when all processes are gone: what only descriptors in flight keep alive goes too. */
void socket_shutdown_all(void);

/* A socket with the defaults; @proto (may be NULL) is consumed, also on failure. */
struct socket *socket_new(const struct socket_ops *ops, u32 family, u32 type, u32 protocol,
	struct obj *proto);
/*
 * An open file for the socket (consumed, also on failure); @flags: O_NONBLOCK. NULL: out of memory.
 */
struct file *socket_file_new(struct socket *s, u32 flags);
/* The socket behind a file, borrowed; NULL: the file is no socket. */
struct socket *socket_of(const struct file *f);

/* When a wait has to end: 0: at once, NO_DEADLINE: never. @timeout_ns as in struct socket. */
u64 socket_deadline(u64 timeout_ns, bool nonblock);
/* What a call answers whose wait_event gave @err. */
int socket_wait_error(int err, u64 deadline);
/* Takes the pending error: 0 or -errno. */
static inline int socket_take_error(struct socket *s)
{
	return atomic_load(&s->error) ? -(int)atomic_swap(&s->error, 0) : 0;
}
/* Wakes readers (writers) and tells pollers. */
void socket_wake_readers(struct socket *s, u32 events);
void socket_wake_writers(struct socket *s, u32 events);
void socket_wake_all(struct socket *s, u32 events);

/* ---- AF_UNIX for /proc/net/unix ---- */
void unix_init(void);
/* The first unix socket whose id is above @after, a reference; NULL: no more. Ids grow. */
struct socket *unix_next(u64 after);
u64 unix_id(struct socket *s);
/* Its line, as /proc/net/unix has it, and the line above all. */
void unix_show(struct socket *s, struct fmt *out);
void unix_show_header(struct fmt *out);

#endif
