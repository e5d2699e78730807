// reject: P1
// SPDX-License-Identifier: MPL-2.0
/* An argument of a frame macro is the service's text. */
#include <thing.h>

static struct thing *forge(struct thing *t)
{
	return obj_get(obj_get(t) + MAX_CPUS); // <- P1
}
