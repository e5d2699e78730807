// accept: P3
// SPDX-License-Identifier: MPL-2.0
#include <thing.h>

struct names {
	u8 name[4][16];
	struct {
		u8 text[8];
	} label[4];
};
static void clear(struct names *n, u32 i)
{
	span_fill(span_of(*array_at(n->name, i)), 0);
	span_fill(span_of(n->label[i].text), 0);
}
