// accept: L3
// SPDX-License-Identifier: MPL-2.0
#include <frame/log.h>

#define say(format, ...) log_info("thing: " format, ##__VA_ARGS__)
static void use(u32 n)
{
	say("ready");
	say("%u left", n);
}
