// reject: L3
// SPDX-License-Identifier: MPL-2.0
#include <frame/fmt.h>

static void say(struct fmt *f, const char *p, bool c)
{
	(c ? fmt_printf : fmt_printf)(f, p); // <- L3
}
