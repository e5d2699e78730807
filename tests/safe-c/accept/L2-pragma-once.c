// accept: L2
// SPDX-License-Identifier: MPL-2.0
#include "once.h"

static u32 use(struct once o)
{
	return o.n;
}
