// reject: L2
// SPDX-License-Identifier: MPL-2.0
/* Header names of characters that start something elsewhere. */
#include <thing.h>

#if 0
#include <a//b.h> // <- L2
#include "a b.h" // <- L2
#include <a"b.h> // <- L2
#include <a'b.h> // <- L2
#include <a\\b.h> // <- L2
#include <a.h> int x; // <- L2
#endif
static u32 unused(u32 n)
{
	return n;
}
