// accept: W2
// SPDX-License-Identifier: MPL-2.0
#include <frame/types.h>
u64 use(u64 x);
u64 use(u64 x)
{
	return x * 3;
}
