// SPDX-License-Identifier: MPL-2.0
/* tun and tap devices, for tap.c and tap_io.c only. */
#ifndef KERNEL_NET_LINK_TAP_H
#define KERNEL_NET_LINK_TAP_H

#include <frame/wait.h>
#include <kernel/file.h>
#include <kernel/netdev.h>
#include <kernel/poll.h>

#include "link.h"

#define IFF_TUN          0x0001u
#define IFF_TAP          0x0002u
#define IFF_MULTI_QUEUE  0x0100u
#define IFF_ATTACH_QUEUE 0x0200u
#define IFF_DETACH_QUEUE 0x0400u
#define IFF_PERSIST      0x0800u
#define IFF_NO_PI        0x1000u
#define IFF_ONE_QUEUE    0x2000u
#define IFF_VNET_HDR     0x4000u
#define IFF_TUN_EXCL     0x8000u
#define TAP_FEATURES     (IFF_NO_PI | IFF_ONE_QUEUE | IFF_VNET_HDR | IFF_MULTI_QUEUE)

#define TAP_ROOM \
	66u /* before a frame: with the link's header taken off, room for an answer's headers */
#define TAP_LEN    500u
#define NOBODY     (~0u)
#define VNET_LEAST 10u

struct tap;
struct tap_file {
	struct obj obj;
	struct netdev *dev;        /* reference, set once before tap */
	struct tap *tap;           /* borrowed from dev, set once; NULL: no TUNSETIFF yet */
	u32 queue;                 /* tap.lock; NOBODY: detached */
	u32 nr, bytes;             /* tap.lock: packets in the list, and what they keep of memory */
	LIST_HEAD(packet) packets; /* tap.lock */
	struct waitq read_wait;
	struct poll_source *poll;
};

struct tap {
	struct obj obj;
	struct netdev *dev; /* borrowed: the device holds this object (netdev.driver) */
	u32 flags;          /* IFF_*; config */
	u32 vnet_len;
	u32 owner, group; /* NOBODY: anybody */
	u32 nr_files;     /* config: attached and detached ones */
	u32 sndbuf;
	bool removed; /* config; by ip link del: its files have no device any more */
	struct spinlock lock;
	u32 nr_queues;                         /* lock */
	struct tap_file *files[NETDEV_QUEUES]; /* lock; borrowed: a file detaches before it goes */
};

OBJ_TYPE_DECL(tap);
OBJ_TYPE_DECL(tap_file);

/*
 * The most that the packets of a queue keep of memory: nobody is charged for them, and one that was
 * not cut has 64 KiB. As many packets of an Ethernet link as txqueuelen takes are less.
 */
#define TAP_QUEUE_BYTES (8u << 20)

/*
 * Puts the packet into the list of a queue. False: there is no such queue, or it is full. tap.lock
 * held.
 */
bool tap_enqueue(struct tap *t, u32 queue, struct packet *p);
/* Takes the first packet of a queue; NULL: there is none. Takes tap.lock. */
struct packet *tap_dequeue(struct tap *t, struct tap_file *tf);

/* ---- tap_io.c: file operations; before TUNSETIFF -EBADFD, POLLERR ---- */
ssize_t must_check tap_write(struct file *f, struct uio *u, u64 *pos);
ssize_t must_check tap_read(struct file *f, struct uio *u, u64 *pos);
u32 tap_poll(struct file *f, struct poll_table *pt);

#endif
