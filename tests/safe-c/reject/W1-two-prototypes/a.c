// reject: W1
// SPDX-License-Identifier: MPL-2.0
#include "a.h"
int shared_call(struct thing *t)
{
	return t->count == 0;
}
