// reject: P8
// SPDX-License-Identifier: MPL-2.0
/* OBJ_TYPE_DECL as a definition: a pool of slots of no size. */
#include <thing.h>

struct mine {
	struct obj obj;
	u64 words[100];
};
OBJ_TYPE_DECL(mine) = { 0 }; // <- P8
static struct mine *make(void)
{
	return obj_new(mine);
}
