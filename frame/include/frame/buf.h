// SPDX-License-Identifier: MPL-2.0
/*
 * Buffers: byte memory of run-time size, in size classes up to 64 KiB. The capacity is fixed at
 * birth in a frame-owned header.
 *
 * A buf's memory is bytes for ever (its pool is of one size class), so a span into a buf that was
 * released too early reads or writes bytes of another buf of that class: a logic bug, not a
 * corruption. Context: any.
 * Trust: the header with the capacity lies outside what any span covers, and never changes while
 * the slot is of its class.
 */
#ifndef FRAME_BUF_H
#define FRAME_BUF_H

#include <frame/span.h>

struct buf;

#define BUF_MAX 65536ul

/* The classes are 64, 128, 256, ...: for a constant size the compiler finds the class. */
static always_inline unsigned _buf_class(size_t size)
{
	return size <= 64 ? 0 : bit_highest(size - 1) - 5;
}
struct buf *_buf_alloc(size_t size, unsigned class);
/*
 * A buffer of @size bytes, contents zero, one reference. NULL when memory is out or size > BUF_MAX.
 */
struct buf *buf_alloc(size_t size);
/*
 * As buf_alloc, but the contents are those of some former buffer: for callers that overwrite before
 * they read.
 */
static always_inline struct buf *buf_alloc_dirty(size_t size)
{
	return _buf_alloc(size, _buf_class(size));
}
/*
 * One more reference, returns b / drops the one in the variable and clears it; NULL may be put.
 * Trap on a buf that is free.
 */
struct buf *buf_get(struct buf *b);
void buf_put(struct buf **bp);
/* The bytes, as many as were asked for, and how many those are. Trap on a buf that is free. */
struct span buf_span(struct buf *b);
struct cspan buf_cspan(struct buf *b);
size_t buf_size(const struct buf *b);

#endif
