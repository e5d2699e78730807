// SPDX-License-Identifier: MPL-2.0
/*
 * epoll: the items of an instance: addition, change, removal, notification. Locking: epoll.h.
 *
 * Who may remove an item: epoll_ctl, the end of its file, and the end of its instance, all at the
 * same time. unlink decides under ep->lock: one of them gets the tree's reference and does the rest
 * (dispose), the others find the item unlinked and leave it. An item holds its instance and the
 * file's list of watches, but not the file: a watched file ends when its last descriptor is closed.
 *
 * The file's list (struct epoll_watch) outlives the file as long as items refer to it, and its
 * serial is never used again. So an item is found by descriptor and serial, and a new file at the
 * address of an old one is never taken for it.
 */
#include <frame/atomic.h>
#include <frame/fmt.h>
#include <frame/page.h>
#include <kernel/file.h>
#include <kernel/inode.h>
#include <kernel/list.h>
#include <kernel/poll.h>
#include <kernel/super.h>
#include <kernel/user_limit.h>
#include <uapi/errno.h>

#include "epoll.h"

static void epoll_watch_release(struct epoll_watch *w)
{
	(void)w;
}
OBJ_TYPE(epoll_watch, epoll_watch_release);

static void epoll_item_release(struct epoll_item *it)
{
	obj_put(&it->watch);
	obj_put(&it->ep);
}
OBJ_TYPE(epoll_item, epoll_item_release);

/*
 * The order of the tree. One number may have items of several files (dup2 after an add), hence the
 * serial.
 */
static bool item_before(const struct epoll_item *a, const struct epoll_item *b)
{
	return a->fd != b->fd ? a->fd < b->fd : a->watch->serial < b->watch->serial;
}
TREE_DEFINE(item_tree, epoll_item, node, item_before)

/* The limit that was set, plus one; 0: none was. */
static u64 epoll_set_limit;

/*
 * An item costs about 400 bytes with its registration. The items of a user may take a 25th of
 * memory, as on Linux, until another limit is set.
 */
u64 epoll_max_watches(void)
{
	static u64 cached;
	struct page_stats s;
	u64 set = load_once(epoll_set_limit);

	if (set)
		return set - 1;
	if (!cached) {
		page_get_stats(&s);
		cached = s.total * PAGE_SIZE / 25 / 400;
	}
	return cached;
}

void epoll_set_max_watches(u64 n)
{
	store_once(epoll_set_limit, min(n, ~0ul - 1) + 1);
}
static const struct watch_ops epoll_watch_ops;

/* ---- the list of a file ---- */

static struct spinlock making; /* decides between two threads that make the list of one file */
static struct atomic next_serial;

/*
 * The list of @f, borrowed, made if the file has none; NULL: no memory. The file holds the list
 * until its release; items hold it too. The release store orders the list's fields before the
 * pointer.
 */
static struct epoll_watch *watch_of(struct file *f)
{
	struct epoll_watch *w = obj_cast(epoll_watch, load_acquire(f->epolls));
	struct epoll *self = epoll_of(f);

	if (w)
		return w;
	w = obj_new(epoll_watch);
	if (!w)
		return NULL;
	w->serial = atomic_add(&next_serial, 1);
	spin_lock(&making);
	if (!f->epolls) {
		if (self)
			store_release(self->watchers, obj_get(w));
		f->watch_ops = &epoll_watch_ops;
		store_release(f->epolls, &obj_get(w)->obj);
	}
	spin_unlock(&making);
	obj_put(&w);
	return obj_cast(epoll_watch, f->epolls);
}

/*
 * Enters the item in the list of its file and, if the file is an instance, in its own instance's
 * list of inner ones; unwatch removes it. unwatch may be called twice.
 */
static void watch(struct epoll_item *it)
{
	spin_lock(&epoll_topology);
	it->watched = true;
	/* No reference: dispose takes the item off this list before the tree's one is dropped. */
	list_push_back(&it->watch->items, it, watch_link);
	if (it->inner)
		list_push_back(&it->ep->inner, it, inner_link);
	spin_unlock(&epoll_topology);
}

static void unwatch(struct epoll_item *it)
{
	spin_lock(&epoll_topology);
	if (it->watched) {
		list_remove(&it->watch->items, it, watch_link);
		if (it->inner)
			list_remove(&it->ep->inner, it, inner_link);
		it->watched = false;
	}
	spin_unlock(&epoll_topology);
}

/* ---- notification ---- */

void epoll_push_locked(struct epoll *ep, struct epoll_item *it, bool front)
{
	if (it->ready || !it->linked)
		return;
	it->ready = true;
	store_once(ep->nr_ready, ep->nr_ready + 1);
	if (front)
		list_push_front(&ep->ready, it, ready_link);
	else
		list_push_back(&ep->ready, it, ready_link);
}

/*
 * Notifies the waiters of the instance that its ready list is not empty. Returns how many threads
 * in epoll_wait were woken. Context: any; ep->lock not held.
 */
static unsigned epoll_wake(struct epoll *ep)
{
	unsigned n = waitq_wake(&ep->wait, 1);

	poll_notify(ep->poll, POLLIN | POLLRDNORM);
	return n;
}

