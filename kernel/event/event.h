// SPDX-License-Identifier: MPL-2.0
/* Inside kernel/event: what its files share. */
#ifndef KERNEL_EVENT_EVENT_H
#define KERNEL_EVENT_EVENT_H

#include <kernel/thread.h>

/* ---- poll.c: the signal mask of ppoll and its kind ---- */
/* Installs a temporary mask (@set.va 0: none). 0, -EINVAL, -EFAULT. */
s64 set_temporary_mask(struct thread *t, struct uaddr set, u64 size);
/* Ends the call: the old mask comes back, now or (-EINTR) after the handler. Returns @ret. */
s64 finish_mask(struct thread *t, struct uaddr set, s64 ret);

#endif
