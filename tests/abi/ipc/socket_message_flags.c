// SPDX-License-Identifier: MPL-2.0
// MSG_PEEK, MSG_WAITALL, MSG_DONTWAIT, MSG_OOB, MSG_NOSIGNAL, vectors, sendmmsg and recvmmsg.
#include "../lib/t.h"
#include <sys/socket.h>

int main(void)
{
	char a[8] = "", b[8] = "";
	int s[2];
	struct iovec v[2] = { { a, 3 }, { b, 5 } };
	struct msghdr m = { .msg_iov = v, .msg_iovlen = 2 };

	t_start();
	socketpair(AF_UNIX, SOCK_STREAM, 0, s);
	T(recv(s[1], a, 1, MSG_DONTWAIT));
	T(send(s[0], "abcdefgh", 8, 0));
	T(recv(s[1], a, 4, MSG_PEEK));
	T(recv(s[1], a, 8, MSG_PEEK));
	T(recvmsg(s[1], &m, 0));
	t_text("a", a, 3);
	t_text("b", b, 5);
	pid_t me = getpid();
	pid_t pid = t_fork();
	if (pid == 0) {
		write(s[0], "123", 3);
		t_wait_state(me, 'S');
		write(s[0], "45678", 5);
		_exit(0);
	}
	T(recv(s[1], a, 8, MSG_WAITALL));
	t_text("whole", a, 8);
	t_wait(pid);
	T(send(s[0], "end", 3, 0));
	T(shutdown(s[0], SHUT_WR));
	T(recv(s[1], a, 8, MSG_WAITALL));
	T(sendmsg(s[1], &m, 0));
	m.msg_iovlen = 2000;
	T(sendmsg(s[1], &m, 0));
	m.msg_iovlen = 2;
	m.msg_iov = (void *)8;
	T(sendmsg(s[1], &m, 0));
	T(sendmsg(s[1], (void *)8, 0));
	T(send(0, "x", 1, 0));
	T(send(99, "x", 1, 0));
	T(send(s[1], (void *)8, 1, 0));
	T(recv(s[0], (void *)8, 1, 0));
	socketpair(AF_UNIX, SOCK_DGRAM, 0, s);
	struct iovec one[3] = { { "first", 5 }, { "2nd", 3 }, { "third!", 6 } };
	struct mmsghdr mm[3];
	memset(mm, 0, sizeof(mm));
	for (int i = 0; i < 3; i++) {
		mm[i].msg_hdr.msg_iov = &one[i];
		mm[i].msg_hdr.msg_iovlen = 1;
	}
	T(sendmmsg(s[0], mm, 3, 0));
	printf("%u %u %u\n", mm[0].msg_len, mm[1].msg_len, mm[2].msg_len);
	char in[4][8];
	struct iovec riov[4];
	struct mmsghdr rm[4];
	memset(rm, 0, sizeof(rm));
	for (int i = 0; i < 4; i++) {
		riov[i] = (struct iovec){ in[i], 8 };
		rm[i].msg_hdr.msg_iov = &riov[i];
		rm[i].msg_hdr.msg_iovlen = 1;
	}
	T(recvmmsg(s[1], rm, 4, MSG_DONTWAIT, NULL));
	printf("%u %u %u\n", rm[0].msg_len, rm[1].msg_len, rm[2].msg_len);
	T(recvmmsg(s[1], rm, 4, MSG_DONTWAIT, NULL));
	return 0;
}
