// SPDX-License-Identifier: MPL-2.0
/*
 * Pipes, for the rest of the kernel: the limit in /proc/sys/fs/pipe-max-size. See also
 * <kernel/vfs.h>.
 */
#ifndef KERNEL_PIPE_H
#define KERNEL_PIPE_H

#include <frame/types.h>

struct file;

/* Pages that the pipes of an ordinary user may hold before new ones stay small. */
#define PIPE_USER_PAGES 16384u

/* What F_SETPIPE_SZ gives to an ordinary user at most, bytes. */
u32 pipe_max_size(void);
/* Rounds up to a power of two; -EINVAL. */
int pipe_set_max_size(u32 size);
/*
 * Moves at most @len bytes of @in from *@pos (which moves on) to the pipe end @out, as much as
 * there is room for: pages of the page cache by reference, others by a read. Waits for room unless
 * @nonblock. The number of bytes, 0 at the end of the file, -EPIPE, -EAGAIN, -EINVAL, -ERESTARTSYS,
 * or what the read gave. (kernel/ipc/splice.c)
 */
ssize_t splice_to_pipe(struct file *in, u64 *pos, struct file *out, size_t len, bool nonblock);

/* Start-up: FIFOs can be opened. */
void pipe_init(void);

#endif
