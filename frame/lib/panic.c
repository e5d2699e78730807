// SPDX-License-Identifier: MPL-2.0
/*
 * Panics: a message, a backtrace, and the action of `panic=` on the command line, or of the number
 * that was set since. panic=-1 ends the emulator with a failure, or resets a machine that is none at
 * once; panic=N resets the machine after N seconds, otherwise the machine halts.
 *
 * Kernel stack overflow. The access below the stack hits the guard and faults; the trap entry
 * switches to the emergency stack (trap.S) and the backend calls trap_in_kernel, which recognises
 * the guard by the address.
 */
#include <frame/boot.h>
#include <frame/log.h>
#include <frame/time.h>

#include "../arch.h"
#include "../cpu_local.h"
#include "../task/task.h"
#include "lib.h"

static u32 panicking; /* number + 1 of the first CPU that panics */

void panic_print(const char *format, ...)
{
	u8 line[256];
	FMT(f, span_of(line));
	__builtin_va_list ap;

	__builtin_va_start(ap, format);
	fmt_va(&f, format, ap);
	__builtin_va_end(ap);
	arch_early_write(line, fmt_len(&f));
}

static void panic_text(const char *s)
{
	arch_early_write((const u8 *)s, __builtin_strlen(s));
}

static void panic_place(u64 pc)
{
	u64 off;
	u32 line;
	const char *name = ksym_lookup(pc, &off);
	const char *file = kline_lookup(pc, &line);

	panic_print("  0x%lx ", pc);
	if (name) {
		panic_text(name);
		panic_print("+0x%lx", off);
	}
	if (file) {
		panic_text(" (");
		panic_text(file);
		panic_print(":%u)", line);
	}
	panic_text("\r\n");
}

static void panic_backtrace(u64 pc, u64 fp)
{
	u64 trace[24];
	u64 hi = fp ? (round_down(fp - 1, 16384ul)) + 16384 : 0;
	unsigned n, i;

	if (!fp) {
		fp = (u64)__builtin_frame_address(0);
		hi = round_down(fp - 1, 16384ul) + 16384;
	}
	panic_text("backtrace:\r\n");
	if (pc)
		panic_place(pc);
	n = arch_backtrace(fp, hi - 16384, hi, trace, ARRAY_LEN(trace));
	for (i = 0; i < n; i++)
		panic_place(trace[i] - 1);
}

/* The first CPU that panics continues; all others stop. */
static void panic_enter(void)
{
	u32 none = 0;

	arch_irq_disable();
	if (!_cas32_full(&panicking, &none, _arch_cpu_id() + 1)) {
		if (none == _arch_cpu_id() + 1)
			arch_exit_emulator(1); /* a panic inside the panic */
		arch_halt();
	}
	cpu_stop_others();
}

/*
 * For a self-test that expects a trap: its task ends here and the machine continues. The trap may
 * have occurred in an interrupt handler.
 */
static void panic_end_attempt(struct task *t, const char *message)
{
	ktest_catch(message);
	if (!t || !t->expects_trap)
		return;
	t->trapped = 1;
	t->expects_trap = 0;
	arch_irq_disable();
	arch_irq_abandon();
	arch_this_cpu()->irq_depth = 0;
	arch_this_cpu()->from_user = 0;
	arch_irq_enable();
	task_exit();
}

static void panic_end_of_line(void)
{
	panic_print(" [cpu %u]\r\n", _arch_cpu_id());
	if (ktest_running()) {
		panic_text("in self-test ");
		panic_text(ktest_running());
		panic_text("\r\n");
	}
}

/* The seconds that were set, in the low half; 0: none were. */
#define TIMEOUT_SET (1ul << 32)
static u64 panic_setting;

s32 panic_timeout(void)
{
	bool found;
	struct cspan v = boot_option(LIT("panic"), &found);
	u64 seconds, set = load_once(panic_setting);

	if (set)
		return (s32)(u32)set;
	if (found && cspan_equal(v, STR("-1")))
		return -1;
	return found && parse_u64(v, 10, &seconds) ? (s32)min(seconds, 0x7ffffffful) : 0;
}

void panic_set_timeout(s32 seconds)
{
	store_once(panic_setting, TIMEOUT_SET | (u32)seconds);
}

static void panic_end(void) __attribute__((noreturn));
static void panic_end(void)
{
	s32 seconds = panic_timeout();
	u64 until;

	if (ktest_running() || seconds < 0)
		arch_exit_emulator(1);
	if (seconds) {
		until = arch_cycles() + (u64)seconds * arch_timer_hz();
		while (arch_cycles() < until)
			_arch_relax();
		arch_reset();
	}
	panic_text("halted (panic=-1 ends the emulator, panic=N restarts after N seconds)\r\n");
	arch_halt();
}

void panic_about(const char *message, const char *what)
{
	panic_end_attempt(arch_current(), message);
	panic_enter();
	panic_text("\r\npanic: ");
	panic_text(message);
	if (what) {
		panic_text(": ");
		panic_text(what);
	}
	panic_end_of_line();
	panic_backtrace(0, 0);
	panic_end();
}

void _kernel_panic(const char *message)
{
	panic_about(message, NULL);
}

void no_task_here(void)
{
	u64 depth = arch_this_cpu()->irq_depth;

	_kernel_panic(depth >= IN_CONSOLE    ? "a console's write does what it must not"
			: depth >= IN_POLICY ? "the scheduling policy does what it must not"
					     : "an interrupt handler does what only a task may");
}

void frame_bug(const char *what)
{
	_kernel_panic(what);
}

void trap_in_kernel(const char *cause, u64 pc, u64 addr, u64 fp)
{
	u32 line;
	const char *file = kline_lookup(pc, &line);

	panic_end_attempt(arch_current(), cause);
	panic_enter();
	panic_text("\r\npanic: ");
	if (kmap_is_stack_guard(addr))
		panic_text("kernel stack overflow: ");
	panic_text(cause);
	panic_print(", address 0x%lx", addr);
	if (file) {
		panic_text(" at ");
		panic_text(file);
		panic_print(":%u", line);
	}
	panic_end_of_line();
	panic_backtrace(pc, fp);
	panic_end();
}
