// reject: L1
// SPDX-License-Identifier: MPL-2.0
#include <thing.h>

static u32 use(u32 x)
{
	__label__ out; // <- L1
	goto out;
out:
	return x;
}
