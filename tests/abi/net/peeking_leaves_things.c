// SPDX-License-Identifier: MPL-2.0
// MSG_PEEK on all types: the data, the borders, the descriptors (each peek opens new ones) and the
// sender's name come again. MSG_TRUNC.
#include "../lib/t.h"
#include <sys/socket.h>
#include <sys/un.h>

static int s[2];

static long send_fd(int fd, const char *text)
{
	char control[CMSG_SPACE(sizeof(int))] = "";
	struct iovec iov = { (char *)text, strlen(text) };
	struct msghdr m = { .msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof(control) };
	struct cmsghdr *c = CMSG_FIRSTHDR(&m);

	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(c), &fd, sizeof(int));
	return sendmsg(s[0], &m, 0);
}

static void receive(const char *what, size_t len, int flags)
{
	char control[CMSG_SPACE(sizeof(int))] = "", b[64];
	struct iovec iov = { b, len };
	struct msghdr m = { .msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof(control) };
	ssize_t n = recvmsg(s[1], &m, flags | MSG_DONTWAIT);
	int fd = -1;

	if (n >= 0 && CMSG_FIRSTHDR(&m)) {
		memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&m)), sizeof(int));
		printf("%s: a descriptor, %s\n", what, fcntl(fd, F_GETFD) >= 0 ? "open" : "bad");
		close(fd);
	}
	if (n < 0)
		printf("%s: %s\n", what, t_errname(errno));
	else {
		printf("%s: %zd flags %#x ", what, n, (unsigned)m.msg_flags);
		t_text("", b, n < (ssize_t)len ? n : (ssize_t)len);
	}
}

int main(void)
{
	static const struct t_name types[] = { { SOCK_STREAM, "stream" },
		{ SOCK_SEQPACKET, "seqpacket" }, { SOCK_DGRAM, "dgram" } };
	char b[16];

	t_start();
	for (int i = 0; i < 3; i++) {
		printf("---- %s\n", types[i].name);
		CHECK(socketpair(AF_UNIX, types[i].value, 0, s) == 0);
		receive("nothing", 8, MSG_PEEK);
		send(s[0], "first", 5, 0);
		send(s[0], "second", 6, 0);
		receive("peek 3", 3, MSG_PEEK);
		receive("peek 20", 20, MSG_PEEK);
		receive("peek 3, real length", 3, MSG_PEEK | MSG_TRUNC);
		T(recv(s[1], b, 20 > sizeof(b) ? sizeof(b) : 20, MSG_PEEK | MSG_WAITALL));
		receive("take 3", 3, 0);
		receive("peek the rest", 20, MSG_PEEK);
		receive("take the rest", 20, 0);
		receive("what is left", 20, 0);
		send(s[0], "plain", 5, 0);
		send_fd(0, "with");
		send(s[0], "after", 5, 0);
		receive("peek", 30, MSG_PEEK);
		receive("peek again", 30, MSG_PEEK);
		receive("peek 7", 7, MSG_PEEK);
		receive("take", 7, 0);
		receive("take", 30, 0);
		receive("take", 30, 0);
		receive("take", 30, 0);
		T(recv(s[1], NULL, 0, MSG_PEEK | MSG_DONTWAIT));
		send(s[0], "x", 1, 0);
		T(recv(s[1], NULL, 0, MSG_DONTWAIT));
		T(recv(s[1], b, 1, MSG_DONTWAIT));
		close(s[0]);
		receive("end", 8, MSG_PEEK);
		close(s[1]);
	}
	return 0;
}
