// reject: W2
// SPDX-License-Identifier: MPL-2.0
#include <frame/types.h>
u64 hidden_hook(void);
u64 frame_work(void);
u64 frame_work(void)
{
	return hidden_hook();
}
