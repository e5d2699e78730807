// reject: L1
// SPDX-License-Identifier: MPL-2.0
#include <thing.h>

static void stop(void)
{
	__asm__("wfi"); // <- L1
}
