// reject: L3
// SPDX-License-Identifier: MPL-2.0
#include <frame/fmt.h>

static void say(struct fmt *f, const char *p)
{
	fmt_printf(f, "%\163", p); // <- L3
}
