// SPDX-License-Identifier: MPL-2.0
/*
 * Supers, the instances of file systems: their types, their beginning and their end.
 *
 * How a super ends. Each mount of it, attached or detached, holds it. Whoever drops the last
 * reference on a mount may be anywhere: in munmap under mm.lock, in the exit of a thread, under the
 * locks of a directory. So the last super_unhold only marks the super as ending, and queues it for
 * the task "unmount". From then on no mount can hold it. The task takes super.active for writing,
 * which keeps sync(2) out; writes everything; evicts the inodes; calls kill; and sets dead, which a
 * sync that has waited for the lock finds. umount(2), and a mount(2) that has found the super, wait
 * for the end.
 *
 * No other thread makes an end: that of a user could be killed in the middle of it, with data of
 * others in its hands. The task has been there since start-up, so an end needs no memory for one.
 * While it is busy, perhaps with a disk that hangs, each further super gets a helper that ends what
 * is queued; without memory for a helper the super waits in the queue, and those that wait for its
 * end try to start one again each second.
 *
 * If somebody keeps using an inode, which no code should, the file system is not taken apart under
 * him: it stays, unmounted, until the machine is turned off.
 *
 * Locking: ends_lock, a spin lock and a leaf, guards the queue and the holds.
 */
#include <frame/log.h>
#include <frame/task.h>
#include <frame/time.h>
#include <kernel/chrdev.h>
#include <kernel/dentry.h>
#include <kernel/error_seq.h>
#include <kernel/locks.h>
#include <kernel/mapping.h>
#include <kernel/notify.h>
#include <kernel/super.h>
#include <uapi/fs.h>

#include "fs.h"

/* ---- types ---- */

#define MAX_TYPES 128
static const struct fs_type *types[MAX_TYPES];
static u32 nr_types;

void fs_register(const struct fs_type *type)
{
	if (nr_types < MAX_TYPES)
		types[nr_types++] = type;
	else
		log_err("more than %u types of file systems: the others are not known", MAX_TYPES);
}

/* Types are registered at start-up only, so the list needs no lock. */
const struct fs_type *fs_find(struct cspan name)
{
	u32 i;

	for (i = 0; i < nr_types; i++) {
		if (cspan_equal(lit_span(types[i]->name), name))
			return types[i];
	}
	return NULL;
}

const struct fs_type *fs_nth(u32 i)
{
	return i < nr_types ? types[i] : NULL;
}

/* ---- beginning ---- */

static void super_release(struct super *sb)
{
	super_forget(sb);
	obj_put(&sb->errors);
	obj_put(&sb->io_room);
	obj_put_any(&sb->private);
}
OBJ_TYPE(super, super_release);

/* Minor numbers of the file systems without a device. */
static struct atomic next_dev;

/* The super is not held yet; the file system fills in root, private and magic. */
struct super *super_new(const struct fs_type *type, const struct super_ops *ops)
{
	struct super *sb = obj_new(super);

	if (!sb)
		return NULL;
	if (ops && (ops->sync_fs || ops->write_inode)) {
		sb->errors = obj_new(error_seq);
		if (!sb->errors) {
			obj_put(&sb);
			return NULL;
		}
	}
	sb->type = type;
	sb->ops = ops;
	sb->dev = MKDEV(0, atomic_add(&next_dev, 1));
	lock_level(&sb->rename_lock, LOCK_RENAME);
	lock_level(&sb->active, LOCK_SUPER);
	lock_level(&sb->inodes_lock, LOCK_LEAF);
	super_list(sb);
	return sb;
}

/* ---- errors ---- */

void super_error_note(struct super *sb, int error)
{
	if (sb->errors)
		error_seq_note(&sb->errors->value, error);
}

void super_abort(struct super *sb, int error)
{
	store_once(sb->aborted, true);
	memory_barrier(); /* a remount stores flags, then looks at aborted */
	set_bits(sb->flags, MS_RDONLY);
	super_error_note(sb, error);
}

/* ---- end ---- */

static struct spinlock ends_lock;
static LIST_HEAD(super) ends; /* references; no task has begun with them */
static u32 nr_ending;         /* those, and those that are being ended; ends_lock */
static struct waitq end_done;

/*
 * Something is lost, which nobody else will be told: @err of a step of the end, or an error of a
 * write, at the end or before, that no syncfs has seen.
 */
static void tell_loss(struct super *sb, int err)
{
	u64 seen = sb->errors ? error_seq_sample(&sb->errors->value) : 0;

	if (!err && sb->errors)
		err = error_seq_check(&sb->errors->value, &seen);
	if (!err)
		return;
	log_text(LOG_ERR, lit_span(sb->type->name));
	log_err("not all of this file system could be written: error %d", -err);
}

