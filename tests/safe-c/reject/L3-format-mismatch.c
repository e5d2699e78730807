// reject: L3
// SPDX-License-Identifier: MPL-2.0
#include <frame/log.h>

static void say(u64 n)
{
	log_info("%d", n); // <- L3
}
