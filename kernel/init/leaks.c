// SPDX-License-Identifier: MPL-2.0
/* What services still own when everything has been released (kernel/init.h). */
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

static u64 beyond(u64 now, u64 base)
{
	return now > base ? now - base : 0;
}

/* The sum of what there is beyond the mark; says what it is. */
static u64 count(void)
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

	/* A process is gone before its last task has left its stack: that one is given its time. */
	for (i = 0; i < 1000 && task_live_count() > base_tasks; i++)
		(void)task_sleep_until(time_mono_ns() + NSEC_PER_MSEC, WAIT_UNINTERRUPTIBLE);
	n = count();
	/* A program may have turned the console down; this line is for whoever looks at it. */
	if (log_console_level() <= LOG_NOTICE)
		log_set_console_level(LOG_NOTICE + 1);
	fmt_printf(&f, "leaks: %lu", n);
	log_text(n ? LOG_WARNING : LOG_NOTICE, fmt_text(&f));
}
