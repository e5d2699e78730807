// accept: L1
// SPDX-License-Identifier: MPL-2.0
#include <thing.h>

static u32 spin(struct thing *t)
{
	while (load_acquire(t->count) == 0)
		memory_barrier();
	return load_once(t->count);
}
