// SPDX-License-Identifier: MPL-2.0
/* struct epoll_event in user memory: packed, as on i386 (riscv64 has natural alignment). */
#ifndef ABI_EPOLL_H
#define ABI_EPOLL_H

#include <frame/types.h>

struct PACKED abi_epoll_event {
	u32 events;
	u64 data;
};
static_assert(sizeof(struct abi_epoll_event) == 12, "the ABI says so");

#endif
