// SPDX-License-Identifier: MPL-2.0
/* Off, reset, and the count of what services still own (frame/boot.h). */
#include <frame/boot.h>
#include <frame/log.h>
#include <frame/page.h>
#include <frame/task.h>
#include <frame/time.h>
#include <frame/wait.h>

#include "../arch.h"
#include "../cpu_local.h"

static u64 base_objects, base_tasks;
static s64 base_user_pages;

void leak_baseline_mark(void)
{
	struct page_stats s;

	page_get_stats(&s);
	base_objects = obj_live_count();
	base_tasks = task_live_count();
	base_user_pages = (s64)s.user;
}

u64 leak_count(void)
{
	struct page_stats s;
	s64 pages, objects, tasks;

	page_get_stats(&s);
	pages = (s64)s.user - base_user_pages;
	objects = (s64)(obj_live_count() - base_objects);
	tasks = (s64)(task_live_count() - base_tasks);
	if (pages > 0)
		log_warn("leaked: %ld user pages", pages);
	if (objects > 0) {
		log_warn("leaked: %ld objects; all that live:", objects);
		obj_log_live();
	}
	if (tasks > 0)
		log_warn("leaked: %ld tasks", tasks);
	return (u64)(max(pages, 0l) + max(objects, 0l) + max(tasks, 0l));
}

static void report_leaks(void)
{
	u64 n;
	unsigned i;

	/* A process is gone before its last task has left its stack: that one is given its time. */
	for (i = 0; i < 1000 && task_live_count() > base_tasks; i++)
		(void)task_sleep_until(time_mono_ns() + NSEC_PER_MSEC, WAIT_UNINTERRUPTIBLE);
	n = leak_count();
	/* A program may have turned the console down; this line is for whoever looks at it. */
	if (log_console_level() <= LOG_NOTICE)
		log_set_console_level(LOG_NOTICE + 1);
	_log_printf(n ? LOG_WARNING : LOG_NOTICE, "leaks: %lu", n);
}

/* What the user must read now, whatever a program has made of the console's level; everything else has stopped. */
static void end_by_hand(const char *what) __attribute__((noreturn));
static void end_by_hand(const char *what)
{
	log_set_console_level(LOG_ERR + 1);
	log_text(LOG_ERR, lit_span((struct lit){ what }));
	arch_halt();
}

void power_off(void)
{
	report_leaks();
	arch_irq_disable();
	cpu_stop_others();
	arch_power_off();
	end_by_hand("the machine does not power off: turn it off by hand");
}

void power_reset(void)
{
	report_leaks();
	arch_irq_disable();
	cpu_stop_others();
	arch_reset();
	end_by_hand("the machine does not restart: do it by hand");
}
