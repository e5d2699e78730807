// SPDX-License-Identifier: MPL-2.0
/*
 * Frame objects on which services hold counted references (tasks, address spaces, timers). Private
 * to the frame.
 *
 * There are two counts, so that a service that drops more references than it took ends only the
 * services' view of the object. obj._refs counts the frame's own uses; all references of services
 * together are one of these uses. The slot is free when the frame has no use left.
 */
#ifndef FRAME_HANDLE_H
#define FRAME_HANDLE_H

#include <frame/boot.h>
#include <frame/obj.h>

struct handle {
	struct obj obj;
	/*
	 * Not checked for overflow, because a wrap ends nothing too early. A use of obj is taken
	 * when this count goes from 0 to 1 and dropped when it goes from 1 to 0, and a wrap does
	 * neither. So each wrap leaves one use that is never dropped, and a put that finds 0 traps.
	 * obj._refs itself is checked (frame/obj.h).
	 */
	u32 services;
};

static always_inline void handle_bad(void)
{
	_kernel_panic("get or put of a frame object without references");
}

/* Takes a reference for a service. Traps when the object has no use at all. */
static inline void handle_get(struct handle *h)
{
	if (!_obj_tryget(&h->obj))
		handle_bad();
	if (_add32_full(&h->services, 1))
		_obj_put(&h->obj); /* the use of the first reference stands for all of them */
}

/* The last step of a constructor: the use that _obj_alloc gave becomes the caller's reference. */
static inline void handle_publish(struct handle *h)
{
	if (_add32_full(&h->services, 1))
		_obj_put(&h->obj); /* a service took a reference through a stale handle first */
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
