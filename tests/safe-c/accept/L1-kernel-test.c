// accept: L1
// SPDX-License-Identifier: MPL-2.0
#include <frame/test.h>
#include <thing.h>

KTEST(things_start_empty)
{
	struct thing *t = obj_new(thing);
	KTEST_EXPECT(t != NULL);
	KTEST_EXPECT(!t || t->count == 0);
	obj_put(&t);
}
