// reject: T3
// SPDX-License-Identifier: MPL-2.0
/* The release function ends in an operator. */
#include <thing.h>

struct slot {
	struct obj obj;
	u64 value;
};
static struct slot *stash;
static u64 distance;
OBJ_TYPE_DECL(slot);
OBJ_TYPE(slot, stash = distance +); // <- T3 P1
static void forge(void)
{
	stash->value = 42;
}
