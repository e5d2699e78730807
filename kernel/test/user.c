// SPDX-License-Identifier: MPL-2.0
/*
 * User contexts and user copies (frame/user.h): no register value makes a privileged state, and
 * copies reach user memory only.
 *
 * There is no user program here, and needs none: code that is all zeros, or not there, ends in an
 * exception or a fault on every machine.
 *
 * What user mode does is seen by user_run's event. A wild value that made a privileged state would
 * not come back with an event, but end the kernel.
 */
#include <frame/cpu.h>
#include <frame/span.h>
#include <frame/user.h>
#include <uapi/errno.h>

#include "test.h"

#define VA 0x40000000ul

static const u64 bad_addresses[] = { 0, 8, VM_USER_MAX, VM_USER_MAX + 4096, 1ul << 47, 1ul << 63,
	0xffffffc000000000ul, 0xffffffe000000000ul, 0xfffffff000000000ul, 0xffffffff80000000ul,
	~0ul - 4095, ~0ul - 3 };

static struct vmspace *vm;
static struct page *page;

/* The calling task gets an address space with one page at VA. */
static void begin(u32 prot)
{
	vm = vmspace_new();
	page = page_alloc(PAGE_ZEROED);
	KTEST_EXPECT(vmspace_map(vm, VA, page, prot) == 0);
	user_set_vmspace(vm);
}
static void end(void)
{
	user_set_vmspace(NULL);
	page_put(&page);
	vmspace_put(&vm);
}

/* ---- copies ---- */

/*
 * All ways to copy, with addresses of the kernel's half, of the hole between the halves, and of the
 * first page.
 */
KTEST(user_copy_of_kernel_addresses_copies_nothing)
{
	u8 k[16] = { 1, 2, 3 };
	bool found;
	u32 i, word;

	begin(VM_READ | VM_WRITE);
	for (i = 0; i < ARRAY_LEN(bad_addresses); i++) {
		struct uaddr a = UADDR(bad_addresses[i]);
		KTEST_EXPECT(user_copy_in(span_of(k), a) == 0);
		KTEST_EXPECT(user_copy_out(a, cspan_of(k)) == 0);
		KTEST_EXPECT(user_zero(a, 16) == 0);
		KTEST_EXPECT(user_copy_in_str(span_of(k), a, &found) == 0 && !found);
		KTEST_EXPECT(!user_load32(a, &word) && !user_cas32(a, 0, 1, &word));
		KTEST_EXPECT(page_to_user(page, 0, a, 16) == 0);
		KTEST_EXPECT(page_from_user(page, 0, a, 16) == 0);
	}
	KTEST_EXPECT(k[0] == 1 && k[1] == 2 && k[2] == 3);
	end();
}

/* The part below the end is copied, to the byte; a word that lies across it is not there. */
KTEST(user_copy_straddles_the_end_of_user_memory)
{
	struct page *last = page_alloc(PAGE_ZEROED);
	u8 k[64];
	u32 word;

	begin(VM_READ | VM_WRITE);
	span_fill(span_of(k), 0x11);
	KTEST_EXPECT(vmspace_map(vm, VM_USER_MAX - PAGE_SIZE, last, VM_READ | VM_WRITE) == 0);
	KTEST_EXPECT(user_copy_out(UADDR(VM_USER_MAX - 24), cspan_of(k)) == 24);
	KTEST_EXPECT(user_copy_in(span_of(k), UADDR(VM_USER_MAX - 40)) == 40);
	KTEST_EXPECT(k[0] == 0 && k[15] == 0 && k[16] == 0x11 && k[39] == 0x11);
	KTEST_EXPECT(user_zero(UADDR(VM_USER_MAX - 1), 100) == 1);
	KTEST_EXPECT(page_to_user(page, 0, UADDR(VM_USER_MAX - 8), 4096) == 8);
	KTEST_EXPECT(user_load32(UADDR(VM_USER_MAX - 4), &word));
	KTEST_EXPECT(!user_load32(UADDR(VM_USER_MAX - 2), &word));
	end();
	page_put(&last);
}

