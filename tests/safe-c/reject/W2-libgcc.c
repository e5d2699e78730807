// reject: W2
// SPDX-License-Identifier: MPL-2.0
/* Helpers of the compiler are on a list; what is not on it does not exist in the kernel. */
// symbol: __udivti3
#include <frame/types.h>
u64 use(u64 x, u64 y);
u64 use(u64 x, u64 y)
{
	return (u64)(((unsigned __int128)x << 64 | y) / ((unsigned __int128)y << 32 | x));
}
