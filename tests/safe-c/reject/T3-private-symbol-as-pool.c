// reject: T3
// SPDX-License-Identifier: MPL-2.0
/* A declaration of several tokens makes a pool of a private symbol of the frame. */
#include <thing.h>

#define const_obj_type
#define x_obj_type int unused44(void)
struct kernel_panic {
	struct obj obj;
	u64 v;
};
OBJ_TYPE_DECL(kernel_panic; static x); // <- T3
static int unused44(void)
{
	return 1;
}
static u64 read(void)
{
	const struct kernel_panic *c = obj_new(kernel_panic const); // <- T3

	return c->v;
}
