// accept: P2
// SPDX-License-Identifier: MPL-2.0
#include <thing.h>

struct wire {
	u32 magic;
	u16 kind[2];
	struct pair where;
};
static u32 parse(struct cspan bytes)
{
	struct wire w = { 0 };
	if (!span_read(bytes, 0, &w) || w.magic != 0x1234)
		return 0;
	return w.where.a + w.kind[1];
}
