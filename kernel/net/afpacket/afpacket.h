// SPDX-License-Identifier: MPL-2.0
/*
 * Inside kernel/net/afpacket: the sockets.
 *
 * socket.c has names, readiness and the life of a socket; receive.c shows packets to sockets and
 * reads queues; send.c sends; options.c, member.c and fanout.c are the options; ring.c makes rings
 * of mapped memory, ring_in.c fills them, ring_out.c sends from them.
 *
 * Locking: net_config, then packet_lock, then packet_sock.lock, a leaf but for the wake-up of
 * readers. packet_sock.send_lock is taken before packet_sock.lock and nothing else.
 */
#ifndef KERNEL_NET_AFPACKET_AFPACKET_H
#define KERNEL_NET_AFPACKET_AFPACKET_H

#include <kernel/bpf.h>
#include <kernel/list.h>
#include <kernel/locks.h>
#include <kernel/netdev.h>
#include <kernel/packet.h>
#include <kernel/poll.h>
#include <kernel/socket.h>
#include <uapi/if_packet.h>

/* A membership: a device takes more packets as long as it lasts. */
struct packet_member {
	struct obj obj;
	struct packet_mreq what;
	u32 nr; /* how often it was joined */
	LIST_LINK(packet_member) link;
};
OBJ_TYPE_DECL(packet_member);
#define MEMBERS_MAX 256u /* of a socket */

/* Pages of a ring, in chunks. */
#define CHUNK_PAGES 512u
#define RING_CHUNKS 128u /* a ring has at most 256 MiB */
struct ring_chunk {
	struct obj obj;
	u32 nr;
	struct page *page[CHUNK_PAGES]; /* references */
};
OBJ_TYPE_DECL(ring_chunk);

/*
 * A ring: pages that the kernel and programs share. Its pages and its shape do not change; what
 * stands behind them is guarded by the socket's lock. The kernel keeps its place in the ring here
 * and reads nothing of the memory but status words, each once, and what a program wants to be sent.
 */
struct packet_ring {
	struct obj obj;
	u32 uid, nr_pages; /* USER_RING_PAGES */
	u32 version;       /* enum tpacket_version */
	u32 block_size, block_nr, frame_size, frames_per_block, nr_frames;
	struct ring_chunk *chunk[RING_CHUNKS]; /* references */

	u32 head; /* the frame that is next */
	/* TPACKET_V3, the way in: */
	u32 features, priv, retire_ms;
	u32 active;     /* the block that is filled */
	u32 next, last; /* in it: where the next packet goes; where the last one is */
	u32 nr_packets, used;
	u64 seq;       /* of the next block */
	u64 retire_at; /* time_mono_ns() */
	u64 last_ns;   /* when the last packet came */
	bool frozen;   /* the active block is the program's still */
	bool news;     /* a block has become the program's */
};
OBJ_TYPE_DECL(packet_ring);

/* What a mapping shows: the rings of a socket, one behind the other. */
struct packet_view {
	struct obj obj;
	struct packet_ring *in, *out; /* references; NULL: none */
};
OBJ_TYPE_DECL(packet_view);

struct packet_fanout;
struct vnet_header;

struct packet_sock {
	struct obj obj;
	struct socket *socket; /* borrowed: the socket owns this object */
	u32 uid;               /* who made it */

	/* Changed with net_config and packet_lock held, read with one of them: */
	u32 ifindex;                  /* 0: all devices; NO_DEVICE: the device is gone */
	u16 protocol;                 /* ETH_P_*; 0: receives nothing */
	bool listed;                  /* it receives */
	struct packet_fanout *fanout; /* reference; NULL: none */
	/* net_config: */
	LIST_HEAD(packet_member) members; /* references */
	u32 nr_members;

	bool auxdata, origdev, ignore_outgoing, vnet, loss, tx_has_off, bypass;
	u32 version, reserve, timestamp, copy_thresh;

	struct mutex send_lock; /* LOCK_BIND: a send from the ring, and changes of rings */
	struct spinlock lock;
	LIST_HEAD(packet) queue;          /* lock; references */
	u32 rmem;                         /* lock */
	u32 nr_seen, nr_dropped, freezes; /* lock: since they were told last */
	struct packet_ring *in, *out;     /* lock: references; NULL: none */

