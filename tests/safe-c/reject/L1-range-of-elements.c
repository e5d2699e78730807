// reject: L1
// SPDX-License-Identifier: MPL-2.0
/* The value is evaluated for each element, an index that is checked in it once. */
#include <thing.h>

static const u8 order[4] = { [0 ... 1] = 1, [3] = 2 }; // <- L1
static u32 filled(const struct thing *k, u32 n)
{
	u32 all[4] = { [0 ... 3] = k->count && k->pair.a ? k->tab[n] : k->tab[n + 1], [1] = 2 }; // <- L1
	u32 rows[2][2] = { [0] = { [0 ... 1] = order[n] } }; // <- L1

	return all[0] + rows[0][0] + (struct grid){ .cell[1][0 ... 2] = n }.cell[1][1]; // <- L1
}
