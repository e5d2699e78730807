// SPDX-License-Identifier: MPL-2.0
/*
 * When user memory is out: the task that requires a page waits, and the process whose exit frees
 * the most memory is killed. The kernel itself is never a victim, and neither is init.
 *
 * How it works. A task that cannot allocate a page of user memory calls oom_wait, holding no lock
 * at or above LOCK_MM, and tries again when that returns true. oom_wait first has the pools of
 * kernel objects give back pages without objects (obj_trim), then the caches of disks free pages.
 * If they free none, it takes oom_lock and looks again. If memory is still out
 * and no victim is being waited for, it chooses one: the process with the largest score, memory in
 * use, page tables too, plus oom_score_adj. It kills all processes that share the victim's address
 * space, and sleeps two milliseconds with the lock released. All waiting tasks come here again and again, but only
 * one address space is waited for at a time.
 *
 * The search of the caches goes over everything that is cached, which a user can make a lot of. So
 * while a victim is waited for, a search that has found nothing is not repeated by every task every
 * two milliseconds, but after SEARCH_PAUSE_NS. A task that has not searched kills nobody.
 *
 * What if the victim does not die. Its threads free its memory when they exit. A thread may be
 * stuck, perhaps waiting for a lock of a task that waits here. So after REAP_AFTER_NS its private
 * pages are taken from outside (reap); the threads never run in user mode again, and a fault in the
 * address space fails from now on. If the lock of the address space is not free for that, the
 * victim is given up after GIVE_UP_AFTER_NS. In both cases the next victim is chosen. So each
 * waiter makes progress in the end. It fails only when its own process is to end, or when no
 * process is left to kill.
 *
 * A process that exits on its own is not waited for: it may have nothing to free, and it may be
 * waiting for us.
 *
 * Memory order: reap stores OOM_REAPED, then removes the pages; a fault maps its page, then loads
 * mm.oom (unless_reaped in fault.c). Both have a full barrier in between, so a fault that maps a
 * page after the reaping sees OOM_REAPED.
 */
#include <frame/boot.h>
#include <frame/log.h>
#include <frame/time.h>
#include <kernel/list.h>
#include <kernel/thread.h>

#include "vm.h"

/* Pages that pools and the caches of disks are asked to free before a process is killed. */
#define RECLAIM_PAGES 256u
/*
 * A fault requires a page, and a page table of each level but the root. If less than that were taken
 * for "memory is back", a fault that gets its page and no table would be repeated for ever.
 */
#define PAGES_OF_A_FAULT 8u
#define REAP_AFTER_NS    (100 * NSEC_PER_MSEC)
#define GIVE_UP_AFTER_NS (2 * NSEC_PER_SEC)
#define SEARCH_PAUSE_NS  (20 * NSEC_PER_MSEC)

static struct mutex oom_lock; /* guards awaited and awaited_since_ns */
/*
 * The address space of the last victim, without a reference: it may be freed, and its slot may be
 * another address space.
 */
static struct mm *awaited;
static u64 awaited_since_ns;
static u64 search_again_ns; /* races cost a search */

/* Whether this task can allocate so many pages of user memory now. */
static bool memory_is_back(u64 pages)
{
	struct page_stats s;

	page_get_stats(&s);
	return s.to_user >= pages;
}

/*
 * The address space of a process, as a reference, or NULL. Any thread has it: the leader may have
 * exited.
 */
static struct mm *oom_mm(struct process *p)
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
 * The pages that the death of the process frees, those of its page tables too, moved by
 * oom_score_adj in thousandths of all memory. May be negative.
 */
static s64 oom_badness(const struct process *p, const struct mm *mm, u64 total)
{
	struct vmspace *vm = load_once(mm->vmspace);
	u64 pages = vm ? vmspace_nr_mapped(vm) + vmspace_nr_tables(vm) : 0;

	return (s64)pages + load_once(p->oom_score_adj) * (s64)total / 1000;
}

/*
 * Init and processes with the adjustment -1000 are exempt. An address space that was given up or
 * reaped has been a victim already.
 */
static bool may_be_killed(const struct process *p, const struct mm *mm)
{
	return p != process_init() && load_once(p->oom_score_adj) != -1000 &&
		load_once(mm->oom) <= OOM_VICTIM;
}

/*
 * One walk over the processes: kills those that use @mm. *@spared: init is one of them, and stays.
 * Returns whether a process was killed that was not ending before.
 */
static bool kill_users_once(struct mm *mm, bool *spared)
{
	struct process *p;
	bool any = false;
	s32 id = 1;

	while ((p = process_next(id)) != NULL) {
		struct mm *its = oom_mm(p);
		id = p->pid + 1;
		if (its == mm && p == process_init()) {
			*spared = true;
		} else if (its == mm) {
			spin_lock(&proc_lock);
			any |= !p->group_exiting;
			process_exit_group_locked(p, SIGKILL);
			spin_unlock(&proc_lock);
		}
		obj_put(&its);
		obj_put(&p);
	}
	return any;
}

/*
 * Kills all processes that use @mm. Returns false if init is one of them: it stays.
 *
 * A user that the walk has not reached yet may make a child that shares @mm (CLONE_VM) and has an
 * id behind the walk. So the walk is repeated until it finds no user that was not ending before. A
 * process that is ending makes no children (link_child), so there is none then. Ids count up before
 * they are reused, so a walk is repeated once in most cases.
 */
