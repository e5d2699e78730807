// SPDX-License-Identifier: MPL-2.0
/*
 * Ten thousand faults of services, chosen at random: each must end in a trap where the frame
 * promises one, and otherwise do nothing to the frame.
 *
 * A fault runs in a task of its own (ktest_traps). Between them the frame audits itself
 * (ktest_audit): the lists of pages and slots against their counts, what rings and transfers lend
 * against their pages, and a hash of the text, the constants, the object types, the windows, lines
 * and base registers of devices, which must be at the end what it was at the start.
 */
#include <frame/fmt.h>
#include <frame/log.h>

#include "fault.h"

#define FAULTS 10000u

u64 fault_wild;

/* ---- which one, and how often ---- */

#define KINDS 160u
static struct {
	u32 times, trapped;
} fault_counts[KINDS];

/* The i-th kind that this machine knows; NULL: there are no more. */
static const struct fault *fault_kind(u32 i)
{
	const struct fault *f;
	u32 n;

	f = fault_of_frame(i);
	for (n = 0; !f && fault_of_frame(n); n++)
		;
	i -= n;
	f = f ? f : fault_of_ring(i);
	for (n = 0; !f && fault_of_ring(n); n++)
		;
	return f ? f : fault_of_line(i - n);
}

static u32 fault_nr_kinds(void)
{
	u32 n = 0;

	while (n < KINDS && fault_kind(n))
		n++;
	KTEST_EXPECT(n < KINDS);
	return n;
}

/* tests/kernel/run prints the sums. */
static void log_counts(u32 kinds)
{
	u8 text[96];
	u32 i;

	for (i = 0; i < kinds; i++) {
		FMT(f, span_of(text));
		fmt_lit(&f, LIT("fault "));
		fmt_lit(&f, fault_kind(i)->name);
		fmt_printf(&f, ": %u times, %u trapped", array_at(fault_counts, i)->times,
			array_at(fault_counts, i)->trapped);
		log_text(LOG_INFO, fmt_text(&f));
	}
}

/* What is live is made first, so that it is not what becomes stale. */
static bool make_all(void)
{
	if (!fault_frame_begin() || !fault_rings_begin() || !fault_lines_begin())
		return false;
	fault_lines_let_go();
	fault_rings_let_go();
	fault_frame_let_go();
	return true;
}

/* A fault may have left the count of heavy too high for a put. */
static void drop_all(void)
{
	fault_lines_end();
	fault_rings_end();
	fault_frame_end();
}

/* One fault; says which one did not end as it must. */
static bool inject(u32 i)
{
	const struct fault *f = fault_kind(i);
	bool trapped = ktest_traps(f->run);

	array_at(fault_counts, i)->times += 1;
	array_at(fault_counts, i)->trapped += trapped;
	fault_frame_repair();
	if (trapped || !f->traps)
		return true;
	log_text(LOG_ERR, lit_span(f->name));
	log_err("fault %u did not trap", i);
	return false;
}

/* All kinds once, so that every object type and every line is known; then at random. */
KTEST(fault_ten_thousand_leave_the_frame_as_it_was)
{
	u64 state = 14, audit = 0, tasks = 0;
	u32 i, which, kinds = fault_nr_kinds();

	for (i = 0; i < kinds + FAULTS; i++) {
		if (i == kinds) {
			audit = ktest_audit();
			tasks = task_live_count();
			KTEST_EXPECT(audit);
		}
		if (i % 16 == 0 && !make_all())
			break;
		fault_wild = test_random(&state);
		which = i < kinds ? i : (u32)(test_random(&state) % kinds);
		KTEST_EXPECT(inject(which));
		if (i % 16 == 15)
			drop_all();
		if (i % 1000 == 999 && i > kinds)
			KTEST_EXPECT(ktest_audit() == audit);
	}
	KTEST_EXPECT(i == kinds + FAULTS);
	drop_all();
	log_counts(kinds);
	/*
	 * Memory is not compared: a trap in the middle of an operation keeps what the operation
	 * held, for it is the kernel's end outside of self-tests.
	 */
	KTEST_EXPECT(ktest_audit() == audit && task_live_count() <= tasks);
}
