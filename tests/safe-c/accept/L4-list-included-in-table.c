// accept: L4
// SPDX-License-Identifier: MPL-2.0
/* A list of lines may be included anywhere, as long as it is no frame header. */
#include <frame/types.h>

enum colour {
#define COLOUR(name) COLOUR_##name,
#include "colours.h"
#undef COLOUR
	NR_COLOURS,
};
static const u8 weight[NR_COLOURS] = {
#define COLOUR(name) [COLOUR_##name] = sizeof(#name),
#include "colours.h"
#undef COLOUR
};
static u8 use(enum colour c)
{
	return weight[c];
}
