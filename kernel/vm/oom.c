// SPDX-License-Identifier: MPL-2.0
/*
 * When user memory is out: the process that gains most by going is killed. Never the kernel, never init.
 */
#include <frame/log.h>
#include <frame/time.h>

#include "vm.h"

static struct mutex oom_lock; /* one victim at a time */

/* Pages it holds, moved by oom_score_adj in thousandths of all memory; -1000 exempts it. */
static s64 score(struct process *p, u64 total)
{
	s64 pages = 0;

	if (p == process_init() || p->oom_score_adj == -1000 || p->state == PROCESS_ZOMBIE)
		return -1;
	if (p->leader && p->leader->mm)
		pages = (s64)mm_rss_pages(p->leader->mm);
	if (!pages)
		return -1;
	return max(pages + p->oom_score_adj * (s64)total / 1000, 1l);
}

bool oom_kill(void)
{
	struct process *p, *victim = NULL;
	struct page_stats s;
	struct page *trial;
	s64 best = 0, sc;
	s32 id = 1;
	bool dying = false;

	mutex_lock(&oom_lock);
	/* While we waited for the lock an earlier victim may have gone. */
	trial = page_alloc(PAGE_USER);
	if (trial) {
		page_put(&trial);
		mutex_unlock(&oom_lock);
		return true;
	}
	page_get_stats(&s);
	for (p = process_next(id); p; p = process_next(id)) {
		id = p->pid + 1;
		spin_lock(&proc_lock);
		if (p->group_exiting && p->state != PROCESS_ZOMBIE)
			dying = true;
		sc = score(p, s.total);
		spin_unlock(&proc_lock);
		if (sc > best && !p->group_exiting) {
			obj_put(&victim);
			victim = p;
			p = NULL;
			best = sc;
		}
		obj_put(&p);
	}
	if (dying)
		obj_put(&victim); /* somebody is on the way out: that must do */
	if (victim) {
		log_err("out of memory: process %d with %ld pages is killed", victim->pid, best);
		spin_lock(&proc_lock);
		process_exit_group_locked(victim, SIGKILL);
		spin_unlock(&proc_lock);
	}
	mutex_unlock(&oom_lock);
	dying = dying || victim;
	/* Give it time to let go; a victim that is the caller leaves when it looks at its work bits. */
	if (dying && victim != thread_current()->process)
		(void)task_sleep_until(time_mono_ns() + 2 * NSEC_PER_MSEC, WAIT_KILLABLE);
	if (victim && thread_current() && victim == thread_current()->process)
		dying = false;
	obj_put(&victim);
	return dying;
}
