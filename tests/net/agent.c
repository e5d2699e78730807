// SPDX-License-Identifier: MPL-2.0
/*
 * Pid 1 of a network test boot, on Linux and on Keel alike: the hands of tests/net in the guest.
 *
 * It reads commands from the console, one a line: a number, a word, arguments. It answers each with
 * a line "@NUMBER result". Sockets are numbered by the driver and never block; `wait`, `sink` and
 * `source` answer later, when the socket is ready, so one slow connection holds up no other.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <termios.h>
#include <unistd.h>

#define MAX_SOCKETS 2048
#define CHUNK       65536

enum job_kind { NO_JOB, WAIT, SINK, SOURCE };
/* What a socket is busy with; its answer is still to come. */
struct job {
	enum job_kind kind;
	short events;
	long number;
	unsigned long long left, done;
	unsigned sum;
};

static int socks[MAX_SOCKETS];
static struct job jobs[MAX_SOCKETS];
static int highest;
static unsigned char room[CHUNK];

/* ---- answers ---- */

static void answer(long number, const char *format, ...)
{
	char line[1024];
	va_list args;
	int n = snprintf(line, sizeof(line), "\n@%ld ", number);

	va_start(args, format);
	n += vsnprintf(line + n, sizeof(line) - n - 2, format, args);
	va_end(args);
	line[n++] = '\n';
	for (int at = 0; at < n;) {
		ssize_t m = write(1, line + at, n - at);
		if (m > 0)
			at += m;
	}
}

static const char *error_name(int e)
{
	return strerrorname_np(e) ? strerrorname_np(e) : "?";
}

static void result(long number, long r)
{
	if (r < 0)
		answer(number, "%s", error_name(errno));
	else
		answer(number, "%ld", r);
}

/* ---- bytes: the n-th of a stream is known, so each end can check what it reads ---- */

static unsigned char pattern(unsigned long long at)
{
	return (unsigned char)(at * 31 + (at >> 8) + (at >> 16) * 7);
}

static void fill(unsigned long long at, size_t n)
{
	for (size_t i = 0; i < n; i++)
		room[i] = pattern(at + i);
}

/* Adler's, which Python has as zlib.adler32. */
static unsigned checksum(unsigned sum, const unsigned char *b, size_t n)
{
	unsigned long long lo = sum & 0xffff, hi = sum >> 16;

	for (size_t i = 0; i < n; i++) {
		lo += b[i];
		hi += lo;
		if (i % 4096 == 4095) {
			lo %= 65521;
			hi %= 65521;
		}
	}
	return (unsigned)(hi % 65521 << 16 | lo % 65521);
}

/* ---- addresses ---- */

union address {
	struct sockaddr any;
	struct sockaddr_in in;
	struct sockaddr_in6 in6;
};

static socklen_t parse_address(union address *a, const char *text, int port)
{
	memset(a, 0, sizeof(*a));
	if (inet_pton(AF_INET6, text, &a->in6.sin6_addr) == 1) {
		a->in6.sin6_family = AF_INET6;
		a->in6.sin6_port = htons(port);
		return sizeof(a->in6);
	}
	inet_pton(AF_INET, text, &a->in.sin_addr);
	a->in.sin_family = AF_INET;
	a->in.sin_port = htons(port);
	return sizeof(a->in);
}

/* ---- commands: arguments are words ---- */

#define MAX_WORDS 12
struct command {
	long number;
	int n;
	char *word[MAX_WORDS];
};

static long arg(const struct command *c, int i)
{
	return i < c->n ? strtol(c->word[i], NULL, 0) : 0;
}
static int slot(const struct command *c)
{
	long s = arg(c, 1);

	return s >= 0 && s < MAX_SOCKETS ? (int)s : 0;
}
static int sock(const struct command *c)
{
	return socks[slot(c)];
}

static int keep(int s, int fd)
{
	socks[s] = fd;
	if (s >= highest)
		highest = s + 1;
	return fd;
}

static void do_socket(const struct command *c)
{
	int family = arg(c, 2) == 6 ? AF_INET6 : AF_INET, type = c->n > 3 ? (int)arg(c, 3) : 1;

	result(c->number,
		keep(slot(c), socket(family, type | SOCK_NONBLOCK, (int)arg(c, 4))) < 0 ? -1 : 0);
}

static void do_address(const struct command *c)
{
	union address a;
	socklen_t n = parse_address(&a, c->word[2], (int)arg(c, 3));

	if (!strcmp(c->word[0], "bind"))
		result(c->number, bind(sock(c), &a.any, n));
	else
		result(c->number, connect(sock(c), &a.any, n));
}

