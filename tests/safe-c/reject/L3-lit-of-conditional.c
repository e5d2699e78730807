// reject: L3
// SPDX-License-Identifier: MPL-2.0
/* Begins with a literal, but is none. */
#include <thing.h>

static struct lit forge(const char *p)
{
	return LIT("a" ? p : p); // <- L3
}
