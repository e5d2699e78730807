// SPDX-License-Identifier: MPL-2.0
// /proc/sys/net: modes and first values of files, what may be written to them, and that they have
// an effect: reserved and unprivileged ports, defaults of sockets, congestion control.
#include "../lib/net.h"
#include "../lib/tap.h"
#include <linux/tcp.h>

#define NET "/proc/sys/net/"

static void show(const char *name)
{
	char path[128], b[512] = "";
	struct stat st = { 0 };
	int fd, n;

	snprintf(path, sizeof(path), NET "%s", name);
	fd = open(path, O_RDONLY);
	n = fd < 0 ? -1 : read(fd, b, sizeof(b) - 1);
	stat(path, &st);
	printf("%s %06o: %s", name, st.st_mode, n < 0 ? t_errname(errno) : b);
	if (n <= 0)
		printf("\n");
	close(fd);
}

static void put(const char *name, const char *text)
{
	char path[128];
	int fd, n, e;

	snprintf(path, sizeof(path), NET "%s", name);
	fd = open(path, O_WRONLY);
	n = fd < 0 ? -1 : write(fd, text, strlen(text));
	e = errno;
	close(fd);
	printf("'%.24s' to ", text);
	if (n < 0)
		printf("(%s) ", t_errname(e));
	show(name);
}

/* The last number is a 128th of the memory on a small machine: from here on it is what it is on a
 * large one. */
static void grow_buffers(void)
{
	int r = open(NET "ipv4/tcp_rmem", O_WRONLY), w = open(NET "ipv4/tcp_wmem", O_WRONLY);

	CHECK(write(r, "4096 131072 6291456", 19) == 19);
	CHECK(write(w, "4096 16384 4194304", 18) == 18);
	close(r);
	close(w);
}

/* Files whose first value does not depend on the machine. */
static const char *const plain[] = { "core/netdev_max_backlog", "core/rmem_default",
	"core/rmem_max", "core/somaxconn", "core/wmem_default", "core/wmem_max",
	"unix/max_dgram_qlen", "ipv4/icmp_echo_ignore_all", "ipv4/icmp_echo_ignore_broadcasts",
	"ipv4/icmp_echo_enable_probe", "ipv4/icmp_msgs_burst", "ipv4/icmp_msgs_per_sec",
	"ipv4/icmp_ratelimit", "ipv4/icmp_ratemask", "ipv4/igmp_max_memberships",
	"ipv4/ip_default_ttl", "ipv4/ip_forward", "ipv4/ip_local_port_range",
	"ipv4/ip_local_reserved_ports", "ipv4/ip_no_pmtu_disc", "ipv4/ip_nonlocal_bind",
	"ipv4/ip_unprivileged_port_start", "ipv4/ipfrag_time", "ipv4/ping_group_range",
	"ipv4/tcp_abort_on_overflow", "ipv4/tcp_available_congestion_control",
	"ipv4/tcp_congestion_control", "ipv4/tcp_dsack", "ipv4/tcp_ecn", "ipv4/tcp_fack",
	"ipv4/tcp_fin_timeout", "ipv4/tcp_invalid_ratelimit", "ipv4/tcp_keepalive_intvl",
	"ipv4/tcp_keepalive_probes", "ipv4/tcp_keepalive_time", "ipv4/tcp_low_latency",
	"ipv4/tcp_moderate_rcvbuf", "ipv4/tcp_mtu_probing", "ipv4/tcp_orphan_retries",
	"ipv4/tcp_recovery", "ipv4/tcp_retries1", "ipv4/tcp_retries2", "ipv4/tcp_rfc1337",
	"ipv4/tcp_rmem", "ipv4/tcp_sack", "ipv4/tcp_slow_start_after_idle", "ipv4/tcp_stdurg",
	"ipv4/tcp_syn_retries", "ipv4/tcp_synack_retries", "ipv4/tcp_syncookies",
	"ipv4/tcp_timestamps", "ipv4/tcp_tw_reuse", "ipv4/tcp_window_scaling", "ipv4/tcp_wmem",
	"ipv6/bindv6only", "ipv6/ip6frag_time", "ipv6/ip_nonlocal_bind",
	"ipv6/icmp/echo_ignore_all" };

