// reject: P8
// SPDX-License-Identifier: MPL-2.0
#include <thing.h>

struct label {
	u32 n;
	struct lit text;
};
static u32 forge(const char *s)
{
	struct label l = { .n = 1, .text = s }; // <- P8
	return l.n;
}
