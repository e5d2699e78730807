// SPDX-License-Identifier: MPL-2.0
// E2BIG: one string over 128 KiB, and strings together over a quarter of the stack limit.
#include "../lib/t.h"

int main(int argc, char **argv)
{
	static char *av[100];
	static char *ev[] = { NULL };
	struct rlimit rl = { 1 << 20, 1 << 20 };

	if (argc > 1) {
		printf("argc %d, longest %zu\n", argc, strlen(argv[1]));
		return 0;
	}
	t_start();
	char *s = malloc(200000);
	memset(s, 's', 200000);
	s[131071] = 0;
	av[0] = "x";
	av[1] = s;
	IN_CHILD("131071 bytes", T(execve("/proc/self/exe", av, ev)));
	s[131071] = 's';
	s[131072] = 0;
	IN_CHILD("131072 bytes", T(execve("/proc/self/exe", av, ev)));
	s[100000] = 0;
	av[2] = av[3] = av[4] = s;
	IN_CHILD("400000 bytes", T(execve("/proc/self/exe", av, ev)));
	IN_CHILD("400000 bytes, 1 MiB of stack", {
		CHECK(setrlimit(RLIMIT_STACK, &rl) == 0);
		T(execve("/proc/self/exe", av, ev));
	});
	av[2] = NULL;
	IN_CHILD("100000 bytes, 1 MiB of stack", {
		CHECK(setrlimit(RLIMIT_STACK, &rl) == 0);
		T(execve("/proc/self/exe", av, ev));
	});
	return 0;
}
