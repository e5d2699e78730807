// reject: L3
// SPDX-License-Identifier: MPL-2.0
/* The only field of a struct, which clang does not miss the braces of. */
#include <thing.h>

struct wrap {
	struct lit name;
};
static struct wrap kept;
static char secret[4] = { 'a', 'b', 'c', 'd' };
static void forge(void)
{
	kept = (struct wrap){ array_at(secret, 1) }; // <- L3
}
