// SPDX-License-Identifier: MPL-2.0
// sigaltstack: states, sizes, errors, use by SA_ONSTACK handlers, disarming.
#include "../lib/t.h"
#ifndef SS_AUTODISARM
#define SS_AUTODISARM (1u << 31)
#endif

static char stack[65536], stack2[65536];

static void on_sig(int sig, siginfo_t *si, void *uc)
{
	stack_t ss, now;
	char here;

	IS(&here >= stack && &here < stack + sizeof(stack));
	sigaltstack(NULL, &now);
	printf("in the handler: flags %#x, frame says %#x\n", now.ss_flags,
		((ucontext_t *)uc)->uc_stack.ss_flags);
	ss.ss_sp = stack2;
	ss.ss_size = sizeof(stack2);
	ss.ss_flags = 0;
	TL("change in use", sigaltstack(&ss, NULL));
	ss.ss_flags = SS_DISABLE;
	TL("disable in use", sigaltstack(&ss, NULL));
}

static int set(void *sp, size_t size, int flags)
{
	stack_t ss = { .ss_sp = sp, .ss_size = size, .ss_flags = flags };

	return sigaltstack(&ss, NULL);
}

int main(void)
{
	stack_t ss;

	t_start();
	T(sigaltstack(NULL, &ss));
	SHOWX(ss.ss_flags);
	IS(ss.ss_sp == NULL && ss.ss_size == 0);
	T(set(stack, 2047, 0));
	T(set(stack, 0, 0));
	T(set(stack, sizeof(stack), 4));
	T(set(stack, sizeof(stack), SS_ONSTACK));
	T(sigaltstack(NULL, &ss));
	SHOWX(ss.ss_flags);
	T(sigaltstack((void *)8, NULL));
	T(sigaltstack(NULL, (void *)8));
	T(set(NULL, 0, SS_DISABLE));
	T(set(stack, sizeof(stack), 0));
	t_handle(SIGUSR1, on_sig, SA_ONSTACK);
	raise(SIGUSR1);
	t_handle(SIGUSR1, on_sig, 0);
	raise(SIGUSR1);
	T(set(stack, sizeof(stack), 0));
	T(set(stack, sizeof(stack), (int)SS_AUTODISARM));
	t_handle(SIGUSR1, on_sig, SA_ONSTACK);
	raise(SIGUSR1);
	T(sigaltstack(NULL, &ss));
	SHOWX(ss.ss_flags);
	IS(ss.ss_sp == stack);
	IN_CHILD("inherited by fork", {
		sigaltstack(NULL, &ss);
		SHOWX(ss.ss_flags);
	});
	return 0;
}
