// reject: P5
// SPDX-License-Identifier: MPL-2.0
#include <frame/atomic.h>

static u64 use(void)
{
	struct atomic n = { 0 }; // <- P5
	return atomic_load(&n);
}
