// SPDX-License-Identifier: MPL-2.0
// Records of several writers to a stream stay whole; several receivers of one queue get each
// message once; accept in many threads.
#include "../lib/t.h"
#include <sys/socket.h>
#include <sys/un.h>

#define WRITERS 4
#define RECORDS 400
#define SIZE    512

static int s[2], l;
static int seen[WRITERS][RECORDS];
static int accepted;

struct record {
	int writer, nr;
	char fill[SIZE - 8];
};

static void *writer(void *arg)
{
	struct record r;

	r.writer = (int)(long)arg;
	memset(r.fill, 'a' + r.writer, sizeof(r.fill));
	for (r.nr = 0; r.nr < RECORDS; r.nr++)
		CHECK(write(s[0], &r, sizeof(r)) == sizeof(r));
	return NULL;
}

static void *receiver(void *arg)
{
	struct record r;

	while (recv(s[1], &r, sizeof(r), 0) == sizeof(r) && r.writer < WRITERS)
		__atomic_add_fetch(&seen[r.writer][r.nr], 1, __ATOMIC_RELAXED);
	return NULL;
}

static void report(const char *label)
{
	int once = 0;

	for (int w = 0; w < WRITERS; w++)
		for (int i = 0; i < RECORDS; i++)
			once += seen[w][i] == 1;
	printf("%s: %d of %d once\n", label, once, WRITERS * RECORDS);
	memset(seen, 0, sizeof(seen));
}

static void *acceptor(void *arg)
{
	for (;;) {
		int fd = accept(l, NULL, NULL);
		if (fd < 0)
			return NULL;
		__atomic_add_fetch(&accepted, 1, __ATOMIC_RELAXED);
		close(fd);
	}
}

int main(void)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX, .sun_path = "s" };
	pthread_t w[WRITERS], r[WRITERS];
	struct record rec, stop = { .writer = WRITERS };

	t_start();
	CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, s) == 0);
	for (long i = 0; i < WRITERS; i++)
		pthread_create(&w[i], NULL, writer, (void *)i);
	int order = 1, last[WRITERS] = { 0 };
	for (int i = 0; i < WRITERS * RECORDS; i++) {
		CHECK(recv(s[1], &rec, sizeof(rec), MSG_WAITALL) == sizeof(rec));
		CHECK(rec.writer >= 0 && rec.writer < WRITERS && rec.nr < RECORDS);
		for (size_t k = 0; k < sizeof(rec.fill); k++)
			order &= rec.fill[k] == 'a' + rec.writer;
		order &= rec.nr >= last[rec.writer];
		last[rec.writer] = rec.nr;
		seen[rec.writer][rec.nr]++;
	}
	for (int i = 0; i < WRITERS; i++)
		pthread_join(w[i], NULL);
	report("stream, one reader");
	IS(order);
	const int types[] = { SOCK_SEQPACKET, SOCK_DGRAM };
	for (int k = 0; k < 2; k++) {
		CHECK(socketpair(AF_UNIX, types[k], 0, s) == 0);
		for (long i = 0; i < WRITERS; i++) {
			pthread_create(&r[i], NULL, receiver, NULL);
			pthread_create(&w[i], NULL, writer, (void *)i);
		}
		for (int i = 0; i < WRITERS; i++)
			pthread_join(w[i], NULL);
		for (int i = 0; i < WRITERS; i++)
			write(s[0], &stop, sizeof(stop));
		for (int i = 0; i < WRITERS; i++)
			pthread_join(r[i], NULL);
		report(k ? "datagrams, four readers" : "packets, four readers");
	}
	l = socket(AF_UNIX, SOCK_STREAM, 0);
	CHECK(bind(l, (void *)&a, sizeof(a)) == 0 && listen(l, 4) == 0);
	for (int i = 0; i < WRITERS; i++)
		pthread_create(&r[i], NULL, acceptor, NULL);
	for (int i = 0; i < 200; i++) {
		char c;
		int fd = socket(AF_UNIX, SOCK_STREAM, 0);
		CHECK(connect(fd, (void *)&a, sizeof(a)) == 0);
		CHECK(read(fd, &c, 1) == 0);
		close(fd);
	}
	shutdown(l, SHUT_RDWR);
	for (int i = 0; i < WRITERS; i++)
		pthread_join(r[i], NULL);
	SHOW(accepted);
	return 0;
}
