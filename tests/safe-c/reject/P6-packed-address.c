// reject: P6
// SPDX-License-Identifier: MPL-2.0
#include <thing.h>

struct PACKED wire {
	u8 kind;
	u32 len;
};
static void set(u32 *n)
{
	*n = 1;
}
static void use(struct wire *w)
{
	set(&w->len); // <- P6
}
