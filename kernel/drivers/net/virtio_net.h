// SPDX-License-Identifier: MPL-2.0
/*
 * Virtio's network device (virtio 1.2, 5.1): what the parts of the driver share. virtio_net.c: the
 * device's life and its queues; virtio_net_rx.c, virtio_net_tx.c: packets; virtio_net_ctrl.c: the
 * control queue.
 *
 * How it works. Each pair of queues has a task, which lives as long as the device. The task takes
 * received packets in bursts of RX_BUDGET, posts fresh buffers, rings the doorbell once, lets the
 * protocols have the backlog (netdev_run), and sleeps when the ring is empty and armed. An
 * interrupt only wakes the task. Transmit rings are not armed unless they are full: what the device
 * has sent is taken back by a later transmission, or by the task, some TX_LOOK_NS later.
 *
 * Open and stop. Stopping resets the device: rings, pages and interrupts are set up again by the
 * next open. A device that breaks a ring is dead until somebody sets it down and up.
 *
 * Receiving. Each buffer is a page. A short packet is copied, and its page is posted again; of a
 * longer one the headers are copied, and the packet takes the page over. The page is replaced
 * first: without memory for another one the packet is dropped, and the ring never runs dry.
 *
 * Locking: net_config (kernel/netdev.h) guards the device's life and the control queue.
 *          virtnet_queue.lock guards a receive ring; taken by the task and by open and stop, which
 *          therefore never wait for the task itself: it may be waiting for net_config. The lock of
 *          the core's send queue guards a transmit ring.
 */
#ifndef KERNEL_DRIVERS_NET_VIRTIO_NET_H
#define KERNEL_DRIVERS_NET_VIRTIO_NET_H

#include <frame/cpu.h>
#include <frame/log.h>
#include <frame/task.h>
#include <frame/time.h>
#include <frame/virtio.h>
#include <frame/wait.h>
#include <kernel/netdev.h>
#include <uapi/errno.h>

#define VIRTNET_RING  256u /* most chains of a ring */
#define VIRTNET_PAIRS 16u  /* and the control queue: VIRTIO_RINGS */

/* Features (virtio 1.2, 5.1.3). */
#define VIRTNET_F_CSUM       (1ul << 0)
#define VIRTNET_F_GUEST_CSUM (1ul << 1)
#define VIRTNET_F_MTU        (1ul << 3)
#define VIRTNET_F_MAC        (1ul << 5)
#define VIRTNET_F_GUEST_TSO4 (1ul << 7)
#define VIRTNET_F_GUEST_TSO6 (1ul << 8)
#define VIRTNET_F_GUEST_ECN  (1ul << 9)
#define VIRTNET_F_HOST_TSO4  (1ul << 11)
#define VIRTNET_F_HOST_TSO6  (1ul << 12)
#define VIRTNET_F_HOST_ECN   (1ul << 13)
#define VIRTNET_F_MRG_RXBUF  (1ul << 15)
#define VIRTNET_F_STATUS     (1ul << 16)
#define VIRTNET_F_CTRL_VQ    (1ul << 17)
#define VIRTNET_F_CTRL_RX    (1ul << 18)
#define VIRTNET_F_MQ         (1ul << 22)
#define VIRTNET_F_CTRL_MAC   (1ul << 23)
#define VIRTNET_TSO          (VIRTNET_F_HOST_TSO4 | VIRTNET_F_HOST_TSO6 | VIRTNET_F_HOST_ECN)
#define VIRTNET_GUEST_TSO    (VIRTNET_F_GUEST_TSO4 | VIRTNET_F_GUEST_TSO6 | VIRTNET_F_GUEST_ECN)

/* Before each packet (5.1.6). Little-endian, as all CPUs that Keel knows. */
struct virtnet_header {
	u8 flags, gso_type;
	u16 header_len, gso_size, csum_start, csum_offset, nr_buffers;
};
#define VIRTNET_HEADER ((u32)sizeof(struct virtnet_header))
/* A legacy device's header ends before nr_buffers, unless it merges buffers. */
#define VIRTNET_HEADER_LEGACY 10u
enum { VIRTNET_NEEDS_CSUM = 1, VIRTNET_DATA_VALID = 2 };
enum { VIRTNET_GSO_NONE = 0, VIRTNET_GSO_TCP4 = 1, VIRTNET_GSO_TCP6 = 4, VIRTNET_GSO_ECN = 0x80 };

