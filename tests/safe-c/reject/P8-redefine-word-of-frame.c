// reject: P8
// SPDX-License-Identifier: MPL-2.0
/* Would change what array_at() expands to. */
#include <frame/types.h>
#define size_t u8 // <- P8
#include <thing.h>

static u32 use(struct thing *t, u32 i)
{
	return *array_at(t->tab, i);
}
