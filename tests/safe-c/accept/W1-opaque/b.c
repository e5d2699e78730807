// accept: W1
// SPDX-License-Identifier: MPL-2.0
#include "opaque.h"
static struct opaque *kept;
static void use(void)
{
	kept = opaque_make(3);
}
