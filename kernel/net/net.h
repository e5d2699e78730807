// SPDX-License-Identifier: MPL-2.0
/* Inside kernel/net: what the generic files share. */
#ifndef KERNEL_NET_NET_H
#define KERNEL_NET_NET_H

#include <kernel/file.h>
#include <kernel/files.h>
#include <kernel/locks.h>
#include <kernel/socket.h>
#include <kernel/syscall.h>
#include <kernel/thread.h>
#include <kernel/uaccess.h>

/* ---- socket.c ---- */
/*
 * The socket behind descriptor @fd with a reference to its file, or NULL and *err = -EBADF,
 * -ENOTSOCK.
 */
struct socket *socket_get(struct thread *t, s32 fd, struct file **f, s64 *err);

/* ---- calls.c ---- */
/* An address from user memory: -EINVAL, -EFAULT. */
int must_check address_in(struct sockaddr_any *a, struct uaddr from, s32 len);
/*
 * An address of @n bytes to user memory: *@len_at is the room, then becomes the length. -EINVAL,
 * -EFAULT.
 */
s64 address_out(const struct sockaddr_any *a, u32 n, struct uaddr to, struct uaddr len_at);

/* ---- scm.c ---- */
/* The control messages of a send: descriptors and credentials into *m. */
s64 scm_parse(struct thread *t, struct socket *s, struct uaddr control, u64 len,
	struct socket_msg *m);
/*
 * The control messages of a receive: writes what m has to @control; *len: the room, then what is
 * used. Consumes m->fds.
 */
void scm_put(struct thread *t, struct socket *s, struct uaddr control, u64 *len,
	struct socket_msg *m);

/* ---- fds.c: descriptors in messages ---- */
#define SCM_CHUNK 14
struct unix_sock;
struct scm_fds {
	struct obj obj;
	u32 nr, taken;                /* in this object; of these, how many are gone again */
	u32 total;                    /* the first of a chain: in all */
	struct scm_fds *more;         /* reference: further ones */
	struct file *file[SCM_CHUNK]; /* references */
	/* While in flight; unix_gc.c */
	struct unix_sock *queue; /* whose queue it is in; borrowed */
	u32 uid;                 /* whose flight it is counted as */
	bool doomed;             /* the collector has it */
	LIST_LINK(scm_fds) link; /* of the queue, or of what is to be dropped */
};
OBJ_TYPE_DECL(scm_fds);
/*
 * Appends a file (its reference is consumed on success): 0, -ENOMEM, -EINVAL when there are
 * SCM_MAX_FD.
 */
int must_check scm_fds_add(struct scm_fds *f, struct file *file);
/* Takes the first file out, with its reference; NULL: none left. */
struct file *scm_fds_take(struct scm_fds *f);
/* A copy with references of its own; NULL: out of memory. */
struct scm_fds *scm_fds_copy(struct scm_fds *f);
/*
 * Puts the files and clears the variable. Never recurses: files whose release drops others in turn
 * are put one after the other.
 */
void scm_fds_drop(struct scm_fds **fp);

#endif
