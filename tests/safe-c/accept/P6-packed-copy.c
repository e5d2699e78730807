// accept: P6
// SPDX-License-Identifier: MPL-2.0
#include <thing.h>

struct PACKED wire {
	u8 kind;
	u32 len;
	u8 name[3];
	struct pair pair;
};
static u32 parse(struct cspan bytes)
{
	struct wire w = { 0 };
	struct pair p;
	if (!span_read(bytes, 0, &w))
		return 0;
	p = w.pair;
	span_fill(span_of(w.name), 0);
	return w.len + p.a;
}
