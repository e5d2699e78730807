// SPDX-License-Identifier: MPL-2.0
// An ordinary user may have about as many descriptors in flight as a process may have open: then
// ETOOMANYREFS, until some are received.
#include "../lib/t.h"
#include <sys/socket.h>

static long send_fds(int via, int n)
{
	char control[CMSG_SPACE(64 * sizeof(int))] = "";
	struct iovec iov = { "f", 1 };
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = control };
	struct cmsghdr *c;

	m.msg_controllen = CMSG_SPACE((size_t)n * sizeof(int));
	c = CMSG_FIRSTHDR(&m);
	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN((size_t)n * sizeof(int));
	memset(CMSG_DATA(c), 0, (size_t)n * sizeof(int));
	return sendmsg(via, &m, MSG_DONTWAIT);
}

int main(void)
{
	char c;
	int s[2];

	t_start();
	IN_CHILD("user", {
		struct rlimit r = { 40, 40 };
		t_drop_root(1234);
		setrlimit(RLIMIT_NOFILE, &r);
		socketpair(AF_UNIX, SOCK_STREAM, 0, s);
		int sent = 0;
		while (send_fds(s[0], 10) == 1)
			sent++;
		SHOWS(t_errname(errno));
		SHOW(sent);
		T(send_fds(s[0], 1));
		T(write(s[0], "x", 1));
		T(read(s[1], &c, 1));
		T(send_fds(s[0], 1));
		T(read(s[1], &c, 1));
		T(send_fds(s[0], 1));
		close(s[0]);
		close(s[1]);
		socketpair(AF_UNIX, SOCK_DGRAM, 0, s);
		for (sent = 0; send_fds(s[0], 30) == 1; sent++)
			;
		SHOWS(t_errname(errno));
		SHOW(sent);
	});
	struct rlimit r = { 20, 20 };
	setrlimit(RLIMIT_NOFILE, &r);
	socketpair(AF_UNIX, SOCK_STREAM, 0, s);
	for (int i = 0; i < 10; i++)
		CHECK(send_fds(s[0], 10) == 1);
	printf("root is not limited\n");
	return 0;
}
