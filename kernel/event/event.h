// SPDX-License-Identifier: MPL-2.0
/* Inside kernel/event: the functions that its files share. */
#ifndef KERNEL_EVENT_EVENT_H
#define KERNEL_EVENT_EVENT_H

#include <kernel/thread.h>

/* ---- poll.c: the signal mask of ppoll, pselect6 and epoll_pwait ---- */
/*
 * Installs a temporary mask from user memory (@set.va 0: none); the old mask is kept in saved_mask.
 * 0, -EINVAL, -EFAULT.
 */
int must_check set_temporary_mask(struct thread *t, struct uaddr set, u64 size);
/*
 * Ends the call that returns @ret. The old mask is restored now or, if the call was interrupted,
 * after the handler. Returns @ret.
 */
s64 must_check finish_mask(struct thread *t, struct uaddr set, s64 ret);

#endif