static void limits(void)
{
	static const char *const tries[][2] = { { "ipv4/tcp_syn_retries", "0" },
		{ "ipv4/tcp_syn_retries", "127" }, { "ipv4/tcp_syn_retries", "128" },
		{ "ipv4/tcp_syn_retries", "6" }, { "ipv4/tcp_retries2", "256" },
		{ "ipv4/tcp_retries2", "-1" }, { "ipv4/tcp_retries2", "12x" },
		{ "ipv4/tcp_retries2", " 14 \n" }, { "ipv4/tcp_retries2", "15" },
		{ "ipv4/tcp_ecn", "3" }, { "ipv4/tcp_ecn", "1" }, { "ipv4/tcp_ecn", "2" },
		{ "ipv4/tcp_tw_reuse", "3" }, { "ipv4/tcp_sack", "0" }, { "ipv4/tcp_sack", "256" },
		{ "ipv4/tcp_sack", "1" }, { "ipv4/tcp_fin_timeout", "30" },
		{ "ipv4/tcp_fin_timeout", "8589934" }, { "ipv4/tcp_fin_timeout", "8589935" },
		{ "ipv4/tcp_fin_timeout", "60" }, { "ipv4/tcp_keepalive_probes", "256" },
		{ "ipv4/tcp_rmem", "4097 131073 6291457" }, { "ipv4/tcp_rmem", "4096 0 1" },
		{ "ipv4/tcp_rmem", "4096 131072 6291456" }, { "ipv4/tcp_wmem", "1 2" },
		{ "ipv4/tcp_wmem", "4096\t16384\t4194304\n" },
		{ "ipv4/tcp_congestion_control", "reno" },
		{ "ipv4/tcp_congestion_control", "nosuch" },
		{ "ipv4/tcp_congestion_control", "cubic\n" },
		{ "ipv4/tcp_available_congestion_control", "reno" }, { "ipv4/ip_default_ttl", "0" },
		{ "ipv4/ip_default_ttl", "256" }, { "ipv4/ip_local_port_range", "40000 39999" },
		{ "ipv4/ip_local_port_range", "1000 2000" },
		{ "ipv4/ip_local_port_range", "0 60999" },
		{ "ipv4/ip_local_port_range", "40000 65536" },
		{ "ipv4/ip_unprivileged_port_start", "32769" },
		{ "ipv4/ip_unprivileged_port_start", "65536" },
		{ "ipv4/ip_unprivileged_port_start", "-1" },
		{ "ipv4/ip_local_reserved_ports", "8080,9000-9010,8081" },
		{ "ipv4/ip_local_reserved_ports", "9-8" }, { "ipv4/ip_local_reserved_ports", "x" },
		{ "ipv4/ip_local_reserved_ports", "65536" },
		{ "ipv4/ip_local_reserved_ports", "1,,2" },
		{ "ipv4/ip_local_reserved_ports", "0-65535" },
		{ "ipv4/ip_local_reserved_ports", "1,3,5\n" },
		{ "ipv4/ip_local_reserved_ports", "\n" }, { "ipv4/icmp_ratelimit", "-1" },
		{ "ipv4/icmp_msgs_per_sec", "-1" }, { "ipv4/icmp_echo_ignore_all", "2" },
		{ "ipv6/bindv6only", "2" }, { "core/somaxconn", "-1" }, { "core/rmem_max", "1" } };

	for (size_t i = 0; i < T_LEN(tries); i++)
		put(tries[i][0], tries[i][1]);
}

/* The port that the kernel chooses for a socket; or 0: there is none. */
static int chosen_port(int type, const char *to)
{
	union net_addr a = net_addr("127.0.0.1", 0);
	socklen_t n = sizeof(a.in);
	int s = socket(AF_INET, type, 0), l = -1, port = 0;

	if (to) {
		l = net_bound(to, 7300);
		a = net_addr(to, 7300);
		if (connect(s, &a.any, n) == 0)
			port = 1;
		close(l);
	} else if (bind(s, &a.any, n) == 0) {
		port = 1;
	}
	n = sizeof(a);
	if (port)
		getsockname(s, &a.any, &n);
	port = port ? ntohs(a.in.sin_port) : 0;
	close(s);
	return port;
}

/* Of a range of four ports two are reserved: the others are chosen, and then none. */
static void ports(void)
{
	put("ipv4/ip_local_port_range", "40000 40003");
	put("ipv4/ip_local_reserved_ports", "40000,40002-40003");
	for (int i = 0; i < 8; i++) {
		CHECK(chosen_port(SOCK_DGRAM, NULL) == 40001);
		CHECK(chosen_port(SOCK_STREAM, NULL) == 40001);
		CHECK(chosen_port(SOCK_DGRAM, "127.0.0.1") == 40001);
	}
	put("ipv4/ip_local_reserved_ports", "40000-40003");
	SHOW(chosen_port(SOCK_STREAM, NULL));
	close(net_bound("127.0.0.1", 40002)); // by its number it can be had
	put("ipv4/ip_local_reserved_ports", "\n");
	put("ipv4/ip_local_port_range", "32768 60999");
}

