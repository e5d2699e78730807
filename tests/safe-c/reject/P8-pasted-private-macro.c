// reject: P8
// SPDX-License-Identifier: MPL-2.0
#include <thing.h>

#define TAIL(a) a##_obj_new // <- P8
static struct thing *make(void)
{
	return TAIL()(thing);
}
