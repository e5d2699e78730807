// SPDX-License-Identifier: MPL-2.0
// A full backlog: EAGAIN without waiting, a wait that accept ends, one that a time limit, a signal
// or the listener's end ends.
#include "../lib/t.h"
#include <sys/socket.h>
#include <sys/un.h>

static struct sockaddr_un a = { .sun_family = AF_UNIX, .sun_path = "s" };
#define ADDR (void *)&a, sizeof(a)

static void on_alarm(int sig)
{
}

static int client(int flags)
{
	return socket(AF_UNIX, SOCK_STREAM | flags, 0);
}

int main(void)
{
	struct sigaction sa = { .sa_handler = on_alarm };
	struct timeval tv = { 0, 20000 };
	int l, c[8], go[2];
	char b;

	t_start();
	l = client(0);
	CHECK(bind(l, ADDR) == 0 && listen(l, 2) == 0);
	for (int i = 0; i < 3; i++)
		CHECK(connect(c[i] = client(0), ADDR) == 0);
	c[3] = client(SOCK_NONBLOCK);
	T(connect(c[3], ADDR));
	T(send(c[3], "x", 1, MSG_NOSIGNAL));
	T(listen(l, 3));
	T(connect(c[3], ADDR));
	c[4] = client(0);
	setsockopt(c[4], SOL_SOCKET, SO_SNDTIMEO, &tv, sizeof(tv));
	T(connect(c[4], ADDR));
	t_pipe(go);
	pid_t pid = t_fork();
	if (pid == 0) {
		c[5] = client(0);
		t_put(go[1]);
		T(connect(c[5], ADDR));
		CHECK(write(c[5], "hello", 5) == 5);
		t_get(go[0]);
		T(read(c[5], &b, 1));
		_exit(0);
	}
	t_get(go[0]);
	t_wait_state(pid, 'S');
	for (int i = 0; i < 4; i++)
		CHECK(close(accept(l, NULL, NULL)) == 0);
	char buf[8] = "";
	int s = accept(l, NULL, NULL);
	T(read(s, buf, sizeof(buf)));
	SHOWS(buf);
	close(s);
	t_put(go[1]);
	t_reap("waited", pid);
	// Interrupted: with and without a handler that restarts.
	T(listen(l, 0));
	CHECK(connect(c[5] = client(0), ADDR) == 0);
	sigaction(SIGALRM, &sa, NULL);
	pid = t_fork();
	if (pid == 0) {
		struct itimerval it = { { 0, 20000 }, { 0, 20000 } };
		setitimer(ITIMER_REAL, &it, NULL);
		T(connect(client(0), ADDR));
		_exit(0);
	}
	t_reap("interrupted", pid);
	pid = t_fork();
	if (pid == 0) {
		close(l); // else the listener would live on
		T(connect(client(0), ADDR));
		_exit(0);
	}
	t_wait_state(pid, 'S');
	close(l);
	t_reap("listener closed", pid);
	T(read(c[5], &b, 1));
	T(read(c[5], &b, 1));
	T(unlink("s"));
	// A listener that is shut down refuses and wakes who accepts.
	l = client(0);
	CHECK(bind(l, ADDR) == 0 && listen(l, 2) == 0);
	pid = t_fork();
	if (pid == 0) {
		T(accept(l, NULL, NULL));
		_exit(0);
	}
	t_wait_state(pid, 'S');
	CHECK(shutdown(l, SHUT_RD) == 0);
	t_reap("shut down", pid);
	T(connect(client(0), ADDR));
	T(connect(l, ADDR));
	T(listen(l, 5));
	return 0;
}
