// SPDX-License-Identifier: MPL-2.0
/* Internet sockets over lo: round trips between processes, and to this one. */
#include "bench.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/sendfile.h>
#include <sys/socket.h>

static int sock;
static struct sockaddr_storage peer;
static socklen_t peer_len;

static int lo_up(void)
{
	struct ifreq r = { .ifr_name = "lo" };
	int s = socket(AF_INET, SOCK_DGRAM, 0), err;

	if (s < 0)
		return -1;
	r.ifr_flags = IFF_UP | IFF_RUNNING;
	err = ioctl(s, SIOCSIFFLAGS, &r);
	close(s);
	return err;
}

static int bound(int family)
{
	struct sockaddr_in in = { .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } };
	struct sockaddr_in6 in6 = { .sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT };
	int s = socket(family, SOCK_DGRAM, 0);

	NEED(s >= 0);
	if (family == AF_INET)
		NEED(bind(s, (void *)&in, sizeof in) == 0);
	else
		NEED(bind(s, (void *)&in6, sizeof in6) == 0);
	peer_len = sizeof peer;
	NEED(getsockname(s, (void *)&peer, &peer_len) == 0);
	return s;
}

/* A child that sends each datagram back to where it came from. */
static int udp_echo(int family)
{
	struct sockaddr_storage from;
	socklen_t n;
	char b[64];
	ssize_t got;
	int s;

	if (lo_up())
		return -1;
	s = bound(family);
	if (fork() == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (;;) {
			n = sizeof from;
			got = recvfrom(s, b, sizeof b, 0, (void *)&from, &n);
			if (got < 0 || sendto(s, b, got, 0, (void *)&from, n) != got)
				_exit(1);
		}
	}
	close(s);
	sock = socket(family, SOCK_DGRAM, 0);
	NEED(sock >= 0);
	return 0;
}
static int udp4_echo(void)
{
	return udp_echo(AF_INET);
}
static int udp6_echo(void)
{
	return udp_echo(AF_INET6);
}
static int udp_self(void)
{
	if (lo_up())
		return -1;
	sock = bound(AF_INET);
	return 0;
}

static u64 run_udp(unsigned n)
{
	char c = 'x';

	TIMED(n,
		NEED(sendto(sock, &c, 1, 0, (void *)&peer, peer_len) == 1 &&
			recvfrom(sock, &c, 1, 0, NULL, NULL) == 1));
}

/* A child reads all, and says when it has got a MiB: so its work counts, too. */
static void sink(int c)
{
	static char b[KIB64 * 4];
	size_t have = 0;
	ssize_t got;

	while ((got = read(c, b, sizeof b)) > 0) {
		for (have += got; have >= 16 * KIB64; have -= 16 * KIB64) {
			if (write(c, b, 1) != 1)
				_exit(1);
		}
	}
	_exit(0);
}
/* A connection with a child that sends back what it gets, or that is a sink. */
static int tcp_with_child(int echo)
{
	struct sockaddr_in in = { .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } };
	socklen_t n = sizeof in;
	int l, c, one = 1;

	if (lo_up())
		return -1;
	l = socket(AF_INET, SOCK_STREAM, 0);
	if (l < 0)
		return -1;
	NEED(bind(l, (void *)&in, sizeof in) == 0);
	NEED(listen(l, 4) == 0);
	NEED(getsockname(l, (void *)&in, &n) == 0);
	if (fork() == 0) {
		char b[64];
		ssize_t got;
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		c = accept(l, NULL, NULL);
		setsockopt(c, 6, 1, &one, sizeof one);
		if (!echo)
			sink(c);
		while ((got = read(c, b, sizeof b)) > 0) {
			if (write(c, b, got) != got)
				_exit(1);
		}
		_exit(0);
	}
	sock = socket(AF_INET, SOCK_STREAM, 0);
	NEED(connect(sock, (void *)&in, sizeof in) == 0);
	setsockopt(sock, 6, 1, &one, sizeof one);
	close(l);
	return 0;
}
static int tcp_echo(void)
{
	return tcp_with_child(1);
}
static int tcp_sink(void)
{
	return tcp_with_child(0);
}

