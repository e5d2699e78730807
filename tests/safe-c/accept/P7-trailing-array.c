// accept: P7
// SPDX-License-Identifier: MPL-2.0
/* A last array is an array like any other: its bound is checked (tests/safe-c/codegen). */
#include <thing.h>

struct names {
	u32 n;
	u8 text[8];
};
static u8 use(struct names *s, u32 i)
{
	return s->text[i];
}
