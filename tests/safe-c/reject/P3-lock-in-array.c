// reject: P3
// SPDX-License-Identifier: MPL-2.0
#include <frame/sync.h>

static struct spinlock table_lock[8];
static void touch(u32 i)
{
	spin_lock(&table_lock[i]); // <- P3
}