/*
 * The item's file has an event; called under the source's lock. Returns true if the event was given
 * to a waiter of an exclusive item.
 */
static bool item_notify(struct poll_entry *e, u32 events)
{
	struct epoll_item *it = obj_cast(epoll_item, e->waiter);
	struct epoll *ep = it->ep;
	u64 irq = spin_lock_irqsave(&ep->lock);
	u32 asked = it->events;
	/* A disabled one-shot item has no events left, so it is not pushed. */
	bool wanted = (asked & ~EPOLL_PRIVATE) && (asked & events);

	if (wanted)
		epoll_push_locked(ep, it, false);
	spin_unlock_irqrestore(&ep->lock, irq);
	if (!wanted || !epoll_wake(ep))
		return false;
	/* An event that is both or neither of in and out counts as taken by the first waiter. */
	events &= POLLIN | POLLOUT;
	return events == POLLIN || events == POLLOUT ? asked & events : !events;
}
static const struct poll_entry_ops item_ops = { .notify = item_notify };

/* ---- removal ---- */

/*
 * Takes the item out of its instance. true: the tree's reference is the caller's, which has to call
 * dispose. false: another thread has done it.
 */
static bool unlink(struct epoll_item *it)
{
	struct epoll *ep = it->ep;
	u64 irq = spin_lock_irqsave(&ep->lock);
	bool mine = it->linked;

	if (mine) {
		item_tree_remove(&ep->items, it);
		it->linked = false;
		if (it->ready) {
			list_remove(&ep->ready, it, ready_link);
			it->ready = false;
			store_once(ep->nr_ready, ep->nr_ready - 1);
		}
	}
	spin_unlock_irqrestore(&ep->lock, irq);
	return mine;
}

/*
 * The rest of the removal, after unlink: takes the item off the lists of files, ends its
 * registrations, and drops the tree's reference. Only one thread comes here for an item.
 */
static void dispose(struct epoll_item *it)
{
	struct poll_entry *e;

	unwatch(it);
	while ((e = it->entries) != NULL) {
		it->entries = e->waiter_link.next;
		e->waiter_link.next = NULL;
		poll_entry_remove(e);
	}
	user_uncharge(USER_EPOLL_WATCHES, it->ep->uid, 1);
	obj_put(&it);
}

/*
 * Removes one item at a time, so ep->lock is never held long. An item that its file removes at the
 * same time is skipped.
 */
void epoll_clear(struct epoll *ep)
{
	struct epoll_item *it;
	u64 irq;

	for (;;) {
		irq = spin_lock_irqsave(&ep->lock);
		it = ep->items ? obj_get(ep->items) : NULL;
		spin_unlock_irqrestore(&ep->lock, irq);
		if (!it)
			return;
		if (unlink(it))
			dispose(it);
		obj_put(&it);
		task_cond_resched();
	}
}

/*
 * The file's last reference is gone. If the instance is released at the same time and has unlinked
 * an item first, epoll_clear disposes of it; it is only taken off this file's list here, so that
 * the loop ends.
 */
static void epoll_file_gone(struct file *f)
{
	struct epoll_watch *w = obj_cast(epoll_watch, f->epolls);
	struct epoll_item *it;

	while (w) {
		spin_lock(&epoll_topology);
		it = list_first(&w->items);
		if (it)
			(void)obj_get(it);
		spin_unlock(&epoll_topology);
		if (!it)
			return;
		if (unlink(it))
			dispose(it);
		else
			unwatch(it);
		obj_put(&it);
	}
}
static const struct watch_ops epoll_watch_ops = { .file_gone = epoll_file_gone };

/* ---- epoll_ctl ---- */

/* The item of (@f, @fd): a reference, or NULL. */
static struct epoll_item *epoll_find(struct epoll *ep, struct file *f, s32 fd)
{
	struct epoll_watch *w = obj_cast(epoll_watch, load_acquire(f->epolls));
	struct epoll_item *it;
	u64 irq;

	if (!w)
		return NULL;
	irq = spin_lock_irqsave(&ep->lock);
	it = ep->items;
	while (it && (it->fd != fd || it->watch != w)) {
		bool left = fd != it->fd ? fd < it->fd : w->serial < it->watch->serial;
		it = left ? it->node.left : it->node.right;
	}
	if (it)
		(void)obj_get(it);
	spin_unlock_irqrestore(&ep->lock, irq);
	return it;
}

/* An item whose file is ready when it is added or changed counts as notified. */
static void push_if(struct epoll_item *it, u32 ready)
{
	struct epoll *ep = it->ep;
	u64 irq = spin_lock_irqsave(&ep->lock);
	bool push = (ready & it->events & ~EPOLL_PRIVATE) && !it->ready;

	if (push)
		epoll_push_locked(ep, it, false);
	spin_unlock_irqrestore(&ep->lock, irq);
	if (push)
		(void)epoll_wake(ep);
}

