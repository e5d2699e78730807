// reject: P2
// SPDX-License-Identifier: MPL-2.0
/* A constant that comes to 0 is a null pointer, if both compilers count alike; nobody shows that they do. */
#include <thing.h>

static void clear(struct thing *t)
{
	t->next = 8 - sizeof(u64); // <- P2
}
static struct thing *none(void)
{
	return (struct thing *)(sizeof(u32) - 4); // <- P2
}
static bool is(struct thing *t)
{
	return t == (1 - 1); // <- P2
}
