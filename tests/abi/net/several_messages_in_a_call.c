// SPDX-License-Identifier: MPL-2.0
// sendmmsg and recvmmsg: counts, lengths, errors in the middle, MSG_WAITFORONE, time limits,
// pointers that go bad on the way.
#include "../lib/t.h"
#include <sys/socket.h>

static struct mmsghdr mm[8];
static struct iovec iov[8];
static char in[8][16];
static int s[2];

static void prepare(bool out)
{
	static char *text[8] = { "a", "bb", "ccc", "dddd", "eeeee", "ffffff", "ggggggg",
		"hhhhhhhh" };

	memset(mm, 0, sizeof(mm));
	for (int i = 0; i < 8; i++) {
		iov[i] = out ? (struct iovec){ text[i], (size_t)i + 1 }
			     : (struct iovec){ in[i], sizeof(in[i]) };
		mm[i].msg_hdr.msg_iov = &iov[i];
		mm[i].msg_hdr.msg_iovlen = 1;
		mm[i].msg_len = 77;
	}
}

static void lengths(void)
{
	printf("  lengths");
	for (int i = 0; i < 8; i++)
		printf(" %u", mm[i].msg_len);
	printf("\n");
}

int main(void)
{
	struct timespec ts = { 5, 0 };

	t_start();
	CHECK(socketpair(AF_UNIX, SOCK_DGRAM, 0, s) == 0);
	prepare(true);
	T(sendmmsg(s[0], mm, 5, 0));
	lengths();
	prepare(false);
	T(recvmmsg(s[1], mm, 3, 0, NULL));
	lengths();
	prepare(false);
	T(recvmmsg(s[1], mm, 8, MSG_WAITFORONE, NULL));
	lengths();
	T(recvmmsg(s[1], mm, 8, MSG_DONTWAIT, NULL));
	T(recvmmsg(s[1], mm, 0, 0, NULL));
	T(sendmmsg(s[1], mm, 0, 0));
	prepare(true);
	iov[2].iov_base = (void *)8;
	T(sendmmsg(s[0], mm, 5, 0));
	lengths();
	prepare(true);
	iov[0].iov_base = (void *)8;
	T(sendmmsg(s[0], mm, 5, 0));
	prepare(true);
	mm[1].msg_hdr.msg_iovlen = 5000;
	T(sendmmsg(s[0], mm, 5, 0));
	lengths();
	T(sendmmsg(s[0], (void *)8, 1, 0));
	prepare(false);
	iov[1].iov_base = (void *)8;
	T(recvmmsg(s[1], mm, 8, MSG_DONTWAIT, NULL));
	lengths();
	char c;
	T(recv(s[1], &c, 1, MSG_DONTWAIT));
	T(recv(s[1], &c, 1, MSG_DONTWAIT));
	prepare(true);
	sendmmsg(s[0], mm, 2, 0);
	prepare(false);
	T(recvmmsg(s[1], mm, 2, 0, &ts));
	IS(ts.tv_sec <= 5 && ts.tv_sec >= 1);
	ts = (struct timespec){ 0, 0 };
	prepare(true);
	sendmmsg(s[0], mm, 3, 0);
	prepare(false);
	T(recvmmsg(s[1], mm, 3, 0, &ts));
	lengths();
	ts = (struct timespec){ 0, -1 };
	T(recvmmsg(s[1], mm, 3, 0, &ts));
	T(recvmmsg(s[1], mm, 3, 0, (void *)8));
	T(recvmmsg(99, mm, 3, 0, NULL));
	T(sendmmsg(0, mm, 3, 0));
	// A nonblocking stream that fills up in the middle.
	CHECK(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, s) == 0);
	static char big[300000];
	prepare(true);
	iov[1] = (struct iovec){ big, sizeof(big) };
	int n = T(sendmmsg(s[0], mm, 3, 0));
	IS(n == 2 && mm[0].msg_len == 1 && mm[1].msg_len < sizeof(big) && mm[1].msg_len > 100000);
	T(sendmmsg(s[0], mm, 3, 0));
	return 0;
}
