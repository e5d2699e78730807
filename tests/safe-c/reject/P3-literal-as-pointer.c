// reject: P3
// SPDX-License-Identifier: MPL-2.0
#include <thing.h>

static char first(const char *s)
{
	return *s;
}
static char use(void)
{
	return first("abc"); // <- P3
}
