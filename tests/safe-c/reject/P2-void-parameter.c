// reject: P2
// SPDX-License-Identifier: MPL-2.0
#include <thing.h>

static int callback(void *arg) // <- P2
{
	return arg != NULL;
}
