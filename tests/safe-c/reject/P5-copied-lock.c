// reject: P5
// SPDX-License-Identifier: MPL-2.0
#include <frame/sync.h>

struct queue {
	struct spinlock lock;
	u32 n;
};
static void reset(struct queue *q)
{
	*q = (struct queue){ .n = 0 }; // <- P5
}
