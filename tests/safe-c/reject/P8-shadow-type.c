// reject: P8
// SPDX-License-Identifier: MPL-2.0
/* (size_t)(i) in array_at() would become a call. */
#include <thing.h>

static size_t zero(u64 i)
{
	return i - i;
}
static u32 use(struct thing *t, u32 i)
{
	size_t (*const size_t)(u64) = zero; // <- P8
	return *array_at(t->tab, i);
}
