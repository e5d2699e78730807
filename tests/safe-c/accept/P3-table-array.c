// accept: P3
// SPDX-License-Identifier: MPL-2.0
/* The first element of a table array may stand for the array: it is never freed and nothing can be added to it. */
#include <thing.h>

struct TABLE match {
	struct lit name;
	u32 quirk;
};
struct TABLE chooser {
	const struct match *first;
	u32 n;
};
static const struct match matches[] = { { LIT("a"), 1 }, { LIT("b"), 2 } };
static const struct chooser chooser = { matches, ARRAY_LEN(matches) };
static u32 use(void)
{
	return chooser.first->quirk + chooser.n;
}
