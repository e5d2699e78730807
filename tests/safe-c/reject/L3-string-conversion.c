// reject: L3
// SPDX-License-Identifier: MPL-2.0
#include <frame/log.h>

static void say(u32 n)
{
	log_info("%u %s", n, "text"); // <- L3
}
