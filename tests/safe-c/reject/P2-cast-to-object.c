// reject: P2
// SPDX-License-Identifier: MPL-2.0
#include <thing.h>

static struct thing *confuse(struct other *o)
{
	return (struct thing *)o; // <- P2
}
