// reject: L3
// SPDX-License-Identifier: MPL-2.0
#include <frame/log.h>

static void say(bool c)
{
	log_info(c ? "yes" : "no"); // <- L3 P3
}
