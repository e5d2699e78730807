// SPDX-License-Identifier: MPL-2.0
/*
 * When user memory is out: who wants some waits, and the process that gains most by going is
 * killed. Never the kernel, never init.
 *
 * One address space is waited for at a time. Its threads give it back themselves; should they be
 * kept from it, perhaps by a lock of one who waits here, its private pages are taken from outside.
 * Then the next one is chosen, so whoever waits goes on in the end, and fails only when it is to
 * end itself or nobody else is left. Processes that merely happen to exit are not waited for: they
 * may have nothing to give, and may wait for us.
 */
#include <frame/boot.h>
#include <frame/log.h>
#include <frame/time.h>
#include <kernel/list.h>
#include <kernel/thread.h>

#include "vm.h"

/* What caches of disks give back at a time, before anybody is killed. */
#define RECLAIM_PAGES    256u
#define REAP_AFTER_NS    (100 * NSEC_PER_MSEC)
#define GIVE_UP_AFTER_NS (2 * NSEC_PER_SEC)

static struct mutex oom_lock; /* guards what follows */
/* The last victim's, without a reference: it may be gone, and be another's. */
static struct mm *awaited;
static u64 awaited_since_ns;

static bool memory_is_back(void)
{
	struct page *trial = page_alloc(PAGE_USER);
	bool back = trial;

	page_put(&trial);
	return back;
}

/*
 * The address space of a process: that of any thread, for the leader may have ended. A reference,
 * or NULL.
 */
static struct mm *mm_of(struct process *p)
{
	struct mm *mm = NULL;
	struct thread *t;

	spin_lock(&proc_lock);
	list_for_each(t, &p->threads, group_link) {
		mm = thread_mm_get_locked(t);
		if (mm)
			break;
	}
	spin_unlock(&proc_lock);
	return mm;
}

/*
 * Pages that come back with it, moved by oom_score_adj in thousandths of all memory; may be
 * negative.
 */
static s64 score(const struct process *p, const struct mm *mm, u64 total)
{
	return (s64)mm_rss_pages(mm) + load_once(p->oom_score_adj) * (s64)total / 1000;
}

static bool may_be_killed(const struct process *p, const struct mm *mm)
{
	return p != process_init() && load_once(p->oom_score_adj) != -1000 &&
		load_once(mm->oom) <= OOM_VICTIM;
}

/* Kills all processes that use @mm; false if one of them stays. */
static bool kill_users(struct mm *mm)
{
	struct process *p;
	bool all = true;
	s32 id = 1;

	while ((p = process_next(id)) != NULL) {
		struct mm *its = mm_of(p);
		id = p->pid + 1;
		if (its == mm && p == process_init()) {
			all = false;
		} else if (its == mm) {
			spin_lock(&proc_lock);
			process_exit_group_locked(p, SIGKILL);
			spin_unlock(&proc_lock);
		}
		obj_put(&its);
		obj_put(&p);
	}
	return all;
}

/* Takes the private pages of an address space that nobody will run on again. False: not now. */
static bool reap(struct mm *mm)
{
	struct vma *v;
	bool here;

	if (!kill_users(mm) || !rwlock_try_read_lock(&mm->lock))
		return false;
	here = mm->vmspace; /* else it is being freed */
	if (here) {
		log_err("out of memory: %lu pages of a process that is slow to die are taken",
			vmspace_nr_mapped(mm->vmspace));
		store_once(mm->oom, OOM_REAPED);
	}
	memory_barrier(); /* before the pages go: see mm_fault */
	for (v = vma_tree_first(mm->vmas); here && v; v = vma_tree_next(v)) {
		if (!(v->flags & VMA_SHARED) && !v->ops)
			vmspace_unmap(mm->vmspace, v->start, v->end);
	}
	rwlock_read_unlock(&mm->lock);
	return here;
}