/* The bytes before it are copied and counted. */
KTEST(user_copy_stops_at_an_unmapped_page)
{
	u8 k[32];
	bool found;
	u32 word;

	begin(VM_READ | VM_WRITE);
	span_fill(span_of(k), 0x22);
	KTEST_EXPECT(user_copy_out(UADDR(VA + 4096 - 20), cspan_of(k)) == 20);
	KTEST_EXPECT(user_copy_in(span_of(k), UADDR(VA + 4096 - 7)) == 7);
	KTEST_EXPECT(user_copy_in(span_of(k), UADDR(VA - 8)) == 0);
	KTEST_EXPECT(user_zero(UADDR(VA + 4000), 1000) == 96);
	KTEST_EXPECT(user_copy_in(span_of(k), UADDR(VA + 4096)) == 0);
	KTEST_EXPECT(!user_load32(UADDR(VA + 4096), &word));
	KTEST_EXPECT(!user_cas32(UADDR(VA - 4), 0, 1, &word));
	/* A string that does not end before the hole. */
	span_fill(span_of(k), 'a');
	KTEST_EXPECT(user_copy_out(UADDR(VA + 4096 - 10), cspan_first(cspan_of(k), 10)) == 10);
	KTEST_EXPECT(user_copy_in_str(span_of(k), UADDR(VA + 4096 - 10), &found) == 10 && !found);
	end();
}

/*
 * Those of the page table, at the moment of the copy: a page without rights is out of the kernel's
 * reach, too.
 */
KTEST(user_copy_honours_rights)
{
	u8 k[8] = { 9 };
	u32 word = 0;

	begin(VM_READ);
	KTEST_EXPECT(user_copy_in(span_of(k), UADDR(VA)) == 8);
	KTEST_EXPECT(user_copy_out(UADDR(VA), cspan_of(k)) == 0);
	KTEST_EXPECT(user_zero(UADDR(VA), 8) == 0 && !user_cas32(UADDR(VA), 0, 1, &word));
	KTEST_EXPECT(user_load32(UADDR(VA), &word));
	vmspace_protect(vm, VA, VA + PAGE_SIZE, 0, true);
	KTEST_EXPECT(user_copy_in(span_of(k), UADDR(VA)) == 0);
	KTEST_EXPECT(user_copy_out(UADDR(VA), cspan_of(k)) == 0);
	KTEST_EXPECT(!user_load32(UADDR(VA), &word));
	vmspace_protect(vm, VA, VA + PAGE_SIZE, VM_READ | VM_WRITE, true);
	KTEST_EXPECT(user_copy_out(UADDR(VA), cspan_of(k)) == 8);
	vmspace_unmap(vm, VA, VA + PAGE_SIZE);
	KTEST_EXPECT(user_copy_in(span_of(k), UADDR(VA)) == 0);
	end();
}

/* The count includes the NUL; whether there was one is told apart. */
KTEST(user_strings_end_at_nul_or_length)
{
	u8 text[16] = { 'k', 'e', 'e', 'l', 0, 'x' }, k[16];
	bool found;

	begin(VM_READ | VM_WRITE);
	KTEST_EXPECT(user_copy_out(UADDR(VA + 3), cspan_of(text)) == 16);
	KTEST_EXPECT(user_copy_in_str(span_of(k), UADDR(VA + 3), &found) == 5 && found);
	KTEST_EXPECT(k[4] == 0);
	KTEST_EXPECT(user_copy_in_str(span_first(span_of(k), 4), UADDR(VA + 3), &found) == 4);
	KTEST_EXPECT(!found);
	KTEST_EXPECT(user_copy_in_str(span_first(span_of(k), 5), UADDR(VA + 3), &found) == 5);
	KTEST_EXPECT(found);
	KTEST_EXPECT(user_copy_in_str(span_first(span_of(k), 0), UADDR(VA + 3), &found) == 0);
	KTEST_EXPECT(!found);
	end();
}

/* A word that is not aligned is refused, as it could lie in two pages. */
KTEST(user_words_are_atomic_and_aligned)
{
	u32 seen = 7;

	begin(VM_READ | VM_WRITE);
	KTEST_EXPECT(user_cas32(UADDR(VA + 8), 0, 42, &seen) && seen == 0);
	KTEST_EXPECT(user_cas32(UADDR(VA + 8), 0, 43, &seen) && seen == 42);
	KTEST_EXPECT(user_load32(UADDR(VA + 8), &seen) && seen == 42);
	KTEST_EXPECT(!user_load32(UADDR(VA + 9), &seen) && !user_load32(UADDR(VA + 10), &seen));
	KTEST_EXPECT(!user_cas32(UADDR(VA + 11), 0, 1, &seen));
	end();
}

