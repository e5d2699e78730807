// SPDX-License-Identifier: MPL-2.0
/*
 * Packets: what the layers of the network pass to each other.
 *
 * A packet is its head, bytes in the object itself, followed by fragments, ranges of pages. Headers
 * stand in the head, where services read and write them in place; a layer that sends puts its
 * header before the others (packet_push), a layer that receives takes its own off (packet_pull).
 * Data is in fragments, except that little data may follow the headers. So data is copied once,
 * from or to the user, and pages of the page cache are sent as they are. A packet has up to 64 KiB
 * of data: the device, or the protocol for it, cuts it (see gso_size).
 *
 *	data[]:  | room | head .. headers .. tail |        frag[0] frag[1] ...
 *	         0      head                      tail
 *
 * A packet has one owner at a time. The functions that pass it on say whether they consume it.
 * Pages may be shared between packets, and with the page cache: nobody writes into a fragment of a
 * packet that has been sent or received.
 *
 * Context: task, unless said otherwise.
 * Source: kernel/net: packet.c, packet_sum.c.
 */
#ifndef KERNEL_PACKET_H
#define KERNEL_PACKET_H

#include <frame/atomic.h>
#include <frame/obj.h>
#include <frame/page.h>
#include <frame/span.h>
#include <kernel/list.h>
#include <kernel/tree.h>

struct file;
struct netdev;
struct socket;
struct uio;

#define PACKET_DATA  256u /* bytes in the object: headers, and little data */
#define PACKET_ROOM  128u /* what transports leave before their headers for those of lower layers */
#define PACKET_FRAGS 17u  /* 64 KiB that begin in the middle of a page */
#define PACKET_MAX   65536u

/* packet.ethertype of the internet protocols. */
#define ETHERTYPE_IP4 0x0800u
#define ETHERTYPE_IP6 0x86ddu

struct packet_frag {
	struct page *page; /* reference */
	u32 off, len;
};

/* To whom it is addressed on its link (Linux: PACKET_HOST and on). */
enum packet_kind {
	PACKET_HOST,
	PACKET_BROADCAST,
	PACKET_MULTICAST,
	PACKET_OTHERHOST,
	PACKET_OUTGOING,
	PACKET_LOOPBACK /* this machine's copy of what it sends to a group or to all */
};
/* What is known of the checksum of the transport layer. */
enum packet_csum {
	CSUM_UNKNOWN, /* received: to be checked. To be sent: it stands in the packet */
	CSUM_GOOD,    /* received: a device, or a check, found it right */
	/*
	 * To be sent, or received from this machine: the sum of the pseudo-header stands at
	 * csum_start + csum_offset, and the sum from csum_start to the end is still to be added.
	 */
	CSUM_PARTIAL
};
/* How a packet that is larger than the link takes is cut. */
enum packet_gso {
	GSO_NONE,
	GSO_TCP4,
	GSO_TCP6,
	GSO_UDP /* into datagrams: UDP_SEGMENT */
};

/* Which times of sending a packet's socket asks for (SO_TIMESTAMPING). */
enum packet_stamp {
	PACKET_STAMP_SCHED = 1, /* it came to a device */
	PACKET_STAMP_SENT = 2,  /* it was given to the device's driver */
	PACKET_STAMP_ACK = 4 /* in TCP's send queue: its bytes up to stamp_key were acknowledged */
};

