// reject: L3
// SPDX-License-Identifier: MPL-2.0
/* Conversions that the frame does not have. */
#include <frame/log.h>
#include <thing.h>

static void show(struct thing *t)
{
	log_info("%p", t); // <- L3
	log_info("%m"); // <- L3
	log_info("%jd", (s64)t->count); // <- L3
	log_info("%C", 65); // <- L3
}
