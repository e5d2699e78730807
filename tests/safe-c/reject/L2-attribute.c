// reject: L2
// SPDX-License-Identifier: MPL-2.0
#include <thing.h>

__attribute__((noreturn)) static void end(void) // <- L2
{
	for (;;)
		;
}
