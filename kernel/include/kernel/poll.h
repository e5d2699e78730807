// SPDX-License-Identifier: MPL-2.0
/*
 * Readiness of files: waiters (poll, select, epoll) and sources.
 *
 * How it works. An object that can be polled has a poll_source, which is made when somebody polls
 * it first; until then the owner's field is NULL. file_ops.poll first registers the waiter with
 * poll_wait, then reads and returns the present readiness. The owner first changes its state, then
 * calls poll_notify. So no change is missed: it is either in the readiness that poll returns, or
 * the notification finds the registration.
 */
#ifndef KERNEL_POLL_H
#define KERNEL_POLL_H

#include <frame/obj.h>
#include <frame/sync.h>
#include <kernel/list.h>

enum poll_events {
	POLLIN = 1,
	POLLPRI = 2,
	POLLOUT = 4,
	POLLERR = 8,
	POLLHUP = 0x10,
	POLLNVAL = 0x20,
	POLLRDNORM = 0x40,
	POLLRDBAND = 0x80,
	POLLWRNORM = 0x100,
	POLLWRBAND = 0x200,
	POLLMSG = 0x400,
	POLLRDHUP = 0x2000,
};

struct file;
struct poll_entry;
struct thread;

/* The waiters for one object. The object's field holds it, and so do its entries. */
struct poll_source {
	struct obj obj;
	struct spinlock lock;          /* irqsave: notifications come from interrupts, too */
	LIST_HEAD(poll_entry) entries; /* references */
};
OBJ_TYPE_DECL(poll_source);

struct TABLE poll_entry_ops {
	/*
	 * Called in any context, with the source's lock held. Wakes a task or queues on a ready
	 * list; must not sleep or take the source's lock. Returns whether an exclusive waiter took
	 * the event: then later exclusive ones are not called.
	 */
	bool (*notify)(struct poll_entry *e, u32 events);
};
/* One registration of a waiter with a source. */
struct poll_entry {
	struct obj obj;
	const struct poll_entry_ops *ops;
	LIST_LINK(poll_entry) link; /* guarded by source->lock */
	struct poll_source *source; /* reference */
	/* The object that waits (poll_waiter, epoll item); a reference. */
	struct obj *waiter;
	LIST_LINK(poll_entry) waiter_link; /* used by the waiter */
	u32 events;
	bool exclusive;
};
OBJ_TYPE_DECL(poll_entry);

/* The request that is passed to file_ops.poll; NULL: only return the readiness. */
struct poll_table {
	const struct poll_entry_ops *ops;
	struct obj *waiter;
	u32 events; /* events to be notified of */
	bool exclusive;
	s32 error; /* -ENOMEM if a registration failed */
	/*
	 * The entries made, chained by waiter_link.next. They belong to the waiter, which ends them
	 * with poll_entry_remove.
	 */
	struct poll_entry *made;
};

/*
 * Registers the table's waiter with *@sp, and makes the source if it is NULL. Of two callers at the
 * same time, one makes it. Errors go to pt->error. Context: task.
 */
void poll_register(struct poll_table *pt, struct poll_source **sp);
static inline void poll_wait(struct poll_table *pt, struct poll_source **sp)
{
	if (pt)
		poll_register(pt, sp);
}
/*
 * Notifies the entries that wait for any of @events. @s: the owner's field, NULL if nobody has
 * polled yet. Context: any.
 * Memory order: the caller has stored the new state. The full barrier comes before the field and
 *               the list are read; a registration has its full barrier before poll reads the state.
 *               So a late registration sees the change, and an early one is notified.
 */
#define poll_notify(s, events) (memory_barrier(), poll_source_notify((s), (events)))
void poll_source_notify(struct poll_source *s, u32 events);
/* How many items the epoll instances of one user may have. */
u64 epoll_max_watches(void);
/* The thread is released: drops the waiter that poll keeps for it. */
void poll_thread_exit(struct thread *t);
/*
 * Takes the entry off its source and drops the references of the source and of the caller. When it
 * returns, no notification of the entry is running. Context: task.
 */
void poll_entry_remove(struct poll_entry *e);

#endif