struct packet {
	struct obj obj;
	LIST_LINK(packet) link; /* of the queue that owns it */
	struct netdev *dev;     /* by which it came or goes; see "How devices go" in netdev.h */
	struct socket *socket;  /* reference: whose send buffer it counts in; NULL: nobody's */
	u32 charge;             /* by how much */
	u32 len;                /* bytes from data[head] to the end of the last fragment */
	u16 head, tail;
	u16 mac, net, transport; /* where the headers begin in data[] */
	u16 ethertype;           /* of what follows the link's header */
	u16 vlan;       /* tag that the device took off or shall add; 0: none, else tag | 1 << 12 */
	u16 csum_start; /* in data[] */
	u16 csum_offset;
	u16 gso_size; /* bytes of data in each segment, with gso */
	u8 gso, csum, kind;
	u8 is_routed; /* by lo: the route of its header's destination leads to this machine */
	u8 nr_frags;
	u32 hash; /* of the flow; 0: not known */
	u32 mark, priority;
	u32 stamp_key; /* with stamps: the number of the send */
	u8 stamps;     /* enum packet_stamp: times that socket is told (kernel/net/stamp_sent.c) */
	u64 time_ns;   /* wall clock when it came, if somebody asks (packet_stamps) */
	u32 control[12]; /* for the layer that owns it; and an order of its own: */
	LIST_LINK(packet) order_link;
	TREE_NODE(packet) order_node;
	struct packet_frag frag[PACKET_FRAGS];
	u8 data[PACKET_DATA];
};
OBJ_TYPE_DECL(packet);
/* How many sockets ask for the time when packets come (kernel/net/stamp.c). */
extern u32 packet_stamps;

/* A packet without data, with @room bytes before its head; NULL: no memory. Context: any. */
struct packet *packet_new(u32 room);
/* Drops the packet in the variable, its pages, and what it counts. Context: any. */
void packet_drop(struct packet **pp);
/*
 * A packet of the same bytes: headers are copied, pages shared. It counts in nobody's buffer. NULL:
 * no memory.
 */
struct packet *packet_clone(const struct packet *p);
/*
 * The same of a packet that has data and no header: of its fields it has the data's alone. For
 * queues that keep a packet and send it, perhaps again.
 */
struct packet *packet_clone_data(const struct packet *p);
/*
 * A packet of the @len bytes from @off (from the head) on, with @room bytes before its head: bytes
 * of the head are copied, pages shared. It has the device, ethertype, kind, mark and priority of
 * @p, and counts in nobody's buffer. NULL: no memory, or there are fewer bytes.
 */
struct packet *packet_slice(const struct packet *p, u32 off, u32 len, u32 room);
/*
 * The same packet with @room bytes before its head. What it knows of itself goes along, too, but the
 * place of the link's header: places in the head by as much as the head has moved. NULL: no memory.
 */
struct packet *packet_with_room(const struct packet *p, u32 room);

/* One piece of a packet that was cut, or a copy in its place, takes its stamps. Context: any. */
void packet_stamps_move(struct packet *to, struct packet *from);
/* Tells the packet's socket the time, if its stamps have @bit (enum packet_stamp). Context: any. */
void packet_stamp_sent(struct packet *p, u32 bit);
/* The same for a packet that has no socket, and has @bit. */
void socket_stamp_sent(struct socket *s, const struct packet *p, u32 bit);

/* What a packet keeps of the machine's memory at most: its object, and a page for each fragment. */
static inline u32 packet_memory(const struct packet *p)
{
	return (u32)sizeof(*p) + p->nr_frags * (u32)PAGE_SIZE;
}

/* The bytes of the head. */
#define packet_head(p)    (span_sub(span_of((p)->data), (p)->head, (p)->tail - (p)->head))
#define packet_headers(p) (cspan_sub(cspan_of((p)->data), (p)->head, (p)->tail - (p)->head))
/* Room before the head / behind its end. */
static inline u32 packet_headroom(const struct packet *p)
{
	return p->head;
}
static inline u32 packet_tailroom(const struct packet *p)
{
	return p->nr_frags ? 0 : PACKET_DATA - p->tail;
}

/* The rest of the three functions below: the traps, and what has to move. */
void packet_lacks_room(void);
void packet_lacks_header(void);
bool packet_linear_rest(struct packet *p, u32 n);
/*
 * Makes @n bytes before the head part of it; the caller writes them. Traps without room: a layer
 * knows how much those above have left.
 */
static always_inline void packet_push(struct packet *p, u32 n)
{
	if (unlikely(n > p->head))
		packet_lacks_room();
	p->head -= (u16)n;
	p->len += n;
}
/* Takes the first @n bytes off, from the head; they stay in data[]. Traps beyond the head. */
static always_inline void packet_pull(struct packet *p, u32 n)
{
	if (unlikely(n > (u32)p->tail - p->head))
		packet_lacks_header();
	p->head += (u16)n;
	p->len -= n;
}
/*
 * Whether the first @n bytes are in the head: moves them there from the fragments if need be.
 * False: the packet is shorter, or @n bytes do not fit.
 */
