// accept: P6
// SPDX-License-Identifier: MPL-2.0
#include <thing.h>

struct mixed {
	u8 kind;
	struct thing *t;
	u16 n;
};
static void set(u16 *n)
{
	*n = 3;
}
static void use(struct mixed *m)
{
	set(&m->n);
}
