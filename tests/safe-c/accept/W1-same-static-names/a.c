// accept: W1
// SPDX-License-Identifier: MPL-2.0
#include <thing.h>
static u32 counter;
static u32 next(void)
{
	return counter++;
}
