// SPDX-License-Identifier: MPL-2.0
/*
 * Consoles of our own (frame/log.h): one that does everything in its write that it must not, and
 * one that watches when it is called. The last of the self-tests, for the console that was there
 * before gets no more: the log goes to the firmware's from here on.
 */
#include <frame/cpu.h>
#include <frame/log.h>

#include "test.h"

static u64 missed;
static struct atomic writes;

static void bad_write(struct obj *owner, struct cspan text)
{
	(void)text;
	KTEST_EXPECT(obj_cast(probe, owner) != NULL);
	if (!atomic_swap(&writes, 1))
		missed = test_deeds(ONLY_TASKS | NO_LOCKS | NO_LOG, NO_CONSOLE);
}
static const struct console_ops bad_console = { .write = bad_write };

/*
 * Called in the middle of a log call, with the log's lock perhaps held: everything that needs it,
 * or sleeps, or wakes is refused.
 */
KTEST(write_of_a_console_is_no_task)
{
	struct probe *p = obj_new(probe);

	KTEST_EXPECT(test_deeds_begin());
	atomic_store(&writes, 0);
	missed = ~0ul;
	console_register(&bad_console, &p->obj);
	log_err("to the bad console");
	KTEST_EXPECT(atomic_load(&writes) && !missed);
	console_register(NULL, &p->obj);
	log_err("to the firmware's console");
	KTEST_EXPECT(test_deeds_end());
	obj_put(&p);
}

/*
 * When a count of references is wrong, the frame stops the kernel at once: the console of a service
 * does not run in between. Other CPUs may log meanwhile.
 */
static struct probe *overdrawn;
static unsigned watched_cpu = ~0u;

static void watching_write(struct obj *owner, struct cspan text)
{
	(void)owner;
	(void)text;
	if (cpu_id() == watched_cpu)
		atomic_add(&writes, 1);
}
static const struct console_ops watching_console = { .write = watching_write };

static void put_overdrawn(void)
{
	struct probe *p = overdrawn;

	obj_put(&p);
}
static void log_and_put(void)
{
	watched_cpu = cpu_id(); /* no interrupts: it stays this one */
	log_err("to the watching console");
	KTEST_EXPECT(atomic_swap(&writes, 0));
	put_overdrawn();
}

/* The console works before; from the bad put on it is not called on this CPU. */
KTEST(no_console_is_called_about_a_bad_count)
{
	struct probe *p = obj_new(probe);

	overdrawn = p;
	console_register(&watching_console, &p->obj);
	ktest_set_refs(&p->obj, 0);
	struct lit bug = LIT("get or put of an object without references, or too many of them");

	KTEST_EXPECT(ktest_refuses(log_and_put, bug));
	watched_cpu = ~0u;
	KTEST_EXPECT(!atomic_load(&writes));
	ktest_set_refs(&p->obj, 2); /* p's, and the console's */
	console_register(NULL, &p->obj);
	obj_put(&p);
}
