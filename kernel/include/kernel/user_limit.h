// SPDX-License-Identifier: MPL-2.0
/*
 * Accounts of a user: kernel memory that the processes of one user hold together through
 * descriptors, and that no limit of a process bounds.
 *
 * Users are counted by real user id, in a table of fixed size: users whose ids are equal modulo its
 * size share an account.
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
	USER_SECCOMP,    /* bytes of filters */
	USER_FILTERS,    /* bytes of the programs of sockets */
	USER_GROUPS,     /* memberships of sockets in multicast groups */
	USER_RING_PAGES, /* of packet sockets' rings */
	USER_LOCKS,      /* file locks */
	NR_USER_RESOURCES
};

/*
 * Charges @n to user @uid. Returns false, and charges nothing, if the sum would exceed @limit.
 * Context: any.
 */
bool must_check user_charge(enum user_resource r, u32 uid, u64 n, u64 limit);
/* Charges @n without a limit; returns the sum. Context: any. */
u64 user_charge_always(enum user_resource r, u32 uid, u64 n);
/* Takes back a charge of @n. Context: any. */
void user_uncharge(enum user_resource r, u32 uid, u64 n);

#endif
