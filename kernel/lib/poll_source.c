// SPDX-License-Identifier: MPL-2.0
/*
 * Sources of readiness and registrations (kernel/poll.h).
 *
 * How no event is missed. A waiter puts its entry on the source's list, and then looks at the
 * readiness. A notifier changes the readiness, and then looks at the list. Both have a full barrier
 * in between (poll_register, poll_notify), so at least one of them sees the other's store: either
 * the waiter sees the readiness, or the notifier sees the entry.
 *
 * How a source is created. The field of its owner is NULL until the first registration. `making`
 * decides between two tasks that register first; the field then keeps its value until the owner is
 * released.
 *
 * Locking: poll_source.lock, taken in interrupts. Callbacks (notify) run under it.
 */
#include <kernel/locks.h>
#include <kernel/poll.h>
#include <uapi/errno.h>

static void poll_source_release(struct poll_source *s)
{
	(void)s;
}
OBJ_TYPE(poll_source, poll_source_release);

static void poll_entry_release(struct poll_entry *e)
{
	obj_put(&e->source);
	obj_put_any(&e->waiter);
}
OBJ_TYPE(poll_entry, poll_entry_release);

static struct spinlock making; /* guards the creation of sources */

void poll_register(struct poll_table *pt, struct poll_source **sp)
{
	struct poll_source *s, *mine;
	struct poll_entry *e;
	u64 flags;

	if (pt->error)
		return;
	s = load_acquire(*sp);
	if (!s) {
		mine = obj_new(poll_source);
		if (!mine) {
			pt->error = -ENOMEM;
			return;
		}
		spin_lock(&making);
		if (!*sp)
			store_release(*sp, obj_get(mine));
		s = *sp;
		spin_unlock(&making);
		obj_put(&mine);
	}
	e = obj_new(poll_entry);
	if (!e) {
		pt->error = -ENOMEM;
		return;
	}
	e->ops = pt->ops;
	e->waiter = obj_get_any(pt->waiter);
	e->source = obj_get(s);
	e->held = pt->held ? obj_get_any(pt->held) : NULL;
	e->events = pt->events;
	e->exclusive = pt->exclusive;
	e->waiter_link.next = pt->made;
	pt->made = e;
	flags = spin_lock_irqsave(&s->lock);
	list_push_back(&s->entries, e, link);
	(void)obj_get(e);
	spin_unlock_irqrestore(&s->lock, flags);
	/* The entry is on the list before the caller looks at the readiness: see poll_notify. */
	memory_barrier();
}

void poll_source_notify(struct poll_source *s, u32 events)
{
	struct poll_entry *e;
	bool taken = false;
	u64 flags;

	if (!s || !load_once(s->entries.first))
		return;
	flags = spin_lock_irqsave(&s->lock);
	list_for_each(e, &s->entries, link) {
		if (!(e->events & events) || (e->exclusive && taken))
			continue;
		if (e->ops->notify(e, events) && e->exclusive)
			taken = true;
	}
	spin_unlock_irqrestore(&s->lock, flags);
}

void poll_entry_remove(struct poll_entry *e)
{
	struct poll_source *s = e->source;
	struct poll_entry *list_ref = NULL;
	u64 flags = spin_lock_irqsave(&s->lock);

	if (list_is_linked(&s->entries, e, link)) {
		list_remove(&s->entries, e, link);
		list_ref = e;
	}
	spin_unlock_irqrestore(&s->lock, flags);
	obj_put(&list_ref);
	obj_put(&e);
}
