// accept: L2
// SPDX-License-Identifier: MPL-2.0
#include "guard.h"
#include "guard.h"

static u32 use(struct guarded o)
{
	return o.n;
}
