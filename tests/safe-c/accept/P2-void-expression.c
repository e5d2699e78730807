// accept: P2
// SPDX-License-Identifier: MPL-2.0
#include <thing.h>

static int ignore(struct thing *t)
{
	(void)t;
	return 0;
}
