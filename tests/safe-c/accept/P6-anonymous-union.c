// accept: P6
// SPDX-License-Identifier: MPL-2.0
#include <thing.h>

struct reg {
	union {
		u32 word;
		u8 byte[4];
	};
};
static u32 swap(struct reg r)
{
	r.byte[0] = 1;
	return r.word;
}
