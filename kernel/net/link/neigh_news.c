// SPDX-License-Identifier: MPL-2.0
/*
 * The news of neighbours (RTNLGRP_NEIGH). States change under spinlocks and in the midst of packets,
 * where nothing may be told. So an entry that has changed gets into a list, once, with a reference;
 * the network's job takes it off and tells what it is by then, or that it has gone. While nobody
 * listens nothing gets into the list. A stranger can make entries come and go faster than they are
 * told: beyond NEWS_MAX they are not noted, and who listens learns that something is missing.
 *
 * Locking: news_lock, a leaf, inside of neigh.lock.
 */
#include <frame/task.h>
#include <frame/wait.h>

#include "neigh_table.h"

#define TURN     64u   /* entries that are told in one turn */
#define NEWS_MAX 2048u /* both tables, full */

static struct spinlock news_lock;
static LIST_HEAD(neigh) news; /* news_lock; references */
static u32 nr_news;           /* news_lock: entries on the list */
static bool lost;             /* news_lock: there was no room for one */
static const struct neigh_watcher *watcher;
static u32 job_number;

void neigh_note(struct neigh *n)
{
	if (!watcher || !watcher->wanted())
		return;
	spin_lock(&news_lock);
	if (!n->noted && nr_news >= NEWS_MAX) {
		lost = true;
	} else if (!n->noted) {
		n->noted = true;
		nr_news++;
		(void)obj_get(n);
		list_push_back(&news, n, news);
	}
	spin_unlock(&news_lock);
	net_job_kick(job_number);
}

/* Questions and waits are not told of, as on Linux. */
void neigh_note_state(struct neigh *n)
{
	if (n->state == n->told || n->state & (NEIGH_INCOMPLETE | NEIGH_DELAY))
		return;
	n->told = n->state;
	neigh_note(n);
}

/* The first entry: the list's reference. From now on it can be noted again. */
static struct neigh *neigh_news_take(void)
{
	struct neigh *n;

	spin_lock(&news_lock);
	n = list_first(&news);
	if (n) {
		list_remove(&news, n, news);
		n->noted = false;
		nr_news--;
	}
	spin_unlock(&news_lock);
	return n;
}

static bool take_lost(void)
{
	bool was;

	spin_lock(&news_lock);
	was = lost;
	lost = false;
	spin_unlock(&news_lock);
	return was;
}

/*
 * In the network's job, without a lock but the entry's for the copy: what listeners get is the
 * state of now, and states in between are not told.
 */
static u64 news_run(u64 now)
{
	struct neigh_info i = { 0 };
	struct neigh *n;
	bool gone;
	u32 nr;

	if (take_lost())
		watcher->lost();

	for (nr = 0; nr < TURN && (n = neigh_news_take()) != NULL; nr++) {
		spin_lock(&n->lock);
		neigh_fill(n, &i);
		gone = n->gone;
		spin_unlock(&n->lock);
		watcher->changed(&i, gone);
		obj_put(&n);
		task_cond_resched();
	}
	return nr == TURN ? now : NO_DEADLINE;
}
static const struct net_job news_job = { .run = news_run };

void neigh_watcher_register(const struct neigh_watcher *w)
{
	watcher = w;
	job_number = net_job_register(&news_job);
}

void neigh_news_drop(void)
{
	struct neigh *n;

	while ((n = neigh_news_take()) != NULL)
		obj_put(&n);
}
