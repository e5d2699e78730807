// SPDX-License-Identifier: MPL-2.0
/* /proc/PID/net. All processes have the same network name space. See proc_pid_net(5). */
#include <kernel/inet.h>
#include <kernel/socket.h>
#include <uapi/fs.h>

#include "procfs.h"

/*
 * Records: 0 is the heading; *next - 1 is the position of the others.
 */
static int show_dev(struct synth *s, struct fmt *f, u64 *next)
{
	u64 at = *next - 1;

	(void)s;
	if (!*next) {
		fmt_lit(f,
			LIT("Inter-|   Receive                                                |  Transmit\n"
			    " face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed\n"));
		*next = 1;
		return 0;
	}
	if (!inet_show_dev(f, &at))
		return proc_done(next);
	*next = at + 1;
	return 0;
}
static const struct synth_node dev = {
	.name = LIT("dev"), .mode = S_IFREG | 0444, .show = show_dev
};

static int show_if_inet6(struct synth *s, struct fmt *f, u64 *next)
{
	(void)s;
	return inet_show_if_inet6(f, next) ? 0 : proc_done(next);
}
static const struct synth_node if_inet6 = {
	.name = LIT("if_inet6"), .mode = S_IFREG | 0444, .show = show_if_inet6
};

static int show_route(struct synth *s, struct fmt *f, u64 *next)
{
	(void)s;
	inet_show_route_header(f);
	inet_show_routes(f);
	return proc_done(next);
}
static const struct synth_node route = {
	.name = LIT("route"), .mode = S_IFREG | 0444, .show = show_route
};

static int show_arp(struct synth *s, struct fmt *f, u64 *next)
{
	u64 at = *next - 1;

	(void)s;
	if (!*next) {
		arp_show_header(f);
		*next = 1;
		return 0;
	}
	if (!arp_show(f, &at))
		return proc_done(next);
	*next = at + 1;
	return 0;
}
static const struct synth_node arp = {
	.name = LIT("arp"), .mode = S_IFREG | 0444, .show = show_arp
};

static int show_snmp(struct synth *s, struct fmt *f, u64 *next)
{
	(void)s;
	inet_show_snmp(f);
	return proc_done(next);
}
static const struct synth_node snmp = {
	.name = LIT("snmp"), .mode = S_IFREG | 0444, .show = show_snmp
};

static int show_snmp6(struct synth *s, struct fmt *f, u64 *next)
{
	(void)s;
	inet_show_snmp6(f);
	return proc_done(next);
}
static const struct synth_node snmp6 = {
	.name = LIT("snmp6"), .mode = S_IFREG | 0444, .show = show_snmp6
};

/* Tables of sockets: a heading, then a record for each. */
static int show_sockets(struct fmt *f, u64 *next, u32 family, bool raw)
{
	u64 at = *next - 1;
	bool more;

	if (!*next) {
		inet_show_socket_header(f, family == AF_INET);
		*next = 1;
		return 0;
	}
	more = raw ? raw_show(f, family, &at) : udp_show(f, family, &at);
	*next = at + 1;
	return more ? 0 : proc_done(next);
}

static int show_udp(struct synth *s, struct fmt *f, u64 *next)
{
	(void)s;
	return show_sockets(f, next, AF_INET, false);
}
static const struct synth_node udp = {
	.name = LIT("udp"), .mode = S_IFREG | 0444, .show = show_udp
};
static int show_udp6(struct synth *s, struct fmt *f, u64 *next)
{
	(void)s;
	return show_sockets(f, next, AF_INET6, false);
}
static const struct synth_node udp6 = {
	.name = LIT("udp6"), .mode = S_IFREG | 0444, .show = show_udp6
};
static int show_raw(struct synth *s, struct fmt *f, u64 *next)
{
	(void)s;
	return show_sockets(f, next, AF_INET, true);
}
static const struct synth_node raw = {
	.name = LIT("raw"), .mode = S_IFREG | 0444, .show = show_raw
};
static int show_raw6(struct synth *s, struct fmt *f, u64 *next)
{
	(void)s;
	return show_sockets(f, next, AF_INET6, true);
}
static const struct synth_node raw6 = {
	.name = LIT("raw6"), .mode = S_IFREG | 0444, .show = show_raw6
};

static int show_connections(struct fmt *f, u64 *next, u32 family)
{
	u64 at = *next - 1;
	bool more;

	if (!*next) {
		tcp_show_header(f, family == AF_INET);
		*next = 1;
		return 0;
	}
	more = tcp_show(f, family, &at);
	*next = at + 1;
	return more ? 0 : proc_done(next);
}
static int show_tcp(struct synth *s, struct fmt *f, u64 *next)
{
	(void)s;
	return show_connections(f, next, AF_INET);
}
static const struct synth_node tcp = {
	.name = LIT("tcp"), .mode = S_IFREG | 0444, .show = show_tcp
};
static int show_tcp6(struct synth *s, struct fmt *f, u64 *next)
{
	(void)s;
	return show_connections(f, next, AF_INET6);
}
static const struct synth_node tcp6 = {
	.name = LIT("tcp6"), .mode = S_IFREG | 0444, .show = show_tcp6
};

/* Record 0 is the heading; record n is the first socket whose id is at least n. */
static int show_unix(struct synth *s, struct fmt *f, u64 *next)
{
	struct socket *sock;

	(void)s;
	if (!*next) {
		unix_show_header(f);
		*next = 1;
		return 0;
	}
	sock = unix_next(*next - 1);
	if (!sock)
		return proc_done(next);
	unix_show(sock, f);
	*next = unix_id(sock) + 1;
	obj_put(&sock);
	return 0;
}
static const struct synth_node unix_sockets = {
	.name = LIT("unix"), .mode = S_IFREG | 0444, .show = show_unix
};

const struct synth_node proc_net = { .name = LIT("net"),
	.mode = S_IFDIR | 0555,
	.owner = proc_owner,
	.alive = proc_alive,
	.children = { &dev, &if_inet6, &raw, &raw6, &route, &snmp, &snmp6, &arp, &tcp, &tcp6, &udp,
		&udp6, &unix_sockets } };
