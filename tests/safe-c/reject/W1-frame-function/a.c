// reject: W1
// SPDX-License-Identifier: MPL-2.0
#include <frame/obj.h>
static u64 use(void)
{
	return obj_live_count();
}
