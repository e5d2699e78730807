// reject: P8
// SPDX-License-Identifier: MPL-2.0
#include <thing.h>

static void forge(const char *p)
{
	struct lit two[2] = { { p }, { p } }; // <- P8
	(void)two[0];
}