/* Copies at all alignments agree with a byte by byte model. */
KTEST(user_copies_at_any_alignment)
{
	u8 k[96], back[96];
	u32 from, to, len, i, wrong = 0;

	begin(VM_READ | VM_WRITE);
	for (i = 0; i < ARRAY_LEN(k); i++)
		k[i] = (u8)(i * 7 + 1);
	for (from = 0; from < 9; from++) {
		for (to = 0; to < 9; to++) {
			len = 1 + (from * 31 + to * 17) % 80;
			user_zero(UADDR(VA), 256);
			wrong += user_copy_out(UADDR(VA + 16 + to),
					 cspan_sub(cspan_of(k), from, len)) != len;
			wrong += user_copy_in(span_sub(span_of(back), to, len),
					 UADDR(VA + 16 + to)) != len;
			wrong += !cspan_equal(cspan_sub(cspan_of(k), from, len),
				cspan_sub(cspan_of(back), to, len));
			wrong += user_copy_in(span_first(span_of(back), 1), UADDR(VA + 15 + to)) !=
					1 ||
				back[0];
			wrong += user_copy_in(span_first(span_of(back), 1),
					 UADDR(VA + 16 + to + len)) != 1 ||
				back[0];
		}
	}
	KTEST_EXPECT(wrong == 0);
	end();
}

/* Also on a CPU that had that space a moment ago. */
KTEST(user_copy_without_address_space_copies_nothing)
{
	u8 k[8];

	begin(VM_READ | VM_WRITE);
	user_set_vmspace(NULL);
	KTEST_EXPECT(user_copy_in(span_of(k), UADDR(VA)) == 0);
	KTEST_EXPECT(user_copy_out(UADDR(VA), cspan_of(k)) == 0);
	end();
}

/*
 * A kernel task that comes after a task with user memory on the same CPU must not find that memory.
 */
static struct atomic peeked;
/* A task without an address space; between its tries others run on its CPU. */
static void peek(unsigned n)
{
	u8 k[8];
	u32 i;

	(void)n;
	for (i = 0; i < 50; i++) {
		atomic_add(&peeked, user_copy_in(span_of(k), UADDR(VA)));
		task_yield();
	}
}
/* The tasks take turns with this one on its CPU. */
KTEST(user_memory_of_another_task_is_out_of_reach)
{
	u32 i;

	begin(VM_READ | VM_WRITE);
	for (i = 0; i < 8; i++)
		KTEST_EXPECT(test_start(peek, i));
	for (i = 0; i < 100; i++)
		task_yield();
	KTEST_EXPECT(test_wait());
	KTEST_EXPECT(atomic_load(&peeked) == 0);
	end();
}

/* ---- registers ---- */

/* All registers that there are, whatever their number on this machine. */
static void fill_regs(struct user_regs *r, u64 v)
{
	struct span s = value_span(r);
	size_t i;

	for (i = 0; i + 8 <= span_len(s); i += 8)
		KTEST_EXPECT(span_write(s, i, &v));
}

/* User mode came back because of what it did, and not for another reason. */
static bool ended(enum user_event_kind kind)
{
	return kind == USER_FAULT || kind == USER_EXCEPTION;
}

/* The parts that a service may set are kept as they are; a reset leaves none of them. */
KTEST(user_registers_round_trip)
{
	struct user_ctx *u = task_user(task_current());
	struct user_regs in, out;

	fill_regs(&in, 0xa5a5a5a5a5a5a5a4ul);
	user_set_regs(u, &in);
	user_get_regs(u, &out);
	KTEST_EXPECT(cspan_equal(value_cspan(&in), value_cspan(&out)));
	user_reset(u, 0x1234, 0x5678);
	KTEST_EXPECT(user_pc(u) == 0x1234 && user_sp(u) == 0x5678 && user_ret(u) == 0);
	user_set_ret(u, 77);
	user_set_arg(u, 1, 78);
	user_set_tls(u, 79);
	user_set_link(u, 80);
	KTEST_EXPECT(user_ret(u) == 77 && user_syscall_arg(u, 1) == 78);
}

static u32 arg_index;
static void read_arg(void)
{
	(void)user_syscall_arg(task_user(task_current()), arg_index);
}
static void write_arg(void)
{
	user_set_arg(task_user(task_current()), arg_index, 1);
}
/* There are six arguments of calls, and eight of functions on some machines. */
KTEST(user_argument_index_is_checked)
{
	arg_index = 5;
	KTEST_EXPECT(!ktest_traps(read_arg) && !ktest_traps(write_arg));
	arg_index = 6;
	KTEST_EXPECT(ktest_traps(read_arg));
	arg_index = 8;
	KTEST_EXPECT(ktest_traps(write_arg));
	arg_index = ~0u;
	KTEST_EXPECT(ktest_traps(read_arg) && ktest_traps(write_arg));
}

