// SPDX-License-Identifier: MPL-2.0
// MSG_OOB on AF_UNIX: where reads stop, what becomes of the byte, SIOCATMARK, SO_OOBINLINE,
// descriptors with it, SIGURG.
#include "../lib/t.h"

#include <sys/socket.h>
#include <sys/un.h>

#define ATMARK 0x8905

static int s[2];

static void start(const char *what)
{
	printf("-- %s\n", what);
	close(s[0]);
	close(s[1]);
	CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, s) == 0);
}

static void get(int flags)
{
	char buf[64];
	ssize_t n;

	errno = 0;
	n = recv(s[1], buf, sizeof(buf), flags | MSG_DONTWAIT);
	printf("recv%s%s: ", flags & MSG_OOB ? " OOB" : "", flags & MSG_PEEK ? " PEEK" : "");
	if (n < 0)
		printf("%s\n", t_errname(errno));
	else
		printf("%zd \"%.*s\"\n", n, (int)n, buf);
}

static void mark(void)
{
	struct pollfd p = { s[1], POLLIN | POLLPRI | POLLRDHUP, 0 };
	int at = -1, n = -1, r = ioctl(s[1], ATMARK, &at);

	ioctl(s[1], FIONREAD, &n);
	poll(&p, 1, 0);
	printf("mark %d %d, %d bytes, poll%s%s\n", r, at, n, p.revents & POLLIN ? " IN" : "",
		p.revents & POLLPRI ? " PRI" : "");
}

static void send_fd(const char *text, int flags)
{
	char control[CMSG_SPACE(sizeof(int))] = { 0 };
	struct iovec iov = { (void *)text, strlen(text) };
	struct msghdr m = { .msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof(control) };
	struct cmsghdr *c = CMSG_FIRSTHDR(&m);
	int p[2];

	t_pipe(p);
	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(c), &p[0], sizeof(int));
	T(sendmsg(s[0], &m, flags));
	close(p[0]);
	// The pipe breaks when its last reader is gone.
	fcntl(p[1], F_SETFL, O_NONBLOCK);
	dup2(p[1], 100);
	close(p[1]);
}

static void recv_fd(int flags)
{
	char control[CMSG_SPACE(sizeof(int))] = { 0 }, buf[32];
	struct iovec iov = { buf, sizeof(buf) };
	struct msghdr m = { .msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof(control) };
	struct cmsghdr *c;
	ssize_t n = recvmsg(s[1], &m, flags | MSG_DONTWAIT);

	printf("recvmsg: %zd \"%.*s\" flags %#x", n, n > 0 ? (int)n : 0, buf, m.msg_flags);
	for (c = CMSG_FIRSTHDR(&m); c; c = CMSG_NXTHDR(&m, c)) {
		printf(" a descriptor");
		close(*(int *)CMSG_DATA(c));
	}
	printf("\n");
}

static bool broken(void)
{
	signal(SIGPIPE, SIG_IGN);
	return write(100, "x", 1) < 0 && errno == EPIPE;
}

static void urgent(int sig)
{
	printf("SIGURG\n");
}

int main(void)
{
	int on = 1, sp[2];
	char c;

	t_start();
	start("nothing");
	get(MSG_OOB);
	mark();
	T(send(s[0], "", 0, MSG_OOB));
	start("one byte alone");
	T(send(s[0], "a", 1, MSG_OOB));
	mark();
	get(MSG_OOB | MSG_PEEK);
	get(MSG_OOB);
	mark();
	get(MSG_OOB);
	get(0);
	mark();
	start("in the middle");
	T(send(s[0], "hello", 5, MSG_OOB));
	T(send(s[0], "world", 5, 0));
	mark();
	get(MSG_PEEK);
	get(0);
	mark();
	get(MSG_PEEK);
	get(0);
	mark();
	get(0);
	start("read out of band first");
	T(send(s[0], "hello", 5, MSG_OOB));
	T(send(s[0], "world", 5, 0));
	get(MSG_OOB);
	mark();
	get(0);
	mark();
	get(MSG_PEEK);
	get(0);
	mark();
	start("two urgent bytes");
	T(send(s[0], "ab", 2, MSG_OOB));
	T(send(s[0], "cd", 2, MSG_OOB));
	T(send(s[0], "ef", 2, 0));
	mark();
	get(0);
	mark();
	get(MSG_OOB);
	mark();
	get(0);
	get(0);
	start("two, the first read");
	T(send(s[0], "ab", 2, MSG_OOB));
	get(MSG_OOB);
	T(send(s[0], "cd", 2, MSG_OOB));
	mark();
	get(0);
	mark();
	get(0);
	mark();
	start("two marks side by side");
	T(send(s[0], "a", 1, MSG_OOB));
	get(MSG_OOB);
	T(send(s[0], "b", 1, MSG_OOB));
	mark();
	get(0);
	mark();
	start("inline");
	T(setsockopt(s[1], SOL_SOCKET, SO_OOBINLINE, &on, sizeof(on)));
	T(send(s[0], "hello", 5, MSG_OOB));
	T(send(s[0], "world", 5, 0));
	get(MSG_OOB);
	get(0);
	mark();
	get(MSG_PEEK);
	get(0);
	mark();
	start("descriptors with the stream");
	send_fd("abc", MSG_OOB);
	recv_fd(0);
	get(MSG_OOB);
	IS(broken());
	start("descriptors with the byte, dropped");
	send_fd("a", MSG_OOB);
	IS(broken());
	T(send(s[0], "xyz", 3, 0));
	recv_fd(0);
	IS(broken());
	start("descriptors with the byte, read");
	send_fd("a", MSG_OOB);
	recv_fd(MSG_OOB);
	T(send(s[0], "xyz", 3, 0));
	recv_fd(0);
	IS(broken());
	start("descriptors with the byte, inline");
	setsockopt(s[1], SOL_SOCKET, SO_OOBINLINE, &on, sizeof(on));
	send_fd("a", MSG_OOB);
	recv_fd(0);
	IS(broken());
	start("descriptors with the byte, closed");
	send_fd("a", MSG_OOB);
	close(s[1]);
	IS(broken());
	T(read(s[0], &c, 1));
	start("closed with a byte that was read");
	T(send(s[0], "a", 1, MSG_OOB));
	get(MSG_OOB);
	close(s[1]);
	T(read(s[0], &c, 1));
	start("signals");
	signal(SIGURG, urgent);
	T(fcntl(s[1], F_SETOWN, getpid()));
	T(send(s[0], "a", 1, MSG_OOB));
	T(send(s[0], "a", 1, 0));
	start("other types");
	CHECK(socketpair(AF_UNIX, SOCK_DGRAM, 0, sp) == 0);
	T(send(sp[0], "a", 1, MSG_OOB));
	T(recv(sp[0], &c, 1, MSG_OOB));
	close(sp[0]);
	close(sp[1]);
	CHECK(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, sp) == 0);
	T(send(sp[0], "a", 1, MSG_OOB));
	T(recv(sp[0], &c, 1, MSG_OOB));
	close(sp[0]);
	T(send(sp[1], "a", 1, MSG_OOB | MSG_NOSIGNAL));
	close(sp[1]);
	start("closed peer");
	close(s[1]);
	T(send(s[0], "a", 1, MSG_OOB | MSG_NOSIGNAL));
	return 0;
}
