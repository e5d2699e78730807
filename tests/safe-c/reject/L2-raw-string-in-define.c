// reject: L2
// SPDX-License-Identifier: MPL-2.0
/* A raw string, which hides an attribute from who reads it as a plain one. */
#include <thing.h>

#define SECOND(a, b, c) b
#define NOSAN SECOND(R"x(" )x", __attribute__((no_sanitize_undefined)), "b") // <- L2
static u32 arr[4];
static NOSAN void oob(u32 i) // <- L2
{
	arr[i] = 42;
}
