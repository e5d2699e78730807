// SPDX-License-Identifier: MPL-2.0
// A peek at thousands of urgent bytes of a stream takes a time that grows with their number.
#include "../lib/net.h"

#include <time.h>

#define BYTES 20000
#define PARTS 32

static long ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

int main(void)
{
	static char b[BYTES];
	int big = 1 << 27, p[2], n = 0, reads = 0;
	long before, few, many;

	t_start();
	CHECK(!socketpair(AF_UNIX, SOCK_STREAM, 0, p));
	CHECK(!setsockopt(p[1], SOL_SOCKET, SO_SNDBUFFORCE, &big, sizeof(big)));
	while (n < BYTES && send(p[1], "x", 1, MSG_OOB | MSG_DONTWAIT) == 1)
		n++;
	SHOW(n);
	before = ms();
	for (int i = 0; i < PARTS; i++)
		reads += recv(p[0], b, BYTES / PARTS, MSG_PEEK | MSG_DONTWAIT) == BYTES / PARTS;
	few = ms() - before;
	SHOW(reads);
	before = ms();
	SHOW(recv(p[0], b, BYTES, MSG_PEEK | MSG_DONTWAIT));
	many = ms() - before;
	if (many > 4 * few + 200)
		printf("%ld ms, %ld ms for parts\n", many, few);
	return 0;
}
