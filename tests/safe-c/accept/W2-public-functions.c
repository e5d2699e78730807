// accept: W2
// SPDX-License-Identifier: MPL-2.0
#include <thing.h>
u64 use(void);
u64 use(void)
{
	return obj_live_count();
}
