// SPDX-License-Identifier: MPL-2.0
// Malformed, repeated and cut control messages, in both directions.
#include "../lib/t.h"
#include <sys/socket.h>

static int sv[2];
static char control[512];

struct raw {
	size_t len;
	int level, type;
};

static long send_raw(size_t controllen)
{
	struct iovec iov = { "x", 1 };
	struct msghdr m = { .msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = controllen };

	return sendmsg(sv[0], &m, 0);
}

static void put(size_t at, size_t len, int level, int type)
{
	struct raw r = { len, level, type };

	memcpy(control + at, &r, sizeof(r));
}

static void put_fds(size_t at, int n)
{
	put(at, CMSG_LEN((size_t)n * sizeof(int)), SOL_SOCKET, SCM_RIGHTS);
	memset(control + at + sizeof(struct raw), 0, (size_t)n * sizeof(int));
}

static void receive(const char *what, size_t room, int flags)
{
	char in[512], b[4];
	struct iovec iov = { b, sizeof(b) };
	struct msghdr m = {
		.msg_iov = &iov, .msg_iovlen = 1, .msg_control = in, .msg_controllen = room
	};
	ssize_t n;

	memset(in, 0, sizeof(in));
	n = recvmsg(sv[1], &m, MSG_DONTWAIT | flags);
	printf("%s: %zd, flags %#x, control %zu:", what, n, (unsigned)m.msg_flags,
		m.msg_controllen);
	for (struct cmsghdr *c = CMSG_FIRSTHDR(&m); c; c = CMSG_NXTHDR(&m, c)) {
		printf(" [%d/%d, %zu]", c->cmsg_level, c->cmsg_type, c->cmsg_len);
		if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS) {
			for (size_t i = 0; i < (c->cmsg_len - CMSG_LEN(0)) / sizeof(int); i++) {
				int fd;
				memcpy(&fd, CMSG_DATA(c) + i * sizeof(int), sizeof(int));
				close(fd);
			}
		}
	}
	printf("\n");
}

int main(void)
{
	int on = 1;

	t_start();
	socketpair(AF_UNIX, SOCK_DGRAM, 0, sv);
	put_fds(0, 1);
	T(send_raw(CMSG_SPACE(4)));
	T(send_raw(CMSG_LEN(4)));
	T(send_raw(CMSG_LEN(4) - 1));
	T(send_raw(15));
	T(send_raw(0));
	put(0, 8, SOL_SOCKET, SCM_RIGHTS);
	T(send_raw(CMSG_SPACE(4)));
	put(0, ~0ul, SOL_SOCKET, SCM_RIGHTS);
	T(send_raw(CMSG_SPACE(4)));
	put(0, CMSG_LEN(0), SOL_SOCKET, SCM_RIGHTS);
	T(send_raw(CMSG_LEN(0)));
	put(0, CMSG_LEN(3), SOL_SOCKET, SCM_RIGHTS);
	T(send_raw(CMSG_SPACE(4)));
	put(0, CMSG_LEN(4), SOL_SOCKET, 77);
	T(send_raw(CMSG_SPACE(4)));
	put(0, CMSG_LEN(4), 77, SCM_RIGHTS);
	T(send_raw(CMSG_SPACE(4)));
	put(0, CMSG_LEN(4), SOL_SOCKET, SCM_CREDENTIALS);
	T(send_raw(CMSG_SPACE(4)));
	put_fds(0, 2);
	put_fds(CMSG_SPACE(8), 1);
	T(send_raw(CMSG_SPACE(8) + CMSG_SPACE(4)));
	memcpy(control + sizeof(struct raw), "\xff\xff\xff\xff", 4);
	T(send_raw(CMSG_SPACE(8)));
	for (int i = 0; i < 6; i++)
		receive("in turn", sizeof(control), 0);
	receive("nothing", sizeof(control), 0);
	printf("---- cut\n");
	put_fds(0, 3);
	for (size_t room = 0; room <= CMSG_SPACE(12); room += 4) {
		send_raw(CMSG_SPACE(12));
		printf("room %zu ", room);
		receive("", room, 0);
	}
	printf("---- credentials, then descriptors\n");
	setsockopt(sv[1], SOL_SOCKET, SO_PASSCRED, &on, sizeof(on));
	for (size_t room = 0; room <= 64; room += 4) {
		send_raw(CMSG_SPACE(4));
		printf("room %zu ", room);
		receive("", room, 0);
	}
	send(sv[0], "x", 1, 0);
	receive("peeked", 64, MSG_PEEK);
	receive("taken", 64, 0);
	printf("---- no slot free\n");
	struct rlimit r = { 5, 1024 };
	setrlimit(RLIMIT_NOFILE, &r);
	put_fds(0, 2);
	T(send_raw(CMSG_SPACE(8)));
	receive("none fits", 128, 0);
	r.rlim_cur = 6;
	setrlimit(RLIMIT_NOFILE, &r);
	T(send_raw(CMSG_SPACE(8)));
	receive("one fits", 128, 0);
	r.rlim_cur = 1024;
	setrlimit(RLIMIT_NOFILE, &r);
	printf("---- bad addresses\n");
	struct iovec iov = { "x", 1 };
	struct msghdr m = {
		.msg_iov = &iov, .msg_iovlen = 1, .msg_control = (void *)8, .msg_controllen = 24
	};
	T(sendmsg(sv[0], &m, 0));
	m.msg_controllen = 1ul << 40;
	T(sendmsg(sv[0], &m, 0));
	m.msg_control = NULL;
	m.msg_controllen = 24;
	T(sendmsg(sv[0], &m, 0));
	return 0;
}