/* A new item, not linked; the caller has charged it. A reference, or NULL. */
static struct epoll_item *item_new(struct epoll *ep, struct file *f, s32 fd, u32 events, u64 data)
{
	struct epoll_watch *w = watch_of(f);
	struct epoll_item *it = w ? obj_new(epoll_item) : NULL;

	if (!it)
		return NULL;
	it->ep = obj_get(ep);
	it->watch = obj_get(w);
	it->file = f;
	it->inner = epoll_of(f);
	it->fd = fd;
	it->events = events;
	it->data = data;
	return it;
}

/*
 * Links the item into the tree and the lists. If instances watch each other, the checks and the
 * entry in the lists are under epoll_nesting: two threads could otherwise close a loop together. 0,
 * -ELOOP, -EINVAL; nothing is linked after an error.
 */
static s64 link(struct epoll_item *it)
{
	struct epoll *ep = it->ep;
	bool nested = it->inner || ep->watchers;
	s64 err = 0;
	u64 irq;

	if (nested)
		mutex_lock(&epoll_nesting);
	if (it->inner)
		err = epoll_check_nesting(ep, it->inner);
	if (!err) {
		watch(it);
		err = nested ? epoll_check_paths(it->watch, it->inner ? 1 : 0) : 0;
		if (err)
			unwatch(it);
	}
	if (nested)
		mutex_unlock(&epoll_nesting);
	if (err)
		return err;
	irq = spin_lock_irqsave(&ep->lock);
	it->linked = true;
	item_tree_insert(&ep->items, obj_get(it));
	spin_unlock_irqrestore(&ep->lock, irq);
	return 0;
}

/*
 * Linked first, registered afterwards: an event between the two is in the readiness that poll
 * returns, and push_if puts the item on the ready list.
 */
int epoll_add(struct epoll *ep, struct file *f, s32 fd, u32 events, u64 data)
{
	struct epoll_item *it = epoll_find(ep, f, fd);
	struct poll_table pt = {
		.ops = &item_ops, .events = ~0u, .exclusive = events & EPOLLEXCLUSIVE
	};
	s64 err;
	u32 ready;

	if (it) {
		obj_put(&it);
		return -EEXIST;
	}
	if (!user_charge(USER_EPOLL_WATCHES, ep->uid, 1, epoll_max_watches()))
		return -ENOSPC;
	it = item_new(ep, f, fd, events, data);
	err = it ? link(it) : -ENOMEM;
	if (err) {
		user_uncharge(USER_EPOLL_WATCHES, ep->uid, 1);
		obj_put(&it);
		return err;
	}
	/*
	 * Nobody removes the item here: the caller holds the watched file, the instance's file and
	 * ep->ctl. So it->entries can be set after the registration.
	 */
	pt.waiter = &it->obj;
	ready = f->ops->poll(f, &pt);
	it->entries = pt.made;
	if (pt.error) {
		if (unlink(it))
			dispose(it);
	} else {
		push_if(it, ready);
	}
	obj_put(&it);
	return pt.error;
}

int epoll_modify(struct epoll *ep, struct file *f, s32 fd, u32 events, u64 data)
{
	struct epoll_item *it = epoll_find(ep, f, fd);
	s64 err = 0;
	u64 irq;

	if (!it)
		return -ENOENT;
	if (it->events & EPOLLEXCLUSIVE) {
		err = -EINVAL;
	} else {
		irq = spin_lock_irqsave(&ep->lock);
		it->events = events;
		it->data = data;
		spin_unlock_irqrestore(&ep->lock, irq);
		/*
		 * Full barrier: a notification after it sees the new events; a change before it is
		 * in the readiness that poll returns.
		 */
		memory_barrier();
		push_if(it, epoll_file_ready(f));
	}
	obj_put(&it);
	return err;
}

/*
 * A file that removes the item at the same time wins or loses in unlink; either way the item is
 * gone.
 */
int epoll_delete(struct epoll *ep, struct file *f, s32 fd)
{
	struct epoll_item *it = epoll_find(ep, f, fd);

	if (!it)
		return -ENOENT;
	if (unlink(it))
		dispose(it);
	obj_put(&it);
	return 0;
}

/* ---- fdinfo ---- */

bool epoll_show_next(struct epoll *ep, s32 *fd, struct fmt *out)
{
	struct epoll_item *at, *it = NULL;
	struct file *f = NULL;
	u32 events = 0;
	u64 data = 0, irq = spin_lock_irqsave(&ep->lock);

	for (at = ep->items; at; at = at->fd >= *fd ? at->node.left : at->node.right) {
		if (at->fd >= *fd)
			it = at;
	}
	if (it) {
		*fd = it->fd;
		events = it->events;
		data = it->data;
		f = obj_tryget(it->file) ? it->file : NULL;
	}
	spin_unlock_irqrestore(&ep->lock, irq);
	if (f)
		fmt_printf(out, "tfd: %8d events: %8x data: %16lx  pos:%ld ino:%lx sdev:%lx\n", *fd,
			events, data, (s64)f->pos, f->inode->ino, f->inode->sb->dev);
	obj_put(&f);
	(*fd)++;
	return it != NULL;
}
