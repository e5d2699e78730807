// reject: W1
// SPDX-License-Identifier: MPL-2.0
#include "b.h"
static struct thing *use(void)
{
	return shared_word;
}
