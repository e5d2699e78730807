// reject: L3
// SPDX-License-Identifier: MPL-2.0
#include <frame/log.h>

static void say(const char *text)
{
	log_info(text); // <- L3
}
