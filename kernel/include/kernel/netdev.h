// SPDX-License-Identifier: MPL-2.0
/*
 * Network devices: the core and the interface to drivers.
 *
 * Sending. A protocol hands netdev_send a packet with its link header. The core chooses a queue
 * (the CPU's, or by the flow's hash), gives the packet to those who listen (AF_PACKET), does what
 * the device cannot (checksums, segmentation, VLAN tags), and calls the driver's xmit under the
 * queue's lock. A driver whose ring is full answers -EBUSY; the packet then waits in the queue's
 * list, up to txqueuelen, until the driver says netdev_queue_wake.
 *
 * Receiving. A driver has a task for each queue. It takes a burst from its ring, refills the ring,
 * hands each packet to netdev_receive, and ends the burst with netdev_run. Nothing of the network
 * runs in an interrupt.
 *
 * netdev_receive only puts the packet into this CPU's backlog; netdev_run takes packets from there
 * and gives them to the protocols. This is how a packet for this very machine travels: the sender
 * holds its socket's lock when the loopback device receives the packet, so protocols see it later,
 * when the sender has dropped its locks and calls netdev_run. One task at a time runs a backlog, so
 * the packets of a flow stay in order. A run inside a run, or beside one, does nothing: the other
 * will come to the packet. A task that runs too long leaves the rest to the network's own task.
 *
 * How devices go. A packet knows its device without a reference. When a device is unregistered it
 * stops sending, loses its addresses, routes and neighbours, and is then kept until every CPU's
 * backlog has delivered what it had then. Who keeps packets longer (a socket's queue, reassembly, a
 * neighbour that does not answer yet) keeps ifindex, and looks the device up again. A route and a
 * neighbour hold their device, and so does a sender by its route: what it sends by a device that is
 * gone is dropped, under the queue's lock; a device without a queue (NETDEV_NO_QUEUE) drops it
 * itself.
 *
 * Locking: registration and changes of a device hold net_config (mutex, LOCK_NET_CONFIG): who
 *          changes links, addresses, routes, neighbours by hand. queue.lock guards a send queue, a
 *          backlog's lock its list; both are leaves.
 * Source: kernel/net/link: device.c, receive.c, transmit.c, change.c.
 */
#ifndef KERNEL_NETDEV_H
#define KERNEL_NETDEV_H

#include <frame/atomic.h>
#include <frame/obj.h>
#include <frame/sync.h>
#include <kernel/list.h>
#include <kernel/packet.h>

struct fmt;

#define IFNAMSIZ        16u
#define LINK_ADDR_MAX   8u
#define NETDEV_QUEUES   16u
#define NETDEV_MAX      1024u /* devices: many walk their list */
#define LOOPBACK_INDEX  1u
#define ETHERNET_HEADER 14u
#define ETHERNET_ADDR   6u
/* Bytes in it: packets from this machine have 64 KiB, and count in nobody's buffer there. */
#define NETDEV_BACKLOG_BYTES (8u << 20)
/* Packets in a CPU's backlog; more are dropped. /proc/sys sets it by store_once. */
extern u32 netdev_max_backlog;

/* Linux's ARPHRD_*. */
enum { LINK_ETHERNET = 1, LINK_LOOPBACK = 772, LINK_NONE = 0xfffe };

/* What a device or its driver does (Linux: NETIF_F_*). */
enum netdev_feature {
	NETDEV_CSUM = 1, /* completes CSUM_PARTIAL */
	NETDEV_GSO_TCP4 = 2,
	NETDEV_GSO_UDP = 4,
	NETDEV_SG = 8,        /* sends fragments; without it packets are one page */
	NETDEV_VLAN_TX = 16,  /* adds packet.vlan */
	NETDEV_LOOPBACK = 32, /* sends to this machine: no checksum, no segments */
	/* Never full, and sends for many at once: xmit is called without a queue and its lock. */
	NETDEV_NO_QUEUE = 64,
	NETDEV_RX_CSUM = 128, /* checks checksums of what it receives */
	NETDEV_GSO_TCP6 = 256,
	NETDEV_GSO_TCP = NETDEV_GSO_TCP4 | NETDEV_GSO_TCP6 /* cuts both */
};

