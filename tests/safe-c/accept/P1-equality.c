// accept: P1
// SPDX-License-Identifier: MPL-2.0
#include <thing.h>

static bool same(const struct thing *a, const struct thing *b)
{
	return a == b || (a != NULL && a->next == b);
}
