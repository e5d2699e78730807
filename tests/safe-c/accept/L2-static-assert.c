// accept: L2
// SPDX-License-Identifier: MPL-2.0
#include <thing.h>

static_assert(sizeof(struct pair) == 8, "layout");
_Static_assert(ARRAY_LEN(((struct thing *)NULL)->name) == 16, "layout");
