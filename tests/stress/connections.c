// SPDX-License-Identifier: MPL-2.0
/*
 * Pid 1 of the stress run of TCP over lo: for the seconds given as last argument, processes whose
 * threads share a few sockets connect, listen, send, read, peek, shut down and disconnect them at
 * random, so that every call meets every other one at the same socket; listeners share a port and
 * come and go. Beside them pairs of processes move a stream and look at each byte of it. It ends
 * with power-off; the kernel then counts what it has lost.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <fcntl.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>

#include "stress.h"

#define THREADS 5
#define SOCKETS 4
#define PORT    9000 /* of all listeners */

static time_t end;
static int sockets[SOCKETS]; /* fixed numbers; dup2 puts others in their place */
static long rounds;

static struct sockaddr_in address(int port)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons(port) };

	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	return a;
}

static int new_socket(void)
{
	struct timeval t = { 0, 3000 };
	struct linger hard = { 1, 0 };
	int one = 1, s = socket(AF_INET, SOCK_STREAM, 0);

	if (s < 0)
		return -1;
	setsockopt(s, SOL_SOCKET, SO_RCVTIMEO, &t, sizeof(t));
	setsockopt(s, SOL_SOCKET, SO_SNDTIMEO, &t, sizeof(t));
	setsockopt(s, SOL_SOCKET, SO_REUSEPORT, &one, sizeof(one));
	if (rnd(4) == 0)
		setsockopt(s, SOL_SOCKET, SO_OOBINLINE, &one, sizeof(one));
	if (rnd(3) == 0)
		setsockopt(s, SOL_SOCKET, SO_LINGER, &hard, sizeof(hard));
	if (rnd(3) == 0)
		setsockopt(s, SOL_TCP, TCP_DEFER_ACCEPT, &one, sizeof(one));
	return s;
}

static void replace(int s)
{
	int n = new_socket();

	if (n >= 0) {
		dup2(n, s);
		close(n);
	}
}

static void do_listen(int s)
{
	struct sockaddr_in a = address(PORT);

	if (rnd(2))
		bind(s, (struct sockaddr *)&a, sizeof(a));
	listen(s, 1 + rnd(4));
}

static void do_accept(int s)
{
	struct sockaddr_in a;
	socklen_t n = sizeof(a);
	int c = accept(s, (struct sockaddr *)&a, &n);

	if (c >= 0) {
		if (rnd(2))
			dup2(c, sockets[rnd(SOCKETS)]);
		close(c);
	}
}

static void do_connect(int s)
{
	struct sockaddr_in a = address(PORT);

	if (rnd(3) == 0)
		a.sin_family = AF_UNSPEC;
	connect(s, (struct sockaddr *)&a, sizeof(a));
}

static void do_send(int s)
{
	static const char bytes[100000];
	size_t n = rnd(3) ? 1 + rnd(2000) : 1 + rnd(sizeof(bytes));

	send(s, bytes, n,
		MSG_NOSIGNAL | (rnd(6) ? 0 : MSG_OOB) | (rnd(4) ? 0 : MSG_MORE) |
			(rnd(3) ? 0 : MSG_DONTWAIT));
}

static void do_recv(int s)
{
	static __thread char bytes[100000];
	size_t n = rnd(3) ? 1 + rnd(2000) : 1 + rnd(sizeof(bytes));
	static const int flags[] = { 0, 0, MSG_PEEK, MSG_PEEK | MSG_WAITALL, MSG_WAITALL, MSG_OOB,
		MSG_DONTWAIT, MSG_TRUNC, MSG_ERRQUEUE | MSG_DONTWAIT };

	recv(s, bytes, n, flags[rnd(sizeof(flags) / sizeof(flags[0]))]);
}

static void do_option(int s)
{
	int v = rnd(2) ? (int)rnd(100000) : (int)rnd(2);
	static const int names[] = { SO_REUSEADDR, SO_REUSEPORT, SO_RCVLOWAT, SO_SNDBUF, SO_RCVBUF,
		SO_KEEPALIVE, SO_OOBINLINE };
	struct tcp_info info;
	socklen_t n = sizeof(info);

	if (rnd(2))
		setsockopt(s, SOL_SOCKET, names[rnd(7)], &v, sizeof(v));
	else if (rnd(2))
		setsockopt(s, SOL_TCP, rnd(2) ? TCP_NODELAY : TCP_CORK, &v, sizeof(v));
	else
		getsockopt(s, SOL_TCP, TCP_INFO, &info, &n);
}

