// accept: L4
// SPDX-License-Identifier: MPL-2.0
#include "declared.h"

u32 declared_total;
u32 declared_add(u32 x)
{
	declared_total += x;
	return declared_total;
}