static void try_bind(const char *to, int port)
{
	union net_addr a = net_addr(to, port);
	int s = socket(a.any.sa_family, SOCK_DGRAM, 0);

	printf("%s %d: %s\n", to, port, bind(s, &a.any, net_len(&a)) ? t_errname(errno) : "bound");
	close(s);
}

static void unprivileged(void)
{
	pid_t p;

	put("ipv4/ip_unprivileged_port_start", "80");
	p = t_fork();
	if (!p) {
		CHECK(setresuid(1000, 1000, 1000) == 0);
		try_bind("127.0.0.1", 79);
		try_bind("127.0.0.1", 80);
		TL("open to write", open(NET "ipv4/tcp_sack", O_WRONLY));
		fflush(stdout);
		_exit(0);
	}
	waitpid(p, NULL, 0);
	put("ipv4/ip_local_port_range", "79 60999");
	put("ipv4/ip_unprivileged_port_start", "1024");
	try_bind("192.0.2.1", 7301);
	put("ipv4/ip_nonlocal_bind", "1");
	try_bind("192.0.2.1", 7301);
	put("ipv4/ip_nonlocal_bind", "0");
}

static long option(int s, int level, int name)
{
	int v = -1;
	socklen_t n = sizeof(v);

	CHECK(getsockopt(s, level, name, &v, &n) == 0);
	return v;
}

/* What a new socket begins with. */
static void sockets(void)
{
	char name[16] = "";
	socklen_t n = sizeof(name);
	int s;

	put("ipv6/bindv6only", "1");
	put("ipv4/ip_no_pmtu_disc", "1");
	put("ipv4/tcp_rmem", "4096 100000 6291456");
	put("ipv4/tcp_wmem", "4096 20000 4194304");
	put("ipv4/tcp_congestion_control", "reno");
	put("ipv4/ip_default_ttl", "33");
	s = socket(AF_INET6, SOCK_STREAM, 0);
	SHOW(option(s, IPPROTO_IPV6, IPV6_V6ONLY));
	SHOW(option(s, SOL_SOCKET, SO_RCVBUF));
	SHOW(option(s, SOL_SOCKET, SO_SNDBUF));
	CHECK(getsockopt(s, IPPROTO_TCP, TCP_CONGESTION, name, &n) == 0);
	SHOWS(name);
	close(s);
	s = socket(AF_INET, SOCK_DGRAM, 0);
	SHOW(option(s, IPPROTO_IP, IP_MTU_DISCOVER));
	SHOW(option(s, IPPROTO_IP, IP_TTL));
	close(s);
	put("ipv6/bindv6only", "0");
	put("ipv4/ip_no_pmtu_disc", "0");
	put("ipv4/tcp_rmem", "4096 131072 6291456");
	put("ipv4/tcp_wmem", "4096 16384 4194304");
	put("ipv4/tcp_congestion_control", "cubic");
	put("ipv4/ip_default_ttl", "64");
}

static int negotiated(void)
{
	union net_addr a = net_addr("127.0.0.1", 7302);
	int l = socket(AF_INET, SOCK_STREAM, 0), s = socket(AF_INET, SOCK_STREAM, 0), one = 1;
	struct tcp_info i = { 0 };
	socklen_t n = sizeof(i);

	setsockopt(l, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	CHECK(bind(l, &a.any, sizeof(a.in)) == 0 && listen(l, 5) == 0);
	CHECK(connect(s, &a.any, sizeof(a.in)) == 0);
	CHECK(getsockopt(s, IPPROTO_TCP, TCP_INFO, &i, &n) == 0);
	close(s);
	close(l);
	return i.tcpi_options &
		(TCPI_OPT_TIMESTAMPS | TCPI_OPT_SACK | TCPI_OPT_WSCALE | TCPI_OPT_ECN);
}

static void tcp(void)
{
	SHOWX(negotiated());
	put("ipv4/tcp_sack", "0");
	SHOWX(negotiated());
	put("ipv4/tcp_timestamps", "0");
	SHOWX(negotiated());
	put("ipv4/tcp_window_scaling", "0");
	SHOWX(negotiated());
	put("ipv4/tcp_ecn", "1");
	SHOWX(negotiated());
	put("ipv4/tcp_ecn", "2");
	put("ipv4/tcp_window_scaling", "1");
	put("ipv4/tcp_timestamps", "1");
	put("ipv4/tcp_sack", "1");
	put("ipv4/tcp_syncookies", "2"); // each connection by a cookie
	SHOWX(negotiated());
	put("ipv4/tcp_syncookies", "1");
}

int main(void)
{
	net_start();
	grow_buffers();
	for (size_t i = 0; i < T_LEN(plain); i++)
		show(plain[i]);
	limits();
	ports();
	unprivileged();
	sockets();
	tcp();
	return 0;
}
