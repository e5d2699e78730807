// SPDX-License-Identifier: MPL-2.0
// A thread sets and removes SO_PEEK_OFF while others peek: none sees bytes that are not there.
#include "../lib/net.h"

#include <pthread.h>

#define SOCKETS 4
#define ROUNDS  6000
#define LEN     100

static int socks[SOCKETS];
static int done;

static void *peek(void *arg)
{
	static const char zeros[LEN];
	char b[400];
	long bad = 0;

	while (!__atomic_load_n(&done, __ATOMIC_RELAXED)) {
		for (int i = 0; i < SOCKETS; i++) {
			ssize_t n = recv(socks[i], b, sizeof(b), MSG_PEEK | MSG_DONTWAIT);
			bad += n > LEN || (n > 0 && memcmp(b, zeros, n));
		}
	}
	return (void *)bad;
}

static void datagrams(void)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } };
	static const int types[] = { SOCK_DGRAM, SOCK_SEQPACKET, SOCK_STREAM };
	socklen_t n = sizeof(a);
	char b[LEN] = { 0 };
	int p[2];

	for (int i = 0; i < 3; i++) {
		CHECK(!socketpair(AF_UNIX, types[i], 0, p));
		CHECK(send(p[1], b, LEN, 0) == LEN);
		socks[i] = p[0];
	}
	socks[3] = socket(AF_INET, SOCK_DGRAM, 0);
	CHECK(!bind(socks[3], (void *)&a, n) && !getsockname(socks[3], (void *)&a, &n));
	CHECK(sendto(socks[3], b, LEN, 0, (void *)&a, n) == LEN);
}

int main(void)
{
	pthread_t t[3];
	unsigned seed = 7;
	void *bad;

	net_start();
	datagrams();
	for (int i = 0; i < 3; i++)
		CHECK(!pthread_create(&t[i], NULL, peek, NULL));
	for (int r = 0; r < ROUNDS; r++) {
		for (int i = 0; i < SOCKETS; i++) {
			int v = rand_r(&seed) & 64 ? 100000 : -1;
			CHECK(!setsockopt(socks[i], SOL_SOCKET, SO_PEEK_OFF, &v, sizeof(v)));
		}
	}
	__atomic_store_n(&done, 1, __ATOMIC_RELAXED);
	for (int i = 0; i < 3; i++) {
		pthread_join(t[i], &bad);
		IS(!bad);
	}
	return 0;
}
