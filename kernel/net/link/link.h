// SPDX-License-Identifier: MPL-2.0
/*
 * Links, for the files of kernel/net/link only: devices and their list (device.c), the way in
 * (receive.c) and out (transmit.c), changes (change.c), Ethernet, lo, and work at a later time.
 *
 * Locking: net_config, then one of: list_lock of device.c, a backlog's lock, queue.lock.
 */
#ifndef KERNEL_NET_LINK_H
#define KERNEL_NET_LINK_H

#include <kernel/netdev.h>

#define VLAN_HEADER     4u
#define ETHERTYPE_VLAN  0x8100u
#define ETHERTYPE_802_2 4u     /* packet.ethertype of a frame that has a length there */
#define ETHERTYPE_FIRST 0x600u /* below this value the field is a length, which no protocol has */

/* ---- device.c ---- */

/* Tells all watchers. Context: task, net_config held. */
void netdev_tell(struct netdev *d, enum net_event e);
/* change.c: NET_DEV_CHANGED, if the device is up. net_config held. */
void netdev_state_changed(struct netdev *d);
/* AF_PACKET, set once at start-up, and how many listen: list_lock for writing, read without. */
extern const struct packet_tap *packet_tap;
extern u32 packet_taps;
/* Shows a packet to those who listen, if any do. Context: as packet_tap.see. */
static always_inline bool packet_tap_see(struct netdev *d, const struct packet *p, bool outgoing)
{
	return unlikely(load_once(packet_taps)) && packet_tap->see(d, p, outgoing);
}

/* ---- receive.c ---- */

/* Start-up: makes the network's task. */
void receive_init(void);
/*
 * Waits until no packet of before is in a backlog or being delivered. Context: task, nothing held.
 */
void netdev_wait_backlogs(void);

/* ---- transmit.c ---- */

/*
 * Drops what waits in the device's queues. Who has taken IFF_UP or set gone before knows that
 * nothing waits or is sent after. Context: task.
 */
void netdev_drop_waiting(struct netdev *d);

/* ---- change.c ---- */

/*
 * Sets the flags, without IFF_UP, and stops the device. Watchers take addresses and routes away
 * before the driver stops. Context: task, net_config held.
 */
void netdev_bring_down(struct netdev *d, u32 flags);

/* ---- others ---- */

/* Takes the Ethernet header off, and sets ethertype and kind. False: there is none. */
bool ethernet_parse(const struct netdev *d, struct packet *p);
/* The same, and takes a tag behind the header to packet.vlan. */
bool must_check ethernet_parse_tagged(struct netdev *d, struct packet *p);
/* jobs.c: start-up, makes the task. */
void jobs_init(void);
/* loopback.c: start-up, makes lo. */
void loopback_init(void);

#endif
