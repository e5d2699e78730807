// reject: P4
// SPDX-License-Identifier: MPL-2.0
#include <thing.h>

static void shrink(struct span *s) // <- P4
{
	(void)s;
}
