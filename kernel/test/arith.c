// SPDX-License-Identifier: MPL-2.0
/*
 * What the compiler's part of Safe C promises: undefined operations trap, the rest wraps; stacks
 * end in a guard.
 *
 * Operands are static variables, so that the compiler cannot compute the result, nor see that an
 * operation is undefined.
 */
#include <frame/cpu.h>
#include <frame/span.h>

#include "test.h"

static s32 a32, b32, sink32;
static s64 a64, b64, sink64;

static void divide32(void)
{
	sink32 = a32 / b32;
}
static void remainder32(void)
{
	sink32 = a32 % b32;
}
static void divide64(void)
{
	sink64 = a64 / b64;
}
static void remainder64(void)
{
	sink64 = (s64)((u64)a64 % (u64)b64);
}
/*
 * Also where a CPU would not trap: RISC-V's divisions give a number for it. A signed and an
 * unsigned one of each width.
 */
KTEST(arith_division_by_zero_traps)
{
	a32 = 7, b32 = 2, a64 = 7, b64 = 2;
	KTEST_EXPECT(!ktest_traps(divide32) && sink32 == 3);
	b32 = 0, b64 = 0;
	KTEST_EXPECT(ktest_traps(divide32) && ktest_traps(remainder32));
	KTEST_EXPECT(ktest_traps(divide64) && ktest_traps(remainder64));
}

static void shift_left32(void)
{
	sink32 = (s32)((u32)a32 << b32);
}
static void shift_right64(void)
{
	sink64 = a64 >> b64;
}
static void shift_left64(void)
{
	sink64 = (s64)((u64)a64 << b64);
}
/*
 * By the width of the type or more, and by a negative number, of which CPUs use the lowest bits
 * only.
 */
KTEST(arith_shift_out_of_range_traps)
{
	a32 = 1, b32 = 31, a64 = -1, b64 = 63;
	KTEST_EXPECT(!ktest_traps(shift_left32) && !ktest_traps(shift_right64));
	KTEST_EXPECT(!ktest_traps(shift_left64));
	b32 = 32, b64 = 64;
	KTEST_EXPECT(ktest_traps(shift_left32) && ktest_traps(shift_right64));
	KTEST_EXPECT(ktest_traps(shift_left64));
	b32 = -1, b64 = -1;
	KTEST_EXPECT(ktest_traps(shift_left32) && ktest_traps(shift_right64));
	KTEST_EXPECT(ktest_traps(shift_left64));
}

/* Signed numbers too, in both directions; the negative of the least number is itself. */
KTEST(arith_overflow_wraps)
{
	a32 = 0x7fffffff;
	a32 += 1;
	KTEST_EXPECT(a32 < 0);
	a64 = (s64)(1ul << 63);
	a64 -= 1;
	KTEST_EXPECT(a64 > 0);
	a32 = (s32)0x80000000;
	KTEST_EXPECT(-a32 == a32);
}

/* ---- control flow ---- */

static u32 selector;
/* A jump table for a few cases, with values that hit none of them. */
KTEST(arith_switch_of_any_value_stays_in_the_function)
{
	u32 i, hits = 0;

	for (i = 0; i < 2000; i++) {
		selector = i * 0x01000193u;
		switch (selector & 15) {
		case 0:
		case 5:
			hits++;
			break;
		case 7:
			hits += 2;
			break;
		default:
			break;
		}
	}
	KTEST_EXPECT(hits > 0);
}

/* ---- pointers ---- */

static struct probe *nothing;
static void read_through_null(void)
{
	KTEST_EXPECT(nothing->value);
}
static void write_through_null(void)
{
	nothing->value = 1;
}
static void lock_null(void)
{
	mutex_lock(&nothing->lock);
}
/* By reading, by writing, and by a lock behind it. */
KTEST(null_pointer_traps)
{
	KTEST_EXPECT(ktest_traps(read_through_null) && ktest_traps(write_through_null));
	KTEST_EXPECT(ktest_traps(lock_null));
}

struct TABLE test_ops {
	void (*first)(void);
	void (*missing)(void);
};
static void does_nothing(void)
{
}
static const struct test_ops ops = { .first = does_nothing };
static const struct test_ops *table = &ops;

static void call_first(void)
{
	table->first();
}
static void call_missing(void)
{
	table->missing();
}
static const struct test_ops *no_table;
static void call_through_no_table(void)
{
	no_table->first();
}
/* An operation that a table does not have, and a table that is not there. */
KTEST(null_function_traps)
{
	KTEST_EXPECT(!ktest_traps(call_first));
	KTEST_EXPECT(ktest_traps(call_missing) && ktest_traps(call_through_no_table));
}

/* ---- the stack ---- */

