// reject: W2
// SPDX-License-Identifier: MPL-2.0
#include <frame/types.h>
static u64 nothing(void)
{
	return 3;
}
static UNUSED u64 twice(void)
{
	return nothing();
}
