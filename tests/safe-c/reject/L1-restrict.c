// reject: L1
// SPDX-License-Identifier: MPL-2.0
#include <thing.h>

static void use(u32 *restrict a, u32 *restrict b) // <- L1
{
	*a = *b;
}
