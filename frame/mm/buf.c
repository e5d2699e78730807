// SPDX-License-Identifier: MPL-2.0
/*
 * Buffers (frame/buf.h): pools of byte memory, one object type for each size class.
 *
 * Trust: the capacity is written to the header when the buffer is allocated, and lies within the
 *        class. The bytes behind the header are bytes in every life of the slot, so a stale span
 *        covers bytes.
 */
#include <frame/buf.h>
#include <frame/obj.h>

#include "page.h"

struct buf {
	struct obj obj;
	u64 size;
	u8 bytes[];
};

#define CLASS(n) { ._name = { "buf-" #n }, ._size = sizeof(struct buf) + (n) }
static struct obj_type classes[] = {
	CLASS(64),
	CLASS(128),
	CLASS(256),
	CLASS(512),
	CLASS(1024),
	CLASS(2048),
	CLASS(4096),
	CLASS(8192),
	CLASS(16384),
	CLASS(32768),
	CLASS(65536),
};

static_assert(64ul << (ARRAY_LEN(classes) - 1) == BUF_MAX, "a class for each size");

/*
 * The caller's code has computed the class, and may have read the size once more since: another CPU
 * may have changed it.
 */
struct buf *_buf_alloc(size_t size, unsigned class)
{
	struct buf *b;

	if (class >= ARRAY_LEN(classes) || size > 64ul << class)
		return NULL;
	/* TRUST: slots of these types are struct buf. */
	b = (struct buf *)obj_alloc_dirty(&classes[class]);
	if (b)
		b->size = size;
	return b;
}

struct buf *buf_alloc(size_t size)
{
	struct buf *b = buf_alloc_dirty(size);

	if (b)
		memset(b->bytes, 0, size);
	return b;
}

struct buf *buf_get(struct buf *b)
{
	_obj_get(&b->obj);
	return b;
}

void buf_put(struct buf **bp)
{
	struct buf *b = *bp;

	*bp = NULL;
	if (b)
		_obj_put(&b->obj);
}

static void buf_check_live(const struct buf *b)
{
	if (unlikely((s32)load_once(b->obj._refs) <= 0)) /* zero in a page that is gone, or dead */
		_kernel_panic("use of a buffer that has been released");
}

struct span buf_span(struct buf *b)
{
	buf_check_live(b);
	return (struct span){ b->bytes, b->size };
}

struct cspan buf_cspan(struct buf *b)
{
	buf_check_live(b);
	return (struct cspan){ b->bytes, b->size };
}

size_t buf_size(const struct buf *b)
{
	return b->size;
}
