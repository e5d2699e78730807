// accept: L3
// SPDX-License-Identifier: MPL-2.0
#include <thing.h>

struct args {
	u32 n;
	u64 value[4];
};
static u64 sum(const struct args *a)
{
	u64 total = 0;
	for (u32 i = 0; i < a->n; i++)
		total += a->value[i];
	return total;
}
static u64 use(void)
{
	return sum(&(struct args){ .n = 2, .value = { 3, 4 } });
}
