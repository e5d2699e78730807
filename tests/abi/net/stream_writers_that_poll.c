// SPDX-License-Identifier: MPL-2.0
// A writer fills a stream while it is read, and polls until there is room: it is always told, also
// of room that is made in a read that began when the stream was nearly empty.
#include "../lib/net.h"
#include <poll.h>
#include <sys/wait.h>

#define TOTAL (64 << 20)

static char b[1 << 18];

static void writer(int s, int chunk)
{
	struct pollfd p = { s, POLLOUT, 0 };
	long left = TOTAL;
	int n;

	while (left > 0) {
		n = send(s, b, chunk, MSG_DONTWAIT);
		if (n > 0) {
			left -= n;
		} else {
			CHECK(errno == EAGAIN);
			CHECK(poll(&p, 1, -1) == 1);
		}
	}
	exit(0);
}

int main(void)
{
	static const int chunks[] = { 1000, 32768, 100000 };
	int p[2];
	long got;
	ssize_t n;

	net_start();
	for (size_t i = 0; i < T_LEN(chunks); i++) {
		CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, p) == 0);
		if (!fork()) {
			close(p[0]);
			writer(p[1], chunks[i]);
		}
		close(p[1]);
		for (got = 0; (n = read(p[0], b, sizeof(b))) > 0; got += n)
			;
		wait(NULL);
		close(p[0]);
		printf("%d at a time: all %d\n", chunks[i], got >= TOTAL);
	}
	return 0;
}
