// SPDX-License-Identifier: MPL-2.0
/*
 * Limits on what all processes of one user hold together: kernel memory that descriptors pin and
 * that no limit of a process bounds.
 *
 * Users are counted by their real user id, in a table of fixed size. Users whose ids are equal
 * modulo its size share a slot, and so the limit.
 */
#ifndef KERNEL_USER_LIMIT_H
#define KERNEL_USER_LIMIT_H

#include <frame/types.h>

enum user_resource {
	USER_EPOLL_WATCHES,
	USER_INOTIFY_INSTANCES,
	USER_INOTIFY_WATCHES,
	USER_INOTIFY_EVENTS,
	USER_PIPE_PAGES,
	USER_INFLIGHT_FDS,
	USER_SOCKET_ITEMS,
	USER_SOCKET_PAGES,
	USER_SIGPENDING,
	NR_USER_RESOURCES
};

/*
 * Counts @n more for user @uid. If the sum would exceed @limit, it returns false and nothing
 * changes. Of several callers at the limit, all may fail. Context: any.
 */
bool must_check user_charge(enum user_resource r, u32 uid, u64 n, u64 limit);
/* Counts @n more, whatever the sum is, and returns the sum. Context: any. */
u64 user_charge_always(enum user_resource r, u32 uid, u64 n);
/* Counts @n less. @uid: the same as for the charge, so callers keep it. Context: any. */
void user_uncharge(enum user_resource r, u32 uid, u64 n);

#endif