/* Whatever stands in the registers, the task runs in user mode: kernel addresses fault there. */
static const u64 wild[] = { 0, 1, ~0ul, 0xffffffff80000000ul, 0xffffffff80000002ul,
	0xffffffc080200000ul, 1ul << 63, VM_USER_MAX, VM_USER_MAX - 2, 0x8000000a00006122ul,
	0x00000002000c0100ul, 3 };

/*
 * Every wild value as the program counter with every one in all other registers: the task comes
 * back with a fault or an exception.
 */
KTEST(user_mode_cannot_run_kernel_code)
{
	struct user_ctx *u = task_user(task_current());
	struct user_event ev = { 0 };
	struct user_regs regs;
	u32 i, k;

	begin(VM_READ | VM_EXEC);
	for (i = 0; i < ARRAY_LEN(wild); i++) {
		for (k = 0; k < ARRAY_LEN(wild); k++) {
			fill_regs(&regs, wild[k]);
			user_set_regs(u, &regs);
			user_set_pc(u, wild[i]);
			KTEST_EXPECT(ended(user_run(vm, &ev)));
		}
	}
	end();
}

/* And faults at the address itself where the page may not be executed, or is gone. */
KTEST(user_mode_runs_what_is_mapped)
{
	struct user_ctx *u = task_user(task_current());
	struct user_event ev = { 0 };
	u32 i;

	begin(VM_READ | VM_EXEC);
	for (i = 0; i < ARRAY_LEN(wild); i++) {
		user_reset(u, VA, wild[i]);
		/* Zeros are no instruction, or one that uses a register which holds zero. */
		KTEST_EXPECT(ended(user_run(vm, &ev)));
		KTEST_EXPECT(user_pc(u) == VA && user_sp(u) == wild[i]);
	}
	/* Not executable, not there. */
	vmspace_protect(vm, VA, VA + PAGE_SIZE, VM_READ, true);
	user_reset(u, VA, 0);
	KTEST_EXPECT(user_run(vm, &ev) == USER_FAULT && ev.access == VM_EXEC && ev.addr == VA);
	vmspace_unmap(vm, VA, VA + PAGE_SIZE);
	KTEST_EXPECT(user_run(vm, &ev) == USER_FAULT && ev.access == VM_EXEC && ev.addr == VA);
	end();
}

static void run_without_space(void)
{
	struct user_event ev = { 0 };

	user_set_vmspace(NULL);
	(void)user_run(NULL, &ev);
}
static void run_inside_a_wait(void)
{
	static struct waitq wq;
	struct user_event ev = { 0 };

	waitq_prepare(&wq, WAIT_INTERRUPTIBLE);
	(void)user_run(vm, &ev);
}
static void run_released(void)
{
	struct user_event ev = { 0 };
	struct vmspace *v = vmspace_new();
	struct vmspace *copy = v;

	vmspace_put(&v);
	(void)user_run(copy, &ev);
}
/* Without an address space, prepared to wait, and with a space that was released. */
KTEST(user_run_in_a_wrong_state_traps)
{
	begin(VM_READ | VM_EXEC);
	KTEST_EXPECT(ktest_traps(run_without_space) && ktest_traps(run_inside_a_wait));
	KTEST_EXPECT(ktest_traps(run_released));
	end();
}

/*
 * The space that a task runs on is put too often by a service: the task goes on, and the tables go
 * with it.
 */
static void run_on_overput(void)
{
	struct user_ctx *u = task_user(task_current());
	struct user_event ev = { 0 };
	struct vmspace *v = vmspace_new();
	struct vmspace *copy = v;
	struct page *code = page_alloc(PAGE_ZEROED);
	u32 i;

	KTEST_EXPECT(vmspace_map(v, VA, code, VM_READ | VM_EXEC) == 0);
	page_put(&code);
	user_set_vmspace(v);
	vmspace_put(&v);
	for (i = 0; i < 3; i++) {
		struct vmspace *fresh = vmspace_new();
		KTEST_EXPECT(fresh != copy);
		vmspace_put(&fresh);
		user_reset(u, VA, 0);
		KTEST_EXPECT(ended(user_run(copy, &ev)) && user_pc(u) == VA);
	}
	vmspace_put(&copy);
}
/* See run_on_overput: afterwards all pages and tables are back. */
KTEST(user_space_put_too_often_while_in_use)
{
	struct page_stats before, after;

	page_get_stats(&before);
	KTEST_EXPECT(ktest_traps(run_on_overput));
	test_sleep_ms(2);
	page_get_stats(&after);
	KTEST_EXPECT(after.user == before.user && after.tables == before.tables);
}