	/* lock: PACKET_FANOUT_ROLLOVER: the member that took the last packet, and what happened */
	bool rolls;
	u32 roll_to;
	struct rollover_stats rolled;

	LIST_LINK(packet_sock) link;      /* of those that receive by themselves */
	LIST_LINK(packet_sock) ring_link; /* of those with blocks to be retired */
	bool in_blocks;                   /* packet_lock: it is on that list */
};
OBJ_TYPE_DECL(packet_sock);
#define NO_DEVICE 0xffffffffu

/* What a queued packet's control[] says. */
enum {
	PC_STATUS,
	PC_LEN, /* of the whole packet; the filter may have cut it */
	PC_CHARGE,
	PC_NAME /* struct sockaddr_ll */
};

#define FANOUT_MEMBERS 256u   /* of a group */
#define FANOUT_MAX     65536u /* as one may ask for */
/* Sockets that share what one of them would get. packet_lock. */
struct packet_fanout {
	struct obj obj;
	u32 id, type, flags, max_members;
	u16 protocol;
	u32 ifindex;
	u32 nr_joined;                              /* sockets that have it */
	u32 nr;                                     /* those of them that receive: */
	struct packet_sock *member[FANOUT_MEMBERS]; /* borrowed */
	u32 turn;                                   /* PACKET_FANOUT_LB */
	struct bpf_prog *prog;                      /* reference: PACKET_FANOUT_CBPF; NULL: none */
	LIST_LINK(packet_fanout) link;              /* packet_fanouts */
};
OBJ_TYPE_DECL(packet_fanout);

static inline struct packet_sock *packet_sock_of(const struct socket *s)
{
	return obj_cast(packet_sock, s->proto);
}

/* ---- socket.c ---- */
extern struct spinlock packet_lock;
/* Whether the socket receives. net_config held. */
void packet_set_listed(struct packet_sock *ps, bool on);

/* ---- receive.c ---- */
extern const struct packet_tap packet_tap_all;
/* Sockets that receive by themselves. packet_lock. */
void packet_list(struct packet_sock *ps, bool on);
/* How the status of a packet says that its checksum is good, or not there yet. */
u32 packet_csum_status(const struct packet *p);
/* The sender's name. The packet's mac and net are set. */
void packet_name(const struct packet *p, struct sockaddr_ll *ll);
/* Drops all that waits in the queue. Context: task. */
void packet_flush(struct packet_sock *ps);
/*
 * Puts a clone into the queue: consumes it, unless it does not fit. ps->lock held.
 */
bool packet_enqueue(struct packet_sock *ps, struct packet *c);
ssize_t must_check packet_recvmsg(struct socket *s, struct uio *u, struct socket_msg *m,
	struct sockaddr_any *name);
void packet_control_out(struct socket *s, struct socket_msg *m, struct control_out *o);
/* Whether the socket has room for a packet (PACKET_FANOUT_ROLLOVER). */
enum packet_room { ROOM_NONE, ROOM_LOW, ROOM_NORMAL };
enum packet_room packet_room(struct packet_sock *ps, const struct packet *p);

/* ---- send.c ---- */
ssize_t must_check packet_sendmsg(struct socket *s, struct uio *u, struct socket_msg *m,
	const struct sockaddr_any *name);
/* Where a send goes. */
struct packet_way {
	struct netdev *dev; /* reference */
	u16 protocol;
	bool has_address;
	u8 address[LINK_ADDR_MAX];
};
int must_check packet_find_way(struct socket *s, const struct sockaddr_any *name, u32 len,
	struct packet_way *w);
/* The longest packet that has @reserve bytes of header; the MTU of lo may be a huge number. */
static inline u32 packet_most(const struct netdev *d, u32 reserve)
{
	return min(load_once(d->mtu), PACKET_MAX) + reserve;
}
#define VLAN_HEADER 4u /* how much longer a packet with a tag may be */
/*
 * The packet with its link header, which SOCK_DGRAM is given here; sets mac and net. 0, -EINVAL: it
 * is too short, or nobody is named.
 */
