// SPDX-License-Identifier: MPL-2.0
/*
 * vmsplice: user memory into a pipe, or a pipe into user memory. See vmsplice(2).
 *
 * It copies. Pages that user mode can write are never in a pipe, so a pipe's bytes do not change
 * after they were written.
 *
 * Linux moves the pages themselves (SPLICE_F_GIFT) or lends them, and a program that writes to its
 * memory afterwards changes bytes that are in the pipe already. Here the bytes are those of the
 * moment of the call, which is what programs expect that do not use the memory again.
 */
#include <kernel/file.h>
#include <kernel/files.h>
#include <kernel/syscall.h>
#include <kernel/thread.h>
#include <kernel/uaccess.h>
#include <kernel/uio.h>

#include "pipe.h"

/* Waits for room, then writes as much as fits. It does not wait again for the rest. */
static s64 user_to_pipe(struct pipe *p, struct uio *u, bool nonblock)
{
	bool was_empty;
	s64 n;

	do {
		n = pipe_wait_writable(p, nonblock);
		if (n)
			return n;
		mutex_lock(&p->lock);
		was_empty = pipe_empty(p);
		n = p->nr_readers ? pipe_put(p, u, false) : -EPIPE;
		mutex_unlock(&p->lock);
	} while (!n); /* another writer was faster */
	if (n == -EPIPE)
		return pipe_broken();
	if (n > 0)
		pipe_filled(p, was_empty);
	pipe_wake_next_writer(p);
	return n;
}

/* Takes all bytes that are in the pipe now. -EAGAIN: none, another reader was faster. Lock held. */
static s64 vmsplice_take_all(struct pipe *p, struct uio *u)
{
	s64 n = pipe_empty(p) && p->nr_writers ? -EAGAIN : 0, done = 0;

	while (u->left && !pipe_empty(p)) {
		n = pipe_take(p, u);
		if (n <= 0)
			break;
		done += n;
	}
	return done ? done : n;
}

/* Waits for bytes, then takes those that are there and fit. It does not wait for more. */
static s64 pipe_to_user(struct pipe *p, struct uio *u, bool nonblock)
{
	bool was_full;
	s64 n;

	do {
		n = pipe_wait_readable(p, nonblock);
		if (n)
			return n;
		mutex_lock(&p->lock);
		was_full = !pipe_room(p);
		n = vmsplice_take_all(p, u);
		mutex_unlock(&p->lock);
	} while (n == -EAGAIN);
	pipe_emptied(p, was_full);
	pipe_wake_next_reader(p);
	return n;
}

/*
 * The direction follows from the mode of the end: a write end takes user memory, a read end fills
 * it.
 */
s64 sys_vmsplice(struct thread *t, s32 fd, struct uaddr iov, u64 count, u32 flags)
{
	struct file *f;
	struct uio u;
	s64 ret = -EBADF;

	if (flags & ~SPLICE_F_ALL)
		return -EINVAL;
	f = file_get(t, fd);
	if (f && (f->mode & (FMODE_READ | FMODE_WRITE)))
		ret = uio_iovec(&u, iov, count);
	if (!ret) {
		bool nonblock = flags & SPLICE_F_NONBLOCK;
		if (!u.left)
			ret = 0;
		else if (!pipe_of(f))
			ret = -EBADF;
		else
			ret = f->mode & FMODE_WRITE ? user_to_pipe(pipe_of(f), &u, nonblock)
						    : pipe_to_user(pipe_of(f), &u, nonblock);
		uio_done(&u);
	}
	obj_put(&f);
	return ret;
}
