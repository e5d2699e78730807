// reject: L2
// SPDX-License-Identifier: MPL-2.0
/* A form feed, a vertical tab, a zero, a letter that is not ASCII, a blank of another kind. */
#include <thing.h>

static u32 a; // <- L2
static u32 b; // <- L2
static u32 c; /*  */ // <- L2
static u32 d; /* é */ // <- L2
static u32 e; // <- L2
static u32 sum(void)
{
	return a + b + c + d;
}
