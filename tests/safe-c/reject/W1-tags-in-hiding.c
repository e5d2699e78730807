// reject: W1
// SPDX-License-Identifier: MPL-2.0
/* Structs where no declaration stands. */
#include <thing.h>

static u64 sizes(struct thing *t)
{
	u64 n = sizeof(struct hidden_a { u32 a; }); // <- W1

	n = n + (u64)((struct hidden_b { u32 v[2]; }){ { 1 } }).v[0]; // <- W1
	for (struct hidden_c { u32 n; } c = { 1 }; c.n; c.n--) // <- W1
		t->count = t->count + 1;
	return n + sizeof(enum hidden_d { HIDDEN }); // <- W1
}
