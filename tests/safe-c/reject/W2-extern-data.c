// reject: W2
// SPDX-License-Identifier: MPL-2.0
// symbol: boot_cpu_block
#include <frame/types.h>
extern u64 boot_cpu_block[8];
u64 use(void);
u64 use(void)
{
	return boot_cpu_block[1];
}
