// SPDX-License-Identifier: MPL-2.0
/*
 * Readiness: who waits (poll, select, epoll) and what becomes ready.
 *
 * Something pollable owns a poll_source (made at first use: NULL until someone polls) and calls
 * poll_notify when its readiness may have changed. file_ops.poll returns the present readiness
 * after it registered the waiter with poll_wait, so no change is missed.
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

struct poll_source {
	struct obj obj;
	struct spinlock lock;          /* irqsave: notifications come from interrupts too */
	LIST_HEAD(poll_entry) entries; /* references */
};
OBJ_TYPE_DECL(poll_source);

struct TABLE poll_entry_ops {
	/*
	 * Any context, the source's lock held: wake a task, queue on a ready list; must not take
	 * the source's lock or sleep. Returns whether an exclusive waiter took the event (then
	 * later exclusive ones are not called).
	 */
	bool (*notify)(struct poll_entry *e, u32 events);
};
/* One registration. */
struct poll_entry {
	struct obj obj;
	const struct poll_entry_ops *ops;
	LIST_LINK(poll_entry) link; /* source->lock */
	struct poll_source *source; /* reference */
	/* reference: what the entry is for (poll_waiter, epoll item). */
	struct obj *waiter;
	LIST_LINK(poll_entry) waiter_link; /* of the waiter */
	u32 events;
	bool exclusive;
};
OBJ_TYPE_DECL(poll_entry);

/* Handed through file_ops.poll; NULL: just tell the readiness. */
struct poll_table {
	const struct poll_entry_ops *ops;
	struct obj *waiter;
	u32 events; /* wanted */
	bool exclusive;
	s32 error; /* -ENOMEM if a registration failed */
	/* Entries made, chained by waiter_link.next; taken over by the waiter. */
	struct poll_entry *made;
};

/*
 * Registers the table's waiter with *@sp, making the source if it is NULL (@lock-free: the first of
 * two racing makers wins).
 */
void poll_register(struct poll_table *pt, struct poll_source **sp);
static inline void poll_wait(struct poll_table *pt, struct poll_source **sp)
{
	if (pt)
		poll_register(pt, sp);
}
/*
 * Tells the entries interested in any of @events. @s: the owner's field, NULL while nobody polls.
 * Context: any. The barrier comes before the field is read: who registers late sees the change, who
 * registered early is told.
 */
#define poll_notify(s, events) (memory_barrier(), poll_source_notify((s), (events)))
void poll_source_notify(struct poll_source *s, u32 events);
/* How many files the epoll instances of one user may watch. */
u64 epoll_max_watches(void);
/* The thread goes: what poll kept for it goes too. */
void poll_thread_exit(struct thread *t);
/* Takes the entry off its source and drops both references. */
void poll_entry_remove(struct poll_entry *e);

#endif
