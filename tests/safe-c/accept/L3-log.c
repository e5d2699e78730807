// accept: L3
// SPDX-License-Identifier: MPL-2.0
#include <frame/log.h>

static void say(u32 n, u64 addr)
{
	log_info("%u items at 0x%016lx, 100%% done", n, addr);
	log_debug("plain");
}