/*
 * A transmitted packet's head, which is in no page, is copied to a slot, behind the device's
 * header.
 */
#define TX_SLOT       288u
#define TX_PAGE_SLOTS ((u32)PAGE_SIZE / TX_SLOT)
#define TX_PAGES      ((VIRTNET_RING + TX_PAGE_SLOTS - 1) / TX_PAGE_SLOTS)

struct virtnet_queue {
	struct obj obj;
	struct virtnet *net;
	u32 index;         /* of the pair */
	struct task *task; /* reference, until it is started */
	struct waitq wait;
	struct mutex lock; /* guards what follows */
	bool live;         /* the receive ring is the task's */
	struct ring *rx;
	struct page *rx_page[VIRTNET_RING]; /* references: buffers, by cookie */
	u16 rx_free[VIRTNET_RING];          /* cookies of those that are not posted */
	u32 nr_rx_free;
	struct ring_chain rx_chain;
	/* The send queue's lock guards what follows. */
	bool tx_live;
	bool tx_full;  /* packets wait for room in the ring */
	bool tx_quiet; /* nothing is out: the task need not look */
	struct ring *tx;
	struct page *tx_page[TX_PAGES]; /* references: slots */
	u16 tx_free[VIRTNET_RING];      /* slots */
	u32 nr_tx_free, nr_tx;          /* of all slots */
	struct ring_chain tx_chain;
	u8 tx_head[TX_SLOT];
};
OBJ_TYPE_DECL(virtnet_queue);

struct virtnet {
	struct obj obj;
	struct virtio *dev;
	struct netdev *netdev;                      /* the driver's reference */
	u64 features;                               /* accepted at the probe, and each time again */
	u32 header;                                 /* bytes before each packet */
	u32 nr_pairs;                               /* in use */
	u32 most_pairs;                             /* of the device */
	bool broken;                                /* the first pair's task reports it */
	bool config_changed;                        /* the same task looks */
	struct virtnet_queue *queue[VIRTNET_PAIRS]; /* references */
	/* net_config guards what follows */
	struct ring *ctrl;      /* NULL: there is none, or it does not answer */
	struct page *ctrl_page; /* a reference */
	struct waitq ctrl_wait;
	struct irq_line *line[2 * VIRTNET_PAIRS + 2]; /* attached ones */
	u32 nr_lines;
};
OBJ_TYPE_DECL(virtnet);

#define virtnet_of(d) (obj_cast(virtnet, (d)->driver))

/* The device broke a ring: has the task say so. Context: any. */
void virtnet_break(struct virtnet *n);

/* ---- receiving; queue.lock held ---- */

/* Posts a page for each chain of the ring. 0, -ENOMEM, -EIO. */
int must_check virtnet_rx_start(struct virtnet_queue *q);
/* Uses the ring no more: drops the pages, of which the frame keeps those that are lent. */
void virtnet_rx_stop(struct virtnet_queue *q);
/* Receives a burst, and posts buffers. Returns whether there may be more. */
bool virtnet_rx_burst(struct virtnet_queue *q);

/* ---- transmitting ---- */

/* As the two above; the send queue's lock is not held: these take it. */
int must_check virtnet_tx_start(struct virtnet_queue *q);
void virtnet_tx_stop(struct virtnet_queue *q);
/* netdev_ops.xmit */
int must_check virtnet_xmit(struct netdev *d, u32 queue, struct packet *p, bool more);
/* Whether packets wait, and the device has made room. Context: task. */
bool virtnet_tx_has_room(struct virtnet_queue *q);
/* Takes back what was sent, and sends what waits; @expired: nobody has looked for a while. */
void virtnet_tx_look(struct virtnet_queue *q, bool expired);

/* ---- the control queue; net_config held ---- */

/* Sets up the queue, before the device is started. 0 or -errno. */
int must_check virtnet_ctrl_start(struct virtnet *n);
/* Tells the started device how many pairs there are, its address, what to receive. 0 or -errno. */
int must_check virtnet_ctrl_tell(struct virtnet *n);
void virtnet_ctrl_stop(struct virtnet *n);
/* netdev_ops.set_rx_mode, netdev_ops.set_address */
void virtnet_set_rx_mode(struct netdev *d);
int must_check virtnet_set_address(struct netdev *d, const u8 (*address)[LINK_ADDR_MAX]);

#endif
