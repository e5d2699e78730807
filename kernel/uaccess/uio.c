// SPDX-License-Identifier: MPL-2.0
/*
 * Sources and destinations of reads and writes (kernel/uio.h): one range of user memory, an array
 * of ranges (readv, writev), or a buffer of the kernel. A copy advances the position by the bytes
 * it has copied, also if a fault stops it in the middle.
 *
 * An array of ranges is copied in once and checked as a whole, so that a program cannot change it
 * during the transfer. The ranges are then taken one by one; empty ones are skipped. The end of the
 * current range and the end of the whole transfer (left) both limit a copy, because the total is
 * cut at MAX_RW_COUNT.
 */
#include <kernel/uio.h>

int uio_iovec(struct uio *u, struct uaddr iov, u64 count)
{
	struct iovec v;
	u64 total = 0;
	u32 i;
	int err;

	*u = (struct uio){ 0 };
	if (count > IOV_MAX)
		return -EINVAL;
	if (!count)
		return 0;
	u->iov = buf_alloc_dirty(count * sizeof(struct iovec));
	if (!u->iov)
		return -ENOMEM;
	/* The lengths are cut at MAX_RW_COUNT in total, as on Linux: the transfer is then short. */
	err = copy_in(buf_span(u->iov), iov);
	for (i = 0; !err && i < count; i++) {
		if (!span_read(buf_cspan(u->iov), i * sizeof(v), &v) || (s64)v.len < 0)
			err = -EINVAL;
		total += min(v.len, MAX_RW_COUNT - total);
	}
	if (err) {
		uio_done(u);
		return err;
	}
	u->iov_count = (u32)count;
	u->left = total;
	return 0;
}

void uio_done(struct uio *u)
{
	buf_put(&u->iov);
}

/* Advances to the next range of the array that is not empty, if the current one is used up. */
static noinline void next_range(struct uio *u)
{
	struct iovec v;

	while (!u->len && u->left && u->iov_next < u->iov_count) {
		if (!span_read(buf_cspan(u->iov), u->iov_next * sizeof(v), &v))
			break;
		u->iov_next++;
		u->base = v.base;
		u->len = min(v.len, u->left);
	}
}

/*
 * The number of bytes, at most @want, that the current range still has; 0: the transfer is
 * complete.
 */
static inline size_t chunk(struct uio *u, size_t want)
{
	if (unlikely(!u->len))
		next_range(u);
	return min(want, min(u->len, u->left));
}

/* Moves past @n bytes of user memory. */
static void advance(struct uio *u, size_t n)
{
	u->base += n;
	u->len -= n;
	u->left -= n;
}

/* Moves past @n bytes of the kernel buffer. */
static void advance_kernel(struct uio *u, size_t n)
{
	u->kernel_off += n;
	u->left -= n;
}

/*
 * The copy functions have the same form: a kernel buffer is copied in one step; user memory is
 * copied range by range, until the source ends, the uio ends, or a fault copies less than
 * requested.
 */
size_t uio_put(struct uio *u, struct cspan src)
{
	size_t done = 0;

	if (u->kernel) {
		size_t n = span_copy(span_first(span_from(buf_span(u->kernel), u->kernel_off),
					     u->left),
			src);
		advance_kernel(u, n);
		return n;
	}
	while (done < cspan_len(src)) {
		size_t n = chunk(u, cspan_len(src) - done);
		ssize_t k;
		if (!n)
			break;
		k = copy_out_some(UADDR(u->base), cspan_sub(src, done, n));
		if (k <= 0)
			break;
		advance(u, (size_t)k);
		done += (size_t)k;
		if ((size_t)k < n)
			break;
	}
	return done;
}

size_t uio_take(struct uio *u, struct span dst)
{
	size_t done = 0;

	if (u->kernel) {
		size_t n = span_copy(dst,
			cspan_first(cspan_from(buf_cspan(u->kernel), u->kernel_off), u->left));
		advance_kernel(u, n);
		return n;
	}
	while (done < span_len(dst)) {
		size_t n = chunk(u, span_len(dst) - done);
		ssize_t k;
		if (!n)
			break;
		k = copy_in_some(span_sub(dst, done, n), UADDR(u->base));
		if (k <= 0)
			break;
		advance(u, (size_t)k);
		done += (size_t)k;
		if ((size_t)k < n)
			break;
	}
	return done;
}

/*
 * From a page: no byte is copied twice, since the frame copies between the page and user memory
 * directly.
 */
size_t uio_put_page(struct uio *u, struct page *p, size_t off, size_t len)
{
	size_t done = 0;

	if (u->kernel) {
		struct span to = span_first(span_from(buf_span(u->kernel), u->kernel_off),
			min(len, u->left));
		page_read(p, off, to);
		done = span_len(to);
		advance_kernel(u, done);
		return done;
	}
	while (done < len) {
		size_t n = chunk(u, len - done);
		ssize_t k;
		if (!n)
			break;
		k = page_copy_out(p, off + done, UADDR(u->base), n);
		if (k <= 0)
			break;
		advance(u, (size_t)k);
		done += (size_t)k;
		if ((size_t)k < n)
			break;
	}
	return done;
}

size_t uio_take_page(struct uio *u, struct page *p, size_t off, size_t len)
{
	size_t done = 0;

	if (u->kernel) {
		struct cspan from = cspan_first(cspan_from(buf_cspan(u->kernel), u->kernel_off),
			min(len, u->left));
		page_write(p, off, from);
		done = cspan_len(from);
		advance_kernel(u, done);
		return done;
	}
	while (done < len) {
		size_t n = chunk(u, len - done);
		ssize_t k;
		if (!n)
			break;
		k = page_copy_in(p, off + done, UADDR(u->base), n);
		if (k <= 0)
			break;
		advance(u, (size_t)k);
		done += (size_t)k;
		if ((size_t)k < n)
			break;
	}
	return done;
}

size_t uio_put_zero(struct uio *u, size_t len)
{
	size_t done = 0;

	if (u->kernel) {
		struct span to = span_first(span_from(buf_span(u->kernel), u->kernel_off),
			min(len, u->left));
		span_fill(to, 0);
		advance_kernel(u, span_len(to));
		return span_len(to);
	}
	while (done < len) {
		size_t n = chunk(u, len - done);
		ssize_t k;
		if (!n)
			break;
		k = clear_user_some(UADDR(u->base), n);
		if (k <= 0)
			break;
		advance(u, (size_t)k);
		done += (size_t)k;
		if ((size_t)k < n)
			break;
	}
	return done;
}
