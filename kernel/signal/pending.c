// SPDX-License-Identifier: MPL-2.0
/*
 * Pending signals: a set of bits, and a queue with details. A bit may be set without an entry in
 * the queue (no memory, or over the limit): the signal is then delivered without details.
 *
 * Entries are counted per user (RLIMIT_SIGPENDING). A timer's entry is one object that is queued
 * again and again. Taking it off the queue drops the queue's reference only; the timer has its own.
 *
 * How a signal gets in and out. Each thread has a set of its own, and the process one for all its
 * threads. A sender sets the bit and adds an entry, under the lock of the sighand (send.c). A
 * standard signal whose bit is set already is dropped: it has one entry at most. Real-time signals
 * queue. A taker looks at the thread's own set first, takes the lowest number (signals of faults
 * before all others), and its oldest entry; the bit is cleared when no entry of that number is
 * left. What remains to be done for a timer may sleep or take its lock, so it is done after the
 * lock is released (signal_taken).
 *
 * Locking: sighand.lock guards all sets and queues; only the bits are read without it, as a hint.
 */
#include <kernel/clock.h>
#include <kernel/list.h>
#include <kernel/thread.h>
#include <kernel/timers.h>
#include <kernel/user_limit.h>

#include "sig.h"

/*
 * The charge ends here, not when the signal is taken: an entry that somebody still holds is memory.
 */
static void sigqueue_release(struct sigqueue *q)
{
	if (q->charged)
		user_uncharge(USER_SIGPENDING, q->uid, 1);
	obj_put_any(&q->timer);
}
OBJ_TYPE(sigqueue, sigqueue_release);

struct sigqueue *sigqueue_new(const struct thread *t, bool always)
{
	/* The credentials may change meanwhile: the entry keeps the uid that is charged. */
	u32 uid = load_once(t->cred)->uid;
	struct sigqueue *q;

	if (always)
		(void)user_charge_always(USER_SIGPENDING, uid, 1);
	else if (!user_charge(USER_SIGPENDING, uid, 1, rlimit_get(t, RLIMIT_SIGPENDING)))
		return NULL;
	q = obj_new(sigqueue);
	if (!q) {
		user_uncharge(USER_SIGPENDING, uid, 1);
		return NULL;
	}
	q->charged = true;
	q->uid = uid;
	return q;
}

void sigpending_add(struct sigpending *p, struct sigqueue *q)
{
	list_push_back(&p->queue, q, link);
	q->queued = true;
}

static void unlink_entry(struct sigpending *p, struct sigqueue *q)
{
	list_remove(&p->queue, q, link);
	q->queued = false;
}

/* The loop is bounded by RLIMIT_SIGPENDING and the timers of the process. */
void sigpending_remove(struct sigpending *p, u64 mask)
{
	struct sigqueue *q, *next;

	if (!(p->set & mask))
		return;
	p->set &= ~mask;
	list_for_each_safe(q, next, &p->queue, link) {
		if (sigbit(q->info.signo) & mask) {
			unlink_entry(p, q);
			obj_put(&q);
		}
	}
}

void sigpending_flush(struct sigpending *p)
{
	if (p->set)
		sigpending_remove(p, ~0ul);
}

/* The first entry of @signo; *@more: another one follows, so the bit stays set. */
static struct sigqueue *find_entry(struct sigpending *p, s32 signo, bool *more)
{
	struct sigqueue *found = NULL;
	struct sigqueue *q;

	*more = false;
	list_for_each(q, &p->queue, link) {
		if (q->info.signo != signo)
			continue;
		if (found) {
			*more = true;
			break;
		}
		found = q;
	}
	return found;
}

/* As signal_take_locked, from one set. */
static s32 sigpending_take(struct sigpending *p, u64 mask, struct siginfo *info, struct obj **timer)
{
	u64 set = p->set & mask;
	struct sigqueue *q;
	bool more;
	s32 signo;

	if (!set)
		return 0;
	if (set & SIGS_SYNC)
		set &= SIGS_SYNC;
	signo = (s32)bit_lowest(set) + 1;
	q = find_entry(p, signo, &more);
	if (!more)
		p->set &= ~sigbit(signo);
	if (!q) {
		*info = (struct siginfo){ .signo = signo, .code = SI_USER };
		return signo;
	}
	*info = q->info;
	unlink_entry(p, q);
	if (q->timer)
		*timer = obj_get_any(q->timer);
	obj_put(&q);
	return signo;
}

s32 signal_take_locked(struct thread *t, u64 mask, struct siginfo *info, struct obj **timer)
{
	s32 signo = sigpending_take(&t->pending, mask, info, timer);

	if (!signo)
		signo = sigpending_take(&t->process->pending, mask, info, timer);
	if (signo && (sigbit(signo) & SIGS_STOP))
		t->process->stop_dequeued = true;
	return signo;
}

/* Set once by kernel/time, before the first thread. */
static const struct signal_timer_ops *timers;

void signal_timers_register(const struct signal_timer_ops *ops)
{
	timers = ops;
}

void signal_heard(struct process *p)
{
	if (load_once(p->timers_unheard))
		timers->heard(p);
}

void signal_taken(struct thread *t, s32 signo, struct siginfo *info, struct obj **timer)
{
	if (*timer) {
		timers->timer_taken(*timer, info);
		obj_put_any(timer);
	} else if (signo == SIGALRM && t->process->timers) {
		timers->alarm_taken(t->process);
	}
}

bool siginfo_has_band(const struct siginfo *i)
{
	return i->addr && i->code != SI_KERNEL && (i->code > 0 || i->code == SI_SIGIO) &&
		!(i->code > 0 && (sigbit(i->signo) & (SIGS_SYNC | sigbit(SIGCHLD))));
}

/*
 * Which members of the union are in use: it depends on the code, and for positive codes on the
 * signal. See sigaction(2).
 */
void siginfo_to_user(const struct siginfo *i, struct siginfo64 *out)
{
	u64 sender = (u32)i->pid | (u64)i->uid << 32;
	bool fault = sigbit(i->signo) & SIGS_SYNC;

	*out = (struct siginfo64){ .signo = i->signo, .err = i->err, .code = i->code };
	if (i->code > 0 && i->code != SI_KERNEL && fault) {
		out->f[0] = i->addr;
		out->f[1] = i->value; /* SIGSYS: the call's number, and the architecture */
	} else if (i->code > 0 && i->code != SI_KERNEL && i->signo == SIGCHLD) {
		out->f[0] = sender;
		out->f[1] = (u32)i->status;
		out->f[2] = i->utime;
		out->f[3] = i->stime;
	} else if (siginfo_has_band(i)) {
		out->f[0] = i->addr; /* SIGIO: the band, and the descriptor */
		out->f[1] = i->value;
	} else {
		out->f[0] = sender;
		out->f[1] = i->value;
	}
}
