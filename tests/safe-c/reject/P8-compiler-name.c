// reject: P8
// SPDX-License-Identifier: MPL-2.0
/* The compiler calls it for struct copies. */
#include <frame/types.h>

static void memcpy(u64 a, u64 b, u64 c) // <- P8
{
	(void)a, (void)b, (void)c;
}
