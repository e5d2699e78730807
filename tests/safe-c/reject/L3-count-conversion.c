// reject: L3
// SPDX-License-Identifier: MPL-2.0
#include <frame/log.h>

static void say(u32 n)
{
	int written = 0;
	log_info("%u%n", n, &written); // <- L3
}
