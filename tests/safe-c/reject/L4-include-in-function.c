// reject: L4
// SPDX-License-Identifier: MPL-2.0
#include <thing.h>

static u32 use(void) // <- L4
{
#include <frame/errno.h> // <- L4
	return EINVAL;
}
