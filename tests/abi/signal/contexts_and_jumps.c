// SPDX-License-Identifier: MPL-2.0
// Ways out of a handler other than its return: siglongjmp, setcontext, swapcontext to another
// stack, on the normal and on the alternate stack; masks go along.
#include "../lib/t.h"
#include <setjmp.h>
#include <ucontext.h>

static sigjmp_buf out;
static ucontext_t back, other;
static char alt[65536], second[65536];
static volatile int depth;
static volatile double number = 1.5;

static bool blocked(int sig)
{
	sigset_t s;

	sigprocmask(SIG_BLOCK, NULL, &s);
	return sigismember(&s, sig);
}

static bool on_alt(void)
{
	stack_t s;

	sigaltstack(NULL, &s);
	return s.ss_flags & SS_ONSTACK;
}

static void jumps(int sig, siginfo_t *si, void *uc)
{
	IS(blocked(SIGUSR1));
	IS(on_alt());
	number *= 2;
	siglongjmp(out, 7);
}

static void sets_context(int sig, siginfo_t *si, void *uc)
{
	depth++;
	setcontext(&back);
}

static void digs(int sig, siginfo_t *si, void *uc)
{
	if (++depth < 5)
		raise(sig);
	else
		siglongjmp(out, depth);
}

static void visit(void)
{
	printf("on the other stack\n");
	number = number / 3;
	swapcontext(&other, &back);
	printf("again\n");
}

static void switches(int sig, siginfo_t *si, void *uc)
{
	getcontext(&other);
	other.uc_stack.ss_sp = second;
	other.uc_stack.ss_size = sizeof(second);
	other.uc_link = &back;
	makecontext(&other, visit, 0);
	swapcontext(&back, &other);
	printf("back in the handler\n");
	swapcontext(&back, &other);
	printf("and again\n");
}

int main(void)
{
	stack_t s = { .ss_sp = alt, .ss_size = sizeof(alt) };
	volatile int round;

	t_start();
	CHECK(sigaltstack(&s, NULL) == 0);
	for (round = 0; round < 3; round++) {
		t_handle(SIGUSR1, jumps, round == 1 ? SA_ONSTACK : 0);
		SHOW(sigsetjmp(out, 1) ?: raise(SIGUSR1));
		IS(blocked(SIGUSR1));
		IS(on_alt());
	}
	IS(number == 12.0);
	if (!sigsetjmp(out, 0)) {
		t_handle(SIGUSR1, jumps, SA_ONSTACK);
		raise(SIGUSR1);
	}
	IS(blocked(SIGUSR1)); // the mask was not saved
	t_block(SIG_UNBLOCK, SIGUSR1);

	t_handle(SIGUSR2, digs, SA_NODEFER | SA_ONSTACK);
	SHOW(sigsetjmp(out, 1) ?: raise(SIGUSR2));
	IS(on_alt());

	depth = 0;
	t_handle(SIGUSR2, sets_context, SA_ONSTACK);
	getcontext(&back);
	if (depth < 3)
		raise(SIGUSR2);
	SHOW(depth);
	IS(blocked(SIGUSR2));
	IS(on_alt());

	t_handle(SIGUSR2, switches, 0);
	raise(SIGUSR2);
	printf("%.6f\n", number);
	return 0;
}
