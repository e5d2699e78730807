// reject: W1
// SPDX-License-Identifier: MPL-2.0
#include <thing.h>

static bool use(struct thing *t)
{
	struct thing; // <- W1
	return t != NULL;
}
