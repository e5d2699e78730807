// reject: W2
// SPDX-License-Identifier: MPL-2.0
// symbol: arch_mmu_map
#include <frame/types.h>
void arch_mmu_map(u64 va, u64 pa);
void use(void);
void use(void)
{
	arch_mmu_map(0, 0);
}
