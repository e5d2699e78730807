// SPDX-License-Identifier: MPL-2.0
/*
 * A console that does everything in its write (frame/log.h) that it must not. The last of the
 * self-tests, for the console that was there before gets no more: the log goes to the firmware's
 * from here on.
 */
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