/* Whether the memory of @mm is still to come. */
static bool is_coming(struct mm *mm)
{
	u64 waited = time_mono_ns() - awaited_since_ns;

	if (load_once(mm->oom) != OOM_VICTIM || load_acquire(mm->gone))
		return false;
	if (waited < REAP_AFTER_NS)
		return true;
	if (reap(mm))
		return false;
	if (waited >= GIVE_UP_AFTER_NS)
		store_once(mm->oom, OOM_GIVEN_UP);
	return waited < GIVE_UP_AFTER_NS;
}

static bool still_awaited(void)
{
	struct mm *mm = awaited;
	bool coming;

	if (!mm || !obj_tryget(mm))
		return false;
	coming = is_coming(mm);
	obj_put(&mm);
	return coming;
}

/*
 * The process to go, and its address space, both as references; NULL: nobody can. One that is on
 * its way out already is as good as another.
 */
static struct process *choose(struct mm **its)
{
	struct process *p, *victim = NULL;
	struct page_stats s;
	struct mm *mm;
	s64 best = 0, sc;
	s32 id = 1;

	page_get_stats(&s);
	while ((p = process_next(id)) != NULL) {
		id = p->pid + 1;
		mm = mm_of(p);
		sc = mm ? score(p, mm, s.total) : 0;
		if (mm && may_be_killed(p, mm) && (!victim || sc > best)) {
			obj_put(&victim);
			obj_put(its);
			victim = p;
			*its = mm;
			best = sc;
		} else {
			obj_put(&mm);
			obj_put(&p);
		}
	}
	return victim;
}

/* False: nobody is left. */
static bool kill_one(void)
{
	struct mm *mm = NULL;
	struct process *victim = choose(&mm);
	bool found = victim;

	if (found && !memory_is_back()) { /* somebody large may have gone while we looked */
		if (!load_once(victim->group_exiting))
			log_err("out of memory: process %d with %lu pages is killed", victim->pid,
				mm_rss_pages(mm));
		store_once(mm->oom, OOM_VICTIM);
		awaited = mm;
		awaited_since_ns = time_mono_ns();
		(void)kill_users(mm);
	}
	obj_put(&victim);
	obj_put(&mm);
	return found;
}

/*
 * Its memory is to come back, not to grow. A thread that ends alone is not meant: what it writes at
 * its end, others wait for.
 */
static bool going_away(void)
{
	struct thread *t = thread_current();

	return t && (load_once(t->process->group_exiting) || (load_once(t->work) & WORK_FREEZE));
}

#define MAX_SHRINKERS 8u
static const struct shrinker_ops *shrinkers[MAX_SHRINKERS];
static u32 nr_shrinkers; /* written at the start, by one CPU */

void shrinker_register(const struct shrinker_ops *ops)
{
	if (nr_shrinkers == MAX_SHRINKERS)
		kernel_panic("too many shrinkers");
	shrinkers[nr_shrinkers] = ops;
	store_release(nr_shrinkers, nr_shrinkers + 1);
}

/* Whether some cache gave pages back. */
static bool shrink(u64 nr_pages)
{
	u32 i, n = load_acquire(nr_shrinkers);
	u64 freed = 0;

	for (i = 0; i < n && freed < nr_pages; i++)
		freed += (*array_at(shrinkers, i))->shrink(nr_pages - freed);
	return freed;
}

bool oom_wait(void)
{
	bool back, again;

	if (going_away())
		return false;
	if (shrink(RECLAIM_PAGES))
		return true;
	mutex_lock(&oom_lock);
	back = memory_is_back();
	again = back || still_awaited() || kill_one();
	mutex_unlock(&oom_lock);
	if (!again || going_away())
		return false;
	if (!back)
		(void)task_sleep_until(time_mono_ns() + 2 * NSEC_PER_MSEC, WAIT_UNINTERRUPTIBLE);
	return true;
}

struct page *page_alloc_wait(u32 flags)
{
	struct page *p;

	do {
		p = page_alloc(PAGE_USER | flags);
	} while (!p && oom_wait());
	return p;
}
