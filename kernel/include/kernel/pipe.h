// SPDX-License-Identifier: MPL-2.0
/*
 * Pipes, for the rest of the kernel: the limit in /proc/sys/fs/pipe-max-size, and splicing. See
 * also <kernel/vfs.h>.
 */
#ifndef KERNEL_PIPE_H
#define KERNEL_PIPE_H

#include <frame/types.h>

struct file;

/* Pages that the pipes of an ordinary user may have before new pipes get two slots only. */
#define PIPE_USER_PAGES 16384u

/* The largest size in bytes that F_SETPIPE_SZ allows an ordinary user. */
u32 pipe_max_size(void);
/* Sets it, rounded up to a power of two. 0, or -EINVAL if it is too large. */
int pipe_set_max_size(u32 size);
/*
 * Moves at most @len bytes of @in from *@pos on, which is advanced, to the pipe end @out, as much
 * as there is room for. Pages of the page cache move by reference, others by a read. Waits for room
 * unless @nonblock. Returns the number of bytes, 0 at the end of the file, -EPIPE, -EAGAIN,
 * -EINVAL, -ERESTARTSYS, or the error of the read. Context: task, no locks. (kernel/ipc/splice.c)
 */
ssize_t splice_to_pipe(struct file *in, u64 *pos, struct file *out, size_t len, bool nonblock);

/* Start-up: FIFOs can be opened from now on. */
void pipe_init(void);

#endif
