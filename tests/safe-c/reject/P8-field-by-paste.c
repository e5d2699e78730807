// reject: P8
// SPDX-License-Identifier: MPL-2.0
#include <thing.h>

#define TAIL(a) a##_refs
static u32 refs(const struct thing *t)
{
	return t->obj.TAIL(); // <- P8
}
