// SPDX-License-Identifier: MPL-2.0
/*
 * Descriptors in messages: chains of chunks that hold references to files.
 *
 * Why dropping is not simply putting. The put of a file may release a socket. The socket's queue
 * may hold messages with further files, whose puts release further sockets, and so on, in a chain
 * as long as a program cares to build. This must not become a recursion on the kernel stack. So
 * descriptors that are dropped go onto a list, a drain, that belongs to the task. The outermost
 * drop of a task takes the drain and works it off, one put after the other; drops from inside a put
 * find that their task owns a drain and only append. There are MAX_CPUS drains. If all are taken,
 * the descriptors are appended to another task's drain: its owner cannot leave before the list is
 * empty, because both happen under drain_lock.
 *
 * When a drain is empty, the collector of cycles runs if a socket was released meanwhile
 * (unix/gc.c).
 */
#include "unix/unix.h"

static void scm_fds_release(struct scm_fds *f)
{
	obj_put(&f->more);
}
OBJ_TYPE(scm_fds, scm_fds_release);

int scm_fds_add(struct scm_fds *f, struct file *file)
{
	struct scm_fds *last = f;

	if (f->total >= SCM_MAX_FD)
		return -EINVAL;
	while (last->more)
		last = last->more;
	if (last->nr == SCM_CHUNK) {
		last->more = obj_new(scm_fds);
		last = last->more;
		if (!last)
			return -ENOMEM;
	}
	last->file[last->nr++] = file;
	f->total++;
	return 0;
}

/* Taken places are NULL and counted, so the collector does not visit them. */
struct file *scm_fds_take(struct scm_fds *f)
{
	struct scm_fds *c;

	for (c = f; c; c = c->more) {
		if (c->taken < c->nr) {
			struct file *file = c->file[c->taken];
			c->file[c->taken++] = NULL;
			return file;
		}
	}
	return NULL;
}

/* Drops a copy while the original exists: no file is released by that. */
static void scm_give_back(struct scm_fds **fp)
{
	struct file *file;

	while ((file = scm_fds_take(*fp)) != NULL)
		obj_put(&file);
	obj_put(fp);
}

struct scm_fds *scm_fds_copy(struct scm_fds *f)
{
	struct scm_fds *copy = obj_new(scm_fds);
	struct scm_fds *c;
	u32 i;

	for (c = f; c && copy; c = c->more) {
		for (i = c->taken; i < c->nr && copy; i++) {
			struct file *file = obj_get(c->file[i]);
			if (scm_fds_add(copy, file)) {
				obj_put(&file);
				scm_give_back(&copy);
			}
		}
	}
	return copy;
}

/* ---- dropping ---- */

/* The list of a task that is dropping descriptors. */
struct fds_drain {
	struct task *owner; /* NULL: free; under drain_lock */
	LIST_HEAD(scm_fds) dead;
};
static struct fds_drain drains[MAX_CPUS];
static u32 nr_dropping; /* drains that have an owner */
static struct spinlock drain_lock;

/*
 * Returns the index of the drain that @t owns, or of a free one that it owns from now on (*mine),
 * or of another task's if all are taken. drain_lock held.
 */
static u32 find_drain(struct task *t, bool *mine)
{
	u32 i, free = nr_dropping ? MAX_CPUS : 0;

	for (i = 0; nr_dropping && i < MAX_CPUS; i++) {
		if (drains[i].owner == t)
			return i;
		if (!drains[i].owner && free == MAX_CPUS)
			free = i;
	}
	if (free == MAX_CPUS)
		return 0;
	drains[free].owner = t;
	nr_dropping++;
	*mine = true;
	return free;
}

/* Puts all files of a chain and the chain itself. */
static void put_files(struct scm_fds *f)
{
	struct file *file;

	while ((file = scm_fds_take(f)) != NULL)
		obj_put(&file);
	obj_put(&f);
}

/*
 * Appends the descriptors to a drain; the task that owns the drain works it off. The lock is
 * dropped for each put, because a put may come back here.
 */
void scm_fds_drop_doomed(struct scm_fds **fp)
{
	struct scm_fds *f = *fp;
	bool mine = false;
	u32 k;

	*fp = NULL;
	spin_lock(&drain_lock);
	k = find_drain(task_current(), &mine);
	list_push_back(&drains[k].dead, f, link);
	while (mine && (f = list_first(&drains[k].dead)) != NULL) {
		list_remove(&drains[k].dead, f, link);
		spin_unlock(&drain_lock);
		put_files(f);
		spin_lock(&drain_lock);
	}
	if (mine) {
		drains[k].owner = NULL;
		nr_dropping--;
	}
	spin_unlock(&drain_lock);
	if (mine)
		unix_collect_if_due();
}

void scm_fds_drop(struct scm_fds **fp)
{
	/* Doomed descriptors are put by the collector. */
	if (*fp && (*fp)->doomed)
		obj_put(fp);
	else if (*fp)
		scm_fds_drop_doomed(fp);
}

/* Whether the calling task is inside a drop: then the collector must wait for its end. */
bool scm_fds_is_dropping(void)
{
	struct task *t = task_current();
	bool is = false;
	u32 i;

	spin_lock(&drain_lock);
	for (i = 0; nr_dropping && i < MAX_CPUS; i++)
		is = is || drains[i].owner == t;
	spin_unlock(&drain_lock);
	return is;
}