/* No mount is left, so no task is in the file system, except for walks over its inodes. */
static void take_apart(struct super *sb)
{
	int err;

	notify_super_gone(sb);
	rwlock_write_lock(&sb->active);
	err = super_sync_held(sb);
	if (sb->ops && sb->ops->read_inode) {
		obj_put(&sb->root);
		if (inode_cache_drop(sb)) {
			tell_loss(sb, err);
			rwlock_write_unlock(&sb->active);
			return;
		}
	}
	if (sb->ops && sb->ops->kill) {
		int e = sb->ops->kill(sb);
		err = err ? err : e;
	}
	sb->dead = true;
	rwlock_write_unlock(&sb->active);
	tell_loss(sb, err);
	obj_put(&sb->root);
}

/* Ends a super that the caller has taken off the queue; consumes the queue's reference. */
static void end_one(struct super *sb)
{
	take_apart(sb);
	spin_lock(&ends_lock);
	nr_ending--;
	store_once(sb->ended, true);
	spin_unlock(&ends_lock);
	waitq_wake_all(&end_done);
	obj_put(&sb);
}

/* Takes the first off the queue; NULL: it is empty. */
static struct super *dequeue(void)
{
	struct super *sb;

	spin_lock(&ends_lock);
	sb = list_first(&ends);
	if (sb)
		list_remove(&ends, sb, end_link);
	spin_unlock(&ends_lock);
	return sb;
}

static void end_queued(void)
{
	struct super *sb;

	while ((sb = dequeue()) != NULL)
		end_one(sb);
}

/* ---- the tasks that end supers ---- */

static bool ender_idle; /* the permanent one sleeps; ends_lock */
static struct waitq ender_wait;

/*
 * The queue is looked at and idle set under one lock: who queues a super finds it set, or is seen.
 */
static void ender_run(struct obj *owner)
{
	bool idle;
	int err;

	(void)owner;
	for (;;) {
		end_queued();
		spin_lock(&ends_lock);
		idle = list_empty(&ends);
		store_once(ender_idle, idle);
		spin_unlock(&ends_lock);
		if (idle)
			wait_event(&ender_wait, !load_once(ender_idle), WAIT_UNINTERRUPTIBLE,
				NO_DEADLINE, &err);
	}
}
static const struct task_ops ender_ops = { .run = ender_run };

static void helper_run(struct obj *owner)
{
	(void)owner;
	end_queued();
}
static const struct task_ops helper_ops = { .run = helper_run };

/* Has the permanent task see to the queue, or a helper, if that one is busy. */
static void start_ends(void)
{
	struct task *t;
	bool idle, any;

	spin_lock(&ends_lock);
	any = !list_empty(&ends);
	idle = ender_idle;
	if (any)
		store_once(ender_idle, false);
	spin_unlock(&ends_lock);
	if (any && idle)
		waitq_wake_all(&ender_wait);
	if (!any || idle)
		return;
	t = task_new(&helper_ops, NULL, LIT("unmount"));
	if (t)
		task_start(t);
	task_put(&t);
}

int super_init(void)
{
	struct task *t = task_new(&ender_ops, NULL, LIT("unmount"));

	if (!t)
		return -ENOMEM;
	task_start(t);
	task_put(&t);
	return 0;
}

/* ---- holds ---- */

bool super_hold(struct super *sb)
{
	bool alive;

	spin_lock(&ends_lock);
	alive = !sb->ending;
	sb->nr_holds += alive;
	spin_unlock(&ends_lock);
	return alive;
}

void super_unhold(struct super *sb)
{
	bool last;

	spin_lock(&ends_lock);
	last = --sb->nr_holds == 0;
	if (last) {
		store_once(sb->ending, true);
		(void)obj_get(sb);
		list_push_back(&ends, sb, end_link);
		nr_ending++;
	}
	spin_unlock(&ends_lock);
	if (last)
		start_ends();
}

#define AGAIN_NS NSEC_PER_SEC

void super_wait_end(struct super *sb)
{
	int err;

	while (load_once(sb->ending) && !load_once(sb->ended)) {
		wait_event(&end_done, load_once(sb->ended), WAIT_UNINTERRUPTIBLE,
			time_mono_ns() + AGAIN_NS, &err);
		if (err)
			start_ends();
	}
}

void super_wait_all_ends(void)
{
	int err;

	while (load_once(nr_ending)) {
		wait_event(&end_done, !load_once(nr_ending), WAIT_UNINTERRUPTIBLE,
			time_mono_ns() + AGAIN_NS, &err);
		if (err)
			start_ends();
	}
}
