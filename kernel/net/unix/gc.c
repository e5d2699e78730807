// SPDX-License-Identifier: MPL-2.0
/*
 * Descriptors in flight: their number, and the collector of those that can never be received.
 *
 * The problem. A message holds references on the files that it carries. A socket that is sent over
 * itself, or over a second one that is sent over the first, keeps itself alive: when all
 * descriptors are closed, its file still has the message's reference, and the message lies in a
 * queue that nobody can read.
 *
 * How the collector works (unix_collect_now). It runs when a socket is released while sockets are
 * in flight. It holds inflight_lock throughout and works in three steps.
 *
 * 1. find_candidates: a socket in flight is a candidate if all references on its file are those of
 *    messages (us->inflight). For each candidate, gc_refs starts with that number. Each descriptor
 *    found in the queue of a candidate decrements the gc_refs of the socket it stands for. So
 *    gc_refs is then the number of references from queues of sockets that are not candidates.
 * 2. find_alive: a candidate with gc_refs > 0 can be received by a live socket, so it is alive. So
 *    are the candidates in its queue, and those in theirs: alive_todo is the list of live ones
 *    whose queues have not been visited yet. A list and not a recursion, since a program decides
 *    how long the chain is.
 * 3. condemn_the_rest: the other candidates are dead. The descriptors are taken out of the accounts
 *    and their queues, marked doomed, and moved to a list of the collector.
 *
 * Then inflight_lock is dropped and the files are put, which releases the sockets and empties their
 * queues in the ordinary way (scm_fds_drop does not put doomed files again).
 *
 * Connections that a listener has not accepted have no file: their queues count as the listener's
 * queue (visit).
 *
 * Why no live socket is taken for dead. A process can get hold of a candidate only by receiving it,
 * or by peeking at a message, and both take inflight_lock (unix_fds_unqueue, unix_fds_peek). So no
 * reference is added to the file of a candidate during a run, and a file with another reference is
 * not a candidate.
 *
 * Locking: collecting (only tried), then inflight_lock, then unix_sock.lock. inflight_lock guards
 *          inflight, the lists of descriptors in queues, and the gc_ fields of all sockets. Memory
 *          is not allocated during a run, so it cannot fail.
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

/* The AF_UNIX socket of a file, borrowed, or NULL. */
static struct unix_sock *socket_in(const struct file *f)
{
	struct socket *s = f ? socket_of(f) : NULL;

	return s && s->family == AF_UNIX ? unix_of(s) : NULL;
}

/*
 * Changes the number of messages that refer to a socket, and lists it as in flight if that is not
 * 0. inflight_lock held.
 */
static void gc_count(struct unix_sock *us, s32 n)
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

/* Counts all descriptors of a chain that stand for sockets. inflight_lock held. */
static void count_all(struct scm_fds *f, s32 n)
{
	struct scm_fds *c;
	u32 i;

	for (c = f; c; c = c->more) {
		for (i = c->taken; i < c->nr; i++) {
			struct unix_sock *us = socket_in(c->file[i]);
			if (us)
				gc_count(us, n);
		}
	}
}

int unix_fds_queue(struct unix_sock *to, struct scm_fds *f)
{
	struct thread *t = thread_current();
	const struct cred *c = t->cred;
	u64 sum = user_charge_always(USER_INFLIGHT_FDS, c->uid, f->total);

	/* As on Linux the limit is compared before the new descriptors count. */
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

/*
 * Takes descriptors out of their queue's list and the accounts; no effect if the collector has done
 * so already. inflight_lock held.
 */
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

/* ---- the collector; inflight_lock held ---- */

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

/* Visits a descriptor in the queue of a candidate; @alive: of one that is alive. */
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

/*
 * Visits all descriptors in the queue of @us and, if it listens, in those of the connections that
 * it has not accepted.
 */
static void gc_visit(struct unix_sock *us, bool alive)
{
	struct unix_sock *e;

	visit_queue(us, alive);
	spin_lock(&us->lock);
	list_for_each(e, &us->embryos, embryo_link)
		visit_queue(e, alive);
	spin_unlock(&us->lock);
}

/* The descriptors that lay in the queues of dead sockets, as references. */
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

/* Step 1: finds the candidates and subtracts the references that come from their own queues. */
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
			gc_visit(us, false);
	}
}

/*
 * Step 2: marks candidates that a live socket can receive, and all that can be reached from them.
 */
static void find_alive(void)
{
	struct unix_sock *us;

	list_for_each(us, &inflight, inflight_link) {
		if (us->gc_state == GC_CANDIDATE && us->gc_refs)
			push_alive(us);
	}
	while ((us = list_first(&alive_todo.socks)) != NULL) {
		list_remove(&alive_todo.socks, us, gc_link);
		gc_visit(us, true);
	}
}

/* Step 3: takes the descriptors out of the queues of the dead sockets. */
static void condemn_the_rest(void)
{
	struct gc_list *const dead = &dead_socks;
	struct unix_sock *us;

	/*
	 * Collected in a list of its own first: condemning changes the list of sockets in flight.
	 */
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

/* Only tried, so one task collects at a time and never from within the collector. */
static struct mutex collecting;

/*
 * A task that finds the collector running returns: the running one looks at collect_due again after
 * it has released the mutex, so no request is lost.
 */
void unix_collect_if_due(void)
{
	while (atomic_load(&collect_due)) {
		if (!mutex_trylock(&collecting))
			return; /* the task that holds it looks again afterwards */
		if (atomic_swap(&collect_due, 0))
			unix_collect_now();
		mutex_unlock(&collecting);
	}
}

/*
 * Called after the release of a socket. Inside a drop of descriptors the collector does not run at
 * once: the outermost drop calls it when its list is empty (fds.c).
 */
void unix_collect_due(void)
{
	if (likely(!load_once(nr_inflight)))
		return;
	atomic_store(&collect_due, 1);
	if (!scm_fds_is_dropping())
		unix_collect_if_due();
}
