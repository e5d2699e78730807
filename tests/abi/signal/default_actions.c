// SPDX-License-Identifier: MPL-2.0
// What each signal does by default: terminate, with or without core, stop, or nothing.
#include "../lib/t.h"

int main(void)
{
	t_start();
	for (int s = 1; s <= 64; s++) {
		int st;

		if (s == 32 || s == 33)
			continue;
		pid_t pid = t_fork();
		if (pid == 0) {
			// A group of its own, not orphaned: TSTP, TTIN and TTOU would not stop an
			// orphaned one.
			setpgid(0, 0);
			kill(getpid(), s);
			_exit(0);
		}
		CHECK(waitpid(pid, &st, WUNTRACED) == pid);
		t_status(t_signame(s), st);
		if (WIFSTOPPED(st)) {
			kill(pid, SIGCONT);
			t_reap("  then", pid);
		}
	}
	return 0;
}