static void do_accept(const struct command *c)
{
	result(c->number,
		keep((int)arg(c, 2), accept4(sock(c), NULL, NULL, SOCK_NONBLOCK)) < 0 ? -1 : 0);
}

static void do_send(const struct command *c)
{
	size_t n = (size_t)arg(c, 3);

	if (n > CHUNK)
		n = CHUNK;
	fill((unsigned long long)arg(c, 2), n);
	result(c->number, send(sock(c), room, n, (int)arg(c, 4) | MSG_NOSIGNAL));
}

static void do_recv(const struct command *c)
{
	size_t most = (size_t)arg(c, 2);
	ssize_t n = recv(sock(c), room, most < CHUNK ? most : CHUNK, (int)arg(c, 3));

	if (n < 0)
		result(c->number, n);
	else
		answer(c->number, "%zd %u", n, checksum(1, room, n));
}

static void do_option(const struct command *c)
{
	int value = (int)arg(c, 4);

	result(c->number,
		setsockopt(sock(c), (int)arg(c, 2), (int)arg(c, 3), &value, sizeof(value)));
}

static void do_get(const struct command *c)
{
	int value = 0;
	socklen_t n = sizeof(value);

	if (getsockopt(sock(c), (int)arg(c, 2), (int)arg(c, 3), &value, &n))
		result(c->number, -1);
	else if ((int)arg(c, 2) == SOL_SOCKET && (int)arg(c, 3) == SO_ERROR)
		answer(c->number, "%s", value ? error_name(value) : "0");
	else
		answer(c->number, "%d", value);
}

static void do_linger(const struct command *c)
{
	struct linger l = { .l_onoff = (int)arg(c, 2), .l_linger = (int)arg(c, 3) };

	result(c->number, setsockopt(sock(c), SOL_SOCKET, SO_LINGER, &l, sizeof(l)));
}

static void do_close(const struct command *c)
{
	long r = close(sock(c));

	socks[slot(c)] = -1;
	result(c->number, r);
}

static void do_info(const struct command *c)
{
	struct tcp_info i = { 0 };
	socklen_t n = sizeof(i);

	if (getsockopt(sock(c), IPPROTO_TCP, TCP_INFO, &i, &n)) {
		result(c->number, -1);
		return;
	}
	answer(c->number,
		"state=%u ca=%u retransmits=%u probes=%u backoff=%u options=%u snd_mss=%u "
		"rcv_mss=%u unacked=%u sacked=%u lost=%u retrans=%u total_retrans=%u cwnd=%u "
		"ssthresh=%u pmtu=%u advmss=%u rto=%u rtt=%u",
		i.tcpi_state, i.tcpi_ca_state, i.tcpi_retransmits, i.tcpi_probes, i.tcpi_backoff,
		i.tcpi_options, i.tcpi_snd_mss, i.tcpi_rcv_mss, i.tcpi_unacked, i.tcpi_sacked,
		i.tcpi_lost, i.tcpi_retrans, i.tcpi_total_retrans, i.tcpi_snd_cwnd,
		i.tcpi_snd_ssthresh, i.tcpi_pmtu, i.tcpi_advmss, i.tcpi_rto, i.tcpi_rtt);
}

static void do_ioctl(const struct command *c)
{
	int value = 0;
	unsigned long what = !strcmp(c->word[0], "inq") ? SIOCINQ
		: !strcmp(c->word[0], "outq")           ? SIOCOUTQ
							: SIOCATMARK;

	if (ioctl(sock(c), what, &value))
		result(c->number, -1);
	else
		answer(c->number, "%d", value);
}

static void do_name(const struct command *c)
{
	union address a = { 0 };
	socklen_t n = sizeof(a);

	if (getsockname(sock(c), &a.any, &n))
		result(c->number, -1);
	else
		answer(c->number, "%d", ntohs(a.in.sin_port));
}

static void do_job(const struct command *c)
{
	struct job *j = &jobs[slot(c)];

	*j = (struct job){ .number = c->number, .sum = 1 };
	if (!strcmp(c->word[0], "wait")) {
		j->kind = WAIT;
		j->events = (short)arg(c, 2);
	} else if (!strcmp(c->word[0], "sink")) {
		j->kind = SINK;
		j->events = POLLIN;
	} else {
		j->kind = SOURCE;
		j->events = POLLOUT;
		j->left = (unsigned long long)arg(c, 2);
	}
}

static int write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY), r;

	if (fd < 0)
		return -1;
	r = write(fd, text, strlen(text)) < 0 ? -1 : 0;
	close(fd);
	return r;
}

