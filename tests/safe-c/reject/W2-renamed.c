// reject: W2
// SPDX-License-Identifier: MPL-2.0
// symbol: frame_secret
#include <frame/types.h>
u64 innocent(void) __asm__("frame_secret");
u64 use(void);
u64 use(void)
{
	return innocent();
}
