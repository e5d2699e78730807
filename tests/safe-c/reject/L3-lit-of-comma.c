// reject: L3
// SPDX-License-Identifier: MPL-2.0
#include <thing.h>

#define AND ,
static struct lit forge(const char *p)
{
	return LIT("a" AND p); // <- L3 T3
}