int must_check packet_set_header(struct socket *s, struct packet *p, const struct packet_way *w);
/* PACKET_VNET_HDR: what the header says of a packet with its link header. False: it cannot be. */
bool packet_set_vnet(struct packet *p, const struct vnet_header *v);
/* Sends such a packet; consumes it. 0, -EMSGSIZE, or an error of netdev_send. */
int must_check packet_send(struct socket *s, struct packet *p, const struct packet_way *w,
	const struct socket_msg *m);
/* Bytes of the link's header that SOCK_RAW sends have, lo's included. */
u32 packet_link_header(const struct netdev *d);

/* ---- options.c ---- */
s64 must_check packet_setsockopt(struct socket *s, s32 level, s32 name, struct uaddr value,
	u32 len);
s64 must_check packet_getsockopt(struct socket *s, s32 level, s32 name, struct uaddr value,
	struct uaddr len_at, u32 room);

/* ---- member.c ---- */
s64 must_check packet_join(struct packet_sock *ps, const struct packet_mreq *m);
s64 must_check packet_part(struct packet_sock *ps, const struct packet_mreq *m);
/* Memberships of one device (0: of all) end. net_config held. */
void packet_part_all(struct packet_sock *ps, u32 ifindex);

/* ---- fanout.c ---- */
s64 must_check packet_fanout_join(struct packet_sock *ps, const struct fanout_args *a);
/* Ends the socket's membership. net_config held. */
void packet_fanout_leave(struct packet_sock *ps);
/* A program for PACKET_FANOUT_CBPF; consumes it. */
void packet_fanout_set(struct packet_fanout *f, struct bpf_prog *prog);
/* The socket receives, or no longer. packet_lock held. */
void packet_fanout_list(struct packet_sock *ps, bool on);
/*
 * Calls packet_show for one member of each group that wants the packet. Returns whether there is one.
 * packet_lock held.
 */
bool packet_fanout_see(struct netdev *d, const struct packet *p, bool outgoing);
/* receive.c: gives the packet to a socket. packet_lock held. */
void packet_show(struct packet_sock *ps, struct netdev *d, const struct packet *p, bool outgoing);

/* ---- ring.c ---- */
s64 must_check packet_set_ring(struct packet_sock *ps, bool out, const struct tpacket_req *r);
/* The socket is closed, and gets no more packets: its rings go. Context: task, no lock held. */
void packet_drop_rings(struct packet_sock *ps);
int must_check packet_mmap(struct socket *s, struct vma *v);
/* Bytes of a frame before the sender's address, which is aligned; with it. */
u32 tpacket_header(u32 version);
u32 tpacket_header_len(u32 version);
/* Where frame @i begins. */
u64 ring_frame(const struct packet_ring *r, u32 i);
void ring_write(const struct packet_ring *r, u64 at, struct cspan from);
void ring_read(const struct packet_ring *r, u64 at, struct span to);
/* A word that both sides write: one access. ring_put32 comes after all stores before it. */
u32 ring_get32(const struct packet_ring *r, u64 at);
void ring_put32(const struct packet_ring *r, u64 at, u32 v);

/* ---- ring_in.c; ps->lock held ---- */
/* Puts the first @keep bytes of @c into the ring. False: it is full. */
bool packet_ring_take(struct packet_sock *ps, struct packet *c, u32 keep);
/* Whether the program has something to read. */
bool packet_ring_ready(const struct packet_ring *r);
enum packet_room packet_ring_room(const struct packet_ring *r);
/* Opens the first block of TPACKET_V3. */
void packet_blocks_start(struct packet_sock *ps, struct packet_ring *r);
/* Whether a block has become the program's since this was asked last. */
bool packet_blocks_news(struct packet_ring *r);
/* Blocks whose time is over go to the program. Returns when the next one is due. */
u64 packet_blocks_retire(struct packet_sock *ps, u64 now, bool *wake);
/* Start-up; and whether the socket has blocks that are retired. Context: task, no lock held. */
void packet_blocks_init(void);
/* Chooses the secret of flows. At boot. */
void packet_fanout_init(void);
void packet_blocks_list(struct packet_sock *ps, bool on);

/* ---- ring_out.c ---- */
ssize_t must_check packet_send_ring(struct socket *s, struct socket_msg *m,
	const struct sockaddr_any *name);

#endif
