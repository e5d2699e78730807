// reject: W1
// SPDX-License-Identifier: MPL-2.0
#include <thing.h>

static u32 use(struct nowhere *n) // <- W1
{
	return n != NULL;
}
