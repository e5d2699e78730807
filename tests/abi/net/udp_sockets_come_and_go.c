// SPDX-License-Identifier: MPL-2.0
// Threads make, bind, connect and close sockets on a few ports, while others send to these ports
// and receive on a socket that stays. What the one that stays gets is whole, in order, and nobody
// else's.
#include "../lib/net.h"

#define PORTS  4
#define ROUNDS 1500

static volatile bool stop;

static void *come_and_go(void *arg)
{
	unsigned seed = (unsigned)(long)arg, i;

	for (i = 0; i < ROUNDS; i++) {
		union net_addr a = net_addr(i & 1 ? "127.0.0.1" : "0.0.0.0",
			7100 + rand_r(&seed) % PORTS);
		int s = socket(AF_INET, SOCK_DGRAM, 0), one = 1;
		char b[64];

		setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
		if (bind(s, &a.any, net_len(&a)))
			abort();
		if (i % 3 == 0) {
			a = net_addr("127.0.0.1", 7200);
			connect(s, &a.any, net_len(&a));
		}
		while (recv(s, b, sizeof(b), MSG_DONTWAIT) >= 0) {
			if (memcmp(b, "noise", 5))
				abort();
		}
		close(s);
	}
	return NULL;
}

static void *noise(void *arg)
{
	int s = socket(AF_INET, SOCK_DGRAM, 0), i = 0;

	while (!stop) {
		union net_addr a = net_addr("127.0.0.1", 7100 + i++ % PORTS);
		sendto(s, "noise", 5, 0, &a.any, net_len(&a));
	}
	close(s);
	return arg;
}

int main(void)
{
	pthread_t t[3], n;
	int in, out = -1, i, got, bad = 0, lost = 0;
	union net_addr a;

	net_start();
	in = net_bound("127.0.0.1", 0);
	a = net_addr("127.0.0.1", net_port(in));
	out = socket(AF_INET, SOCK_DGRAM, 0);
	pthread_create(&n, NULL, noise, NULL);
	for (i = 0; i < 3; i++)
		pthread_create(&t[i], NULL, come_and_go, (void *)(long)(i + 1));
	for (i = 0; i < ROUNDS; i++) {
		struct pollfd p = { in, POLLIN, 0 };
		if (sendto(out, &i, sizeof(i), 0, &a.any, net_len(&a)) != sizeof(i))
			lost++;
		poll(&p, 1, 10000);
		if (recv(in, &got, sizeof(got), MSG_DONTWAIT) != sizeof(got))
			lost++;
		else if (got != i)
			bad++;
	}
	for (i = 0; i < 3; i++)
		pthread_join(t[i], NULL);
	stop = true;
	pthread_join(n, NULL);
	printf("lost %d, wrong %d\n", lost, bad);
	return 0;
}
