// reject: P4
// SPDX-License-Identifier: MPL-2.0
#include <thing.h>

static u32 use(u32 *p)
{
	return **&p; // <- P4
}
