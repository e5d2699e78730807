// accept: P1
// SPDX-License-Identifier: MPL-2.0
#include <thing.h>

static u32 checksum(struct cspan bytes)
{
	u32 sum = 0;
	for (size_t i = 0; i < cspan_len(bytes); i++)
		sum += span_byte(bytes, i);
	return sum;
}
