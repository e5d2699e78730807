// SPDX-License-Identifier: MPL-2.0
/*
 * What the processes of one user hold together: kernel memory that descriptors pin and no process
 * limit bounds.
 *
 * Users are counted by their real user id, in a table of fixed size: users whose ids are equal
 * modulo its size share the limit.
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
 * Counts @n more for user @uid unless that would pass @limit: then false and nothing changes.
 * Context: any.
 */
bool must_check user_charge(enum user_resource r, u32 uid, u64 n, u64 limit);
/* Counts @n more whatever the sum; returns it. */
u64 user_charge_always(enum user_resource r, u32 uid, u64 n);
void user_uncharge(enum user_resource r, u32 uid, u64 n);

#endif
