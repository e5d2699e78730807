// SPDX-License-Identifier: MPL-2.0
// RLIMIT_CPU that prlimit sets on another process ends it, also when it has run for long and never
// made a call.
#include "../lib/t.h"

int main(void)
{
	struct rlimit r = { 1, 2 }, got;
	pid_t pid;

	t_start();
	pid = t_fork();
	if (pid == 0)
		for (;;)
			;
	T(prlimit(pid, RLIMIT_CPU, &r, NULL));
	T(prlimit(pid, RLIMIT_CPU, NULL, &got));
	SHOW(got.rlim_cur);
	t_reap("SIGXCPU", pid);
	pid = t_fork();
	if (pid == 0) {
		signal(SIGXCPU, SIG_IGN);
		for (;;)
			;
	}
	T(prlimit(pid, RLIMIT_CPU, &r, NULL));
	t_reap("the hard limit", pid);
	pid = t_fork();
	if (pid == 0)
		_exit(0);
	t_wait_state(pid, 'Z');
	T(prlimit(pid, RLIMIT_CPU, &r, NULL));
	t_reap("zombie", pid);
	return 0;
}
