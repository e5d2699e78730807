// SPDX-License-Identifier: MPL-2.0
/*
 * The news of stations of bridges (RTNLGRP_NEIGH). Entries change under bridge.lock and in the midst
 * of packets, where nothing may be told. So a change is noted with all that is told of it, and the
 * network's job tells it, in the order of the changes. While nobody listens nothing is noted. A
 * stranger can make entries faster than they are told: beyond NEWS_MAX, or without memory, they are
 * not noted, and who listens learns that something is missing.
 *
 * Locking: fdb_news_lock, a leaf, inside of bridge.lock.
 */
#include <frame/task.h>
#include <frame/wait.h>

#include "bridge.h"

#define TURN     64u /* changes that are told in one turn */
#define NEWS_MAX 2048u

struct fdb_change {
	struct obj obj;
	struct fdb_info info;
	bool gone;
	LIST_LINK(fdb_change) link;
};
OBJ_TYPE(fdb_change, NULL_RELEASE);

static struct spinlock fdb_news_lock;
static LIST_HEAD(fdb_change) fdb_changes; /* fdb_news_lock; references */
static u32 nr_fdb_changes;                /* fdb_news_lock */
static bool fdb_lost;                     /* fdb_news_lock: there was no room for one */
static const struct fdb_watcher *fdb_watcher;
static u32 fdb_news_job;

/* A change to be filled in; NULL: nobody listens, or there is no memory (queue_change sees that). */
static struct fdb_change *new_change(bool gone)
{
	struct fdb_change *c = fdb_watcher && fdb_watcher->wanted() ? obj_new(fdb_change) : NULL;

	if (c)
		c->gone = gone;
	return c;
}

/* Takes the reference. */
static void queue_change(struct fdb_change *c)
{
	if (!fdb_watcher || (!c && !fdb_watcher->wanted()))
		return;
	spin_lock(&fdb_news_lock);
	if (c && nr_fdb_changes < NEWS_MAX) {
		list_push_back(&fdb_changes, c, link);
		nr_fdb_changes++;
		c = NULL;
	} else {
		fdb_lost = true;
	}
	spin_unlock(&fdb_news_lock);
	obj_put(&c);
	net_job_kick(fdb_news_job);
}

void fdb_note(const struct bridge *b, const struct fdb_entry *e, bool gone)
{
	struct fdb_change *c = new_change(gone);

	if (c)
		fdb_fill(b, e, &c->info);
	queue_change(c);
}

void fdb_note_self(const struct netdev *d, struct cspan address, u16 state, bool gone)
{
	struct fdb_change *c = new_change(gone);

	if (c) {
		c->info.ifindex = d->index;
		c->info.self = true;
		c->info.state = state;
		span_copy(span_of(c->info.address), cspan_first(address, ETHERNET_ADDR));
	}
	queue_change(c);
}

/* The first change: the list's reference. */
static struct fdb_change *take_change(bool *lost)
{
	struct fdb_change *c;

	spin_lock(&fdb_news_lock);
	c = list_first(&fdb_changes);
	if (c) {
		list_remove(&fdb_changes, c, link);
		nr_fdb_changes--;
	}
	*lost = fdb_lost;
	fdb_lost = false;
	spin_unlock(&fdb_news_lock);
	return c;
}

static u64 fdb_news_run(u64 now)
{
	struct fdb_change *c;
	bool lost;
	u32 nr;

	for (nr = 0; nr < TURN; nr++) {
		c = take_change(&lost);
		if (lost)
			fdb_watcher->lost();
		if (!c)
			return NO_DEADLINE;
		fdb_watcher->changed(&c->info, c->gone);
		obj_put(&c);
		task_cond_resched();
	}
	return now;
}
static const struct net_job fdb_news = { .run = fdb_news_run };

void fdb_watcher_register(const struct fdb_watcher *w)
{
	fdb_watcher = w;
	fdb_news_job = net_job_register(&fdb_news);
}

void fdb_news_drop(void)
{
	struct fdb_change *c;
	bool lost;

	while ((c = take_change(&lost)) != NULL)
		obj_put(&c);
}
