// reject: W1
// SPDX-License-Identifier: MPL-2.0
#include "b.h"
static struct holder *use(void)
{
	return obj_live_count();
}