/* Where a device's name and link address come from: Linux's NET_NAME_* and NET_ADDR_*. */
enum netdev_origin {
	NETDEV_NAME_UNKNOWN = 0, /* chosen by a program: not told */
	NETDEV_NAME_ENUM = 1,    /* the first free number */
	NETDEV_NAME_PREDICTABLE = 2,
	NETDEV_NAME_USER = 3, /* that of a device a program has made */
	NETDEV_NAME_RENAMED = 4,
	NETDEV_ADDR_PERMANENT = 0,
	NETDEV_ADDR_RANDOM = 1,
	NETDEV_ADDR_STOLEN = 2, /* that of another device, which it follows */
	NETDEV_ADDR_SET = 3     /* by a program */
};

struct netdev;

/*
 * What has been sent and received on one CPU, which alone writes it: the kernel is not preempted.
 */
struct netdev_stats {
	u64 tx_packets, tx_bytes, tx_errors, tx_dropped;
	u64 rx_packets, rx_bytes, rx_errors, rx_dropped;
	u64 multicast;
};

/* What a tun or tap device is; owner and group ~0: anybody. */
struct netdev_tun_info {
	u32 owner, group, nr_queues, nr_disabled;
	bool tap, pi, vnet, persistent, multi_queue;
};

/* What a driver knows of its device, for SIOCETHTOOL; zeroes: nothing. */
struct netdev_ethtool {
	struct lit driver, version, bus; /* an empty driver: not told */
	u32 rx_ring, tx_ring;            /* chains */
	u32 channels, most_channels;     /* queues */
	bool has_settings;               /* of the link: speed, and as Linux numbers them: */
	u8 duplex, port;
	bool has_messages; /* a level of messages, which is 0 */
};

struct netdev_queue {
	struct spinlock lock;
	LIST_HEAD(packet) waiting; /* lock: packets that did not fit into the ring */
	u32 nr_waiting;
	bool full; /* lock: the driver answered -EBUSY and has not woken the queue */
};

struct TABLE netdev_ops {
	/* Starts / stops the device: IFF_UP. Context: task, net_config held. 0 or -errno. */
	int (*open)(struct netdev *d);
	void (*stop)(struct netdev *d);
	/*
	 * Sends @p by queue @queue. 0: the packet is the driver's, which drops it when it is sent;
	 * -EBUSY: the ring is full. @more: another packet follows at once, the doorbell can wait.
	 * With NETDEV_NO_QUEUE: any error: the packet is to be dropped, and nobody holds a lock.
	 * Context: task, the queue's lock held; must not sleep.
	 */
	int (*xmit)(struct netdev *d, u32 queue, struct packet *p, bool more);
	/* Another device sends what this one is given: times of sending are that one's. */
	bool passes_on;
	/* Which packets to take: flags (promiscuous, all multicast), groups. NULL: takes all. */
	void (*set_rx_mode)(struct netdev *d);
	/* NULL: cannot be changed while up / at all. */
	int (*set_address)(struct netdev *d, const u8 (*address)[LINK_ADDR_MAX]);
	int (*set_mtu)(struct netdev *d, u32 mtu);
	/*
	 * Puts the link's header before a packet for the neighbour @to (NULL: broadcast). NULL: the
	 * link has none.
	 */
	void (*push_header)(struct netdev *d, struct packet *p, const u8 (*to)[LINK_ADDR_MAX]);
	/*
	 * Removes the device, whoever uses it (ip link del). NULL: it stays. Context: task, nothing
	 * held.
	 */
	void (*remove)(struct netdev *d);
	/*
	 * The device has gone from the list: parts from others, or takes them along
	 * (netdev_leave_with). Context: task, net_config held.
	 */
	void (*left)(struct netdev *d);
	/* What IFLA_INFO_KIND tells. Empty: nothing, as of cards. */
	struct lit kind;
	/* Of a tun or tap device: what IFLA_LINKINFO tells. NULL: it is another. Context: any. */
	void (*tun_info)(const struct netdev *d, struct netdev_tun_info *out);
	/* Fills in what it knows of it. NULL: nothing. Context: any. */
	void (*ethtool)(const struct netdev *d, struct netdev_ethtool *out);
};

/* Multicast addresses of the link that somebody has joined. */
struct link_group {
	struct obj obj;
	LIST_LINK(link_group) link;
	u8 address[LINK_ADDR_MAX];
	u32 nr; /* how many have */
};

