// SPDX-License-Identifier: MPL-2.0
// sigreturn with contexts no program may have: kernel addresses, the kernel's segments, flags that
// are not the program's; single steps.
#include "../lib/t.h"
#include <ucontext.h>

static void (*change)(greg_t *g);
static volatile int steps;

static void on_sig(int sig, siginfo_t *si, void *ucv)
{
	change(((ucontext_t *)ucv)->uc_mcontext.gregs);
}

static unsigned long flags_now(void)
{
	unsigned long f;

	asm volatile("lea -128(%%rsp), %%rsp\n pushf\n pop %0\n lea 128(%%rsp), %%rsp" : "=r"(f));
	return f;
}

// The signal comes by a system call whose flags are read right behind it.
static unsigned long flags_after_kill(void)
{
	unsigned long f;
	long r = SYS_kill;

	asm volatile(
		"lea -128(%%rsp), %%rsp\n syscall\n pushf\n pop %1\n push $0x202\n popf\n lea 128(%%rsp), %%rsp\n"
		: "+a"(r), "=r"(f)
		: "D"((long)getpid()), "S"((long)SIGUSR1)
		: "rcx", "r11", "memory");
	return f;
}

#define CHANGE(name, stmt)          \
	static void name(greg_t *g) \
	{                           \
		stmt;               \
	}
CHANGE(rip_noncanonical, g[REG_RIP] = 0x800000000000l)
CHANGE(rip_high, g[REG_RIP] = (greg_t)0xffff800000000000ul)
CHANGE(rip_kernel, g[REG_RIP] = (greg_t)0xffffffff81000000ul)
CHANGE(rip_last_page, g[REG_RIP] = 0x7ffffffff000l)
CHANGE(rip_zero, g[REG_RIP] = 0)
CHANGE(rsp_noncanonical, (g[REG_RSP] = 1l << 60, g[REG_RIP] = g[REG_RIP]))
CHANGE(cs_kernel, g[REG_CSGSFS] = (g[REG_CSGSFS] & ~0xffffl) | 0x10)
CHANGE(cs_none, g[REG_CSGSFS] = g[REG_CSGSFS] & ~0xffffl)
CHANGE(cs_wild, g[REG_CSGSFS] = (g[REG_CSGSFS] & ~0xffffl) | 0x7ff8)
CHANGE(flags_all, g[REG_EFL] = 0xffffffffl)
CHANGE(flags_none, g[REG_EFL] = 0)
CHANGE(flags_of_user, g[REG_EFL] = 0x202 | 0xcd5 | 1 << 18)
CHANGE(nothing, (void)g)

static void on_step(int sig, siginfo_t *si, void *uc)
{
	steps++;
}

int main(void)
{
	t_start();
	t_handle(SIGUSR1, on_sig, 0);
	static const struct {
		const char *name;
		void (*change)(greg_t *);
	} bad[] = { { "rip not canonical", rip_noncanonical }, { "rip in the high half", rip_high },
		{ "rip in the kernel", rip_kernel }, { "rip in the last page", rip_last_page },
		{ "rip 0", rip_zero }, { "rsp not canonical", rsp_noncanonical },
		{ "cs of the kernel", cs_kernel }, { "cs none", cs_none }, { "cs wild", cs_wild },
		{ "nothing", nothing } };
	for (size_t i = 0; i < T_LEN(bad); i++)
		IN_CHILD(bad[i].name, {
			change = bad[i].change;
			raise(SIGUSR1);
		});
	// Interrupts stay on, no I/O privilege, no virtual 8086 mode; the arithmetic ones,
	// direction and alignment check are the program's.
	change = flags_none;
	SHOWX(flags_after_kill());
	change = flags_of_user;
	SHOWX(flags_after_kill());
	IN_CHILD("all flags", {
		t_handle(SIGTRAP, on_step, 0);
		change = flags_all;
		unsigned long f = flags_after_kill();
		printf("IOPL %lu, IF %lu, VM %lu, stepped %d\n", f >> 12 & 3, f >> 9 & 1,
			f >> 17 & 1, steps > 0);
	});
	IN_CHILD("popf gives no privilege", {
		asm volatile("push $0x3202\n popf");
		printf("IOPL %lu\n", flags_now() >> 12 & 3);
		asm volatile("push $0x2\n popf");
		printf("IF %lu\n", flags_now() >> 9 & 1);
	});
	// Single steps through user code, over a system call, and off again.
	t_handle(SIGTRAP, on_step, 0);
	asm volatile(
		"pushf\n orl $0x100, (%%rsp)\n popf\n nop\n nop\n nop\n pushf\n andl $~0x100, (%%rsp)\n popf\n" ::
			: "memory");
	SHOW(steps);
	steps = 0;
	long r = SYS_getpid;
	asm volatile(
		"pushf\n orl $0x100, (%%rsp)\n popf\n syscall\n nop\n pushf\n andl $~0x100, (%%rsp)\n popf\n"
		: "+a"(r)
		:
		: "rcx", "r11", "memory");
	IS(r == getpid() && steps >= 4);
	IN_CHILD("stepping by default", {
		signal(SIGTRAP, SIG_DFL);
		asm volatile("pushf\n orl $0x100, (%%rsp)\n popf\n nop\n nop\n" ::: "memory");
	});
	// The end of user addresses: the last page cannot be mapped, so that no system call returns
	// past it.
	T(mmap((void *)0x7ffffffff000, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1,
		  0) == MAP_FAILED);
	SHOWS(t_errname(errno));
	TOK(munmap((void *)0x7ffffffff000, 4096));
	TOK(mprotect((void *)0x7ffffffff000, 4096, PROT_READ));
	TOK(mmap((void *)0x800000000000, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED,
		-1, 0));
	return 0;
}
