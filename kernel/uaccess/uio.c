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
	bool outside = false;
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
	/*
	 * The lengths are cut at MAX_RW_COUNT in total, as on Linux: the transfer is then short. Of
	 * two errors a negative length counts before an address outside user memory.
	 */
	err = copy_in(buf_span(u->iov), iov);
	for (i = 0; !err && i < count; i++) {
		if (!span_read(buf_cspan(u->iov), i * sizeof(v), &v) || (s64)v.len < 0)
			err = -EINVAL;
		outside |= !user_range_ok(UADDR(v.base), v.len);
		total += min(v.len, MAX_RW_COUNT - total);
	}
	if (!err && outside)
		err = -EFAULT;
	if (err) {
		uio_done(u);
		return err;
	}
	u->iov_count = (u16)count;
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

/*
 * The kernel's side of a copy: bytes, @len bytes of a page from @off on, or zeroes. Each of the
 * functions below names its own kind, and in the fast path the compiler leaves only that case.
 */
enum side { FROM_BYTES, TO_BYTES, FROM_PAGE, TO_PAGE, FROM_ZEROES };

/* Copies @n bytes, from the beginning of @src or @dst or from @off on. As copy_in_some. */
static always_inline ssize_t side_copy_user(enum side side, struct cspan src, struct span dst,
	struct page *page, size_t off, u64 user, size_t n)
{
	switch (side) {
	case FROM_BYTES:
		return copy_out_some(UADDR(user), cspan_first(src, n));
	case TO_BYTES:
		return copy_in_some(span_first(dst, n), UADDR(user));
	case FROM_PAGE:
		return page_copy_out(page, off, UADDR(user), n);
	case TO_PAGE:
		return page_copy_in(page, off, UADDR(user), n);
	default:
		return clear_user_some(UADDR(user), n);
	}
}

/* Copies as much as both sides have; the uio's side is @at, of its buffer. */
static always_inline size_t side_copy_kernel(enum side side, struct cspan src, struct span dst,
	struct page *page, size_t off, struct span at)
{
	switch (side) {
	case FROM_BYTES:
		return span_copy(at, src);
	case TO_BYTES:
		return span_copy(dst, span_const(at));
	case FROM_PAGE:
		page_read(page, off, at);
		break;
	case TO_PAGE:
		page_write(page, off, span_const(at));
		break;
	default:
		span_fill(at, 0);
	}
	return span_len(at);
}

/*
 * The same without the handling of faults: returns how many bytes were copied before one. Pages are
 * in uio.h.
 */
static always_inline size_t side_try_user(enum side side, struct cspan src, struct span dst,
	u64 user, size_t n)
{
	switch (side) {
	case FROM_BYTES:
		return user_copy_out(UADDR(user), src);
	case TO_BYTES:
		return user_copy_in(dst, UADDR(user));
	default:
		return user_zero(UADDR(user), n);
	}
}

/*
 * The slow path. A buffer of the kernel is copied in one step; user memory range by range, until a
 * side ends or a fault copies less than requested.
 */
static noinline size_t uio_copy_rest(struct uio *u, enum side side, struct cspan src,
	struct span dst, struct page *page, size_t off, size_t len)
{
	size_t done = 0;

	if (u->kernel) {
		struct span at = span_from(buf_span(u->kernel), u->base);
		done = side_copy_kernel(side, src, dst, page, off,
			span_first(at, min(len, u->left)));
		u->base += done;
		u->left -= done;
		return done;
	}
	while (done < len) {
		size_t n = chunk(u, len - done);
		ssize_t k = n ? side_copy_user(side, cspan_from(src, done), span_from(dst, done),
					page, off + done, u->base, n)
			      : 0;
		if (k <= 0)
			break;
		u->base += (size_t)k;
		u->len -= (size_t)k;
		u->left -= (size_t)k;
		done += (size_t)k;
		if ((size_t)k < n)
			break;
	}
	return done;
}

/* The fast path: one range of user memory has all the bytes, and no page of it is missing. */
static always_inline size_t uio_copy(struct uio *u, enum side side, struct cspan src,
	struct span dst, size_t len)
{
	size_t n = 0;

	if (likely(!u->kernel && len <= u->len && len <= u->left)) {
		n = side_try_user(side, src, dst, u->base, len);
		u->base += n;
		u->len -= n;
		u->left -= n;
		if (likely(n == len))
			return n;
	}
	return n + uio_copy_rest(u, side, cspan_from(src, n), span_from(dst, n), NULL, 0, len - n);
}

size_t uio_put(struct uio *u, struct cspan src)
{
	return uio_copy(u, FROM_BYTES, src, SPAN_NONE, cspan_len(src));
}

size_t uio_take(struct uio *u, struct span dst)
{
	return uio_copy(u, TO_BYTES, CSPAN_NONE, dst, span_len(dst));
}

size_t uio_put_page_rest(struct uio *u, struct page *p, size_t off, size_t len)
{
	return uio_copy_rest(u, FROM_PAGE, CSPAN_NONE, SPAN_NONE, p, off, len);
}

size_t uio_take_page_rest(struct uio *u, struct page *p, size_t off, size_t len)
{
	return uio_copy_rest(u, TO_PAGE, CSPAN_NONE, SPAN_NONE, p, off, len);
}

/* For holes: no page of zeroes is needed. */
size_t uio_put_zero(struct uio *u, size_t len)
{
	return uio_copy(u, FROM_ZEROES, CSPAN_NONE, SPAN_NONE, len);
}
