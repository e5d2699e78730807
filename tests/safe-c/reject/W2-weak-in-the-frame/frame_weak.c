// reject: W2
// SPDX-License-Identifier: MPL-2.0
// symbol: soft_hook
// symbol: soft_need
#include <frame/types.h>
u64 soft_hook(void);
__attribute__((weak)) u64 soft_hook(void)
{
	return 1;
}
__attribute__((weak)) u64 soft_need(void);
u64 hard_work(void);
u64 hard_work(void)
{
	return soft_hook() + (soft_need ? soft_need() : 0);
}
