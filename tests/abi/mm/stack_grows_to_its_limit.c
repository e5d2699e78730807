// SPDX-License-Identifier: MPL-2.0
// The stack grows on touch up to RLIMIT_STACK, then SIGSEGV; the handler runs on the alternate
// stack.
#include "../lib/t.h"

static char alt[65536];

static void on_segv(int sig, siginfo_t *si, void *uc)
{
	char here;

	IS(&here >= alt && &here < alt + sizeof(alt));
	SHOWS(t_codename(SIGSEGV, si->si_code));
	_exit(5);
}

static long deep(long n)
{
	volatile char block[16384];

	block[0] = (char)n;
	block[16383] = 1;
	return n == 0 ? 0 : deep(n - 1) + block[16383];
}

int main(int argc, char **argv)
{
	struct rlimit rl = { 1 << 20, 1 << 20 };

	if (argc > 1) {
		stack_t ss = { .ss_sp = alt, .ss_size = sizeof(alt) };

		setvbuf(stdout, NULL, _IONBF, 0);
		alarm(T_LIMIT_SECONDS);
		if (argv[1][0] == 'd') {
			SHOW(deep(50));
			return 0;
		}
		sigaltstack(&ss, NULL);
		if (argv[1][0] == 'a')
			t_handle(SIGSEGV, on_segv, SA_ONSTACK);
		if (argv[1][0] == 'h')
			t_handle(SIGSEGV, on_segv, 0);
		deep(1000);
		return 0;
	}
	t_start();
	IN_CHILD("within", {
		setrlimit(RLIMIT_STACK, &rl);
		execl("/proc/self/exe", "x", "d", NULL);
	});
	IN_CHILD("overflow", {
		setrlimit(RLIMIT_STACK, &rl);
		execl("/proc/self/exe", "x", "n", NULL);
	});
	IN_CHILD("alternate stack", {
		setrlimit(RLIMIT_STACK, &rl);
		execl("/proc/self/exe", "x", "a", NULL);
	});
	IN_CHILD("handler without a stack", {
		setrlimit(RLIMIT_STACK, &rl);
		execl("/proc/self/exe", "x", "h", NULL);
	});
	IN_CHILD("6 MiB of the usual 8", SHOW(deep(6 * 64)));
	return 0;
}
