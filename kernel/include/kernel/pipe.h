// SPDX-License-Identifier: MPL-2.0
/* Pipes, for the rest of the kernel: the limit in /proc/sys/fs/pipe-max-size. See also <kernel/vfs.h>. */
#ifndef KERNEL_PIPE_H
#define KERNEL_PIPE_H

#include <frame/types.h>

/* What F_SETPIPE_SZ gives to an ordinary user at most, bytes. */
u32 pipe_max_size(void);
/* Rounds up to a power of two; -EINVAL. */
int pipe_set_max_size(u32 size);

#endif
