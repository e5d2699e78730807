// reject: inline.h
// SPDX-License-Identifier: MPL-2.0
#include <frame/types.h>
inline u32 twice(u32 x) // <- L4
{
	return x * 2;
}
