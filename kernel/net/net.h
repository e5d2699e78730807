// SPDX-License-Identifier: MPL-2.0
/* Sockets, for the files of kernel/net only. */
#ifndef KERNEL_NET_NET_H
#define KERNEL_NET_NET_H

#include <kernel/file.h>
#include <kernel/files.h>
#include <kernel/locks.h>
#include <kernel/socket.h>
#include <kernel/syscall.h>
#include <kernel/thread.h>
#include <kernel/uaccess.h>
#include <uapi/fs.h>

/* ---- socket.c ---- */
/*
 * Returns the socket of descriptor @fd, borrowed, with a reference to its file in *@f; or NULL and
 * *err = -EBADF or -ENOTSOCK.
 */
struct socket *socket_get(struct thread *t, s32 fd, struct file **f, s64 *err);
/* Whether the socket's file has O_ASYNC. For callers that hold the file. */
static inline bool socket_is_async(const struct socket *s)
{
	const struct file *f = load_once(s->file);

	return f && unlikely(load_once(f->flags) & O_ASYNC);
}
/*
 * sendmsg and recvmsg of @s with what O_ASYNC needs beside, which is in socket_async_sent (after a
 * send that did not send all) and socket_async_recv.
 */
void socket_async_sent(struct socket *s);
ssize_t must_check socket_async_recv(struct socket *s, struct uio *u, struct socket_msg *m,
	struct sockaddr_any *name);
static inline ssize_t must_check socket_send(struct socket *s, struct uio *u, struct socket_msg *m,
	const struct sockaddr_any *name)
{
	ssize_t n = s->ops->sendmsg(s, u, m, name);

	if (unlikely(n == -EAGAIN || (n >= 0 && u->left)) && socket_is_async(s))
		socket_async_sent(s);
	return n;
}
static inline ssize_t must_check socket_recv(struct socket *s, struct uio *u, struct socket_msg *m,
	struct sockaddr_any *name)
{
	return likely(!socket_is_async(s)) ? s->ops->recvmsg(s, u, m, name)
					   : socket_async_recv(s, u, m, name);
}

/* ---- calls.c ---- */
/* Copies an address of @len bytes in from user memory. Returns 0, -EINVAL or -EFAULT. */
int must_check address_in(struct sockaddr_any *a, struct uaddr from, s32 len);
/*
 * Copies an address of @n bytes out to user memory. *@len_at is the size of the buffer, then the
 * length of the address. Returns 0, -EINVAL or -EFAULT.
 */
s64 must_check address_out(const struct sockaddr_any *a, u32 n, struct uaddr to,
	struct uaddr len_at);

/* ---- filter.c: SO_ATTACH_FILTER and its kin ---- */
s64 must_check socket_filter_attach(struct socket *s, struct uaddr fprog, u32 len);
s64 must_check socket_filter_detach(struct socket *s);
s64 must_check socket_filter_lock(struct socket *s, s32 on);
/* @room: instructions. Writes their number at @len_at. */
s64 must_check socket_filter_get(struct socket *s, struct uaddr insns, struct uaddr len_at,
	u32 room);

/* ---- stamp.c: SO_TIMESTAMP and its kin ---- */
s64 must_check socket_stamps_set(struct socket *s, s32 name, s32 v, struct uaddr value, u32 len);
s32 socket_stamps_get(const struct socket *s, s32 name);
/* SIOCGSTAMP and its kin. 0, -ENOENT, -ENOTTY, -EFAULT. Context: task. */
s64 must_check socket_stamp_ioctl(struct socket *s, u32 cmd, struct uaddr at);
/* The socket goes. */
void socket_stamps_end(struct socket *s);
/* The control messages for a message that has IP_CONTROL_TIME. */
void scm_put_stamps(struct socket *s, struct socket_msg *m, struct control_out *o);

/* ---- zerocopy.c: SO_ZEROCOPY. 0, -EOPNOTSUPP, -EINVAL. ---- */
s64 must_check socket_zerocopy_set(struct socket *s, s32 v);

/* ---- scm.c ---- */
/*
 * Parses the control messages of a send: takes descriptors and credentials into *m. Context: task.
 * Returns 0 or -errno; then the caller drops m->fds.
 */
s64 must_check scm_parse(struct thread *t, struct socket *s, struct uaddr control, u64 len,
	struct socket_msg *m);
/*
 * Writes the control messages of a receive to @control. *@len: the size of the buffer, then the
 * bytes used. Consumes m->fds. What does not fit sets MSG_CTRUNC.
 */
void scm_put(struct thread *t, struct socket *s, struct uaddr control, u64 *len,
	struct socket_msg *m);

/*
 * A pidfd of @p, not open yet: its number, or -EINVAL (the process was reaped), -EMFILE ...; *@f: a
 * reference. scm_pidfd_done opens it (@open), or gives the number back; consumes the reference.
 */
s32 must_check scm_pidfd(struct process *p, struct file **f);
void scm_pidfd_done(s32 fd, struct file *f, bool open);
/* A control message SCM_PIDFD for @p. */
void scm_put_pidfd(struct control_out *o, struct socket_msg *m, struct process *p);

/* ---- fds.c: descriptors in messages ---- */
#define SCM_CHUNK 14
struct unix_sock;
/*
 * Descriptors of one message: a chain of chunks. All but nr, taken, total and file is used in the
 * first chunk only.
 */
struct scm_fds {
	struct obj obj;
	u32 nr, taken;                /* files in this chunk; those already taken out */
	u32 total;                    /* in the first chunk: files of the whole chain */
	struct scm_fds *more;         /* reference: the next chunk */
	struct file *file[SCM_CHUNK]; /* references */
	/* While in flight; guarded by inflight_lock (unix/gc.c). */
	struct unix_sock *queue; /* the receiver in whose queue it is, borrowed */
	u32 uid;                 /* the user that they are charged to */
	bool doomed;             /* the collector drops its files */
	LIST_LINK(scm_fds) link; /* of the receiver's queue, or of a list to be dropped */
};
OBJ_TYPE_DECL(scm_fds);
/*
 * Appends a file and consumes the reference on success. Returns 0, -ENOMEM, or -EINVAL if there are
 * SCM_MAX_FD files.
 */
int must_check scm_fds_add(struct scm_fds *f, struct file *file);
/* Takes the first file out, with its reference; NULL if none is left. */
struct file *scm_fds_take(struct scm_fds *f);
/* A copy with references of its own; NULL if memory is out. */
struct scm_fds *scm_fds_copy(struct scm_fds *f);
/*
 * Puts the files and clears the variable. Never recurses: files whose release drops further
 * descriptors are put one after the other.
 */
void scm_fds_drop(struct scm_fds **fp);

#endif
