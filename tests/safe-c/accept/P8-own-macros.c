// accept: P8
// SPDX-License-Identifier: MPL-2.0
#include <thing.h>

#define DEFINE_SUM(N, T)                                                                           \
	static u32 N##_sum(const struct T *x)                                                      \
	{                                                                                          \
		return N##_one(x) + N##_two(x);                                                    \
	}
static u32 pair_one(const struct pair *p)
{
	return p->a;
}
static u32 pair_two(const struct pair *p)
{
	return p->b;
}
DEFINE_SUM(pair, pair)
#define ALLOC(T) obj_new(T)
static struct thing *make(void)
{
	return ALLOC(thing);
}