static u32 depth_reached;
static u32 dig(u32 n)
{
	u8 room[128];

	span_fill(span_of(room), (u8)n);
	depth_reached = n;
	if (n == 1000000)
		return 0;
	return dig(n + 1) + span_byte(cspan_of(room), n % 128);
}
static void overflow_stack(void)
{
	(void)dig(0);
}
/*
 * A recursion without an end. How deep it came shows that the stack is neither much smaller nor
 * much larger than it should be.
 */
KTEST(stack_overflow_traps_at_the_guard)
{
	KTEST_EXPECT(ktest_traps(overflow_stack));
	KTEST_EXPECT(depth_reached > 40 && depth_reached < 16384 / 128);
}

/* Each CPU has its emergency stack, and goes on afterwards. */
KTEST(stack_overflow_again_and_again)
{
	u32 i;

	for (i = 0; i < 40; i++)
		KTEST_EXPECT(ktest_traps(overflow_stack));
}

static void overflow_in_team(unsigned n)
{
	(void)n;
	KTEST_EXPECT(ktest_traps(overflow_stack));
}
/* At the same time: each CPU ends its task on its own emergency stack. */
KTEST(stack_overflow_on_many_cpus)
{
	KTEST_EXPECT(test_team(overflow_in_team, 8));
}

/*
 * A big frame must not step over the guard: the limit of a service's frame is far below the guard's
 * size.
 */
struct TABLE dig_ops {
	u32 (*deeper)(u32 n);
};
static const struct dig_ops *spade;

static u32 dig_wide(u32 n)
{
	u8 room[900];

	span_fill(span_of(room), (u8)n);
	return n == 1000000 ? 0 : spade->deeper(n + 1) + span_byte(cspan_of(room), n % 900);
}
static const struct dig_ops wide_spade = { .deeper = dig_wide };
static void overflow_wide(void)
{
	spade = &wide_spade;
	(void)spade->deeper(0);
}
/* With calls through a table, so that the compiler cannot merge the frames. */
KTEST(stack_overflow_by_wide_frames_traps)
{
	KTEST_EXPECT(ktest_traps(overflow_wide));
}

/*
 * At each depth of the stack a timer's interrupt comes, down to where it finds no room: its handler
 * never runs into the guard, with the locks that it holds, and interrupts come again afterwards.
 */
static struct atomic ticks;
static struct timer *ticker;

static u64 tick(struct obj *owner)
{
	(void)owner;
	atomic_add(&ticks, 1);
	return time_mono_ns() + 200 * NSEC_PER_USEC;
}
static const struct timer_ops tick_ops = { .fire = tick };

static u32 dig_slowly(u32 n)
{
	u64 before = atomic_load(&ticks);

	while (atomic_load(&ticks) == before)
		cpu_relax();
	return n == 1000000 ? 0 : spade->deeper(n + 1) + n;
}
static const struct dig_ops slow_spade = { .deeper = dig_slowly };
static void overflow_slowly(void)
{
	spade = &slow_spade;
	timer_set(ticker, time_mono_ns());
	(void)spade->deeper(0);
}
/*
 * After each overflow the timer still fires: no handler was cut off with a lock of the frame held.
 */
KTEST(stack_overflow_under_interrupts)
{
	struct probe *p = obj_new(probe);
	u32 i;

	ticker = timer_new(&tick_ops, &p->obj);
	for (i = 0; i < 4; i++)
		KTEST_EXPECT(ktest_traps(overflow_slowly));
	(void)timer_cancel_sync(ticker);
	timer_put(&ticker);
	test_sleep_ms(2);
	obj_put(&p);
}

/* ---- the test's own helpers: teams really run on several CPUs ---- */

static struct atomic cpus_seen, gathered;
/* Member @n of the team waits for the others on its CPU, and then says which that is. */
static void note_cpu(unsigned n)
{
	u64 deadline = time_mono_ns() + NSEC_PER_SEC;

	(void)n;
	atomic_add(&gathered, 1);
	/* Busy until all are there, so that they need a CPU each. */
	while (atomic_load(&gathered) < cpu_count() && time_mono_ns() < deadline)
		cpu_relax();
	atomic_or(&cpus_seen, 1ul << cpu_id());
}
/* Without this, tests that need several CPUs at a time would show nothing. */
KTEST(team_uses_all_cpus)
{
	unsigned n = min(cpu_count(), TEST_TEAM_MAX);
	u32 tries = 5;

	/* Another task may have a CPU for a moment. */
	do {
		atomic_store(&cpus_seen, 0);
		atomic_store(&gathered, 0);
		test_sleep_ms(20);
		KTEST_EXPECT(test_team(note_cpu, n));
	} while (atomic_load(&cpus_seen) != (1ul << n) - 1 && --tries);
	KTEST_EXPECT(tries > 0);
}
