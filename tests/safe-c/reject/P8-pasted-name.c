// reject: P8
// SPDX-License-Identifier: MPL-2.0
#include <thing.h>

#define JOIN(a, b) a##b
static void drop(struct thing *t)
{
	JOIN(_obj, _put)(&t->obj); // <- P8
}
