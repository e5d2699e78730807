// reject: W2
// SPDX-License-Identifier: MPL-2.0
// symbol: hidden_hook
#include <frame/types.h>
u64 hidden_hook(void);
u64 hidden_hook(void)
{
	return 3;
}
