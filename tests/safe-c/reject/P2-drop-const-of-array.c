// reject: P2
// SPDX-License-Identifier: MPL-2.0
#include <thing.h>

static const struct grid fixed = { 1, { { 2 } } };
static void use(void)
{
	u32(*const rows)[3][4] = &fixed.cell; // <- P2
	(*rows)[0][0] = 1;
}
