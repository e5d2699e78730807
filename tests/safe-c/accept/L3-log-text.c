// accept: L3
// SPDX-License-Identifier: MPL-2.0
#include <frame/log.h>

static void say(struct cspan text)
{
	log_text(LOG_INFO, text);
	log_text(LOG_INFO, STR("literal"));
}
