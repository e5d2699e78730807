// SPDX-License-Identifier: MPL-2.0
/*
 * Rings of bytes: output of a pty, and input and echo that wait for room. The caller holds
 * tty.lock.
 *
 * The buffer exists only while the ring is not empty, so an idle terminal costs no memory. Head and
 * tail count the bytes since the ring was empty, modulo 2^32; their difference is the length.
 */
#include "core.h"

/*
 * The buffer's size is a power of two, so positions wrap by masking. Bytes that do not fit, or for
 * which there is no memory, are left to the caller; the result says how many were taken.
 */
size_t tty_queue_put(struct tty_queue *q, struct cspan bytes, u32 size)
{
	size_t n = min(cspan_len(bytes), (size_t)(size - tty_queue_len(q)));
	size_t at, first;

	if (!n)
		return 0;
	if (!q->buf) {
		q->buf = buf_alloc_dirty(size);
		if (!q->buf)
			return 0;
	}
	at = q->head & (size - 1);
	first = min(n, size - at);
	span_copy(span_from(buf_span(q->buf), at), cspan_first(bytes, first));
	span_copy(buf_span(q->buf), cspan_sub(bytes, first, n - first));
	q->head += (u32)n;
	return n;
}

size_t tty_queue_peek(const struct tty_queue *q, struct span out)
{
	size_t n = min(span_len(out), (size_t)tty_queue_len(q));
	size_t at, first;

	if (!n)
		return 0;
	at = q->tail & (buf_size(q->buf) - 1);
	first = min(n, buf_size(q->buf) - at);
	span_copy(out, cspan_sub(buf_cspan(q->buf), at, first));
	span_copy(span_from(out, first), cspan_first(buf_cspan(q->buf), n - first));
	return n;
}

void tty_queue_drop(struct tty_queue *q, size_t n)
{
	q->tail += (u32)min(n, (size_t)tty_queue_len(q));
	if (q->head == q->tail)
		tty_queue_clear(q);
}

void tty_queue_clear(struct tty_queue *q)
{
	q->head = q->tail = 0;
	buf_put(&q->buf);
}
