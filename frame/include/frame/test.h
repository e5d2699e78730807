// SPDX-License-Identifier: MPL-2.0
/*
 * In-kernel self-tests, selected by `keel.test=GLOB[,GLOB]` on the command line. A test is a
 * function without arguments:
 *
 *	KTEST(pool_reuses_slot) { ...; KTEST_EXPECT(obj_refs(p) == 1); }
 *
 * Output: `KTEST name ok` or `KTEST name FAIL file:line`, at the end `KTEST done: N passed, N
 * failed`.
 *
 * Source: frame/lib/ktest.c.
 */
#ifndef FRAME_TEST_H
#define FRAME_TEST_H

#include <frame/lit.h>
#include <frame/obj.h>
#include <frame/types.h>

struct page;

struct TABLE ktest {
	struct lit _name;
	void (*_run)(void);
};

#define KTEST(name)                                                                  \
	static void _ktest_run_##name(void);                                         \
	static const struct ktest _ktest_##name = { LIT(#name), _ktest_run_##name }; \
	static const struct ktest *const _ktest_ref_##name                           \
		__attribute__((used, section(".keel.tests"))) = &_ktest_##name;      \
	static void _ktest_run_##name(void)

/* Counts a failed KTEST_EXPECT; the report names the first one of a test. */
void _ktest_fail(const char *file, u32 line);
#define KTEST_EXPECT(cond) ((cond) ? (void)0 : _ktest_fail(__FILE__, __LINE__))

/*
 * Runs the selected tests in the calling task, reports, and ends the machine. An emulator exits
 * with 0 when at least one test ran and all passed, else with 1. Context: task.
 */
void ktest_run_and_end(void) __attribute__((noreturn));
/*
 * Runs @fn in a task of its own and returns whether it ended in a trap. A task that traps is
 * abandoned, and locks that it holds stay held. Only while self-tests run (traps otherwise).
 * Context: task.
 */
bool ktest_traps(void (*fn)(void));
/*
 * Calls @fn in the caller's own context, which may be an interrupt handler or another operation
 * that the frame calls, and returns whether @fn ended in a panic with this message. After the panic
 * the caller continues as if @fn had returned; locks that @fn took stay held. Interrupts are off
 * meanwhile. Only while self-tests run (traps otherwise).
 */
bool ktest_refuses(void (*fn)(void), struct lit message);
/*
 * Sets the reference count of a live object to @refs, to test counts far from 1. Only while
 * self-tests run (traps otherwise).
 */
void ktest_set_refs(struct obj *o, u32 refs);
/* Sets the number of mappings of a live page, likewise. */
void ktest_set_map_count(struct page *p, u32 maps);
/*
 * Verifies the frame's own data: every page against its counts and the free lists, every free slot
 * of every pool, every ring and transfer against the pages that are lent, and the kernel's text,
 * constants, object types, windows, interrupt lines and PCI base registers. Returns a hash of the data that
 * no service may change; 0: something is wrong, and is logged. Only while self-tests run (traps
 * otherwise). Context: task.
 */
u64 ktest_audit(void);
/*
 * How many objects of the type of @o, a live one, are live on all CPUs: unlike obj_live_count, other
 * tasks that end meanwhile do not change it. Only while self-tests run. Context: task.
 */
u64 ktest_live_like(const struct obj *o);

#endif
