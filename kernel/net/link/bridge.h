// SPDX-License-Identifier: MPL-2.0
/*
 * Bridges (IEEE 802.1D without the spanning tree): a device that forwards Ethernet frames between
 * its ports, and that is one more station itself. For kernel/net/link, and for the files of
 * kernel/net/netlink that show and change bridges.
 *
 * bridge.c has ports and the way of a packet; fdb.c the table of stations.
 *
 * Locking: net_config for ports, addresses, and what programs change; then bridge.lock, which guards
 * the lists and is held while a packet goes to several ports. Under it are the locks of the ports'
 * ways out, and the lock of a bridge that is below a VLAN that is a port: below, so in no circle.
 */
#ifndef KERNEL_NET_LINK_BRIDGE_H
#define KERNEL_NET_LINK_BRIDGE_H

#include "above.h"

#define FDB_BUCKETS     256u
#define FDB_LEARNED_MAX 4096u  /* entries that a bridge has learned: strangers can make them */
#define FDB_ALL_MAX     16384u /* entries of all bridges */

struct bridge;

/* What a port does; the first four at first. */
enum {
	PORT_LEARNS = 1,
	PORT_FLOODS = 2, /* frames to strangers leave by it; to groups, and to all: */
	PORT_FLOODS_GROUPS = 4,
	PORT_FLOODS_BROADCAST = 8,
	PORT_HAIRPIN = 16, /* frames may leave by it that came by it */
	PORT_ISOLATED = 32 /* no frames between two of these */
};

struct bridge_port {
	struct obj obj;
	struct netdev *dev;          /* reference */
	struct bridge *bridge;       /* borrowed: who has the port in hand delivers a packet */
	u32 nr;                      /* from 1 */
	bool forwards;               /* bridge.lock: port, bridge and cable are up */
	u32 flags;                   /* bridge.lock: PORT_*; net_config for writing */
	LIST_LINK(bridge_port) link; /* bridge.lock */
};
OBJ_TYPE_DECL(bridge_port);

/* What an entry is: learned, set by a program, or an address of this machine. */
enum fdb_kind { FDB_LEARNED, FDB_STATIC, FDB_LOCAL };

struct fdb_entry {
	struct obj obj;
	u8 address[LINK_ADDR_MAX];
	struct bridge_port
		*port; /* borrowed: the entries of a port go before it; NULL: the bridge */
	u64 seen_ns;   /* a frame came from there */
	u8 kind;       /* enum fdb_kind */
	bool own;      /* the address of the bridge or of a port: fdb_set_own made it */
	LIST_LINK(fdb_entry) link;
};

struct fdb_bucket {
	LIST_HEAD(fdb_entry) entries;
};

struct bridge {
	struct obj obj;
	struct netdev *dev; /* borrowed: its driver is this object */
	struct spinlock lock;
	LIST_HEAD(bridge_port) ports;              /* lock; references */
	struct fdb_bucket by_address[FDB_BUCKETS]; /* lock; references */
	u32 nr_learned;                            /* lock */
	u64 ageing_ns;          /* of what was learned; net_config, read without */
	bool mtu_set;           /* by a program: it does not follow the ports */
	LIST_LINK(bridge) link; /* of all bridges: fdb.c */
	bool listed;            /* net_config */
};
OBJ_TYPE_DECL(bridge);

/* ---- bridge.c; net_config held ---- */

/* Not registered yet; NULL: no memory. bridge_registered: it is. */
struct netdev *bridge_new(void);
void bridge_registered(struct netdev *d);
/* The bridge of a device; NULL: it is none. */
struct bridge *bridge_of(const struct netdev *d);
/* The port of a bridge that the device is; NULL: it is none. Borrowed. */
struct bridge_port *bridge_port_of(const struct netdev *d);
/*
 * Makes a device a port of the bridge with that index, instead of one of another; 0: of none. 0,
 * -EINVAL, -EOPNOTSUPP, -ELOOP, -EBUSY, -EMLINK, -ENOMEM.
 */
int must_check bridge_set_master(struct netdev *d, u32 index);

/* Sets the flags in @mask. */
void bridge_port_set_flags(struct bridge_port *port, u32 mask, u32 flags);

/*
 * A packet that a port has received; its head is behind the header of Ethernet. Returns it as the
 * bridge's or, of protocols of the link alone, as the port's; NULL: it was forwarded or dropped.
 */
struct packet *bridge_receive(struct bridge_port *port, struct packet *p);
/* A device that has ports, or is one, has changed. */
void bridge_event(struct netdev *d, enum net_event e);

/* ---- fdb.c; bridge.lock held, unless said otherwise ---- */

/* The entry of an address, unless it is too old; NULL: there is none. */
struct fdb_entry *fdb_find(struct bridge *b, struct cspan address);
/* A frame of @address came by @port. */
void fdb_learn(struct bridge *b, struct bridge_port *port, struct cspan address);
/* Makes the entries of the addresses that the bridge and its ports have. Takes bridge.lock. */
void fdb_set_own(struct bridge *b);
/* Drops what was learned from a port, or all entries of it. */
void fdb_drop_port(struct bridge *b, const struct bridge_port *port, bool all);
/*
 * Makes or changes an entry: RTM_NEWNEIGH with @flags. 0, -ENOENT, -EEXIST, -ENOMEM, -ENOSPC. Takes
 * bridge.lock. fdb_remove: 0, -ENOENT.
 */
int must_check fdb_set(struct bridge *b, struct bridge_port *port, struct cspan address, u32 kind,
	bool create, bool exclusive);
int must_check fdb_remove(struct bridge *b, const struct bridge_port *port, struct cspan address);

/* What is told of an entry. */
struct fdb_info {
	u8 address[LINK_ADDR_MAX];
	u32 kind;
	u64 seen_ns;
	bool is_old;         /* it goes because of that */
	u32 ifindex, master; /* of the port, or the bridge, and of the bridge */
	bool self;           /* news of a request about the device itself, with its state */
	u16 state;
};
void fdb_fill(const struct bridge *b, const struct fdb_entry *e, struct fdb_info *const out);
/*
 * The entry of @port (NULL: of the bridge) at *@pos or behind it; *@pos then leads behind it. False:
 * there is no other. Takes bridge.lock.
 */
bool fdb_next(struct bridge *b, const struct bridge_port *port, u64 *pos, struct fdb_info *out);
/* The entry of an address, wherever it is. Takes bridge.lock. */
bool fdb_get(struct bridge *b, struct cspan address, struct fdb_info *out);
/* A bridge comes to those whose entries age, and goes with all of its entries. Take their locks. */
void fdb_open(struct bridge *b);
void fdb_close(struct bridge *b);
/* Start-up. */
void fdb_init(void);

/* ---- fdb_news.c ---- */

/* Who tells programs of changes; all functions but wanted may sleep. */
struct TABLE fdb_watcher {
	bool (*wanted)(void); /* Context: any */
	void (*changed)(const struct fdb_info *i, bool gone);
	void (*lost)(void); /* there was more news than is kept */
};
void fdb_watcher_register(const struct fdb_watcher *w);
/* The entry is new, has changed, or goes. bridge.lock held. */
void fdb_note(const struct bridge *b, const struct fdb_entry *e, bool gone);
/* A request with NTF_SELF has set or deleted an address of a bridge: also told, as on Linux. */
void fdb_note_self(const struct netdev *d, struct cspan address, u16 state, bool gone);
/* At power-off. */
void fdb_news_drop(void);

#endif
