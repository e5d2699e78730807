// SPDX-License-Identifier: MPL-2.0
// Bad pointers in each argument; buffers that end in an unmapped page; what is lost by that and
// what is not.
#include "../lib/t.h"
#include <sys/socket.h>
#include <sys/un.h>

#define BAD (void *)8

int main(void)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX, .sun_path = "s" };
	struct msghdr m;
	struct iovec v;
	char b[16];
	int s[2];
	socklen_t len = 16;

	t_start();
	int l = socket(AF_UNIX, SOCK_STREAM, 0);
	T(bind(l, BAD, 16));
	T(bind(l, BAD, 0));
	T(bind(l, (void *)&a, 200));
	T(connect(l, BAD, 16));
	T(connect(l, BAD, 0));
	T(connect(l, BAD, 129));
	T(connect(l, (void *)&a, -1));
	CHECK(bind(l, (void *)&a, sizeof(a)) == 0 && listen(l, 3) == 0);
	T(getsockname(l, BAD, &len));
	T(getsockname(l, (void *)b, BAD));
	len = (socklen_t)-1;
	T(getsockname(l, (void *)b, &len));
	len = 0;
	T(getsockname(l, BAD, &len));
	SHOW(len);
	int c = socket(AF_UNIX, SOCK_STREAM, 0);
	connect(c, (void *)&a, sizeof(a));
	T(accept(l, BAD, &len));
	T(recv(c, b, 1, 0));
	c = socket(AF_UNIX, SOCK_STREAM, 0);
	connect(c, (void *)&a, sizeof(a));
	T(accept(l, (void *)b, BAD));
	for (int type = SOCK_STREAM; type <= SOCK_DGRAM; type++) {
		printf("---- type %d\n", type);
		char *page = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
			-1, 0);
		munmap(page + 4096, 4096);
		CHECK(socketpair(AF_UNIX, type | SOCK_NONBLOCK, 0, s) == 0);
		T(send(s[0], BAD, 4, 0));
		T(send(s[0], page + 4090, 6, 0));
		T(send(s[0], page + 4090, 7, 0));
		T(send(s[0], (void *)-8ul, 4, 0));
		T(write(s[0], page + 4090, 100));
		T(recv(s[1], b, sizeof(b), 0));
		T(recv(s[1], b, sizeof(b), 0));
		send(s[0], "0123456789", 10, 0);
		T(recv(s[1], BAD, 10, 0));
		T(recv(s[1], b, 4, 0));
		T(recv(s[1], b, 16, 0));
		send(s[0], "0123456789", 10, 0);
		T(recv(s[1], page + 4092, 10, 0));
		T(recv(s[1], b, 16, 0));
		send(s[0], "0123456789", 10, 0);
		T(recvfrom(s[1], b, 5, 0, BAD, &len));
		T(recvfrom(s[1], b, 5, 0, (void *)b, BAD));
		T(recv(s[1], b, 16, 0));
		v = (struct iovec){ b, 4 };
		m = (struct msghdr){ .msg_iov = BAD, .msg_iovlen = 1 };
		T(recvmsg(s[1], &m, 0));
		m = (struct msghdr){ .msg_iov = &v, .msg_iovlen = 1025 };
		T(recvmsg(s[1], &m, 0));
		T(sendmsg(s[1], &m, 0));
		m = (struct msghdr){
			.msg_iov = &v, .msg_iovlen = 1, .msg_name = BAD, .msg_namelen = 16
		};
		T(sendmsg(s[1], &m, 0));
		m.msg_namelen = (socklen_t)-1;
		T(sendmsg(s[1], &m, 0));
		m.msg_name = NULL;
		T(sendmsg(s[0], &m, 0));
		m.msg_name = BAD;
		T(recvmsg(s[1], &m, 0));
		v.iov_len = (size_t)-1;
		m.msg_name = NULL;
		m.msg_namelen = 0;
		T(sendmsg(s[0], &m, 0));
		T(recvmsg(s[1], &m, 0));
		T(recvmsg(s[1], BAD, 0));
		T(socketpair(AF_UNIX, type, 0, BAD));
		close(s[0]);
		close(s[1]);
	}
	return 0;
}
