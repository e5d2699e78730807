// SPDX-License-Identifier: MPL-2.0
// Sockets that only messages in each other's queues refer to are closed at last, with all that lies
// in their queues: a pipe's writing end there
// gives the reader its end of file. What can still be received stays.
#include "../lib/t.h"
#include <sys/socket.h>
#include <sys/un.h>

static int send_fd(int via, int fd)
{
	char control[CMSG_SPACE(sizeof(int))] = "";
	struct iovec iov = { "f", 1 };
	struct msghdr m = { .msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof(control) };
	struct cmsghdr *c = CMSG_FIRSTHDR(&m);

	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(c), &fd, sizeof(int));
	return (int)sendmsg(via, &m, 0);
}

static int recv_fd(int via)
{
	char control[CMSG_SPACE(sizeof(int))] = "", b;
	struct iovec iov = { &b, 1 };
	struct msghdr m = { .msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof(control) };
	int fd = -1;

	if (recvmsg(via, &m, MSG_DONTWAIT) == 1 && CMSG_FIRSTHDR(&m))
		memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&m)), sizeof(int));
	return fd;
}

// Another socket's end makes the kernel look.
static void nudge(void)
{
	int s[2];

	socketpair(AF_UNIX, SOCK_STREAM, 0, s);
	close(s[0]);
	close(s[1]);
}

static int p[2];

static void fresh_pipe(void)
{
	t_pipe(p);
	fcntl(p[0], F_SETFL, O_NONBLOCK);
}

// Whether the last writer is gone.
static void expect_end(const char *label)
{
	char c;
	ssize_t n = -1;

	printf("%s: %s\n", label,
		UNTIL((nudge(), n = read(p[0], &c, 1)) == 0) ? "end of file" : "still open");
	close(p[0]);
}

static void itself(int type)
{
	int s[2];

	fresh_pipe();
	socketpair(AF_UNIX, type, 0, s);
	send_fd(s[0], p[1]);
	send_fd(s[0], s[1]);
	send_fd(s[0], s[0]);
	close(p[1]);
	close(s[0]);
	close(s[1]);
	expect_end("over itself");
}

// a's queue holds b's end, b's holds c's, c's holds a's.
static void ring(void)
{
	int s[3][2];

	fresh_pipe();
	for (int i = 0; i < 3; i++)
		socketpair(AF_UNIX, SOCK_STREAM, 0, s[i]);
	for (int i = 0; i < 3; i++)
		send_fd(s[i][0], s[(i + 1) % 3][1]);
	send_fd(s[1][0], p[1]);
	close(p[1]);
	for (int i = 0; i < 3; i++) {
		close(s[i][0]);
		close(s[i][1]);
	}
	expect_end("ring of three");
}

// A listener in the queue of a connection that it has not accepted.
static void listener(void)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX, .sun_path = "l" };
	int l = socket(AF_UNIX, SOCK_STREAM, 0), c = socket(AF_UNIX, SOCK_STREAM, 0);

	fresh_pipe();
	bind(l, (void *)&a, sizeof(a));
	listen(l, 5);
	connect(c, (void *)&a, sizeof(a));
	send_fd(c, l);
	send_fd(c, p[1]);
	close(p[1]);
	close(l);
	close(c);
	expect_end("listener in its own connection");
}

// A long chain: each in the queue of the next. Releasing the last releases all.
static void chain(void)
{
	int prev[2], s[2];

	fresh_pipe();
	socketpair(AF_UNIX, SOCK_STREAM, 0, prev);
	send_fd(prev[0], p[1]);
	close(p[1]);
	close(prev[0]);
	for (int i = 0; i < 400; i++) {
		socketpair(AF_UNIX, SOCK_STREAM, 0, s);
		send_fd(s[0], prev[1]);
		close(prev[1]);
		close(s[0]);
		prev[1] = s[1];
	}
	close(prev[1]);
	expect_end("chain of 400");
}

int main(void)
{
	int s[2], q[2];

	t_start();
	itself(SOCK_STREAM);
	itself(SOCK_DGRAM);
	itself(SOCK_SEQPACKET);
	ring();
	listener();
	chain();
	// Reachable through a queue that is open: stays, is received, and works.
	socketpair(AF_UNIX, SOCK_STREAM, 0, s);
	socketpair(AF_UNIX, SOCK_STREAM, 0, q);
	send_fd(q[0], q[1]); // a cycle ...
	send_fd(s[0], q[1]); // ... that somebody can get at
	write(q[0], "alive", 5);
	close(q[0]);
	close(q[1]);
	nudge();
	nudge();
	int got = recv_fd(s[1]);
	IS(got >= 0);
	int inner = recv_fd(got);
	IS(inner >= 0);
	char buf[8] = "";
	T(read(inner, buf, sizeof(buf)));
	SHOWS(buf);
	close(inner);
	T(read(got, buf, sizeof(buf)));
	return 0;
}
