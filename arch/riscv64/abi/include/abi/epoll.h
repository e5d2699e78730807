// SPDX-License-Identifier: MPL-2.0
/* struct epoll_event in user memory: natural alignment (x86_64 packs it). */
#ifndef ABI_EPOLL_H
#define ABI_EPOLL_H

#include <frame/types.h>

struct abi_epoll_event {
	u32 events;
	u32 pad;
	u64 data;
};

#endif
