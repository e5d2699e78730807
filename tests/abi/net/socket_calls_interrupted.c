// SPDX-License-Identifier: MPL-2.0
// A signal while a socket call waits: restarted with SA_RESTART, EINTR without or when the socket
// has a time limit; what was moved counts.
#include "../lib/t.h"
#include <sys/socket.h>
#include <sys/un.h>

static int s[2], l, handled[2];

static void on_usr1(int sig)
{
	t_put(handled[1]);
}

static long wait_read(void)
{
	char b[8];

	return recv(s[0], b, sizeof(b), 0);
}

static long wait_all(void)
{
	char b[8];

	return recv(s[0], b, sizeof(b), MSG_WAITALL);
}

static long wait_write(void)
{
	static char big[1 << 20];

	return send(s[0], big, sizeof(big), 0) < (long)sizeof(big) ? 1 : 2;
}

static long wait_accept(void)
{
	return accept(l, NULL, NULL) >= 0 ? 0 : -1;
}

// In a child: waits in @call, is sent a signal, and then, if it was restarted, what it waits for.
static void run(const char *label, long (*call)(void), int type, int flags, int timeo,
	const char *before, void (*after)(void))
{
	struct sigaction sa = { .sa_handler = on_usr1, .sa_flags = flags };
	struct timeval tv = { 10, 0 };

	CHECK(socketpair(AF_UNIX, type, 0, s) == 0);
	t_pipe(handled);
	if (timeo) {
		setsockopt(s[0], SOL_SOCKET, timeo, &tv, sizeof(tv));
		setsockopt(l, SOL_SOCKET, timeo, &tv, sizeof(tv));
	}
	if (before)
		send(s[1], before, strlen(before), 0);
	pid_t pid = t_fork();
	if (pid == 0) {
		sigaction(SIGUSR1, &sa, NULL);
		t_put(handled[1]);
		TL(label, call());
		_exit(0);
	}
	t_get(handled[0]);
	t_wait_state(pid, 'S');
	kill(pid, SIGUSR1);
	t_get(handled[0]);
	if (after) {
		t_wait_state(pid, 'S');
		after();
	}
	t_wait(pid);
	tv.tv_sec = 0;
	setsockopt(l, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv));
	for (int i = 0; i < 2; i++) {
		close(s[i]);
		close(handled[i]);
	}
}

static struct sockaddr_un a = { .sun_family = AF_UNIX, .sun_path = "s" };

static void feed(void)
{
	send(s[1], "12345678", 8, 0);
}

static void drain(void)
{
	static char sink[65536];
	long n = 0;

	while (n < 1 << 20)
		n += read(s[1], sink, sizeof(sink));
}

static void come(void)
{
	connect(socket(AF_UNIX, SOCK_STREAM, 0), (void *)&a, sizeof(a));
}

int main(void)
{
	t_start();
	l = socket(AF_UNIX, SOCK_STREAM, 0);
	CHECK(bind(l, (void *)&a, sizeof(a)) == 0 && listen(l, 5) == 0);
	run("recv, no restart", wait_read, SOCK_STREAM, 0, 0, NULL, NULL);
	run("recv, restart", wait_read, SOCK_STREAM, SA_RESTART, 0, NULL, feed);
	run("recv, restart, time limit", wait_read, SOCK_STREAM, SA_RESTART, SO_RCVTIMEO, NULL,
		NULL);
	run("recv of a packet, restart", wait_read, SOCK_SEQPACKET, SA_RESTART, 0, NULL, feed);
	run("recv of a packet, no restart", wait_read, SOCK_DGRAM, 0, 0, NULL, NULL);
	run("recv all, some there", wait_all, SOCK_STREAM, SA_RESTART, 0, "abc", NULL);
	run("recv all, none there", wait_all, SOCK_STREAM, SA_RESTART, 0, NULL, feed);
	run("send, some sent", wait_write, SOCK_STREAM, SA_RESTART, 0, NULL, NULL);
	run("accept, no restart", wait_accept, SOCK_STREAM, 0, 0, NULL, NULL);
	run("accept, restart", wait_accept, SOCK_STREAM, SA_RESTART, 0, NULL, come);
	run("accept, restart, time limit", wait_accept, SOCK_STREAM, SA_RESTART, SO_RCVTIMEO, NULL,
		NULL);
	(void)drain;
	return 0;
}