/* Before any user code runs, and until the flag is cleared. */
KTEST(user_interrupts_are_reported)
{
	struct user_event ev = { 0 };

	begin(VM_READ | VM_EXEC);
	user_reset(task_user(task_current()), VA, 0);
	task_interrupt(task_current(), TASK_INT_SIGNAL);
	KTEST_EXPECT(user_run(vm, &ev) == USER_INTERRUPT);
	KTEST_EXPECT(task_interrupt_flags(task_current()) == TASK_INT_SIGNAL);
	task_interrupt_clear(TASK_INT_SIGNAL);
	KTEST_EXPECT(user_run(vm, &ev) != USER_INTERRUPT);
	end();
}

/* An interrupt that meets a sleep, at any moment of it, is seen before user code runs. */
#define INTERRUPTED_SLEEPS 4000 /* or as many as four seconds allow on a loaded host, */
#define SLEEPS_AT_LEAST    500  /* but so many */
#define NO_MORE            ~0ul
static struct atomic asked, answered;
static struct task *sleeper;
/* One interrupt for each sleep that was announced, after a short time of random length. */
static void interrupt_sleeps(unsigned i)
{
	u64 seed = i, n, k;

	for (n = 1; n <= INTERRUPTED_SLEEPS; n++) {
		while (atomic_load(&asked) != n) {
			if (atomic_load(&asked) == NO_MORE)
				return;
			cpu_relax();
			task_cond_resched();
		}
		for (k = test_random(&seed) % 64; k; k--)
			cpu_relax();
		task_interrupt(sleeper, TASK_INT_SIGNAL);
		atomic_store(&answered, n);
	}
}
/* The moment is random, within the sleep or beside it. */
KTEST(user_interrupts_of_sleeps_are_reported)
{
	struct user_event ev = { 0 };
	u64 n, missed = 0, deadline = time_mono_ns() + 4 * NSEC_PER_SEC;

	if (cpu_count() < 2)
		return;
	begin(VM_READ | VM_EXEC);
	user_reset(task_user(task_current()), VA, 0);
	sleeper = task_current();
	atomic_store(&asked, 0);
	atomic_store(&answered, 0);
	KTEST_EXPECT(test_start(interrupt_sleeps, 1));
	for (n = 1; n <= INTERRUPTED_SLEEPS && (n <= SLEEPS_AT_LEAST || time_mono_ns() < deadline);
		n++) {
		KTEST_EXPECT(user_run(vm, &ev) != USER_INTERRUPT);
		atomic_store(&asked, n);
		while (atomic_load(&answered) != n)
			(void)task_sleep_until(time_mono_ns() + NSEC_PER_SEC, WAIT_INTERRUPTIBLE);
		missed += user_run(vm, &ev) != USER_INTERRUPT;
		task_interrupt_clear(TASK_INT_SIGNAL);
	}
	KTEST_EXPECT(!missed);
	atomic_store(&asked, NO_MORE);
	KTEST_EXPECT(test_wait());
	end();
}

/*
 * Any bytes may be given for the FP state: what does not exist is not kept, and what is kept runs.
 */
KTEST(user_fp_registers_take_any_value)
{
	struct user_ctx *u = task_user(task_current());
	struct user_event ev = { 0 };
	/* Too large for the stack on some architectures. */
	static struct user_fpregs in, out, again;
	struct span s = value_span(&in);
	size_t i;
	u32 k;

	begin(VM_READ | VM_EXEC);
	for (k = 0; k < ARRAY_LEN(wild); k++) {
		for (i = 0; i + 8 <= span_len(s); i += 8)
			KTEST_EXPECT(span_write(s, i, array_at(wild, k)));
		user_set_fpregs(u, &in);
		user_get_fpregs(u, &out);
		user_set_fpregs(u, &out);
		user_reset(u, VA, 0);
		user_set_fpregs(u, &out);
		KTEST_EXPECT(ended(user_run(vm, &ev)));
		user_get_fpregs(u, &again);
		KTEST_EXPECT(cspan_equal(value_cspan(&out), value_cspan(&again)));
	}
	user_reset(u, 0, 0);
	end();
}

/* A context of another task: copied, but only data. */
KTEST(user_copy_of_contexts)
{
	struct task *t = test_task(peek, 0);
	struct user_ctx *mine = task_user(task_current());
	struct user_ctx *other = task_user(t);

	user_reset(mine, 0x1000, 0x2000);
	user_set_ret(mine, 5);
	user_copy(other, mine);
	KTEST_EXPECT(user_pc(other) == 0x1000 && user_sp(other) == 0x2000 && user_ret(other) == 5);
	user_set_pc(other, ~0ul);
	KTEST_EXPECT(user_pc(mine) == 0x1000);
	task_put(&t);
	user_reset(mine, 0, 0);
}
