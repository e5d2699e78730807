// reject: P2
// SPDX-License-Identifier: MPL-2.0
#include <thing.h>

static struct thing *use(struct other *o, struct thing *t)
{
	return o ?: t; // <- L1 P2
}