static void *thread(void *arg)
{
	rng = (uint64_t)arg * 0x9e3779b97f4a7c15 + 1;
	while (time(NULL) < end) {
		int s = sockets[rnd(SOCKETS)];
		struct pollfd p = { s, POLLIN | POLLPRI, 0 };

		switch (rnd(12)) {
		case 0:
			do_listen(s);
			break;
		case 1:
			do_accept(s);
			break;
		case 2:
			do_connect(s);
			break;
		case 3:
			do_connect(s);
			break;
		case 4:
			shutdown(s, rnd(3));
			break;
		case 5:
			replace(s);
			break;
		case 6:
			do_option(s);
			break;
		case 7:
			poll(&p, 1, 1);
			break;
		case 8:
		case 9:
			do_send(s);
			break;
		default:
			do_recv(s);
			break;
		}
		__atomic_fetch_add(&rounds, 1, __ATOMIC_RELAXED);
	}
	return NULL;
}

static void mix(unsigned id)
{
	pthread_t t[THREADS];

	rng = id * 77 + 3;
	for (int i = 0; i < SOCKETS; i++)
		MUST((sockets[i] = new_socket()) >= 0);
	for (long i = 0; i < THREADS; i++)
		MUST(pthread_create(&t[i], NULL, thread, (void *)(id * 100 + i + 1)) == 0);
	for (int i = 0; i < THREADS; i++)
		pthread_join(t[i], NULL);
	printf("mix %u: %ld rounds\n", id, rounds);
}

/* A stream, written and read in random pieces; each byte is its place. */
static void fill(unsigned char *b, size_t n, uint64_t at)
{
	for (size_t i = 0; i < n; i++, at++)
		b[i] = (unsigned char)(at ^ at >> 8 ^ at >> 16);
}

static void write_stream(int s)
{
	static unsigned char b[70000];
	uint64_t at = 0;

	while (time(NULL) < end) {
		size_t n = rnd(2) ? 1 + rnd(300) : 1 + rnd(sizeof(b));
		fill(b, n, at);
		for (size_t done = 0; done < n;) {
			ssize_t k = send(s, b + done, n - done, 0);
			MUST(k > 0);
			done += k;
		}
		at += n;
	}
	MUST(shutdown(s, SHUT_WR) == 0);
	MUST(read(s, &at, sizeof(at)) == sizeof(at) || !"the reader's count");
}

static void read_stream(int s)
{
	static unsigned char b[70000], want[70000];
	uint64_t at = 0;
	ssize_t k;

	for (;;) {
		size_t n = rnd(2) ? 1 + rnd(300) : 1 + rnd(sizeof(b));
		int flags = rnd(3) ? 0 : rnd(2) ? MSG_PEEK : MSG_WAITALL;

		MUST((k = recv(s, b, n, flags)) >= 0);
		if (!k)
			break;
		fill(want, k, at);
		MUST(!memcmp(b, want, k));
		if (!(flags & MSG_PEEK))
			at += k;
	}
	MUST(write(s, &at, sizeof(at)) == sizeof(at));
	printf("stream: %llu KiB\n", (unsigned long long)at >> 10);
}

static void stream(unsigned id)
{
	struct sockaddr_in a = address(0);
	socklen_t n = sizeof(a);
	int l = socket(AF_INET, SOCK_STREAM, 0), s;
	pid_t p;

	rng = id * 99 + 1;
	MUST(bind(l, (struct sockaddr *)&a, sizeof(a)) == 0 && listen(l, 1) == 0);
	MUST(getsockname(l, (struct sockaddr *)&a, &n) == 0);
	p = fork();
	MUST(p >= 0);
	s = p ? accept(l, NULL, NULL) : socket(AF_INET, SOCK_STREAM, 0);
	MUST(s >= 0 && (p || connect(s, (struct sockaddr *)&a, n) == 0));
	close(l);
	if (p) {
		int st;
		read_stream(s);
		MUST(waitpid(p, &st, 0) == p && st == 0);
	} else {
		write_stream(s);
		_exit(0);
	}
}

static void up(void)
{
	struct ifreq r = { .ifr_name = "lo" };
	int s = socket(AF_INET, SOCK_DGRAM, 0);

	MUST(ioctl(s, SIOCGIFFLAGS, &r) == 0);
	r.ifr_flags |= IFF_UP;
	MUST(ioctl(s, SIOCSIFFLAGS, &r) == 0);
	close(s);
}

int main(int argc, char **argv)
{
	int seconds = argc > 1 ? atoi(argv[argc - 1]) : 60, kids = 6, failed = 0, st;

	end = time(NULL) + seconds;
	signal(SIGPIPE, SIG_IGN);
	up();
	fflush(stdout);
	for (int i = 0; i < kids; i++) {
		pid_t p = fork();
		MUST(p >= 0);
		if (!p) {
			if (i % 3 == 2)
				stream(i + 1);
			else
				mix(i + 1);
			fflush(stdout);
			_exit(0);
		}
	}
	while (kids) {
		MUST(wait(&st) > 0);
		kids--;
		if (st) {
			fprintf(stderr, "STRESS FAIL status 0x%x\n", st);
			failed = 1;
		}
	}
	printf(failed ? "STRESS FAIL\n" : "STRESS done\n");
	fflush(stdout);
	reboot(RB_POWER_OFF);
	return 1;
}
