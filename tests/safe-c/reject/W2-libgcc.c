// reject: W2
// SPDX-License-Identifier: MPL-2.0
/* Helpers of the compiler are on a list; what is not on it does not exist in the kernel. */
// symbol: sqrt
#include <frame/types.h>
double sqrt(double x);
u64 use(u64 x);
u64 use(u64 x)
{
	return (u64)sqrt((double)x);
}
