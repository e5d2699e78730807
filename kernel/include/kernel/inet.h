// SPDX-License-Identifier: MPL-2.0
/*
 * The internet protocols: what IPv4, IPv6 and the transports above them offer each other
 * (kernel/net/inet). See ip(7), ipv6(7), udp(7), tcp(7), raw(7), icmp(7).
 *
 * Receiving: ip4.c and ip6.c check the header, put fragments together, ask route_input, and hand a
 * packet for this machine to the transport that is registered for its protocol number, with what
 * the headers said in a struct ip_info. Sending: a transport has a route (inet_route), puts its
 * header before the data, and calls ip_output with the flow.
 */
#ifndef KERNEL_INET_H
#define KERNEL_INET_H

#include <frame/fmt.h>
#include <frame/sync.h>
#include <kernel/packet.h>
#include <kernel/route.h>
#include <kernel/socket.h>

#define IP_PROTO_ICMP   1
#define IP_PROTO_IGMP   2
#define IP_PROTO_TCP    6
#define IP_PROTO_UDP    17
#define IP_PROTO_ICMPV6 58
#define IP_PROTO_RAW    255

/* What the headers of a received packet said. */
struct ip_info {
	struct ip_addr from, to;
	u32 ifindex;
	u32 label;
	u8 protocol, tos, ttl;
	bool broadcast, multicast; /* by its destination */
	u16 header_len;            /* all internet headers, with options or extensions */
};

/*
 * An ICMP error about a packet that this machine has sent: who, what, and the sent packet's flow.
 */
struct ip_error {
	struct ip_addr offender;
	u8 type, code; /* of ICMP or ICMPv6 */
	int error;     /* errno */
	bool fatal;    /* ends a connection attempt (ip(7), IP_RECVERR) */
	u32 info;      /* MTU, pointer, gateway's ..., as it was sent */
	/*
	 * "Too big": what the path takes at most, and no less than every path must; else 0. A
	 * transport that knows that the packet is its own calls route_learn_mtu.
	 */
	u32 mtu;
	struct flow flow;     /* as it was sent: from is ours */
	struct ip_info heard; /* the header of the packet that brought the error */
	u32 sequence;         /* TCP: of the sent segment */
};

struct TABLE ip_transport {
	u8 protocol;
	/* The head begins with the transport's header. Consumes @p. Context: netdev_run. */
	void (*receive)(struct packet *p, const struct ip_info *info);
	/* @p: what the error quotes; not consumed. NULL: not interested. Context: netdev_run. */
	void (*error)(const struct ip_error *e, struct packet *p);
};
/* Start-up. */
void ip_transport_register(const struct ip_transport *t);

/*
 * Puts the internet header before @p (whose head begins with the transport's), cuts it if it must
 * and may, and sends it; consumes it. 0, -EMSGSIZE (dont_fragment), -ENOBUFS, or an error of
 * neigh_send. Context: any but interrupt; the socket's lock may be held.
 */
int must_check ip_output(struct packet *p, struct route *r, const struct flow *f);
/* The sum of the pseudo-header, for bytes_sum; @len: of transport header and data. */
u32 ip_pseudo_sum(struct ip_addr from, struct ip_addr to, u8 protocol, u32 len);
/*
 * Answers @p, whose internet header begins at p->net, with an ICMP error, unless one must not be
 * sent (RFC 1122, 3.2.2; RFC 4443, 2.4) or the rate is exhausted. Not consumed.
 */
void icmp_send_error(struct packet *p, u8 type4, u8 code4, u8 type6, u8 code6, u32 info);

/* ---- sockets ---- */

/* memory.c: what the packets of a socket's queue take from the account of all sockets. */
struct inet_reserve {
	u64 used, held; /* the socket's lock */
};
/* Counts @n bytes; false: the sockets of the machine keep too much already. */
bool inet_memory_charge(struct inet_reserve *r, u32 n);
void inet_memory_uncharge(struct inet_reserve *r, u32 n);
/* The socket goes. */
void inet_memory_end(struct inet_reserve *r);

/*
 * What all internet sockets have: the first field of udp_sock, tcp_sock, raw_sock, as the
 * protocol's own object is behind socket.proto.
 */
