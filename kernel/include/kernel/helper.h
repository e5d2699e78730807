// SPDX-License-Identifier: MPL-2.0
/* Programs that the kernel starts (kernel/proc/helper.c). */
#ifndef KERNEL_HELPER_H
#define KERNEL_HELPER_H

#include <frame/buf.h>

struct file;

/*
 * Starts a program as root, with @in as its only descriptor, 0, and no environment, in the root of
 * the mount tree. @args: @len bytes of arguments, each with a NUL behind it but the last; the first
 * is the path. Nobody waits for the process. Returns when the program has been loaded: 0, or -errno;
 * -EINTR: the caller is being killed. Context: task.
 */
int must_check process_start_helper(struct buf *args, size_t len, struct file *in);

#endif
