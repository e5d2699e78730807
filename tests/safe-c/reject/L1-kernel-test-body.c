// reject: L1
// SPDX-License-Identifier: MPL-2.0
/* The function is the macro's, its body is the service's. */
#include <frame/test.h>
#include <thing.h>

KTEST(forge)
{
	struct thing *t = (struct thing *)0x1000; // <- P2
	KTEST_EXPECT(t->count == 0);
}