struct reuse_member;
struct inet_sock {
	struct socket *socket;      /* borrowed: the socket owns this object */
	struct ip_addr local, peer; /* zero: none */
	u16 local_port, peer_port;  /* host order; 0: none */
	u32 ifindex;                /* SO_BINDTODEVICE, or the scope of an address */
	u32 peer_scope;
	bool v6only;
	bool v4only; /* bound to ::ffff:0.0.0.0: takes no packets of IPv6 */
	/* Options of IPPROTO_IP and IPPROTO_IPV6 (options.c). */
	u8 tos, tclass, mtu_discover, mtu_discover6;
	s16 ttl, hops, multicast_ttl, multicast_hops; /* -1: the default */
	u32 multicast_ifindex, multicast_ifindex6;    /* where groups of each protocol are */
	struct ip_addr multicast_from;
	u32 flags; /* enum inet_flag */
	u32 label;
	u32 piece_max6;     /* IPV6_MTU; 0: not set */
	struct obj *groups; /* reference: memberships of multicast groups */
	/* The last route, and what route_generation was then. */
	struct spinlock route_lock;
	struct route *route; /* reference */
	u64 route_seen;
	struct ip_addr route_from, route_to;
	u32 route_ifindex, route_mark;
	u8 route_tos;
	struct port_binding *binding; /* reference: its port; NULL: none */
	struct reuse_member *reuse;   /* reuse.c; reference: its place in a group; NULL: none */
};

enum inet_flag {
	INET_RECVERR = 1,
	INET_RECVERR6 = 2,
	INET_PKTINFO = 4,
	INET_PKTINFO6 = 8,
	INET_RECVTOS = 16,
	INET_RECVTCLASS = 32,
	INET_RECVTTL = 64,
	INET_RECVHOPS = 128,
	INET_HDRINCL = 256,
	INET_FREEBIND = 512,
	INET_TRANSPARENT = 1024,
	INET_MULTICAST_LOOP = 2048,
	INET_MULTICAST_LOOP6 = 4096,
	INET_MULTICAST_ALL = 8192,
	INET_NODEFRAG = 16384,
	INET_RECVORIGDST = 32768,
	INET_BIND_NO_PORT = 65536,
	INET_2292_PKTINFO = 131072, /* the numbers that RFC 2292 gave to PKTINFO6 and RECVHOPS */
	INET_2292_HOPS = 262144,
	INET_DONTFRAG6 = 524288,
};

/*
 * The way to the peer or to f->to: the socket's own if still good, else looked up. As route_output.
 */
int must_check inet_route(struct inet_sock *s, struct flow *f, struct route **out);
/* The flow of a packet to the connected peer. */
struct flow inet_flow(const struct inet_sock *s, u8 protocol);
/* An address of the user as ip_addr and port; and back. 0, -EINVAL, -EAFNOSUPPORT. */
int must_check inet_address_in(const struct socket *s, const struct sockaddr_any *a, u32 len,
	struct ip_addr *addr, u16 *port, u32 *scope);
u32 inet_address_out(const struct socket *s, struct ip_addr addr, u16 port, u32 scope,
	struct sockaddr_any *a);

/*
 * Ports: one table a transport (port.c). Two sockets share a port if the rules of SO_REUSEADDR,
 * SO_REUSEPORT and IPV6_V6ONLY let them (socket(7), ipv6(7)).
 */
#define PORT_BUCKETS 1024u
/* A port that a socket has; what decides about conflicts is copied here. */
struct port_binding {
	struct obj obj;
	struct ip_addr local; /* zero: any */
	u16 port;
	u16 family;
	/* Bucket's lock. Users: sockets, and entries in TIME_WAIT. */
	u32 nr_users, nr_listening; /* of TCP; while one listens SO_REUSEADDR does not help */
	u32 ifindex;
	u32 options; /* OPT_REUSEADDR and OPT_REUSEPORT of the socket */
	u32 uid;
	bool v6only, v4only;
	bool connects; /* made by connect: other connections may use it, too */
	LIST_LINK(port_binding) link;
};
OBJ_TYPE_DECL(port_binding);
struct port_bucket {
	struct spinlock lock;
	LIST_HEAD(port_binding) bindings; /* lock; references */
};
struct port_table {
	struct port_bucket bucket[PORT_BUCKETS];
};
int must_check inet_bind(struct port_table *t, struct inet_sock *s, const struct sockaddr_any *a,
	u32 len);
int must_check inet_autobind(struct port_table *t, struct inet_sock *s);
/*
 * Takes @port for a connection, and shares it with other connections: the transport compares all
 * four numbers. -EADDRINUSE: bind has given it to somebody; -ENOMEM.
 */
int must_check inet_bind_connect(struct port_table *t, struct inet_sock *s, u32 port);
void inet_unbind(struct port_table *t, struct inet_sock *s);
/* SO_REUSEADDR or SO_REUSEPORT has changed. The caller keeps @s->binding in place. */
void inet_port_options(struct port_table *t, struct inet_sock *s);
/*
 * The socket is to listen: -EADDRINUSE: another one that has the port and an overlapping address
 * does not permit it. Then bind lets nobody else in by SO_REUSEADDR, until the end. The caller
 * keeps @s->binding in place. Context: any but interrupt.
 */
