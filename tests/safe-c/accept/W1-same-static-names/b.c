// accept: W1
// SPDX-License-Identifier: MPL-2.0
#include <thing.h>
static u64 counter;
static u64 next(void)
{
	return counter++;
}
