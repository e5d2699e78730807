// SPDX-License-Identifier: MPL-2.0
/* /proc/PID/net. All processes have the same network name space. See proc_pid_net(5). */
#include <kernel/afpacket.h>
#include <kernel/inet.h>
#include <kernel/socket.h>
#include <uapi/fs.h>

#include "procfs.h"

/*
 * Records of a table: 0 is the heading; *next - 1 is the position of the others. heading_due: true:
 * the caller writes the heading; false: the record at *@at.
 */
static bool heading_due(u64 *next, u64 *const at)
{
	*at = *next - 1;
	if (*next)
		return false;
	*next = 1;
	return true;
}

/* @there: the record was written, and @at is the position after it; else there is no more. */
static int record_done(bool there, u64 at, u64 *next)
{
	*next = at + 1;
	return there ? 0 : proc_done(next);
}

static int show_dev(struct synth *s, struct fmt *f, u64 *next)
{
	u64 at;
	bool there;

	(void)s;
	if (heading_due(next, &at)) {
		fmt_lit(f,
			LIT("Inter-|   Receive                                                |  Transmit\n"
			    " face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed\n"));
		return 0;
	}
	there = inet_show_dev(f, &at);
	return record_done(there, at, next);
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
	u64 at;
	bool there;

	(void)s;
	if (heading_due(next, &at)) {
		inet_show_route_header(f);
		return 0;
	}
	there = inet_show_route(f, &at);
	return record_done(there, at, next);
}
static const struct synth_node route = {
	.name = LIT("route"), .mode = S_IFREG | 0444, .show = show_route
};

static int show_arp(struct synth *s, struct fmt *f, u64 *next)
{
	u64 at;
	bool there;

	(void)s;
	if (heading_due(next, &at)) {
		arp_show_header(f);
		return 0;
	}
	there = arp_show(f, &at);
	return record_done(there, at, next);
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

static int show_netstat(struct synth *s, struct fmt *f, u64 *next)
{
	(void)s;
	inet_show_netstat(f);
	return proc_done(next);
}
static const struct synth_node netstat = {
	.name = LIT("netstat"), .mode = S_IFREG | 0444, .show = show_netstat
};

/* Tables of sockets, with a record for each. The argument is the family. */
static int show_udp(struct synth *s, struct fmt *f, u64 *next)
{
	u32 family = (u32)s->node->arg;
	u64 at;
	bool there;

	if (heading_due(next, &at)) {
		inet_show_socket_header(f, family == AF_INET);
		return 0;
	}
	there = udp_show(f, family, &at);
	return record_done(there, at, next);
}

static int show_raw(struct synth *s, struct fmt *f, u64 *next)
{
	u32 family = (u32)s->node->arg;
	u64 at;
	bool there;

	if (heading_due(next, &at)) {
		inet_show_socket_header(f, family == AF_INET);
		return 0;
	}
	there = raw_show(f, family, &at);
	return record_done(there, at, next);
}

static int show_tcp(struct synth *s, struct fmt *f, u64 *next)
{
	u32 family = (u32)s->node->arg;
	u64 at;
	bool there;

	if (heading_due(next, &at)) {
		tcp_show_header(f, family == AF_INET);
		return 0;
	}
	there = tcp_show(f, family, &at);
	return record_done(there, at, next);
}

#define SOCKETS(V, N, SHOW, FAMILY)                                                     \
	static const struct synth_node V = {                                            \
		.name = LIT(N), .mode = S_IFREG | 0444, .show = (SHOW), .arg = (FAMILY) \
	}
SOCKETS(udp, "udp", show_udp, AF_INET);
SOCKETS(udp6, "udp6", show_udp, AF_INET6);
SOCKETS(raw, "raw", show_raw, AF_INET);
SOCKETS(raw6, "raw6", show_raw, AF_INET6);
SOCKETS(tcp, "tcp", show_tcp, AF_INET);
SOCKETS(tcp6, "tcp6", show_tcp, AF_INET6);

static int show_sockstat(struct synth *s, struct fmt *f, u64 *next)
{
	if (s->node->arg == AF_INET)
		inet_show_sockstat(f);
	else
		inet_show_sockstat6(f);
	return proc_done(next);
}
SOCKETS(sockstat, "sockstat", show_sockstat, AF_INET);
SOCKETS(sockstat6, "sockstat6", show_sockstat, AF_INET6);

/* The record at a position is the first socket whose id is at least that. */
static int show_unix(struct synth *s, struct fmt *f, u64 *next)
{
	struct socket *sock;
	u64 at;

	(void)s;
	if (heading_due(next, &at)) {
		unix_show_header(f);
		return 0;
	}
	sock = unix_next(at);
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

static int show_packet(struct synth *s, struct fmt *f, u64 *next)
{
	u64 at;
	bool there;

	(void)s;
	if (heading_due(next, &at)) {
		afpacket_show_header(f);
		return 0;
	}
	there = afpacket_show(f, &at);
	return record_done(there, at, next);
}
static const struct synth_node packet_sockets = {
	.name = LIT("packet"), .mode = S_IFREG | 0444, .show = show_packet
};

const struct synth_node proc_net = { .name = LIT("net"),
	.mode = S_IFDIR | 0555,
	.owner = proc_owner,
	.alive = proc_alive,
	.children = { &dev, &if_inet6, &netstat, &raw, &raw6, &route, &snmp, &snmp6, &arp, &tcp,
		&tcp6, &udp, &udp6, &unix_sockets, &packet_sockets, &sockstat, &sockstat6 } };
