// reject: P2
// SPDX-License-Identifier: MPL-2.0
#include <thing.h>

static int each(int fn(void *arg)) // <- P2
{
	return fn(NULL);
}
