// SPDX-License-Identifier: MPL-2.0
/*
 * The request queue of simple disks (kernel/block.h, disk_add_simple): those that carry out one
 * request after the other.
 *
 * Who submits puts the request at the end of the queue and wakes the disk's task. The task takes
 * one request at a time, lets the driver execute it, and completes it. It is the only one that
 * takes requests: a queue that it has seen not empty stays so until it takes the lock.
 *
 * Requests are executed in the order in which they were submitted, and never merged. A disk that
 * can do several at a time, or that completes by interrupts, implements block_ops itself.
 *
 * Locking: request_queue.lock guards `requests`. Context: tasks only.
 */
#include <frame/sync.h>
#include <frame/task.h>
#include <kernel/block.h>

struct request_queue {
	struct obj obj;
	const struct simple_disk_ops *ops;
	struct obj *owner; /* reference: the driver's object */
	struct spinlock lock;
	LIST_HEAD(block_request) requests; /* lock; references */
	struct waitq work;
};

static void request_queue_release(struct request_queue *q)
{
	obj_put_any(&q->owner);
}
OBJ_TYPE(request_queue, request_queue_release);

static void queue_submit(struct obj *obj, struct block_request *rq)
{
	struct request_queue *q = obj_cast(request_queue, obj);

	(void)obj_get(rq);
	spin_lock(&q->lock);
	list_push_back(&q->requests, rq, link);
	spin_unlock(&q->lock);
	waitq_wake_one(&q->work);
}
static const struct block_ops queue_ops = { .submit = queue_submit };

/* Waits for a request and takes it off the queue. */
static struct block_request *queue_take(struct request_queue *q)
{
	struct block_request *rq;
	int err;

	wait_event(&q->work, load_once(q->requests.first) != NULL, WAIT_UNINTERRUPTIBLE,
		NO_DEADLINE, &err);
	spin_lock(&q->lock);
	rq = list_first(&q->requests);
	list_remove(&q->requests, rq, link);
	spin_unlock(&q->lock);
	return rq;
}

static void queue_run(struct obj *obj)
{
	struct request_queue *q = obj_cast(request_queue, obj);

	for (;;) {
		struct block_request *rq = queue_take(q);
		block_done(rq, q->ops->execute(q->owner, rq));
		obj_put(&rq);
	}
}
static const struct task_ops queue_task = { .run = queue_run };

/* The task starts when the disk is known; requests that come earlier wait in the queue. */
int disk_add_simple(const struct disk_params *p, const struct simple_disk_ops *ops,
	struct obj *owner)
{
	struct request_queue *q = obj_new(request_queue);
	struct task *t = q ? task_new(&queue_task, &q->obj, p->name) : NULL;
	int err = -ENOMEM;

	if (t) {
		q->ops = ops;
		q->owner = obj_get_any(owner);
		err = disk_add(p, &queue_ops, &q->obj);
	}
	if (!err)
		task_start(t);
	task_put(&t);
	obj_put(&q);
	return err;
}