struct netdev {
	struct obj obj;
	const struct netdev_ops *ops;
	struct obj *driver; /* reference: the driver's object */
	u8 name[IFNAMSIZ];  /* ends with a NUL; net_config, and name_lock for readers */
	u32 index;
	u32 kind;                  /* LINK_* */
	u32 flags;                 /* IFF_*, see if(4); set_bits under net_config */
	u32 mtu, min_mtu, max_mtu; /* max_mtu 0: there is no limit */
	u32 features, changeable;  /* enum netdev_feature; what a user may turn off and on */
	u32 header_len;            /* of the link's header */
	u32 address_len;
	u8 address[LINK_ADDR_MAX], broadcast[LINK_ADDR_MAX];
	u8 permanent[LINK_ADDR_MAX]; /* the address that it came with; zeroes: none */
	bool carrier;                /* the cable is there */
	bool carrier_told;           /* the driver has told of a change of it */
	u8 link_mode;                /* IF_LINK_MODE_*; net_config */
	u8 oper;      /* what a program says of a device with a carrier, IF_OPER_*; 0: nothing */
	bool gone;    /* unregistered: sends nothing, receives nothing */
	bool no_ip6;  /* disable_ipv6; these three are set by kernel/net/inet/conf.c */
	u8 hops6;     /* the default number of hops of IPv6 */
	u8 rp_filter; /* of IPv4 */
	u32 nr_queues;
	u32 txqueuelen;
	struct netdev_queue queue[NETDEV_QUEUES];
	struct netdev_stats stats[MAX_CPUS];
	LIST_HEAD(link_group) groups; /* net_config */
	u32 promiscuous, allmulti;    /* how many have asked; net_config */
	u32 nr_packet_groups;         /* groups of packet sockets, as often as joined; net_config */
	u32 group;                    /* by which programs select devices; net_config */
	u32 carrier_ups, carrier_downs; /* changes of the carrier; net_config */
	s32 speed; /* Mbit/s; -1: not known; 0: a device without such a thing */
	u8 name_origin, address_origin; /* enum netdev_origin; net_config */
	u32 renames;                    /* how often the name has changed; written as the name */
	u8 old_name[IFNAMSIZ];          /* before the last change; net_config */
	u32 lower_index;                /* of the device below, or a veth's peer; 0: none */
	u32 master_index;               /* of the bridge that it is a port of; 0: none */
	struct obj *alias; /* reference: a text of the administrator (alias.c); net_config */
	struct obj *inet;  /* reference: its addresses (kernel/net/inet/addr.h) */
	struct obj *upper; /* reference: the bridge or VLANs that take what it receives */
	/* Which devices stand above each other (kernel/net/link/above.h); net_config. */
	struct netdev *below;   /* of a VLAN: borrowed from its driver */
	struct netdev *master;  /* of a bridge's port: borrowed from the port */
	u32 level;              /* scratch of netdev_levels */
	LIST_LINK(netdev) link; /* of all devices, by index */
};
OBJ_TYPE_DECL(netdev);

/*
 * A device that is not registered yet; the driver sets its fields. Holds a reference to @driver.
 * NULL: no memory.
 */
struct netdev *netdev_new(const struct netdev_ops *ops, struct obj *driver, u32 kind);
/*
 * Registers @d under a name made of @pattern ("eth%d": the first free number). 0, -EEXIST, -EINVAL;
 * -ENFILE: there are NETDEV_MAX devices. The list of devices holds a reference.
 */
int must_check netdev_register(struct netdev *d, struct lit pattern);
int must_check netdev_register_name(struct netdev *d, struct cspan pattern);
/* See "How devices go". Context: task, nothing held. */
void netdev_unregister(struct netdev *d);
/*
 * The same for requests that hold net_config already. A device that leaves with another one, or by a
 * request that failed, is off the list and told to be gone at once; netdev_reap does the rest, which
 * waits for packets. Context: task, net_config held; netdev_reap: nothing held.
 */
int must_check netdev_register_held(struct netdev *d, struct cspan pattern);
void netdev_leave_with(struct netdev *d);
void netdev_reap(void);

/* A reference by index or name; NULL: there is none. Context: any. */
struct netdev *netdev_by_index(u32 index);
struct netdev *netdev_by_name(struct cspan name);
/* The same; *@renames: netdev.renames at the moment when the device had this name. */
struct netdev *netdev_by_name_at(struct cspan name, u32 *renames);
/* Copies the name, with the NUL behind it, as it was at one moment. Context: any. */
void netdev_get_name(const struct netdev *d, u8 (*out)[IFNAMSIZ]);
/* A reference to the device with the smallest index above @index; NULL: there is none. */
struct netdev *netdev_next(u32 index);
/*
 * The entry of a directory of devices: its name, and in *@pos its index, which is never used again.
 * Consumes @d. False: @d is NULL, the list ends.
 */
