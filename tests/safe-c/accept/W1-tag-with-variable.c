// accept: W1
// SPDX-License-Identifier: MPL-2.0
#include <thing.h>

static struct boot_args {
	u32 n;
	struct {
		u32 x;
	} inner;
} boot_args;
static u32 use(void)
{
	return boot_args.n + boot_args.inner.x;
}
