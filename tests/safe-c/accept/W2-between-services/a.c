// accept: W2
// SPDX-License-Identifier: MPL-2.0
#include <frame/types.h>
u64 service_a(u64 x);
u64 service_b(u64 x);
u64 service_a(u64 x)
{
	return x ? service_b(x - 1) : 0;
}
