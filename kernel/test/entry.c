// SPDX-License-Identifier: MPL-2.0
/*
 * What services meet when they run: NULL plus the offset of a field is user memory, and no service
 * can touch that, from whatever place the CPU came (docs/entry-state.md). Here it is memory that is
 * really there, as a program could have put it.
 *
 * A read that is not stopped would find the memory and go on; so each attempt must trap before the
 * variable after it is set (read_on).
 */
#include <frame/span.h>
#include <frame/user.h>

#include "test.h"

#define VA    0x40000ul
#define PAGES 16u

struct far {
	struct obj obj;
	u8 pad[VA - sizeof(struct obj)];
	u64 value;
};
static struct far *nowhere;
static struct vmspace *vm;
static u64 found;
static struct atomic read_on;
static u8 source[PAGES * PAGE_SIZE];

static void read_user_memory(void)
{
	store_once(found, load_once(nowhere)->value);
	atomic_store(&read_on, 1);
}

/* Memory with all rights at the address that NULL plus the field's offset gives. */
static void begin(void)
{
	u32 i;

	vm = vmspace_new();
	for (i = 0; i < PAGES; i++) {
		struct page *p = page_alloc(PAGE_ZEROED);
		u32 prot = VM_READ | VM_WRITE | VM_EXEC;

		KTEST_EXPECT(!vmspace_map(vm, VA + i * PAGE_SIZE, p, prot));
		page_put(&p);
	}
	atomic_store(&read_on, 0);
}

static u64 read_in_handler(struct obj *owner)
{
	(void)owner;
	read_user_memory();
	return 0;
}
static const struct timer_ops read_ops = { .fire = read_in_handler };

static u32 direction;
/* A copy that takes a while, out, in, or of zeroes. */
static void copy_once(void)
{
	switch (direction) {
	case 0:
		(void)user_copy_out(UADDR(VA), cspan_of(source));
		break;
	case 1:
		(void)user_copy_in(span_of(source), UADDR(VA));
		break;
	default:
		(void)user_zero(UADDR(VA), PAGES * PAGE_SIZE);
		break;
	}
}

/* The handler comes while this CPU is in a copy, nearly always: there is little else it does. */
static void copy_until_the_handler_has_run(void)
{
	struct probe *p = obj_new(probe);
	struct timer *t = timer_new(&read_ops, &p->obj);

	user_set_vmspace(vm);
	copy_once();
	timer_set(t, time_mono_ns() + 100 * NSEC_PER_USEC);
	while (!atomic_load(&read_on))
		copy_once();
	timer_put(&t);
	obj_put(&p);
}

/*
 * In a copy the CPU may touch user memory. The handler that interrupts it may not: it traps, for
 * each direction of a copy, and the handler's read never happens.
 */
KTEST(entry_by_interrupt_in_a_user_copy)
{
	u32 i;

	begin();
	for (i = 0; i < 30; i++) {
		direction = i % 3;
		KTEST_EXPECT(ktest_traps(copy_until_the_handler_has_run));
	}
	KTEST_EXPECT(!atomic_load(&read_on));
	vmspace_put(&vm);
	/* The machine's timers go on. */
	test_sleep_ms(2);
}

/* A fault in the copy, and its end, leave no access behind. */
static void read_after_a_short_copy(void)
{
	user_set_vmspace(vm);
	KTEST_EXPECT(user_copy_out(UADDR(VA + 8), cspan_of(source)) == sizeof(source) - 8);
	read_user_memory();
}

/* Nor does user mode, whatever its flags are: all ones here, as far as it may have them. */
static void read_after_user_mode(void)
{
	struct user_ctx *u = task_user(task_current());
	struct user_event ev = { 0 };
	struct user_regs regs;
	struct span s = value_span(&regs);
	u64 ones = ~0ul;
	size_t i;

	for (i = 0; i + 8 <= span_len(s); i += 8)
		KTEST_EXPECT(span_write(s, i, &ones));
	user_set_regs(u, &regs);
	user_set_pc(u, VA);
	KTEST_EXPECT(user_run(vm, &ev) == USER_EXCEPTION || user_pc(u) == VA);
	read_user_memory();
}

/*
 * The way to user mode is a task's: a handler has not the state for it, and what it interrupted may
 * be about to go there.
 */
static u64 enter_in_handler(struct obj *owner)
{
	struct user_event ev = { 0 };

	(void)owner;
	(void)user_run(vm, &ev);
	atomic_store(&read_on, 1);
	return 0;
}
static const struct timer_ops enter_ops = { .fire = enter_in_handler };

/*
 * The task goes to user mode and back as often as it can. The code there is no instruction, so it
 * comes back at once.
 */
static void enter_until_the_handler_has_run(void)
{
	struct user_ctx *u = task_user(task_current());
	struct user_event ev = { 0 };
	struct probe *p = obj_new(probe);
	struct timer *t = timer_new(&enter_ops, &p->obj);

	user_reset(u, VA, 0);
	timer_set(t, time_mono_ns() + 100 * NSEC_PER_USEC);
	while (!atomic_load(&read_on)) {
		(void)user_run(vm, &ev);
		copy_once();
	}
	timer_put(&t);
	obj_put(&p);
}

/*
 * The handler comes while its task is in user mode, or on its way to it or from it: it traps in
 * each case.
 */
KTEST(entry_to_user_mode_from_a_handler)
{
	u32 i;

	begin();
	direction = 0;
	for (i = 0; i < 10; i++)
		KTEST_EXPECT(ktest_traps(enter_until_the_handler_has_run));
	KTEST_EXPECT(!atomic_load(&read_on));
	vmspace_put(&vm);
	test_sleep_ms(2);
}

/* A new task begins as the CPU was left by another. */
static void read_at_once(void)
{
	user_set_vmspace(vm);
	read_user_memory();
}

/*
 * After a copy that was cut short, after user mode with all flags set, and at the beginning of a
 * task: each read of user memory traps.
 */
KTEST(entry_by_user_mode_and_switches)
{
	u32 i;

	begin();
	for (i = 0; i < 4; i++) {
		KTEST_EXPECT(ktest_traps(read_after_a_short_copy));
		KTEST_EXPECT(ktest_traps(read_after_user_mode));
		KTEST_EXPECT(ktest_traps(read_at_once));
	}
	KTEST_EXPECT(!atomic_load(&read_on));
	vmspace_put(&vm);
}

/*
 * Each function has a section that is called like it. The entry of the image has another prefix:
 * were this one placed first, no kernel would start.
 */
static u32 head_calls;

static noinline void head(void)
{
	head_calls++;
}

/* That this kernel runs shows most of it. */
KTEST(function_named_like_the_entrys_section)
{
	head();
	KTEST_EXPECT(head_calls == 1);
}
