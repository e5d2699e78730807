// SPDX-License-Identifier: MPL-2.0
/*
 * Readiness: the protocol between pollable objects and their waiters (poll, select, epoll).
 *
 * A pollable object owns a poll_source, made at the first use: the pointer is NULL until a task
 * polls. The object calls poll_notify when its readiness may have changed. file_ops.poll first
 * registers the waiter with poll_wait, then returns the present readiness, so no change is missed.
 */
#ifndef KERNEL_POLL_H
#define KERNEL_POLL_H

#include <frame/atomic.h>
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
	/*
	 * What happened, for signals about files (kernel/sigio.h). No poll_table has these but that
	 * of a sigio.
	 */
	ASYNC_IN = 0x10000,  /* data came, also if there was some before */
	ASYNC_OUT = 0x20000, /* room that somebody has missed */
	ASYNC_ERR = 0x40000,
	ASYNC_URG = 0x80000, /* urgent data */
	ASYNC_HUP = 0x100000,
	ASYNC_ALL = ASYNC_IN | ASYNC_OUT | ASYNC_ERR | ASYNC_URG | ASYNC_HUP,
};

struct file;
struct poll_entry;
struct thread;

struct poll_source {
	struct obj obj;
	struct spinlock lock;          /* irqsave: notifications come from interrupts too */
	LIST_HEAD(poll_entry) entries; /* references */
	/* Calls that receive with O_ASYNC, to whom data is no news: socket_recv_begin. */
	struct atomic async_readers;
};
OBJ_TYPE_DECL(poll_source);

struct TABLE poll_entry_ops {
	/*
	 * Reports @events to the waiter: wakes a task, or queues an item on a ready list. Context:
	 * any, with the source's lock held; must not take that lock or sleep. Returns whether an
	 * exclusive waiter took the event; then later exclusive waiters are not called.
	 */
	bool (*notify)(struct poll_entry *e, u32 events);
};
/* One registration of a waiter with a source. */
struct poll_entry {
	struct obj obj;
	const struct poll_entry_ops *ops;
	LIST_LINK(poll_entry) link; /* source->lock */
	struct poll_source *source; /* reference */
	/* the waiter (poll_waiter, epoll item); a reference */
	struct obj *waiter;
	LIST_LINK(poll_entry) waiter_link; /* the waiter's list */
	struct obj *held; /* the file that a thread waits for; reference, or NULL */
	u32 events;
	bool exclusive;
};
OBJ_TYPE_DECL(poll_entry);

/* Passed through file_ops.poll; NULL: only the readiness is requested. */
struct poll_table {
	const struct poll_entry_ops *ops;
	struct obj *waiter;
	u32 events; /* wanted */
	bool exclusive;
	struct obj *held; /* the caller's: of it each entry keeps a reference; or NULL */
	int error;        /* -ENOMEM if a registration failed */
	/* entries made so far, chained by waiter_link.next; they become the waiter's */
	struct poll_entry *made;
};

/*
 * Registers the table's waiter with *@sp, and makes the source if that is NULL. No lock is needed:
 * of two racing makers the first one's source is used. Sets pt->error when out of memory. Context:
 * task.
 */
void poll_register(struct poll_table *pt, struct poll_source **sp);
/* The same, unless only the readiness is requested. Called by file_ops.poll. */
static inline void poll_wait(struct poll_table *pt, struct poll_source **sp)
{
	if (pt)
		poll_register(pt, sp);
}
/*
 * Notifies the entries that wait for any of @events. @s: the owner's field, NULL while no task
 * polls. Context: any. The barrier comes between the owner's change of its state and the load of
 * the field; its partner is at the end of poll_register, between the registration and the caller's
 * look at the state. So either the waiter sees the change, or it is registered and gets the
 * notification.
 */
#define poll_notify(s, events) (memory_barrier(), poll_source_notify((s), (events)))
void poll_source_notify(struct poll_source *s, u32 events);
/* The most files that the epoll instances of one user may watch, and a new limit. Context: any. */
u64 epoll_max_watches(void);
void epoll_set_max_watches(u64 n);
/* Frees what poll keeps for an exiting thread. */
void poll_thread_exit(struct thread *t);
/* Removes the entry from its source and drops both references. Context: task. */
void poll_entry_remove(struct poll_entry *e);

#endif
