// reject: P7
// SPDX-License-Identifier: MPL-2.0
#include <thing.h>

static u32 use(u32 n)
{
	return __builtin_alloca(n) != NULL; // <- P7
}
