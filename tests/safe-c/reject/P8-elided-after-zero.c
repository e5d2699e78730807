// reject: P8
// SPDX-License-Identifier: MPL-2.0
#include <thing.h>

struct labels {
	struct lit a, b;
};
static void forge(const char *s)
{
	struct labels l = { 0, s }; // <- P8
	(void)l;
}