static u64 run_tcp_echo(unsigned n)
{
	char c = 'x';

	TIMED(n, NEED(write(sock, &c, 1) == 1 && read(sock, &c, 1) == 1));
}
static void send_mib(void)
{
	static char b[KIB64];
	unsigned i;

	for (i = 0; i < 16; i++)
		NEED(write(sock, b, sizeof b) == sizeof b);
	NEED(read(sock, b, 1) == 1);
}
static u64 run_tcp_mib(unsigned n)
{
	TIMED(n, send_mib());
}

/* ---- connections ---- */

static struct sockaddr_in server;

static int listener(void)
{
	socklen_t n = sizeof server;
	int l = socket(AF_INET, SOCK_STREAM, 0);

	server = (struct sockaddr_in){ .sin_family = AF_INET,
		.sin_addr = { htonl(INADDR_LOOPBACK) } };
	NEED(l >= 0 && bind(l, (void *)&server, sizeof server) == 0 && listen(l, 64) == 0);
	NEED(getsockname(l, (void *)&server, &n) == 0);
	return l;
}

/* A child that answers one request of 64 bytes on each connection, and closes it. */
static int tcp_server(void)
{
	char b[64];
	int l, c;

	if (lo_up())
		return -1;
	l = listener();
	if (fork() == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		while ((c = accept(l, NULL, NULL)) >= 0) {
			if (read(c, b, sizeof b) == sizeof b && write(c, b, sizeof b) != sizeof b)
				_exit(1);
			close(c);
		}
		_exit(0);
	}
	close(l);
	return 0;
}
/* Each end waits for the other's close, so that the side that closes first takes turns. */
static u64 run_requests(unsigned n)
{
	char b[64] = { 0 };
	int c;

	TIMED(n, c = socket(AF_INET, SOCK_STREAM, 0);
		NEED(connect(c, (void *)&server, sizeof server) == 0 &&
			write(c, b, sizeof b) == sizeof b && read(c, b, sizeof b) == sizeof b &&
			read(c, b, sizeof b) == 0);
		close(c));
}

/* The whole handshake and both closes in one process, without a switch. */
static int tcp_self(void)
{
	if (lo_up())
		return -1;
	sock = listener();
	return 0;
}
static u64 run_connect_accept(unsigned n)
{
	int a, b;

	TIMED(n, a = socket(AF_INET, SOCK_STREAM, 0);
		NEED(connect(a, (void *)&server, sizeof server) == 0); b = accept(sock, NULL, NULL);
		NEED(b >= 0); close(a); close(b));
}

/* Only accept: the handshakes of half a backlog are done before, and the closes come after. */
static u64 run_accept(unsigned n)
{
	int a[32], b[32];
	unsigned i, k;
	u64 t, sum = 0;

	for (; n; n -= k) {
		k = n < 32 ? n : 32;
		for (i = 0; i < k; i++) {
			a[i] = socket(AF_INET, SOCK_STREAM, 0);
			NEED(connect(a[i], (void *)&server, sizeof server) == 0);
		}
		t = timed_start();
		for (i = 0; i < k; i++)
			b[i] = accept(sock, NULL, NULL);
		sum += timed_end(t);
		for (i = 0; i < k; i++) {
			NEED(b[i] >= 0);
			close(a[i]);
			close(b[i]);
		}
	}
	return sum;
}

/* ---- sendfile ---- */

static int file;
static int tcp_sink_and_file(void)
{
	static char b[KIB64];
	unsigned i;

	file = open("/tmp/sendfile", O_RDWR | O_CREAT | O_TRUNC, 0600);
	NEED(file >= 0);
	for (i = 0; i < 16; i++)
		NEED(write(file, b, sizeof b) == sizeof b);
	return tcp_sink();
}
static u64 run_sendfile(unsigned n)
{
	off_t at;
	ssize_t got;
	char c;

	TIMED(
		n, for (at = 0; at < 16 * KIB64;) {
			got = sendfile(sock, file, &at, 16 * KIB64 - at);
			NEED(got > 0);
		} NEED(read(sock, &c, 1) == 1));
}

