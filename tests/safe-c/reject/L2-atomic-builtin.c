// reject: L2
// SPDX-License-Identifier: MPL-2.0
#include <thing.h>

static void use(u32 *p)
{
	__atomic_store_n(p, 1, 0); // <- L2
}
