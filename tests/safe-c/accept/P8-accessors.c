// accept: P8
// SPDX-License-Identifier: MPL-2.0
#include <thing.h>

static bool empty(struct cspan s)
{
	return cspan_len(s) == 0 || span_byte(s, 0) == 0;
}
