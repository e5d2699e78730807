// reject: P2
// SPDX-License-Identifier: MPL-2.0
#include <thing.h>

static struct thing *forge(u64 address)
{
	return (struct thing *)address; // <- P2
}
