// SPDX-License-Identifier: MPL-2.0
/*
 * Frame objects that services count references of (tasks, address spaces, timers). Private to the
 * frame.
 *
 * There are two counts, so that a service which drops more than it took ends only what services
 * see: obj._refs counts the frame's own uses, and all references of services together are one of
 * them. The slot is free when the frame has no use left.
 */
#ifndef FRAME_HANDLE_H
#define FRAME_HANDLE_H

#include <frame/boot.h>
#include <frame/obj.h>

struct handle {
	struct obj obj;
	/*
	 * Is not checked for overflow, for a wrap ends nothing too early: a use of obj is taken
	 * when it goes from 0 to 1 and dropped when it goes from 1 to 0, and a wrap does neither.
	 * So each wrap leaves one use that nobody drops, and a put that finds 0 traps. obj._refs
	 * itself is checked (frame/obj.h).
	 */
	u32 services;
};

static always_inline void handle_bad(void)
{
	_kernel_panic("get or put of a frame object without references");
}

/* One more reference of services. Traps when nobody at all holds the object. */
static inline void handle_get(struct handle *h)
{
	if (!_obj_tryget(&h->obj))
		handle_bad();
	if (_add32_full(&h->services, 1))
		_obj_put(&h->obj); /* the first one's use stands for all */
}

/* The last act of a constructor: the use that _obj_alloc gave becomes the caller's reference. */
static inline void handle_publish(struct handle *h)
{
	if (_add32_full(&h->services, 1))
		_obj_put(&h->obj); /* a stale handle was faster */
}

static inline void handle_put(struct handle *h)
{
	u32 old = load_once(h->services);

	do {
		if (!old)
			handle_bad();
	} while (!_cas32_acq_rel(&h->services, &old, old - 1));
	if (old == 1)
		_obj_put(&h->obj);
}

#endif
