// reject: L1
// SPDX-License-Identifier: MPL-2.0
/* sizeof and typeof of an expression that is a bit-field: for GCC it has a type of the field's width. */
#include <thing.h>

struct narrow {
	u64 b : 8;
	u64 c : 40;
};
static u64 sizes(struct narrow *x)
{
	u64 sum = sizeof(x->b = 1); // <- L1

	sum = sum + sizeof(x->b += 1); // <- L1
	sum = sum + sizeof(x->b++); // <- L1
	sum = sum + sizeof(--x->b); // <- L1
	sum = sum + sizeof(((void)0, x->c)); // <- L1
	sum = sum + sizeof(((x->b = 1))); // <- L1
	return sum;
}
static u64 type(struct narrow *x)
{
	typeof(((void)0, x->b)) copy = x->b; // <- L1
	u8 array[sizeof(x->c = 0)]; // <- L1

	return copy + sizeof(array);
}
