// reject: L2
// SPDX-License-Identifier: MPL-2.0
/* Preprocessors differ about a shift by the whole width. */
#include <thing.h>

#if 0x8000000000000000u >> 64 // <- L2
static u32 checked;
#else
static void forge(u64 a)
{
	*(u32 *)a = 42;
}
#endif
