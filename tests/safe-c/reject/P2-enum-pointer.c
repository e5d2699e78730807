// reject: P2
// SPDX-License-Identifier: MPL-2.0
#include <thing.h>

static void set(bool *b)
{
	*b = true;
}
static void use(u8 *p)
{
	set(p); // <- P2
}