int must_check inet_listen_begin(struct port_table *t, struct inet_sock *s);
void inet_listen_end(struct port_table *t, struct inet_sock *s);
/*
 * The texts of /proc/net (show*.c). Those with @next write one record and move *@next, from 0 on;
 * false: there was none. inet_show_socket is for the tables of transports.
 */
void inet_show_socket_header(struct fmt *out, bool is4);
void inet_show_socket(struct fmt *out, const struct inet_sock *i, u32 number, u32 rmem, u64 drops);
void inet_show_snmp(struct fmt *out);
void inet_show_snmp6(struct fmt *out);
void inet_show_netstat(struct fmt *out);
bool inet_show_dev(struct fmt *out, u64 *next);
bool inet_show_if_inet6(struct fmt *out, u64 *next);
void inet_show_route_header(struct fmt *out);
bool inet_show_route(struct fmt *out, u64 *next);
bool inet_show_route6(struct fmt *out, u64 *place);
void igmp_show_header(struct fmt *out);
bool igmp_show(struct fmt *out, u64 *place);
bool igmp6_show(struct fmt *out, u64 *place);
bool dev_mcast_show(struct fmt *out, u64 *place);
void arp_show_header(struct fmt *out);
bool arp_show(struct fmt *out, u64 *next);
void tcp_show_header(struct fmt *out, bool is4);
bool tcp_show(struct fmt *out, u32 family, u64 *next);
bool udp_show(struct fmt *out, u32 family, u64 *next);
bool raw_show(struct fmt *out, u32 family, u64 *next);
/* /proc/net/sockstat and sockstat6. Context: task. */
void inet_show_sockstat(struct fmt *out);
void inet_show_sockstat6(struct fmt *out);

/*
 * Requests about devices, addresses and routes (netdevice(7)); -ENOTTY: it is none. Context: task.
 */
s64 must_check inet_ioctl(const struct socket *s, u32 cmd, u64 arg);

/* Start-up: addresses, routes, both protocols, their sockets. Before net_init. */
void inet_init(void);
/*
 * The three numbers of udp_mem, in pages: the last one limits what sockets keep for their readers.
 */
u64 inet_memory_limit(u32 i);
void inet_memory_set_limit(u32 i, u64 pages);
/*
 * Ports that are not chosen automatically, as a list of numbers and ranges (reserved.c). Shows the
 * list from port *@next on, and moves *@next; false: it was the rest. 0, -EINVAL.
 */
bool inet_reserved_ports_show(struct fmt *f, u64 *next);
int must_check inet_reserved_ports_set(struct cspan text);
/*
 * Parameters of a device, of all, and of those that come later (conf.c). Set them with net_config
 * held, and for a device that has not gone. 0, -EINVAL.
 */
enum conf_place { CONF_ALL, CONF_DEFAULT, CONF_DEVICE };
enum conf6 {
	CONF6_ACCEPT_DAD,
	CONF6_ACCEPT_RA,
	CONF6_ACCEPT_RA_DEFRTR,
	CONF6_ACCEPT_RA_MTU,
	CONF6_ACCEPT_RA_PINFO,
	CONF6_AUTOCONF,
	CONF6_DAD_TRANSMITS,
	CONF6_DISABLE,
	CONF6_FORWARDING,
	CONF6_HOP_LIMIT,
	CONF6_MAX_ADDRESSES,
	CONF6_MTU,
	NR_CONF6
};
struct netdev;
s32 conf6_get(enum conf_place place, const struct netdev *d, enum conf6 c);
int must_check conf6_set(enum conf_place place, struct netdev *d, enum conf6 c, s64 v);
enum conf4 { CONF4_FORWARDING, CONF4_RP_FILTER, CONF4_SEND_REDIRECTS, NR_CONF4 };
s32 conf4_get(enum conf_place place, const struct netdev *d, enum conf4 c);
int must_check conf4_set(enum conf_place place, struct netdev *d, enum conf4 c, s64 v);
/* How many ICMP errors are sent (icmp_limit.c). Context: any. */
enum icmp_limit {
	ICMP_LIMIT_INTERVAL_MS, /* between errors to one destination, after a burst; 0: no limit */
	ICMP_LIMIT_PER_SECOND,
	ICMP_LIMIT_BURST,
	NR_ICMP_LIMITS
};
u32 icmp_limit_get(enum icmp_limit l);
void icmp_limit_set(enum icmp_limit l, u32 v);
/* Power-off, from inet_shutdown: ends all connections. Context: task. */
void tcp_shutdown_all(void);
/* Power-off: takes addresses and routes away. Context: task. */
void inet_shutdown(void);
/* The default number of hops of IPv6; that of IPv4 is KNOB_DEFAULT_TTL. */
#define IP_DEFAULT_TTL 64u

#endif
