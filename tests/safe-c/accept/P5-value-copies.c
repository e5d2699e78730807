// accept: P5
// SPDX-License-Identifier: MPL-2.0
#include <thing.h>

static struct pair twice(struct pair p)
{
	struct pair q = p;
	q.a *= 2;
	return q;
}
static void use(struct thing *t)
{
	t->pair = twice(t->pair);
}
