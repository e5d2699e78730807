// reject: P8
// SPDX-License-Identifier: MPL-2.0
/* memmove is what span_copy() calls, memset is what span_fill() calls. */
#include <thing.h>

static size_t use(size_t (*span_copy)(struct span, struct cspan), struct span s) // <- P8
{
	return span_copy(s, STR("x"));
}