static always_inline bool packet_linear(struct packet *p, u32 n)
{
	return likely(n <= (u32)p->tail - p->head) || packet_linear_rest(p, n);
}
/* Cuts the packet to its first @len bytes. */
void packet_trim(struct packet *p, u32 len);
/* Drops the first @n bytes, from the head and the fragments. Traps if there are fewer. */
void packet_drop_front(struct packet *p, u32 n);
/*
 * Cuts the packet to its first @len bytes, and returns another with the rest, which shares pages
 * and has @room bytes before its head. NULL: no memory; the packet is as it was.
 */
struct packet *packet_split(struct packet *p, u32 len, u32 room);

/* Appends @len bytes of a page; consumes no reference. 0, or -EMSGSIZE: no fragment is free. */
int must_check packet_add_page(struct packet *p, struct page *page, u32 off, u32 len);
/* The same, and takes the reference in the variable; after an error it is still there. */
int must_check packet_give_page(struct packet *p, struct page **page, u32 off, u32 len);
/*
 * Appends the bytes of @p to @tail: those of its head are copied, its pages are shared. False: they
 * do not fit, and @tail is as it was.
 */
bool must_check packet_append(struct packet *tail, const struct packet *p);
/*
 * Appends @len bytes of user data: little data to the head, other data to new pages. 0, -EFAULT,
 * -ENOBUFS, -EMSGSIZE; the packet is then to be dropped.
 */
int must_check packet_add_user(struct packet *p, struct uio *u, u32 len);
/*
 * Appends all of @u: as much as fits to the head, the rest to new pages. Returns 0, -EFAULT,
 * -ENOBUFS or -EMSGSIZE; after an error the packet is to be dropped.
 */
int must_check packet_fill_user(struct packet *p, struct uio *u);
/*
 * Appends up to @len bytes of a file of the page cache, from @pos on: its pages, or copies of a few
 * bytes. Returns why it ended before @len (-ENXIO: the file has ended), or 0; p->len tells how many
 * there are. The packet has no data in its head. Context: task, no spinlock held.
 */
int must_check packet_add_file(struct packet *p, struct file *in, u64 pos, u32 len);
/*
 * Appends a range of up to @want bytes, which nobody has written yet: *@len bytes of *@page, which
 * the packet holds, from *@off on. What fills a page gets one of its own, so that large data lies
 * in whole pages, and only its end in the page that others share. 0, -ENOBUFS, -EMSGSIZE.
 */
int must_check packet_add_range(struct packet *p, u32 want, struct page **page, u32 *off, u32 *len);
/* Appends @len bytes that the caller writes with packet_write. 0, -ENOBUFS, -EMSGSIZE. */
int must_check packet_add_room(struct packet *p, u32 len);
/*
 * Writes bytes from @off on, into a packet that was not sent yet and shares no pages; false: it has
 * fewer.
 */
bool packet_write(struct packet *p, u32 off, struct cspan from);
/* Copies bytes from @off on; false: the packet has fewer. */
bool packet_read(const struct packet *p, u32 off, struct span to);
/* Copies all bytes of @from to those from @at on, as packet_write does; false: @to has fewer. */
bool must_check packet_copy(struct packet *to, u32 at, const struct packet *from);
/* Copies up to @len bytes from @off on to the user; returns how many (fewer: a fault). */
size_t packet_to_user(const struct packet *p, u32 off, struct uio *u, size_t len);

/* Power-off: gives the pages back that ranges are handed out of. */
void packet_shutdown(void);

/*
 * Internet checksums (RFC 1071). A sum is 32 bits that are still to be folded. packet_sum adds the
 * bytes from @off (from the head) on to @sum.
 */
u32 packet_sum(const struct packet *p, u32 off, u32 len, u32 sum);
u32 bytes_sum(struct cspan bytes, u32 sum);
static inline u16 sum_fold(u32 sum)
{
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return (u16)~sum;
}
/* Completes a checksum that is CSUM_PARTIAL. 0, or -EINVAL: it does not lie in the packet. */
int must_check packet_finish_csum(struct packet *p);
#endif
