// reject: W2
// SPDX-License-Identifier: MPL-2.0
// symbol: maybe
#include <frame/types.h>
u64 __attribute__((weak)) maybe(void);
u64 use(void);
u64 use(void)
{
	return maybe();
}
