// SPDX-License-Identifier: MPL-2.0
/*
 * Buffers: byte memory of run-time size, in size classes up to 64 KiB. The capacity is fixed when
 * the buffer is allocated; it stands in a header that the frame owns.
 *
 * A buffer's memory holds bytes for ever: its pool has one size class. So a span into a buffer that
 * was released too early reads or writes bytes of another buffer of that class: a logic bug, not
 * memory corruption.
 *
 * Context: any (also interrupt).
 * Trust: the header with the capacity lies outside every span, and never changes while the slot
 *        belongs to its class.
 * Source: frame/mm/buf.c.
 */
#ifndef FRAME_BUF_H
#define FRAME_BUF_H

#include <frame/span.h>

struct buf;

#define BUF_MAX 65536ul

/* The classes are 64, 128, 256, ... bytes. For a constant size the compiler computes the class. */
static always_inline unsigned _buf_class(size_t size)
{
	return size <= 64 ? 0 : bit_highest(size - 1) - 5;
}
struct buf *_buf_alloc(size_t size, unsigned class);
/*
 * Returns a buffer of @size bytes, all zero, with one reference. NULL when memory is out or @size
 * is above BUF_MAX.
 */
struct buf *buf_alloc(size_t size);
/*
 * As buf_alloc, but the contents are those of an earlier buffer: for callers that write each byte
 * before they read it.
 */
static always_inline struct buf *buf_alloc_dirty(size_t size)
{
	return _buf_alloc(size, _buf_class(size));
}
/*
 * Takes a reference and returns @b / drops the reference in the variable and clears the variable;
 * NULL may be put. Both trap on a buffer that is free.
 */
struct buf *buf_get(struct buf *b);
void buf_put(struct buf **bp);
/*
 * The buffer's bytes, and how many they are: the size that was requested. Trap on a buffer that is
 * free.
 */
struct span buf_span(struct buf *b);
struct cspan buf_cspan(struct buf *b);
size_t buf_size(const struct buf *b);

#endif
