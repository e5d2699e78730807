// SPDX-License-Identifier: MPL-2.0
/*
 * Descriptors in flight: how many, and which of them nobody can ever receive.
 *
 * A socket that is sent over itself, or over a second one that is sent over the first, keeps itself
 * alive when all descriptors are closed. So when a socket is closed or released while others are in
 * flight, those are looked at: one whose file is held by messages only is a candidate; a candidate
 * is alive if one of these messages lies in the queue of a socket that is none, or of one that is
 * alive. What the rest has in its queues is dropped.
 *
 * inflight_lock guards the counts and which descriptors lie in which queue. A process can come to
 * hold a candidate only by receiving it, which needs the lock: so while we look, no candidate
 * becomes alive and no live one is taken for dead.
 */
#include <kernel/cred.h>
#include <kernel/file.h>
#include <kernel/list.h>
#include <kernel/locks.h>
#include <kernel/thread.h>
#include <kernel/user_limit.h>

#include "unix.h"

static struct mutex inflight_lock;
static LIST_HEAD(unix_sock) inflight; /* sockets with inflight > 0 */
static u32 nr_inflight;
static struct atomic collect_due;

void unix_gc_init(void)
{
	lock_level(&inflight_lock, LOCK_INFLIGHT);
}

/* The unix socket behind a file, borrowed, or NULL. */
static struct unix_sock *socket_in(const struct file *f)
{
	struct socket *s = f ? socket_of(f) : NULL;

	return s && s->family == AF_UNIX ? unix_of(s) : NULL;
}

static void count(struct unix_sock *us, s32 n)
{
	if (!us->inflight && n > 0) {
		list_push_back(&inflight, us, inflight_link);
		nr_inflight++;
	}
	us->inflight += (u32)n;
	if (!us->inflight && n < 0) {
		list_remove(&inflight, us, inflight_link);
		nr_inflight--;
	}
}

static void count_all(struct scm_fds *f, s32 n)
{
	struct scm_fds *c;
	u32 i;

	for (c = f; c; c = c->more) {
		for (i = c->taken; i < c->nr; i++) {
			struct unix_sock *us = socket_in(c->file[i]);
			if (us)
				count(us, n);
		}
	}
}

int unix_fds_queue(struct unix_sock *to, struct scm_fds *f)
{
	struct thread *t = thread_current();
	const struct cred *c = t->cred;
	u64 sum = user_charge_always(USER_INFLIGHT_FDS, c->uid, f->total);

	/* As on Linux the limit is looked at before the new ones count. */
	if (sum - f->total > rlimit_get(t, RLIMIT_NOFILE) && !cred_capable(c, CAP_SYS_RESOURCE) &&
		!cred_capable(c, CAP_SYS_ADMIN)) {
		user_uncharge(USER_INFLIGHT_FDS, c->uid, f->total);
		return -ETOOMANYREFS;
	}
	f->uid = c->uid;
	mutex_lock(&inflight_lock);
	count_all(f, 1);
	f->queue = to;
	list_push_back(&to->fds, f, link);
	mutex_unlock(&inflight_lock);
	return 0;
}

static void unqueue_locked(struct scm_fds *f)
{
	if (!f->queue)
		return;
	list_remove(&f->queue->fds, f, link);
	f->queue = NULL;
	count_all(f, -1);
	user_uncharge(USER_INFLIGHT_FDS, f->uid, f->total);
}

void unix_fds_unqueue(struct scm_fds *f)
{
	mutex_lock(&inflight_lock);
	unqueue_locked(f);
	mutex_unlock(&inflight_lock);
}

struct scm_fds *unix_fds_peek(struct scm_fds *f)
{
	struct scm_fds *copy;

	mutex_lock(&inflight_lock);
	copy = scm_fds_copy(f);
	mutex_unlock(&inflight_lock);
	return copy;
}

/* ---- collecting; inflight_lock held ---- */

enum gc_state { GC_NONE, GC_CANDIDATE, GC_ALIVE };
struct gc_list {
	LIST_HEAD(unix_sock) socks; /* by gc_link */
};
static struct gc_list alive_todo, dead_socks;

static void push_alive(struct unix_sock *us)
{
	us->gc_state = GC_ALIVE;
	list_push_back(&alive_todo.socks, us, gc_link);
}