static void do_file(const struct command *c)
{
	ssize_t n = 0, m;
	int fd;

	if (c->n > 2) {
		result(c->number, write_file(c->word[1], c->word[2]));
		return;
	}
	fd = open(c->word[1], O_RDONLY);
	while (fd >= 0 && n < 900 && (m = read(fd, room + n, 900 - n)) > 0)
		n += m;
	room[n] = 0;
	for (ssize_t i = 0; i < n; i++)
		room[i] = room[i] == '\n' ? '|' : room[i];
	if (fd < 0)
		result(c->number, -1);
	else
		answer(c->number, "%s", (char *)room);
	close(fd);
}

static void do_quit(const struct command *c)
{
	for (int i = 0; i < highest; i++)
		if (socks[i] >= 0)
			close(socks[i]);
	answer(c->number, "0");
	tcdrain(1);
	reboot(RB_POWER_OFF);
}

static void do_nothing(const struct command *c)
{
	answer(c->number, "0");
}

static void do_shutdown(const struct command *c)
{
	result(c->number, shutdown(sock(c), (int)arg(c, 2)));
}
static void do_listen(const struct command *c)
{
	result(c->number, listen(sock(c), (int)arg(c, 2)));
}

static const struct {
	const char *name;
	void (*run)(const struct command *);
} commands[] = { { "socket", do_socket }, { "bind", do_address }, { "connect", do_address },
	{ "listen", do_listen }, { "accept", do_accept }, { "send", do_send }, { "recv", do_recv },
	{ "opt", do_option }, { "get", do_get }, { "linger", do_linger }, { "shut", do_shutdown },
	{ "close", do_close }, { "info", do_info }, { "inq", do_ioctl }, { "outq", do_ioctl },
	{ "atmark", do_ioctl }, { "name", do_name }, { "wait", do_job }, { "sink", do_job },
	{ "source", do_job }, { "file", do_file }, { "quit", do_quit }, { "nop", do_nothing } };

static void run_line(char *line)
{
	struct command c = { 0 };
	char *save, *w = strtok_r(line, " ", &save);

	if (!w)
		return;
	c.number = strtol(w, NULL, 10);
	while (c.n < MAX_WORDS && (w = strtok_r(NULL, " ", &save)))
		c.word[c.n++] = w;
	for (size_t i = 0; c.n && i < sizeof(commands) / sizeof(commands[0]); i++) {
		if (!strcmp(commands[i].name, c.word[0])) {
			commands[i].run(&c);
			return;
		}
	}
	answer(c.number, "no such command");
}

/* ---- jobs ---- */

static void events_answer(long number, short r)
{
	answer(number, "%s%s%s%s%s%s", r & POLLIN ? "in " : "", r & POLLPRI ? "pri " : "",
		r & POLLOUT ? "out " : "", r & POLLRDHUP ? "rdhup " : "", r & POLLHUP ? "hup " : "",
		r & POLLERR ? "err " : "");
}

static void sink_some(int s, struct job *j)
{
	for (int turns = 0; turns < 16; turns++) {
		ssize_t n = recv(socks[s], room, CHUNK, 0);
		if (n > 0) {
			j->sum = checksum(j->sum, room, n);
			j->done += n;
		} else if (n == 0 || errno != EAGAIN) {
			j->kind = NO_JOB;
			answer(j->number, "%llu %u %s", j->done, j->sum,
				n ? error_name(errno) : "end");
			return;
		} else {
			return;
		}
	}
}

static void source_some(int s, struct job *j)
{
	for (int turns = 0; turns < 16 && j->left; turns++) {
		ssize_t n = j->left < CHUNK ? (ssize_t)j->left : CHUNK;
		fill(j->done, n);
		n = send(socks[s], room, n, MSG_NOSIGNAL);
		if (n < 0 && errno == EAGAIN)
			return;
		if (n < 0) {
			j->kind = NO_JOB;
			answer(j->number, "%llu %s", j->done, error_name(errno));
			return;
		}
		j->done += n;
		j->left -= n;
	}
	if (!j->left) {
		j->kind = NO_JOB;
		shutdown(socks[s], SHUT_WR);
		answer(j->number, "%llu end", j->done);
	}
}

