// accept: P8
// SPDX-License-Identifier: MPL-2.0
#include <thing.h>

static size_t use(bool c)
{
	struct cspan s = CSPAN_NONE;
	struct lit l = { 0 };
	if (c)
		s = lit_span(l);
	return cspan_len(s);
}
