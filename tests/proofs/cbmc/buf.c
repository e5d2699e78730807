// SPDX-License-Identifier: MPL-2.0
/*
 * Buffers (frame/mm/buf.c, frame/buf.h): for any size, also with any class that a service might
 * name, the bytes of the span lie in the slot, or there is no buffer.
 */
#include "proof.h"

#include "frame/mm/buf.c"

/* One slot of any class; what the pool makes of the size is pool.c's proof. */
static union {
	struct buf buf;
	u8 bytes[sizeof(struct buf) + BUF_MAX];
} slot;
static u64 slot_size;

struct obj *obj_alloc_dirty(struct obj_type *type)
{
	CLAIM(type >= classes && type < classes + ARRAY_LEN(classes), "a class that there is");
	slot_size = type->_size;
	slot.buf.obj._refs = 1;
	return nondet_bool() ? &slot.buf.obj : NULL;
}
void _obj_bad_count(struct obj *o, u32 change)
{
	(void)o, (void)change;
	ASSUME(false);
	for (;;)
		;
}
void _obj_last_put(struct obj *o)
{
	(void)o;
}

static void claim(struct buf *b, size_t size)
{
	struct span s;

	if (!b)
		return;
	s = buf_span(b);
	CLAIM(s._n == size && buf_size(b) == size, "as many bytes as were asked for");
	CLAIM(s._p == slot.bytes + sizeof(struct buf), "behind the header");
	CLAIM(slot_size <= sizeof(slot.bytes) && s._n <= slot_size - sizeof(struct buf),
		"and all in the slot");
}

/* The size and its class do not belong together: the caller has read a racing size twice. */
void main_class(void)
{
	size_t size = nondet_u64();

	claim(_buf_alloc(size, nondet_u32()), size);
}

void main_size(void)
{
	size_t size = nondet_u64();

	claim(buf_alloc_dirty(size), size);
	CLAIM(size > BUF_MAX || _buf_class(size) == 0 ||
			size > classes[_buf_class(size) - 1]._size - sizeof(struct buf),
		"the smallest class that will do");
}