static void serve(void)
{
	static char line[4096];
	static struct pollfd polled[MAX_SOCKETS + 1];
	static int who[MAX_SOCKETS + 1];
	size_t have = 0;

	for (;;) {
		int n = 1;
		polled[0] = (struct pollfd){ .fd = 0, .events = POLLIN };
		for (int s = 0; s < highest; s++) {
			if (jobs[s].kind) {
				who[n] = s;
				polled[n++] = (struct pollfd){ socks[s], jobs[s].events, 0 };
			}
		}
		poll(polled, n, -1);
		for (int i = 1; i < n; i++) {
			struct job *j = &jobs[who[i]];
			if (!polled[i].revents)
				continue;
			if (j->kind == WAIT) {
				j->kind = NO_JOB;
				events_answer(j->number, polled[i].revents);
			} else if (j->kind == SINK) {
				sink_some(who[i], j);
			} else {
				source_some(who[i], j);
			}
		}
		if (polled[0].revents) {
			ssize_t m = read(0, line + have, sizeof(line) - 1 - have);
			char *at = line, *end;
			if (m <= 0)
				continue;
			have += m;
			line[have] = 0;
			while ((end = strpbrk(at, "\r\n"))) {
				*end = 0;
				run_line(at);
				at = end + 1;
			}
			have -= at - line;
			memmove(line, at, have);
			if (have == sizeof(line) - 1)
				have = 0;
		}
	}
}

/* ---- start ---- */

/* Linux has the card's driver in modules, in this order; Keel has it built in, and loads none. */
static void load_modules(void)
{
	static const char *const names[] = { MODULES };
	char path[64];

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		int fd;
		snprintf(path, sizeof(path), "/%s.ko", names[i]);
		fd = open(path, O_RDONLY);
		syscall(SYS_finit_module, fd, "", 0);
		close(fd);
	}
}

/* Without GRO each received segment is one for TCP; where that cannot be set there is none. */
static void no_gro(int s, struct ifreq *r)
{
	struct ethtool_value v = { .cmd = ETHTOOL_SGRO, .data = 0 };

	r->ifr_data = (char *)&v;
	ioctl(s, SIOCETHTOOL, r);
}

static void bring_up(const char *name)
{
	struct ifreq r = { 0 };
	int s = socket(AF_INET, SOCK_DGRAM, 0);

	snprintf(r.ifr_name, sizeof(r.ifr_name), "%s", name);
	no_gro(s, &r);
	if (ioctl(s, SIOCGIFFLAGS, &r))
		perror(name);
	r.ifr_flags |= IFF_UP;
	if (ioctl(s, SIOCSIFFLAGS, &r))
		perror("up");
	close(s);
}

struct address6 {
	struct in6_addr address;
	unsigned prefix;
	int index;
};

static void set_addresses(const char *name, const char *four, const char *mask, const char *six)
{
	struct ifreq r = { 0 };
	struct address6 a = { .prefix = 64 };
	int s = socket(AF_INET, SOCK_DGRAM, 0), s6 = socket(AF_INET6, SOCK_DGRAM, 0);
	union address at;

	snprintf(r.ifr_name, sizeof(r.ifr_name), "%s", name);
	parse_address((union address *)&r.ifr_addr, four, 0);
	if (ioctl(s, SIOCSIFADDR, &r))
		perror("address");
	parse_address((union address *)&r.ifr_netmask, mask, 0);
	if (ioctl(s, SIOCSIFNETMASK, &r))
		perror("mask");
	if (ioctl(s, SIOCGIFINDEX, &r))
		perror("index");
	a.index = r.ifr_ifindex;
	inet_pton(AF_INET6, six, &a.address);
	if (ioctl(s6, SIOCSIFADDR, &a))
		perror("address of IPv6");
	/* It can be bound once no other has been found to have it. */
	parse_address(&at, six, 0);
	while (bind(s6, &at.any, sizeof(at.in6)) && errno == EADDRNOTAVAIL)
		usleep(10000);
	close(s);
	close(s6);
}

/* All bytes of the console are ours as they come. */
static void raw_console(void)
{
	struct termios t;

	if (tcgetattr(0, &t))
		return;
	cfmakeraw(&t);
	tcsetattr(0, TCSANOW, &t);
}

/* Arguments: addresses of IPv4 and IPv6, where they are not the usual ones. */
int main(int argc, char **argv)
{
	struct rlimit many = { MAX_SOCKETS + 64, MAX_SOCKETS + 64 };

	for (int i = 0; i < MAX_SOCKETS; i++)
		socks[i] = -1;
	mkdir("/proc", 0755);
	mkdir("/sys", 0755);
	mount("proc", "/proc", "proc", 0, NULL);
	mount("sysfs", "/sys", "sysfs", 0, NULL);
	mount("devtmpfs", "/dev", "devtmpfs", 0, NULL);
	setrlimit(RLIMIT_NOFILE, &many);
	raw_console();
	load_modules();
	write_file("/proc/sys/net/ipv6/conf/eth0/accept_ra", "0");
	bring_up("lo");
	bring_up("eth0");
	set_addresses("eth0", argc > 2 ? argv[argc - 2] : GUEST4, MASK4,
		argc > 2 ? argv[argc - 1] : GUEST6);
	answer(0, "ready");
	serve();
}