bool netdev_list_entry(struct netdev *d, u64 *pos, struct fmt *name);

/* ---- for drivers ---- */

/*
 * Puts a packet into this CPU's backlog; consumes it. Its head begins behind the link's header, and
 * ethertype and kind are set (ethernet_receive does that). Context: task.
 */
void netdev_receive(struct netdev *d, struct packet *p);
/* The same for a packet that begins with an Ethernet header. */
void ethernet_receive(struct netdev *d, struct packet *p);
/*
 * Lets protocols have this CPU's backlog. Whoever has sent or received calls it before anything
 * that may sleep: afterwards the task may be on another CPU, and the packets would lie here until
 * somebody else comes by. Context: task, no spinlock held.
 */
void netdev_run(void);
/* A line of /proc/net/softnet_stat: that of the CPU *@cpu. False: there is no such CPU. */
bool netdev_show_softnet(struct fmt *out, u64 *cpu);
/* The ring of @queue has room again. Context: task. */
void netdev_queue_wake(struct netdev *d, u32 queue);
/* The cable was plugged in or pulled out. Context: task. */
void netdev_set_carrier(struct netdev *d, bool on);
/* The same with net_config held. */
void netdev_set_carrier_held(struct netdev *d, bool on);

/* netdev_ops.push_header of Ethernet devices. */
void ethernet_push_header(struct netdev *d, struct packet *p, const u8 (*to)[LINK_ADDR_MAX]);

/* ---- for protocols ---- */

/*
 * Sends a packet whose head begins with the link's header; consumes it. 0, -ENETDOWN, -ENOBUFS (it
 * was dropped). The caller calls netdev_run when it holds no lock.
 */
int must_check netdev_send(struct netdev *d, struct packet *p);

/*
 * Sends by lo a packet that has an Ethernet header, which says what it is; consumes it. 0 or
 * -ENETDOWN.
 */
int must_check loopback_send_frame(struct netdev *d, struct packet *p);

/*
 * A clone with the link's header, as packet sockets see it, of a packet whose head begins with it
 * (lo has none); NULL: no memory. Context: any.
 */
struct packet *netdev_clone_frame(const struct packet *p);

/* Receives packets of an ethertype. */
struct TABLE packet_protocol {
	u16 ethertype;
	/* The head begins behind the link's header. Consumes @p. Context: netdev_run. */
	void (*receive)(struct packet *p);
};
/* Start-up: registers a protocol. */
void packet_protocol_register(const struct packet_protocol *proto);

/* Sees all packets, with their link headers: AF_PACKET. */
struct TABLE packet_tap {
	/*
	 * May keep a clone. @outgoing: it is being sent, and its head begins with the link's header;
	 * else the header has been taken off. lo has none: mac stands before the head if the sender
	 * gave one. Returns whether a listener wants it. Context: netdev_run, or a sender's with the
	 * queue's lock held.
	 */
	bool (*see)(struct netdev *d, const struct packet *p, bool outgoing);
};
/* Start-up: there is one. It is called only while its count of listeners is not zero. */
void packet_tap_register(const struct packet_tap *tap);
void packet_tap_count(bool more);

/* Cuts what the device cannot: registered by kernel/net/inet. */
struct TABLE packet_segmenter {
	/*
	 * Cuts a packet with gso into those that the link takes, as a chain by link.next; consumes
	 * it. NULL: no memory, or headers that cannot be.
	 */
	struct packet *(*segment)(struct packet *p);
};
void packet_segmenter_register(const struct packet_segmenter *s);

/* Work of a protocol at a later time, in a task (kernel/net/link/jobs.c). */
struct TABLE net_job {
	/*
	 * Does what is due at @now, and returns when the next of its work is; NO_DEADLINE: there is
	 * none. A job with much to do does a part of it and returns @now. Context: task, nothing
	 * held.
	 */
	u64 (*run)(u64 now);
};
/* Start-up. Returns the job's number, for net_job_kick. */
u32 must_check net_job_register(const struct net_job *j);
/* The job runs soon: it has work that is due earlier than it has said. Context: any. */
void net_job_kick(u32 job);

/* ---- changes ---- */