/*
 * A descriptor in the queue of a candidate (@alive: of a candidate that has turned out to be
 * alive).
 */
static void visit_file(const struct file *f, bool alive)
{
	struct unix_sock *us = socket_in(f);

	if (!us || us->gc_state != GC_CANDIDATE)
		return;
	if (alive)
		push_alive(us);
	else
		us->gc_refs--;
}

static void visit_queue(struct unix_sock *us, bool alive)
{
	struct scm_fds *f, *c;
	u32 i;

	list_for_each(f, &us->fds, link) {
		for (c = f; c; c = c->more) {
			for (i = c->taken; i < c->nr; i++)
				visit_file(c->file[i], alive);
		}
	}
}

/* All that lies in the queue of @us and, if it listens, of connections that it has not accepted. */
static void visit(struct unix_sock *us, bool alive)
{
	struct unix_sock *e;

	visit_queue(us, alive);
	spin_lock(&us->lock);
	list_for_each(e, &us->embryos, embryo_link)
		visit_queue(e, alive);
	spin_unlock(&us->lock);
}

/* What the dead had in their queues; the list's references. */
static struct doomed_list {
	LIST_HEAD(scm_fds) fds;
} doomed;

static void condemn_queue(struct unix_sock *us)
{
	struct scm_fds *f;

	while ((f = list_first(&us->fds)) != NULL) {
		unqueue_locked(f);
		f->doomed = true;
		(void)obj_get(f);
		list_push_back(&doomed.fds, f, link);
	}
}

static void condemn(struct unix_sock *us)
{
	struct unix_sock *e;

	condemn_queue(us);
	spin_lock(&us->lock);
	list_for_each(e, &us->embryos, embryo_link)
		condemn_queue(e);
	spin_unlock(&us->lock);
}

static void find_candidates(void)
{
	struct unix_sock *us;

	list_for_each(us, &inflight, inflight_link) {
		us->gc_refs = us->inflight;
		us->gc_state = us->socket->file && obj_refs(us->socket->file) == us->inflight
			? GC_CANDIDATE
			: GC_NONE;
	}
	list_for_each(us, &inflight, inflight_link) {
		if (us->gc_state == GC_CANDIDATE)
			visit(us, false);
	}
}

static void find_alive(void)
{
	struct unix_sock *us;

	list_for_each(us, &inflight, inflight_link) {
		if (us->gc_state == GC_CANDIDATE && us->gc_refs)
			push_alive(us);
	}
	while ((us = list_first(&alive_todo.socks)) != NULL) {
		list_remove(&alive_todo.socks, us, gc_link);
		visit(us, true);
	}
}

static void condemn_the_rest(void)
{
	struct gc_list *const dead = &dead_socks;
	struct unix_sock *us;

	/* Apart first: condemning changes the list of those in flight. */
	list_for_each(us, &inflight, inflight_link) {
		if (us->gc_state == GC_CANDIDATE)
			list_push_back(&dead->socks, us, gc_link);
	}
	while ((us = list_first(&dead->socks)) != NULL) {
		list_remove(&dead->socks, us, gc_link);
		condemn(us);
	}
}

static struct scm_fds *take_doomed(void)
{
	struct scm_fds *f;

	mutex_lock(&inflight_lock);
	f = list_first(&doomed.fds);
	if (f)
		list_remove(&doomed.fds, f, link);
	mutex_unlock(&inflight_lock);
	return f;
}

void unix_collect_now(void)
{
	struct scm_fds *f;

	mutex_lock(&inflight_lock);
	find_candidates();
	find_alive();
	condemn_the_rest();
	mutex_unlock(&inflight_lock);
	while ((f = take_doomed()) != NULL)
		scm_fds_drop_doomed(&f);
}

static struct mutex collecting; /* only tried: one at a time, and never within itself */

void unix_collect_if_due(void)
{
	while (atomic_load(&collect_due)) {
		if (!mutex_trylock(&collecting))
			return; /* whoever has it looks again afterwards */
		if (atomic_swap(&collect_due, 0))
			unix_collect_now();
		mutex_unlock(&collecting);
	}
}

void unix_collect_due(void)
{
	if (likely(!load_once(nr_inflight)))
		return;
	atomic_store(&collect_due, 1);
	if (!scm_fds_is_dropping())
		unix_collect_if_due();
}
