// SPDX-License-Identifier: MPL-2.0
/*
 * The leak count: objects that services still own after everything has been released
 * (kernel/init.h).
 */
#include <frame/fmt.h>
#include <frame/log.h>
#include <frame/page.h>
#include <frame/task.h>
#include <frame/time.h>
#include <frame/wait.h>
#include <kernel/init.h>

static u64 base_objects, base_tasks, base_pages;

void leak_baseline_mark(void)
{
	struct page_stats s;

	page_get_stats(&s);
	base_objects = obj_live_count();
	base_tasks = task_live_count();
	base_pages = s.user;
}

/* The difference, or 0 if the count has fallen below the baseline. */
static u64 beyond(u64 now, u64 base)
{
	return now > base ? now - base : 0;
}

/* Returns the number of objects, pages and tasks beyond the baseline, and logs them. */
static u64 leak_count(void)
{
	u64 pages, objects, tasks;
	struct page_stats s;

	page_get_stats(&s);
	pages = beyond(s.user, base_pages);
	objects = beyond(obj_live_count(), base_objects);
	tasks = beyond(task_live_count(), base_tasks);
	if (pages)
		log_warn("leaked: %lu user pages", pages);
	if (objects) {
		log_warn("leaked: %lu objects; all that live:", objects);
		obj_log_live();
	}
	if (tasks)
		log_warn("leaked: %lu tasks", tasks);
	return pages + objects + tasks;
}

void leak_report(void)
{
	u8 line[32];
	FMT(f, span_of(line));
	unsigned i;
	u64 n;

	/*
	 * A process is released before its last task has left its kernel stack, so that task gets
	 * some time.
	 */
	for (i = 0; i < 1000 && task_live_count() > base_tasks; i++)
		(void)task_sleep_until(time_mono_ns() + NSEC_PER_MSEC, WAIT_UNINTERRUPTIBLE);
	n = leak_count();
	/* A program may have lowered the console's log level; this line is shown in any case. */
	if (log_console_level() <= LOG_NOTICE)
		log_set_console_level(LOG_NOTICE + 1);
	fmt_printf(&f, "leaks: %lu", n);
	log_text(n ? LOG_WARNING : LOG_NOTICE, fmt_text(&f));
}
