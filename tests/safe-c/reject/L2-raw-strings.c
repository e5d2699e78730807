// reject: L2
// SPDX-License-Identifier: MPL-2.0
/* Where a raw string can stand. */
#include <thing.h>

#define A R"(a)" // <- L2
#define B uR"x(a)x" // <- L2
#define D u8R"(a)" // <- L2
#if 0
static const char e[] = R"(x)"; // <- L2
#endif
