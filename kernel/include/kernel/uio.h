// SPDX-License-Identifier: MPL-2.0
/*
 * The destination of a read or the source of a write: user memory (one range or an iovec) or a buf
 * of the kernel.
 *
 * `left` counts the bytes that remain; the copy functions advance. A short copy means a fault: the
 * caller returns the number of bytes done before, or -EFAULT if there are none.
 */
#ifndef KERNEL_UIO_H
#define KERNEL_UIO_H

#include <frame/buf.h>
#include <kernel/uaccess.h>

struct uio {
	size_t left;   /* bytes that remain, in all ranges */
	u64 base, len; /* the present user range */
	/* Struct iovec array copied in, or NULL for a single range; a reference. */
	struct buf *iov;
	struct buf *kernel; /* instead of user memory: a buf, from @base on; borrowed */
	/* Each call of read and write clears all of these: no wider than they need to be. */
	u16 iov_next, iov_count;
	bool append;    /* RWF_APPEND: as if the file were open with O_APPEND */
	bool no_append; /* RWF_NOAPPEND: as if it were open without */
	bool nowait;    /* set by splice: a socket must not wait for data */
};

struct iovec {
	u64 base, len;
};
#define IOV_MAX      1024
#define MAX_RW_COUNT 0x7ffff000ul

/* One range of user memory, cut to MAX_RW_COUNT bytes. */
static inline struct uio uio_user(struct uaddr base, size_t len)
{
	size_t n = min(len, MAX_RW_COUNT);
	return (struct uio){ .left = n, .base = base.va, .len = n };
}
/* @len bytes of a buf from @off on; the buf must outlive the uio. */
static inline struct uio uio_kernel(struct buf *b, size_t off, size_t len)
{
	return (struct uio){ .left = len, .base = off, .kernel = b };
}
/* From an iovec array in user memory: 0, -EINVAL, -EFAULT, -ENOMEM. uio_done ends its use. */
int must_check uio_iovec(struct uio *u, struct uaddr iov, u64 count);
void uio_done(struct uio *u);

/*
 * Copy bytes to the uio (put) or from it (take), and advance. Return the number copied, which is
 * short after a fault or at the end of the uio.
 */
size_t uio_put(struct uio *u, struct cspan src);
size_t uio_take(struct uio *u, struct span dst);
size_t uio_put_page_rest(struct uio *u, struct page *p, size_t off, size_t len);
size_t uio_take_page_rest(struct uio *u, struct page *p, size_t off, size_t len);
size_t uio_put_zero(struct uio *u, size_t len);
/*
 * To and from pages no byte is copied twice: the frame copies between the page and user memory. One
 * range of user memory mostly has all the bytes, and no page of it is missing; the _rest functions
 * are for all else.
 */
static inline size_t uio_put_page(struct uio *u, struct page *p, size_t off, size_t len)
{
	size_t n = 0;

	if (likely(!u->kernel && len <= u->len && len <= u->left)) {
		n = page_to_user(p, off, UADDR(u->base), len);
		u->base += n;
		u->len -= n;
		u->left -= n;
		if (likely(n == len))
			return n;
	}
	return n + uio_put_page_rest(u, p, off + n, len - n);
}
static inline size_t uio_take_page(struct uio *u, struct page *p, size_t off, size_t len)
{
	size_t n = 0;

	if (likely(!u->kernel && len <= u->len && len <= u->left)) {
		n = page_from_user(p, off, UADDR(u->base), len);
		u->base += n;
		u->len -= n;
		u->left -= n;
		if (likely(n == len))
			return n;
	}
	return n + uio_take_page_rest(u, p, off + n, len - n);
}

#endif
