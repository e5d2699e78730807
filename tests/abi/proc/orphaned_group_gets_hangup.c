// SPDX-License-Identifier: MPL-2.0
// A stopped process group that becomes orphaned gets SIGHUP and SIGCONT.
#include "../lib/t.h"

static int out[2];

static void on_sig(int sig, siginfo_t *si, void *uc)
{
	char c = sig == SIGHUP ? 'H' : 'C';

	write(out[1], &c, 1);
}

int main(void)
{
	char got[3] = "";

	t_start();
	t_pipe(out);
	pid_t pid = t_fork();
	if (pid == 0) {
		setsid();
		pid_t c = t_fork();

		if (c == 0) {
			setpgid(0, 0);
			t_handle(SIGHUP, on_sig, 0);
			t_handle(SIGCONT, on_sig, 0);
			raise(SIGSTOP);
			_exit(0);
		}
		int st;
		waitpid(c, &st, WUNTRACED);
		t_status("child", st);
		_exit(0);
	}
	t_reap("leader", pid);
	got[0] = (char)t_get(out[0]);
	got[1] = (char)t_get(out[0]);
	// Which handler runs first is the kernel's business; both must.
	IS(strchr(got, 'H') && strchr(got, 'C'));
	IN_CHILD("orphaned group ignores SIGTSTP", {
		setsid();
		raise(SIGTSTP);
		printf("not stopped by SIGTSTP\n");
		raise(SIGTTIN);
		printf("not stopped by SIGTTIN\n");
	});
	return 0;
}
