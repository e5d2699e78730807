// accept: L2
// SPDX-License-Identifier: MPL-2.0
#include <thing.h>

#define DEPTH 3
#if DEPTH > 2
static u32 depth = DEPTH;
#else
#error "too flat"
#endif
static u32 use(void)
{
	return depth;
}
