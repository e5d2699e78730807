// SPDX-License-Identifier: MPL-2.0
// SIGPIPE and EPIPE; a blocked write that a signal interrupts says how much it wrote.
#include "../lib/t.h"
#include <sys/socket.h>

static volatile int n;

static void on_sig(int sig, siginfo_t *si, void *uc)
{
	n++;
}

int main(void)
{
	static char big[200000];
	int p[2], s[2];

	t_start();
	t_pipe(p);
	close(p[0]);
	IN_CHILD("default", write(p[1], "x", 1));
	signal(SIGPIPE, SIG_IGN);
	T(write(p[1], "x", 1));
	T(write(p[1], "x", 0));
	t_handle(SIGPIPE, on_sig, 0);
	T(write(p[1], "x", 1));
	SHOW(n);
	socketpair(AF_UNIX, SOCK_STREAM, 0, s);
	close(s[1]);
	T(write(s[0], "x", 1));
	SHOW(n);
	T(send(s[0], "x", 1, MSG_NOSIGNAL));
	SHOW(n);
	t_pipe(p);
	t_handle(SIGUSR1, on_sig, 0);
	pid_t pid = t_fork();
	if (pid == 0) {
		T(write(p[1], big, sizeof(big)));
		_exit(0);
	}
	t_wait_state(pid, 'S');
	kill(pid, SIGUSR1);
	t_reap("partial write", pid);
	pid = t_fork();
	if (pid == 0) {
		T(write(p[1], big, 10));
		_exit(0);
	}
	t_wait_state(pid, 'S');
	kill(pid, SIGUSR1);
	t_reap("nothing written", pid);
	pid = t_fork();
	if (pid == 0) {
		close(p[0]);
		n = 0;
		T(write(p[1], big, 10));
		SHOW(n);
		_exit(0);
	}
	t_wait_state(pid, 'S');
	close(p[0]);
	t_reap("the reader leaves", pid);
	return 0;
}
