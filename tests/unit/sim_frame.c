// SPDX-License-Identifier: MPL-2.0
/* See sim_frame.h. */
#include <frame/boot.h>
#include <frame/cpu.h>
#include <frame/wait.h>
#include <kernel/poll.h>
#include <kernel/random.h>
#include <kernel/signal.h>
#include <kernel/uaccess.h>
#include <kernel/uio.h>

#include "sim_frame.h"

void abort(void) __attribute__((noreturn));

u64 sim_now = NSEC_PER_SEC;
void (*sim_in_copy)(void);

void _kernel_panic(const char *message)
{
	printf("panic: %s\n", message);
	abort();
}

unsigned cpu_count(void)
{
	return 1;
}

/* ---- time ---- */

static struct timer *timers;

u64 time_mono_ns(void)
{
	return sim_now;
}

struct timer *timer_new(const struct timer_ops *ops, struct obj *owner)
{
	struct timer *t = unit_fails() ? NULL : calloc(1, sizeof(*t));

	if (!t)
		return NULL;
	t->ops = ops;
	t->owner = obj_get_any(owner);
	t->next = timers;
	timers = t;
	return t;
}

void timer_set(struct timer *t, u64 deadline_ns)
{
	t->at = max(deadline_ns, 1ul);
}

void timer_put(struct timer **tp)
{
	struct timer *t = *tp, **at = &timers;

	*tp = NULL;
	if (!t)
		return;
	while (*at != t)
		at = &(*at)->next;
	*at = t->next;
	obj_put_any(&t->owner);
	free(t);
}

struct timer *sim_first_timer(void)
{
	struct timer *t, *first = NULL;

	for (t = timers; t; t = t->next) {
		if (t->at && (!first || t->at < first->at))
			first = t;
	}
	return first;
}

/* ---- tasks and locks ---- */

void task_start(struct task *t)
{
	(void)t;
}

void task_put(struct task **tp)
{
	*tp = NULL;
}

void task_cond_resched(void)
{
}

void waitq_prepare(struct waitq *wq, enum wait_mode mode)
{
	(void)wq;
	(void)mode;
}

void waitq_cancel(void)
{
}

unsigned _waitq_wake(struct waitq *wq, unsigned nr)
{
	(void)wq;
	return nr;
}

void _mutex_unlock_slow(struct mutex *m)
{
	(void)m;
}

void _spin_wait(struct spinlock *l)
{
	(void)l;
	UNIT_CHECK(!"a spinlock is held already");
}

/* ---- other services ---- */

u64 random_u64(void)
{
	return (u64)unit_random(~0u) << 32 | unit_random(~0u);
}

bool signal_pending(struct thread *t)
{
	(void)t;
	return false;
}

bool loop_should_end(void)
{
	return false;
}

void poll_register(struct poll_table *pt, struct poll_source **sp)
{
	(void)pt;
	(void)sp;
}

void poll_source_notify(struct poll_source *s, u32 events)
{
	(void)s;
	(void)events;
}

/* ---- user memory ---- */

int copy_in_rest(struct span dst, struct uaddr src, size_t done)
{
	(void)dst;
	(void)src;
	(void)done;
	return -EFAULT;
}

int copy_out_rest(struct uaddr dst, struct cspan src, size_t done)
{
	(void)dst;
	(void)src;
	(void)done;
	return -EFAULT;
}

size_t uio_take(struct uio *u, struct span dst)
{
	size_t n = min(dst._n, u->left);

	if (_user_copy_in(dst._p, u->base, n))
		return 0;
	u->base += n;
	u->left -= n;
	return n;
}

size_t uio_put(struct uio *u, struct cspan src)
{
	size_t n = min(src._n, u->left);

	if (_user_copy_out(u->base, src._p, n))
		return 0;
	u->base += n;
	u->left -= n;
	return n;
}

size_t uio_take_page_rest(struct uio *u, struct page *p, size_t off, size_t len)
{
	UNIT_CHECK(off + len <= PAGE_SIZE);
	return uio_take(u, (struct span){ p->bytes + off, len });
}

size_t uio_put_page_rest(struct uio *u, struct page *p, size_t off, size_t len)
{
	void (*hook)(void) = sim_in_copy;

	sim_in_copy = NULL;
	if (hook)
		hook();
	UNIT_CHECK(off + len <= PAGE_SIZE);
	return uio_put(u, (struct cspan){ p->bytes + off, len });
}

size_t page_from_user(struct page *p, size_t off, struct uaddr src, size_t len)
{
	struct uio u = { .base = src.va, .left = len };

	return uio_take_page_rest(&u, p, off, len);
}

size_t page_to_user(struct page *p, size_t off, struct uaddr dst, size_t len)
{
	struct uio u = { .base = dst.va, .left = len };

	return uio_put_page_rest(&u, p, off, len);
}