enum net_event {
	NET_DEV_NEW,
	NET_DEV_GONE,
	NET_DEV_UP,
	NET_DEV_DOWN,
	NET_DEV_RENAMED, /* from old_name; NET_DEV_CHANGED follows */
	NET_DEV_CHANGED, /* carrier, flags, MTU, name, address of the link */
};
struct TABLE net_watcher {
	/* Context: task, net_config held. */
	void (*event)(struct netdev *d, enum net_event e);
};
/* Start-up: registers one who is told (addresses, neighbours, netlink, sysfs). */
void net_watcher_register(const struct net_watcher *w);

/* Brings up or down, and the like, for ioctls and netlink. Context: task, net_config held. */
extern struct mutex net_config;
/* Start-up: the loopback device, and the task of the network. */
void net_init(void);
/* Start-up: /dev/net/tun. Power-off: the persistent devices go. Context: task. */
void tap_init(void);
void tap_shutdown(void);
/* Power-off: the devices go that programs have made (ip link add). Context: task. */
void virtual_shutdown(void);
/* Power-off: brings all devices down; drivers give their pages back. Context: task. */
void net_shutdown(void);
int must_check netdev_set_flags(struct netdev *d, u32 flags, u32 mask);
int must_check netdev_set_mtu(struct netdev *d, u32 mtu);
/*
 * Turns those features of @mask on that are in @on, and the others off (ethtool -K). -EOPNOTSUPP:
 * not all of them are changeable.
 */
int must_check netdev_set_features(struct netdev *d, u32 on, u32 mask);
/* Whether the device takes the MTU, as far as its bounds say. Context: any. */
bool netdev_mtu_fits(const struct netdev *d, u32 mtu);
/* The address of the link. 0, -EOPNOTSUPP, or an error of the driver. */
int must_check netdev_set_address(struct netdev *d, const u8 (*address)[LINK_ADDR_MAX]);
/* Counts who wants all packets, and all to groups. net_config held. 0, or an error of the driver. */
int must_check netdev_set_promiscuous(struct netdev *d, bool on);
int must_check netdev_set_allmulti(struct netdev *d, bool on);
int must_check netdev_rename(struct netdev *d, struct cspan name);
void netdev_set_txqueuelen(struct netdev *d, u32 len);
/* The group by which programs select devices (IFLA_GROUP). net_config held. */
void netdev_set_group(struct netdev *d, u32 group);
/* The sums of what all CPUs have counted. Context: any. */
void netdev_sum_stats(const struct netdev *d, struct netdev_stats *sum);
/* Whether the device is up and its cable is there: programs say that it runs. Context: any. */
bool netdev_has_link(const struct netdev *d);
/*
 * The state of RFC 2863, IF_OPER_DOWN, _UP or _UNKNOWN: its driver has never told of the cable;
 * _LOWERLAYERDOWN: there is no carrier, as the device below has none; _DORMANT, _TESTING: a program
 * says that it is not ready, or its mode says so when the carrier comes. Context: task.
 */
u8 netdev_operstate(const struct netdev *d);
/* Whether programs see IFF_RUNNING. Context: task. */
bool netdev_is_running(const struct netdev *d);
/*
 * A program's word on the state, IF_OPER_*; what the state does not allow changes nothing, as on
 * Linux. The mode, IF_LINK_MODE_*. net_config held.
 */
void netdev_set_operstate(struct netdev *d, u32 wanted);
void netdev_set_link_mode(struct netdev *d, u8 mode);
/*
 * The carrier, set by a program. -EOPNOTSUPP: the device has a real one; -EINVAL: it is down.
 */
int must_check netdev_change_carrier(struct netdev *d, bool on);
/*
 * The alias of a device (alias.c): at most NETDEV_ALIAS_MAX bytes, none: no alias. The first
 * function returns the length. 0, -EINVAL, -ENOMEM. Context: task, net_config held.
 */
#define NETDEV_ALIAS_MAX 255u
size_t netdev_get_alias(const struct netdev *d, struct span out);
int must_check netdev_set_alias(struct netdev *d, struct cspan text);

/* What a tun or tap device was made with; NOBODY (~0u) as owner or group: anybody may attach. */
struct tap_info {
	u32 flags, owner, group;
};
/* False: it is another device. Context: task. */
bool tap_get_info(const struct netdev *d, struct tap_info *out);
/* Counts who wants a multicast address of the link. */
int must_check netdev_join(struct netdev *d, const u8 (*address)[LINK_ADDR_MAX]);
void netdev_leave(struct netdev *d, const u8 (*address)[LINK_ADDR_MAX]);

#endif
