// reject: L2
// SPDX-License-Identifier: MPL-2.0
#include <thing.h>

static _Noreturn void end(void) // <- L2
{
	for (;;)
		;
}