static bool kill_users(struct mm *mm)
{
	bool spared = false;

	while (kill_users_once(mm, &spared))
		task_cond_resched();
	return !spared;
}

/*
 * Frees the private pages of an address space on which no thread will run in user mode again.
 * Returns false if that is not possible now: init uses it, or its lock is taken. The lock is only
 * tried: its owner may take long, and oom_lock is held here.
 */
static bool reap(struct mm *mm)
{
	struct vma *v;
	bool here;

	if (!kill_users(mm) || !rwlock_try_read_lock(&mm->lock))
		return false;
	here = mm->vmspace; /* NULL: the last user is freeing it */
	if (here) {
		log_err("out of memory: %lu pages of a process that is slow to die are taken",
			vmspace_nr_mapped(mm->vmspace));
		store_once(mm->oom, OOM_REAPED);
	}
	/* Orders the store of OOM_REAPED before the removal of the pages: see mm_fault. */
	memory_barrier();
	for (v = vma_tree_first(mm->vmas); here && v; v = vma_tree_next(v)) {
		if (!(v->flags & VMA_SHARED) && !v->ops)
			vm_unmap(mm->vmspace, v->start, v->end);
	}
	rwlock_read_unlock(&mm->lock);
	return here;
}

/* Whether the memory of @mm is still expected to be freed. oom_lock held. */
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

/*
 * Pins the victim's address space first. If the slot has been reused, the new address space has
 * OOM_NONE, so it is not waited for. oom_lock held.
 */
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
 * Chooses the process to kill and returns it and its address space, both as references; NULL if no
 * process may be killed. A process that is exiting already may be chosen as well.
 */
static struct process *oom_choose(struct mm **its)
{
	struct process *p, *victim = NULL;
	struct page_stats s;
	struct mm *mm;
	s64 best = 0, sc;
	s32 id = 1;

	page_get_stats(&s);
	while ((p = process_next(id)) != NULL) {
		id = p->pid + 1;
		mm = oom_mm(p);
		sc = mm ? oom_badness(p, mm, s.total) : 0;
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

/*
 * Chooses a victim and kills it, unless memory has become free during the search. Returns false if
 * no process may be killed. oom_lock held.
 */
static bool kill_one(u64 pages)
{
	struct mm *mm = NULL;
	struct process *victim = oom_choose(&mm);
	bool found = victim;

	if (found &&
		!memory_is_back(pages)) { /* a large process may have exited during the search */
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
 * Whether the calling thread's process is to end, or freezes: it is to free memory, not to use
 * more. A single thread that exits does not count: others wait for what it writes at its end.
 */
static bool going_away(void)
{
	struct thread *t = thread_current();

	return t && (load_once(t->process->group_exiting) || (load_once(t->work) & WORK_FREEZE));
}

#define MAX_SHRINKERS 8u
static const struct shrinker_ops *shrinkers[MAX_SHRINKERS];
static u32 nr_shrinkers; /* written at boot, by one CPU */

void shrinker_register(const struct shrinker_ops *ops)
{
	if (nr_shrinkers == MAX_SHRINKERS)
		kernel_panic("too many shrinkers");
	shrinkers[nr_shrinkers] = ops;
	store_release(nr_shrinkers, nr_shrinkers + 1);
}

/*
 * Has the caches free up to @nr_pages pages, in the order of registration. Returns whether any was
 * freed.
 */
static bool shrink(u64 nr_pages)
{
	u32 i, n = load_acquire(nr_shrinkers);
	u64 freed = 0;

	for (i = 0; i < n && freed < nr_pages; i++)
		freed += (*array_at(shrinkers, i))->shrink(nr_pages - freed);
	return freed;
}

void vm_drop_caches(void)
{
	(void)shrink(~0ul);
}

/* Whether a victim is waited for, and the caches have just been searched for nothing. */
static bool search_pauses(void)
{
	bool coming;

	if (time_mono_ns() >= load_once(search_again_ns))
		return false;
	mutex_lock(&oom_lock);
	coming = still_awaited();
	mutex_unlock(&oom_lock);
	return coming;
}

bool oom_wait_for(u64 pages)
{
	bool back, again, search;

	if (going_away())
		return false;
	/*
	 * What pools give back may be what the caller's last attempt has taken and dropped: it
	 * counts only if it is enough, or the caller would come back with it for ever.
	 */
	if (obj_trim(max(pages, (u64)RECLAIM_PAGES)) && memory_is_back(pages))
		return true;
	search = !search_pauses();
	if (search && shrink(max(pages, (u64)RECLAIM_PAGES)))
		return true;
	if (search)
		store_once(search_again_ns, time_mono_ns() + SEARCH_PAUSE_NS);
	mutex_lock(&oom_lock);
	back = memory_is_back(pages);
	again = back || still_awaited() || !search || kill_one(pages);
	mutex_unlock(&oom_lock);
	if (!again || going_away())
		return false;
	if (!back)
		(void)task_sleep_until(time_mono_ns() + 2 * NSEC_PER_MSEC, WAIT_UNINTERRUPTIBLE);
	return true;
}

bool oom_wait(void)
{
	return oom_wait_for(PAGES_OF_A_FAULT);
}

struct page *page_alloc_wait(u32 flags)
{
	struct page *p;

	do {
		p = page_alloc(PAGE_USER | flags);
	} while (!p && oom_wait());
	return p;
}
