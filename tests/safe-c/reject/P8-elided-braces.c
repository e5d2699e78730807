// reject: P8
// SPDX-License-Identifier: MPL-2.0
/* The inner braces left out. */
#include <thing.h>

struct label {
	struct lit text;
	u32 n;
};
static u32 forge(const char *s)
{
	struct label l = { s, 3 }; // <- P8
	return l.n;
}
