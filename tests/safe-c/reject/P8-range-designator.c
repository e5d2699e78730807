// reject: P8
// SPDX-License-Identifier: MPL-2.0
#include <thing.h>

static void forge(const char *s)
{
	struct lit l[4] = { [0 ... 3] = { s } }; // <- L1 P8
	(void)l[0];
}
