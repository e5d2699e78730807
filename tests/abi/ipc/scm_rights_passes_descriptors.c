// SPDX-License-Identifier: MPL-2.0
// SCM_RIGHTS: descriptors over sockets, one file description, close-on-exec, truncation,
// descriptors never received.
#include "../lib/t.h"
#include <sys/socket.h>

static int sv[2];

static long send_fds(const int *fds, int n, const char *text)
{
	char control[CMSG_SPACE(300 * sizeof(int))] = "";
	struct iovec iov = { (char *)text, strlen(text) };
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = control };

	m.msg_controllen = CMSG_SPACE((size_t)n * sizeof(int));
	struct cmsghdr *c = CMSG_FIRSTHDR(&m);
	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN((size_t)n * sizeof(int));
	memcpy(CMSG_DATA(c), fds, (size_t)n * sizeof(int));
	return sendmsg(sv[0], &m, 0);
}

static int recv_fds(const char *what, int *fds, int max, size_t len, int flags)
{
	char control[CMSG_SPACE(300 * sizeof(int))] = "", buf[64];
	struct iovec iov = { buf, len };
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = control };
	int n = 0;

	m.msg_controllen = max ? CMSG_LEN((size_t)max * sizeof(int)) : 0;
	ssize_t r = recvmsg(sv[1], &m, flags);
	struct cmsghdr *c = CMSG_FIRSTHDR(&m);
	if (c && c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS) {
		n = (int)((c->cmsg_len - CMSG_LEN(0)) / sizeof(int));
		memcpy(fds, CMSG_DATA(c), (size_t)n * sizeof(int));
	}
	printf("%s: %zd bytes, %d descriptors, flags %#x\n", what, r, n, (unsigned)m.msg_flags);
	return n;
}

int main(void)
{
	int fds[300], got[300], p[2];
	char c;

	t_start();
	CHECK(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, sv) == 0);
	t_file("f", "abcdef", 0600);
	fds[0] = open("f", O_RDONLY);
	T(send_fds(fds, 1, "x"));
	recv_fds("one", got, 10, 64, 0);
	SHOW(got[0]);
	T(fcntl(got[0], F_GETFD));
	read(fds[0], &c, 1);
	read(got[0], &c, 1);
	printf("shared offset: %c\n", c);
	close(got[0]);
	T(send_fds(fds, 1, "x"));
	recv_fds("close-on-exec", got, 10, 64, MSG_CMSG_CLOEXEC);
	T(fcntl(got[0], F_GETFD));
	close(got[0]);
	t_pipe(p);
	T(send_fds(p, 1, "in flight"));
	close(p[0]);
	signal(SIGPIPE, SIG_IGN);
	T(write(p[1], "y", 1));
	recv_fds("kept open in flight", got, 10, 64, 0);
	T(read(got[0], &c, 1));
	T(send_fds(got, 1, "dropped"));
	close(got[0]);
	recv_fds("no room for it", fds + 1, 0, 64, 0);
	T(write(p[1], "y", 1));
	fds[0] = fds[1] = fds[2] = 0;
	T(send_fds(fds, 3, "three"));
	int n = recv_fds("room for two", got, 2, 64, 0);
	for (int i = 0; i < n; i++)
		close(got[i]);
	T(send_fds(fds, 2, "split"));
	recv_fds("first bytes carry them", got, 10, 2, 0);
	close(got[0]);
	close(got[1]);
	recv_fds("the rest does not", got, 10, 10, 0);
	T(write(sv[0], "plain", 5));
	T(send_fds(fds, 1, "with"));
	recv_fds("data before is not merged", got, 10, 64, 0);
	recv_fds("then this", got, 10, 64, 0);
	close(got[0]);
	fds[0] = 99;
	T(send_fds(fds, 1, "bad"));
	for (int i = 0; i < 300; i++)
		fds[i] = 0;
	T(send_fds(fds, 254, "too many"));
	T(send_fds(fds, 253, "many"));
	n = recv_fds("many", got, 300, 64, 0);
	for (int i = 0; i < n; i++)
		close(got[i]);
	T(send_fds(sv, 2, "itself"));
	recv_fds("peeked", got, 10, 64, MSG_PEEK);
	close(got[0]);
	close(got[1]);
	T(close(sv[0]));
	T(send_fds(fds, 1, "x"));
	return 0;
}
