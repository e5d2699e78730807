// SPDX-License-Identifier: MPL-2.0
/*
 * Ethernet controllers over the frame's descriptor rings (frame/nic.h): what all of them share. A
 * controller is a table of functions (struct card_chip); card.c has the life of a device and its
 * task, card_rx.c and card_tx.c its packets.
 *
 * How it works. A device has one task, which lives as long as it. The interrupt handler silences
 * the controller and wakes the task. The task takes received packets in bursts, posts fresh
 * buffers, lets the protocols have the backlog (netdev_run), and, when the ring is empty, enables
 * the interrupts again before it looks a last time and sleeps. An interrupt may come for a packet
 * that the task has taken already; so the handler tells that it was there (silenced), and the task
 * does not sleep over that. What has been sent is taken back by
 * a later transmission, or by the task, some CARD_LOOK_NS later; there are interrupts for it only
 * while packets wait for room (tx_full).
 *
 * Open and stop. Stopping resets the controller: rings, buffers and interrupts are set up again by
 * the next open. A controller that breaks a ring is dead until somebody sets it down and up.
 *
 * Locking: net_config (kernel/netdev.h) guards the device's life. card.lock guards the receive
 *          ring; taken by the task and by open and stop, which therefore never wait for the task
 *          itself: it may be waiting for net_config. The lock of the core's send queue guards the
 *          transmit ring.
 */
#ifndef KERNEL_DRIVERS_NET_CARD_H
#define KERNEL_DRIVERS_NET_CARD_H

#include <frame/cpu.h>
#include <frame/device.h>
#include <frame/log.h>
#include <frame/nic.h>
#include <frame/task.h>
#include <frame/time.h>
#include <frame/wait.h>
#include <kernel/netdev.h>
#include <uapi/errno.h>

#define CARD_RING    256u /* most chains of a ring */
#define CARD_LOOK_NS (100 * NSEC_PER_MSEC)

/*
 * A transmitted packet's head, which is in no page, is copied to a slot. Chains come back in order,
 * and a ring holds fewer than CARD_RING, so the next slot is always free.
 */
#define CARD_SLOT       PACKET_DATA
#define CARD_PAGE_SLOTS ((u32)PAGE_SIZE / CARD_SLOT)
#define CARD_TX_PAGES   (CARD_RING / CARD_PAGE_SLOTS)

struct card;

/* What a controller says of a received packet. */
enum card_rx { CARD_RX_BAD, CARD_RX_UNKNOWN, CARD_RX_CSUM_GOOD };

struct TABLE card_chip {
	struct lit name, driver; /* the latter as Linux calls it */
	u32 max_mtu;
	u64 link_ns; /* how often the link is to be looked at; 0: an interrupt tells of changes */
	/* Reads the address that the controller has; zeroes: none. Context: task. */
	void (*read_address)(struct card *c);
	/* Sets registers before the controller starts. Context: task, net_config held. */
	void (*set_up)(struct card *c);
	/* Sets address, groups and modes, as the core's device says; the same context. */
	void (*set_filters)(struct card *c);
	/* Whether the cable is there. Context: the task. */
	bool (*has_link)(struct card *c);
	/* Enables interrupts, @tx: also for what has been sent. Context: the task. */
	void (*arm)(struct card *c, bool tx);
	/*
	 * Disables and clears all interrupts; returns whether the link may have changed. Context:
	 * interrupt handler.
	 */
	bool (*silence)(struct card *c);
	/* By the status of a chain that was received. */
	enum card_rx (*received)(u64 status);
	/*
	 * Has the controller write the checksum of a packet with CSUM_PARTIAL, of TCP or UDP, or
	 * returns false. The packet's head is in @head; the send queue's lock is held.
	 */
	bool (*checksum)(const struct packet *p, struct ring_chain *const chain, struct span head);
	/*
	 * The same for a packet of TCP that the controller is to cut, with the checksums of each
	 * segment; its headers have @headers bytes, and are in @head. NULL: it cuts none.
	 */
	bool (*cut)(const struct packet *p, struct ring_chain *const chain, struct span head,
		u32 headers);
};

struct card {
	struct obj obj;
	const struct card_chip *chip;
	struct nic *nic;
	struct iomem *io;
	struct irq_line *line;
	struct netdev *netdev; /* the driver's reference */
	struct task *task;     /* reference, until it is started */
	struct waitq wait;
	bool broken;       /* the task reports it */
	bool link_changed; /* the task looks */
	bool silenced;     /* the handler has disabled interrupts since the task enabled them */
	bool attached;     /* net_config: the handler is */
	/* For the chip: bits of its mode by filters, and by the link; the PHY's address. */
	u32 filter_mode, link_mode, phy;
	struct mutex lock; /* guards what follows */
	bool live;         /* the receive ring is the task's */
	struct ring *rx;
	struct page *rx_page[CARD_RING]; /* references: buffers, by cookie */
	u16 rx_free[CARD_RING];          /* cookies of those that are not posted */
	u32 nr_rx_free;
	struct ring_chain rx_chain;
	/* The send queue's lock guards what follows. */
	bool tx_live;
	bool tx_full;  /* packets wait for room in the ring */
	bool tx_armed; /* the task's: interrupts are enabled for that */
	bool tx_quiet; /* nothing is out: the task need not look */
	struct ring *tx;
	u32 tx_posted, tx_taken;             /* chains, modulo 2^32 */
	struct page *tx_page[CARD_TX_PAGES]; /* references: slots */
	struct ring_chain tx_chain;
	u8 tx_head[CARD_SLOT];
};
OBJ_TYPE_DECL(card);

#define card_of(d)    (obj_cast(card, (d)->driver))
#define card_stats(c) (array_at((c)->netdev->stats, cpu_id()))

/* The body of a probe; @dev is the chip's. 0 or -errno. Context: task. */
int must_check card_probe(struct device *dev, const struct card_chip *chip);
/* The device broke a ring: has the task say so. Context: any. */
void card_break(struct card *c);

/* ---- receiving; card.lock held ---- */

/* Posts a page for each chain of the ring. 0, -ENOMEM, -EIO. */
int must_check card_rx_start(struct card *c);
/* Uses the ring no more: drops the pages, of which the frame keeps those that are lent. */
void card_rx_stop(struct card *c);
/* Receives a burst, and posts buffers. Returns whether there may be more. */
bool card_rx_burst(struct card *c);

/* ---- transmitting ---- */

/* As the two above; the send queue's lock is not held: these take it. */
int must_check card_tx_start(struct card *c);
void card_tx_stop(struct card *c);
/* netdev_ops.xmit */
int must_check card_xmit(struct netdev *d, u32 queue, struct packet *p, bool more);
/* Whether packets wait, and the device has made room, or shall interrupt for it. Context: task. */
bool card_tx_has_work(struct card *c);
/* Takes back what was sent, and sends what waits; @expired: nobody has looked for a while. */
void card_tx_look(struct card *c, bool expired);

#endif
