// reject: L2
// SPDX-License-Identifier: MPL-2.0
#include <thing.h>

#define EARLY __attribute__((constructor)) // <- L2
EARLY static void first(void) // <- L2
{
}
