// SPDX-License-Identifier: MPL-2.0
/* x86_64: devices are coherent with caches (Intel SDM volume 3, 12.3: snooping). */
#include "backend.h"

u32 arch_cache_init(void)
{
	return 0;
}

void arch_cache_clean(paddr_t pa, u64 size)
{
	(void)pa, (void)size;
}

void arch_cache_flush(paddr_t pa, u64 size)
{
	(void)pa, (void)size;
}