/* ---- streams side by side ---- */

#define STREAMS    4
#define STREAM_MIB 4
static int stream_go[STREAMS], stream_done, nr_streams;

/* The process and the child that is its sink stay on one hart. */
static void stream(int hart, int go, int done)
{
	cpu_set_t set;
	unsigned n;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	CPU_ZERO(&set);
	CPU_SET(hart, &set);
	NEED(sched_setaffinity(0, sizeof set, &set) == 0);
	NEED(tcp_sink() == 0);
	while (read(go, &n, sizeof n) == sizeof n) {
		for (n *= STREAM_MIB; n; n--)
			send_mib();
		NEED(write(done, &n, 1) == 1);
	}
	_exit(0);
}

static int streams(int n)
{
	int go[2], done[2], i;

	if (sysconf(_SC_NPROCESSORS_ONLN) < STREAMS || lo_up())
		return -1;
	NEED(pipe(done) == 0);
	for (i = 0; i < n; i++) {
		NEED(pipe(go) == 0);
		if (fork() == 0)
			stream(i, go[0], done[1]);
		stream_go[i] = go[1];
	}
	stream_done = done[0];
	nr_streams = n;
	return 0;
}
static int one_stream(void)
{
	return streams(1);
}
static int four_streams(void)
{
	return streams(STREAMS);
}

/* Instructions of all harts for a MiB of one stream: all advance the counter. */
static u64 run_streams(unsigned n)
{
	u64 start = timed_start();
	char c;
	int i;

	for (i = 0; i < nr_streams; i++)
		NEED(write(stream_go[i], &n, sizeof n) == sizeof n);
	for (i = 0; i < nr_streams; i++)
		NEED(read(stream_done, &c, 1) == 1);
	return timed_end(start) / (nr_streams * STREAM_MIB);
}

/* ---- many connections ---- */

#define MANY 1000
static int pairs[MANY][2], poller;

static int many_connections(void)
{
	struct rlimit all = { 4 * MANY, 4 * MANY };
	struct epoll_event e = { .events = EPOLLIN };
	unsigned i;
	int l;

	if (lo_up() || setrlimit(RLIMIT_NOFILE, &all))
		return -1;
	l = listener();
	poller = epoll_create1(0);
	for (i = 0; i < MANY; i++) {
		pairs[i][0] = socket(AF_INET, SOCK_STREAM, 0);
		NEED(connect(pairs[i][0], (void *)&server, sizeof server) == 0);
		pairs[i][1] = accept(l, NULL, NULL);
		e.data.u32 = i;
		NEED(epoll_ctl(poller, EPOLL_CTL_ADD, pairs[i][1], &e) == 0);
	}
	close(l);
	return 0;
}
static u64 run_many(unsigned n)
{
	static unsigned at;
	struct epoll_event e[8];
	char c = 'x';

	TIMED(n, at = (at + 617) % MANY;
		NEED(write(pairs[at][0], &c, 1) == 1 && epoll_wait(poller, e, 8, -1) == 1 &&
			e[0].data.u32 == at && read(pairs[at][1], &c, 1) == 1));
}

const struct row rows_net[] = {
	{ "TCP round trip, 1 byte", tcp_echo, run_tcp_echo },
	{ "TCP one MiB, 64 KiB writes", tcp_sink, run_tcp_mib },
	{ "TCP sendfile of one MiB", tcp_sink_and_file, run_sendfile },
	{ "TCP one stream, MiB, 4 harts", one_stream, run_streams },
	{ "TCP four streams, MiB, 4 harts", four_streams, run_streams },
	{ "TCP connect+accept+close", tcp_self, run_connect_accept },
	{ "TCP accept", tcp_self, run_accept },
	{ "TCP request per connection", tcp_server, run_requests },
	{ "TCP 1 of 1000, epoll", many_connections, run_many },
	{ "UDP round trip, IPv4", udp4_echo, run_udp },
	{ "UDP round trip, IPv6", udp6_echo, run_udp },
	{ "UDP sendto+recvfrom, one process", udp_self, run_udp },
	{ NULL, NULL, NULL },
};
