// reject: W1
// SPDX-License-Identifier: MPL-2.0
#include "b.h"
static int use(u64 x)
{
	return shared_call(x);
}
