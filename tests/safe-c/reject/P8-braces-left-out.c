// reject: P8
// SPDX-License-Identifier: MPL-2.0
/* Five more ways to a private field without its braces. */
#include <thing.h>

struct wrap {
	struct lit name;
};
struct deep {
	struct {
		struct wrap wrap;
	} in;
};
static struct wrap kept, many[2];
static struct deep deeper;
static void forge(const char *s)
{
	kept = (struct wrap){ s }; // <- P8
	kept = (struct wrap){ .name = { s } }; // <- P8
	deeper = (struct deep){ s }; // <- P8
	deeper = (struct deep){ .in.wrap = { s } }; // <- P8
	deeper = (struct deep){ { { s } } }; // <- P8
	many[0] = (struct wrap){ .name._s = s }; // <- P8
}
