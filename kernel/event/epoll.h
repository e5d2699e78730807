// SPDX-License-Identifier: MPL-2.0
/*
 * Inside epoll. See epoll(7).
 *
 * How it works. An epoll instance has an item for each (file, descriptor) that it watches. The item
 * is registered with the file's poll sources. A notification puts the item on the ready list and
 * wakes a waiter. epoll_wait takes items off the list one by one, calls the file's poll operation
 * for the present readiness, and reports it. A level-triggered item goes back to the end of the
 * list, so the next wait looks at it again; an edge-triggered one stays off until the next
 * notification.
 *
 * Life of an item. The tree of its instance holds a reference, and so do its registrations. The
 * item holds its instance and the list of its file, but not the file: otherwise a watched file
 * would never be closed. The last put of the file removes its items first (epoll_file_gone), the
 * last put of the instance's file does the same (epoll_clear). If both happen at once, unlink
 * decides which of them disposes of the item. The last put of a file may happen under other locks,
 * so neither sleeps.
 *
 * An item reaches its file by obj_tryget. It fails when the file is being released; the item is
 * ignored then.
 *
 * Nesting. An instance's file can be watched by another instance. Then a notification passes from
 * the inner to the outer instance through poll_notify, on the same stack. epoll_nest.c keeps chains
 * short, free of loops, and few.
 *
 * Locking: epoll.ctl serialises epoll_ctl on one instance. epoll_nesting serialises changes that
 *          nest. epoll.lock (irqsave) guards the items of an instance and is taken inside
 *          poll_source.lock. epoll_topology, alone or inside epoll_nesting, guards the lists
 *          between files and instances.
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

/* The items that watch one file; file.epolls. */
struct epoll_watch {
	struct obj obj;
	u64 serial;                  /* number of the file: orders items with equal descriptors */
	LIST_HEAD(epoll_item) items; /* guarded by epoll_topology */
};
OBJ_TYPE_DECL(epoll_watch);

struct epoll {
	struct obj obj;
	struct mutex ctl;
	struct spinlock lock;        /* guards the fields up to the blank line */
	TREE_ROOT(epoll_item) items; /* references */
	LIST_HEAD(epoll_item) ready;
	u32 nr_ready;

	struct waitq wait;
	struct poll_source *poll;
	u32 uid; /* the user whose items are counted */
	/* The items that watch this instance's own file; a reference, set once. */
	struct epoll_watch *watchers;
	LIST_HEAD(epoll_item) inner; /* the items whose files are instances; epoll_topology */
	u64 walk;                    /* epoll_nesting: the last walk that visited the instance, */
	u32 walk_depth;              /* and its result */
};
OBJ_TYPE_DECL(epoll);

struct epoll_item {
	struct obj obj;
	struct epoll *ep;          /* reference */
	struct epoll_watch *watch; /* reference */
	struct file *file;         /* valid while the item is linked and obj_tryget succeeds */
	s32 fd;
	/*
	 * References, chained by waiter_link.next. Only the thread that links or unlinks the item
	 * uses them.
	 */
	struct poll_entry *entries;

	/* guarded by ep->lock */
	u32 events; /* requested events; EPOLLERR and EPOLLHUP are always included */
	u64 data;
	bool linked; /* in the tree */
	bool ready;  /* on the ready list */
	TREE_NODE(epoll_item) node;
	LIST_LINK(epoll_item) ready_link;

	/* guarded by epoll_topology */
	struct epoll *inner; /* the instance whose file is watched, borrowed; NULL: another file */
	bool watched;
	LIST_LINK(epoll_item) watch_link;
	LIST_LINK(epoll_item) inner_link;
};
OBJ_TYPE_DECL(epoll_item);

/* The instance of an open file, borrowed, or NULL. */
struct epoll *epoll_of(struct file *f);
/* The present readiness of a file. No locks held: the operation takes the file's own locks. */
static inline u32 epoll_file_ready(struct file *f)
{
	return f->ops->poll(f, NULL);
}

/* ---- epoll_item.c ---- */
/*
 * The epoll_ctl operations. @f is held by the caller and has a poll operation. ep->ctl held. 0,
 * -EEXIST, -ENOENT, -ENOSPC, -ENOMEM, -EINVAL, -ELOOP.
 */
int must_check epoll_add(struct epoll *ep, struct file *f, s32 fd, u32 events, u64 data);
int must_check epoll_modify(struct epoll *ep, struct file *f, s32 fd, u32 events, u64 data);
int must_check epoll_delete(struct epoll *ep, struct file *f, s32 fd);
/*
 * The instance's file is released: removes all items. It does not sleep, but lets other tasks run
 * (task_cond_resched).
 */
void epoll_clear(struct epoll *ep);
/*
 * Formats the first item with a descriptor >= *@fd for fdinfo and sets *@fd behind it. false: no
 * such item.
 */
bool epoll_show_next(struct epoll *ep, s32 *fd, struct fmt *out);
/* Puts the item on the ready list, unless it is on it or unlinked. ep->lock held. */
void epoll_push_locked(struct epoll *ep, struct epoll_item *it, bool front);

/* ---- epoll_nest.c ---- */
/* The locks of the whole nesting; see the top. */
extern struct mutex epoll_nesting;
extern struct spinlock epoll_topology;
/*
 * Whether @ep may watch @inner: 0, or -ELOOP for a loop or too deep a nesting. epoll_nesting held.
 */
int must_check epoll_check_nesting(struct epoll *ep, struct epoll *inner);
/*
 * Whether an event of the watched file spreads over too many paths: 0 or -EINVAL. The new item is
 * linked already. @depth: instances below the file's watchers. epoll_nesting held.
 */
int must_check epoll_check_paths(struct epoll_watch *w, u32 depth);

#endif
