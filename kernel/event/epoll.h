// SPDX-License-Identifier: MPL-2.0
/*
 * epoll: inside kernel/ipc. See epoll(7).
 *
 * An epoll instance has an item for each (file, descriptor) that it watches. A notification puts
 * the item on the ready list; epoll_wait takes it off, asks the file for its readiness, reports,
 * and puts a level-triggered item back at the end.
 *
 * References: the tree holds one on an item, its registrations with the file (poll entries) too; an
 * item holds its instance and the list of its file. The file is not held: its last put removes its
 * items first (epoll_file_gone). The last put of a file may happen under other locks, so nothing
 * here sleeps then.
 *
 * Locking: epoll.ctl serialises epoll_ctl; epoll.lock (irqsave: notifications come from interrupts)
 * guards the items, inside poll_source.lock; epoll_topology (alone, or inside epoll_nesting) the
 * lists that link files and instances.
 */
#ifndef KERNEL_IPC_EPOLL_H
#define KERNEL_IPC_EPOLL_H

#include <frame/wait.h>
#include <kernel/file.h>
#include <kernel/poll.h>
#include <kernel/tree.h>

enum {
	EPOLLEXCLUSIVE = 1 << 28,
	EPOLLWAKEUP = 1 << 29,
	EPOLLONESHOT = 1 << 30,
};
#define EPOLLET       (1u << 31)
#define EPOLL_PRIVATE ((u32)(EPOLLEXCLUSIVE | EPOLLWAKEUP | EPOLLONESHOT) | EPOLLET)

/* The items that watch one file: file.epolls. */
struct epoll_watch {
	struct obj obj;
	u64 serial;                  /* of the file: orders the items of equal descriptors */
	LIST_HEAD(epoll_item) items; /* epoll_topology */
};
OBJ_TYPE_DECL(epoll_watch);

struct epoll {
	struct obj obj;
	struct mutex ctl;
	struct spinlock lock;        /* guards to the blank line */
	TREE_ROOT(epoll_item) items; /* references */
	LIST_HEAD(epoll_item) ready;
	u32 nr_ready;

	struct waitq wait;
	struct poll_source *poll;
	u32 uid; /* whose items are counted */
	/* Who watches this instance: its own file's list, a reference; set once. */
	struct epoll_watch *watchers;
	LIST_HEAD(epoll_item) inner; /* epoll_topology: the items whose files are instances */
	u64 walk;                    /* epoll_nesting: the walk that came by last, */
	u32 walk_depth;              /* and what it found */
};
OBJ_TYPE_DECL(epoll);

struct epoll_item {
	struct obj obj;
	struct epoll *ep;          /* reference */
	struct epoll_watch *watch; /* reference */
	struct file *file;         /* alive while the item is linked and obj_tryget succeeds */
	s32 fd;
	/* references, chained by waiter_link.next; of the one who links or unlinks. */
	struct poll_entry *entries;

	/* ep->lock */
	u32 events; /* asked for; EPOLLERR and EPOLLHUP always are */
	u64 data;
	bool linked; /* in the tree */
	bool ready;  /* on the ready list */
	TREE_NODE(epoll_item) node;
	LIST_LINK(epoll_item) ready_link;

	/* epoll_topology */
	struct epoll *inner; /* the instance that the file is, borrowed */
	bool watched;
	LIST_LINK(epoll_item) watch_link;
	LIST_LINK(epoll_item) inner_link;
};
OBJ_TYPE_DECL(epoll_item);

/* The instance of an open file, or NULL. */
struct epoll *epoll_of(struct file *f);
static inline u32 epoll_file_ready(struct file *f)
{
	return f->ops->poll(f, NULL);
}

/* ---- epoll_item.c ---- */
/* The epoll_ctl operations; @f has been looked up and can be polled. ep->ctl held. */
s64 epoll_add(struct epoll *ep, struct file *f, s32 fd, u32 events, u64 data);
s64 epoll_modify(struct epoll *ep, struct file *f, s32 fd, u32 events, u64 data);
s64 epoll_delete(struct epoll *ep, struct file *f, s32 fd);
/* The instance's file is gone: all items go. */
void epoll_clear(struct epoll *ep);
/*
 * Describes the first item with a descriptor >= *@fd for fdinfo and moves *@fd behind it; false:
 * there is none.
 */
bool epoll_show_next(struct epoll *ep, s32 *fd, struct fmt *out);
/* Puts the item on the ready list unless it is there or gone. ep->lock held. */
void epoll_push_locked(struct epoll *ep, struct epoll_item *it, bool front);
/*
 * Tells who waits on the instance that something is on its ready list; returns how many waiters
 * were woken.
 */
unsigned epoll_wake(struct epoll *ep);

/* ---- epoll_nest.c ---- */
extern struct mutex epoll_nesting;
extern struct spinlock epoll_topology;
/* Whether @ep may watch @inner: -ELOOP for a loop or a nesting too deep. epoll_nesting held. */
s64 epoll_check_nesting(struct epoll *ep, struct epoll *inner);
/*
 * Whether an event of the watched file spreads over too many paths: -EINVAL. The new item is
 * linked; epoll_nesting held. @depth: instances below it.
 */
s64 epoll_check_paths(struct epoll_watch *w, u32 depth);

#endif
