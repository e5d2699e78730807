// accept: P5
// SPDX-License-Identifier: MPL-2.0
#include <frame/sync.h>
#include <frame/wait.h>
#include <thing.h>

struct queue {
	struct obj obj;
	struct mutex lock;
	struct waitq readers;
	struct thing *first;
};
static struct spinlock table_lock[8];
static int take(struct queue *q, struct thing **out)
{
	int err;
	wait_event(&q->readers, load_once(q->first) != NULL, WAIT_INTERRUPTIBLE, NO_DEADLINE, &err);
	if (err)
		return err;
	mutex_lock(&q->lock);
	*out = q->first;
	q->first = NULL;
	mutex_unlock(&q->lock);
	return 0;
}
static void touch(u32 i)
{
	u64 state = spin_lock_irqsave(array_at(table_lock, i));
	spin_unlock_irqrestore(array_at(table_lock, i), state);
}
