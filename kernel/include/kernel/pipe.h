// SPDX-License-Identifier: MPL-2.0
/*
 * Pipes, for the rest of the kernel: the limit in /proc/sys/fs/pipe-max-size, and splicing files
 * into pipes. See also <kernel/vfs.h>.
 */
#ifndef KERNEL_PIPE_H
#define KERNEL_PIPE_H

#include <frame/types.h>

struct file;

/* The largest size in bytes that F_SETPIPE_SZ gives to an unprivileged user. */
u32 pipe_max_size(void);
/* Sets it, rounded up to a power of two. Returns 0, -EINVAL. */
int must_check pipe_set_max_size(u32 size);
/*
 * Moves at most @len bytes of @in, from *@pos on (which advances), to the pipe end @out, as far as
 * the pipe has room: pages of the page cache by reference, other data by reading. Waits for room
 * unless @nonblock. Returns the number of bytes, 0 at the end of the file, -EPIPE, -EAGAIN,
 * -EINVAL, -ERESTARTSYS, or the error of the read. (kernel/ipc/splice.c)
 */
ssize_t must_check splice_to_pipe(struct file *in, u64 *pos, struct file *out, size_t len,
	bool nonblock);

/*
 * Makes both ends of a new pipe, or none; O_NONBLOCK and O_DIRECT of @flags count. *@r, *@w: NULL
 * before, references after. 0 or -ENFILE. Context: task.
 */
int must_check pipe_make_ends(u32 flags, struct file **r, struct file **w);
/*
 * Drops a reference on the writing end *@w, the last one, and waits until all readers have closed
 * the pipe, or the calling thread is killed. Context: task.
 */
void pipe_close_and_wait(struct file **w);

/* Start-up: FIFOs can be opened. */
void pipe_init(void);

#endif
