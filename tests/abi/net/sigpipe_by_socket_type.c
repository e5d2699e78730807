// SPDX-License-Identifier: MPL-2.0
// Writing to nobody: which calls on which sockets raise SIGPIPE, and MSG_NOSIGNAL.
#include "../lib/t.h"
#include <sys/socket.h>

static volatile int pipes;

static void on_pipe(int sig)
{
	pipes++;
}

static int s[2];

static void closed_pair(int type)
{
	socketpair(AF_UNIX, type, 0, s);
	close(s[1]);
	pipes = 0;
}

int main(void)
{
	static const struct t_name types[] = { { SOCK_STREAM, "stream" },
		{ SOCK_SEQPACKET, "seqpacket" }, { SOCK_DGRAM, "dgram" } };
	struct iovec iov = { "x", 1 };
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1 };

	t_start();
	signal(SIGPIPE, on_pipe);
	for (int i = 0; i < 3; i++) {
		printf("---- %s\n", types[i].name);
		closed_pair(types[i].value);
		T(write(s[0], "x", 1));
		SHOW(pipes);
		closed_pair(types[i].value);
		T(send(s[0], "x", 1, 0));
		SHOW(pipes);
		closed_pair(types[i].value);
		T(send(s[0], "x", 1, MSG_NOSIGNAL));
		SHOW(pipes);
		closed_pair(types[i].value);
		T(sendmsg(s[0], &m, 0));
		SHOW(pipes);
		closed_pair(types[i].value);
		T(writev(s[0], &iov, 1));
		SHOW(pipes);
		closed_pair(types[i].value);
		T(send(s[0], "", 0, 0));
		SHOW(pipes);
		socketpair(AF_UNIX, types[i].value, 0, s);
		pipes = 0;
		shutdown(s[0], SHUT_WR);
		T(send(s[0], "x", 1, 0));
		SHOW(pipes);
		socketpair(AF_UNIX, types[i].value, 0, s);
		pipes = 0;
		shutdown(s[1], SHUT_RD);
		T(send(s[0], "x", 1, 0));
		SHOW(pipes);
		T(send(s[1], "y", 1, 0));
	}
	signal(SIGPIPE, SIG_DFL);
	closed_pair(SOCK_STREAM);
	IN_CHILD("not caught", write(s[0], "x", 1));
	// The reader goes while the writer waits for room: what was written counts.
	socketpair(AF_UNIX, SOCK_STREAM, 0, s);
	pid_t pid = t_fork();
	if (pid == 0) {
		static char big[2000000];
		signal(SIGPIPE, on_pipe);
		close(s[1]);
		ssize_t n = write(s[0], big, sizeof(big));
		IS(n > 0 && n < (ssize_t)sizeof(big));
		SHOW(pipes);
		T(write(s[0], big, 1));
		SHOW(pipes);
		_exit(0);
	}
	close(s[0]);
	t_wait_state(pid, 'S');
	close(s[1]);
	t_reap("writer", pid);
	return 0;
}
