// reject: W2
// SPDX-License-Identifier: MPL-2.0
// symbol: obj_live_count
#include <frame/types.h>
u64 obj_live_count(void);
u64 __attribute__((weak)) obj_live_count(void)
{
	return 0;
}
