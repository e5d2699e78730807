// SPDX-License-Identifier: MPL-2.0
/*
 * /proc/PID/net. All processes have the same network name space. See proc_pid_net(5).
 *
 * The tables are made by the files of kernel/net, record by record: a function writes the record at
 * a position and moves the position behind it. So a table of any length is read without a lock over
 * all of it; sockets that come and go meanwhile are shown or not.
 */
#include <kernel/afpacket.h>
#include <kernel/inet.h>
#include <kernel/netdev.h>
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

/* ---- tables ---- */

static void show_dev_heading(struct fmt *f)
{
	fmt_lit(f,
		LIT("Inter-|   Receive                                                |  Transmit\n"
		    " face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed\n"));
}

/*
 * heading: NULL: the table has none. record: writes the record at *at and moves *at behind it;
 * false: there is none.
 */
struct TABLE net_table {
	void (*heading)(struct fmt *f);
	bool (*record)(struct fmt *f, u64 *at);
};
enum {
	NET_ARP,
	NET_DEV,
	NET_DEV_MCAST,
	NET_IF_INET6,
	NET_IGMP,
	NET_IGMP6,
	NET_PACKET,
	NET_ROUTE,
	NET_ROUTE6,
	NET_SOFTNET
};
static const struct net_table tables[] = {
	[NET_ARP] = { arp_show_header, arp_show },
	[NET_DEV] = { show_dev_heading, inet_show_dev },
	[NET_DEV_MCAST] = { NULL, dev_mcast_show },
	[NET_IF_INET6] = { NULL, inet_show_if_inet6 },
	[NET_IGMP] = { igmp_show_header, igmp_show },
	[NET_IGMP6] = { NULL, igmp6_show },
	[NET_PACKET] = { afpacket_show_header, afpacket_show },
	[NET_ROUTE] = { inet_show_route_header, inet_show_route },
	[NET_ROUTE6] = { NULL, inet_show_route6 },
	[NET_SOFTNET] = { NULL, netdev_show_softnet },
};

/* The argument of the node says which table. */
static int show_table(struct synth *s, struct fmt *f, u64 *next)
{
	const struct net_table *const t = array_at(tables, s->node->arg);
	u64 at;
	bool there;

	if (!t->heading)
		return t->record(f, next) ? 0 : proc_done(next);
	if (heading_due(next, &at)) {
		t->heading(f);
		return 0;
	}
	there = t->record(f, &at);
	return record_done(there, at, next);
}

#define FILE_OF(V, N, SHOW, ARG)                                                     \
	static const struct synth_node V = {                                         \
		.name = LIT(N), .mode = S_IFREG | 0444, .show = (SHOW), .arg = (ARG) \
	}
FILE_OF(arp, "arp", show_table, NET_ARP);
FILE_OF(dev, "dev", show_table, NET_DEV);
FILE_OF(dev_mcast, "dev_mcast", show_table, NET_DEV_MCAST);
FILE_OF(if_inet6, "if_inet6", show_table, NET_IF_INET6);
FILE_OF(igmp, "igmp", show_table, NET_IGMP);
FILE_OF(igmp6, "igmp6", show_table, NET_IGMP6);
FILE_OF(packet_sockets, "packet", show_table, NET_PACKET);
FILE_OF(route, "route", show_table, NET_ROUTE);
FILE_OF(route6, "ipv6_route", show_table, NET_ROUTE6);
FILE_OF(softnet, "softnet_stat", show_table, NET_SOFTNET);

/* ---- tables of sockets ---- */

struct TABLE socket_table {
	void (*heading)(struct fmt *f, bool ip4);
	bool (*record)(struct fmt *f, u32 family, u64 *at);
	u32 family;
};
enum { NET_RAW, NET_RAW6, NET_TCP, NET_TCP6, NET_UDP, NET_UDP6 };
static const struct socket_table socket_tables[] = {
	[NET_RAW] = { inet_show_socket_header, raw_show, AF_INET },
	[NET_RAW6] = { inet_show_socket_header, raw_show, AF_INET6 },
	[NET_TCP] = { tcp_show_header, tcp_show, AF_INET },
	[NET_TCP6] = { tcp_show_header, tcp_show, AF_INET6 },
	[NET_UDP] = { inet_show_socket_header, udp_show, AF_INET },
	[NET_UDP6] = { inet_show_socket_header, udp_show, AF_INET6 },
};

/* As show_table. One table has the sockets of IPv4, another those of IPv6. */
static int show_sockets(struct synth *s, struct fmt *f, u64 *next)
{
	const struct socket_table *const t = array_at(socket_tables, s->node->arg);
	u64 at;
	bool there;

	if (heading_due(next, &at)) {
		t->heading(f, t->family == AF_INET);
		return 0;
	}
	there = t->record(f, t->family, &at);
	return record_done(there, at, next);
}
FILE_OF(raw, "raw", show_sockets, NET_RAW);
FILE_OF(raw6, "raw6", show_sockets, NET_RAW6);
FILE_OF(tcp, "tcp", show_sockets, NET_TCP);
FILE_OF(tcp6, "tcp6", show_sockets, NET_TCP6);
FILE_OF(udp, "udp", show_sockets, NET_UDP);
FILE_OF(udp6, "udp6", show_sockets, NET_UDP6);

/* The record at a position is the first socket whose id is above that. */
static int show_unix(struct synth *s, struct fmt *f, u64 *next)
{
	struct socket *sock;
	u64 at;

	(void)s;
	if (heading_due(next, &at)) {
		unix_show_header(f);
		return 0;
	}
	sock = socket_list_next(SOCKETS_UNIX, at);
	if (!sock)
		return proc_done(next);
	unix_show(sock, f);
	*next = sock->all_id + 1;
	obj_put(&sock);
	return 0;
}
FILE_OF(unix_sockets, "unix", show_unix, 0);

/* ---- texts ---- */

struct TABLE net_text {
	void (*show)(struct fmt *f);
};
enum { NET_NETSTAT, NET_SNMP, NET_SNMP6, NET_SOCKSTAT, NET_SOCKSTAT6 };
static const struct net_text texts[] = {
	[NET_NETSTAT] = { inet_show_netstat },
	[NET_SNMP] = { inet_show_snmp },
	[NET_SNMP6] = { inet_show_snmp6 },
	[NET_SOCKSTAT] = { inet_show_sockstat },
	[NET_SOCKSTAT6] = { inet_show_sockstat6 },
};
/* Texts of one record. */
static int show_text(struct synth *s, struct fmt *f, u64 *next)
{
	array_at(texts, s->node->arg)->show(f);
	return proc_done(next);
}
FILE_OF(netstat, "netstat", show_text, NET_NETSTAT);
FILE_OF(snmp, "snmp", show_text, NET_SNMP);
FILE_OF(snmp6, "snmp6", show_text, NET_SNMP6);
FILE_OF(sockstat, "sockstat", show_text, NET_SOCKSTAT);
FILE_OF(sockstat6, "sockstat6", show_text, NET_SOCKSTAT6);

const struct synth_node proc_net = { .name = LIT("net"),
	.mode = S_IFDIR | 0555,
	.owner = proc_owner,
	.alive = proc_alive,
	.children = { &dev, &dev_mcast, &if_inet6, &igmp, &igmp6, &netstat, &raw, &raw6, &route,
		&snmp, &snmp6, &arp, &tcp, &tcp6, &udp, &udp6, &unix_sockets, &packet_sockets,
		&sockstat, &sockstat6, &route6, &softnet } };
