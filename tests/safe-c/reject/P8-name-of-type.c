// reject: P8
// SPDX-License-Identifier: MPL-2.0
/* Where a name is a type and where it is a number depends on scopes: then (x) + n is a cast, or a sum. */
#include <thing.h>

typedef struct thing *owner;
static u64 sum(u64 n)
{
	u64 owner = 1; // <- P8

	return (owner) + n;
}
static u64 in_loop(u64 n)
{
	do
		n = n + 1;
	while (n < sizeof(enum { owner })); // <- P8
	return n;
}
static u64 in_parameters(struct thing *t, u64 owner) // <- P8
{
	return t->count + owner;
}
static u64 inside(u64 n)
{
	typedef u64 local; // <- P8

	return (local)n;
}
struct fields {
	u64 owner;
};
