// SPDX-License-Identifier: MPL-2.0
/*
 * Where the bytes of a read go and those of a write come from: user memory (one range or an iovec)
 * or a kernel buf.
 *
 * `left` counts what remains; the copy functions move on. A short return means a fault: the caller
 * reports what was done before, or -EFAULT if nothing.
 */
#ifndef KERNEL_UIO_H
#define KERNEL_UIO_H

#include <frame/buf.h>
#include <kernel/uaccess.h>

struct uio {
	size_t left;   /* bytes in all that remain */
	u64 base, len; /* the present user range */
	/* Struct iovec array copied in, or NULL for a single range; a reference. */
	struct buf *iov;
	u32 iov_next, iov_count;
	bool append;        /* RWF_APPEND: as if the file were open with O_APPEND */
	struct buf *kernel; /* instead of user memory: bytes from kernel_off on; borrowed */
	size_t kernel_off;
	bool nowait; /* splice asks a socket not to wait for data */
};

struct iovec {
	u64 base, len;
};
#define IOV_MAX      1024
#define MAX_RW_COUNT 0x7ffff000ul

static inline struct uio uio_user(struct uaddr base, size_t len)
{
	size_t n = min(len, MAX_RW_COUNT);
	return (struct uio){ .left = n, .base = base.va, .len = n };
}
static inline struct uio uio_kernel(struct buf *b, size_t off, size_t len)
{
	return (struct uio){ .left = len, .kernel = b, .kernel_off = off };
}
/* From an iovec array in user memory: -EINVAL, -EFAULT, -ENOMEM. Ends with uio_done. */
int must_check uio_iovec(struct uio *u, struct uaddr iov, u64 count);
void uio_done(struct uio *u);

/* Bytes into / out of the uio; the number copied, < len when it faulted or the uio ended. */
size_t uio_put(struct uio *u, struct cspan src);
size_t uio_take(struct uio *u, struct span dst);
size_t uio_put_page(struct uio *u, struct page *p, size_t off, size_t len);
size_t uio_take_page(struct uio *u, struct page *p, size_t off, size_t len);
size_t uio_put_zero(struct uio *u, size_t len);

#endif
