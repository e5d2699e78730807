// reject: S1
// SPDX-License-Identifier: MPL-2.0
/* A struct by value lies on the stack. */
#include <thing.h>

struct big {
	u64 w[4110];
};
static struct big g;
static u64 take(struct big b) // <- S1
{
	return b.w[7];
}
static struct big make(void) // <- S1
{
	return g;
}
static u64 (*chosen)(struct big b); // <- S1
static void use(void)
{
	chosen = take;
	g = make();
}
