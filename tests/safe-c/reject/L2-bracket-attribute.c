// reject: L2
// SPDX-License-Identifier: MPL-2.0
#include <thing.h>

#define OPEN [
#define TWICE OPEN OPEN
#define BOTH(a) a a

[[gnu::pure]] static u32 use(u32 x) // <- L2
{
	return x;
}
/* clang drops these without a word where they stand. */
enum { ONE OPEN OPEN gnu::vector_size(16) ] ] = 1 }; // <- L2
TWICE gnu::const ] ]; // <- L2
static u32 own(u32 x BOTH(OPEN) ] ]) // <- L2
{
	OPEN[ ] ] return x; // <- L2
}
