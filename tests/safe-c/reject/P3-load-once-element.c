// reject: P3
// SPDX-License-Identifier: MPL-2.0
/* A frame macro takes the address; the subscript is the service's and would not be checked to the last element. */
#include <thing.h>

static u32 use(struct thing *t, u32 i)
{
	return load_once(t->tab[i]); // <- P3
}
