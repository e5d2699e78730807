// SPDX-License-Identifier: MPL-2.0
/*
 * The header of virtio (struct virtio_net_hdr) that tun devices and packet sockets have before
 * packets: by it a packet may be large, and without a checksum.
 *
 * Source: kernel/net/link/vnet.c.
 */
#ifndef KERNEL_VNET_H
#define KERNEL_VNET_H

#include <kernel/packet.h>

struct vnet_header {
	u8 flags, gso;
	u16 header_len, gso_size, csum_start, csum_offset;
};
static_assert(sizeof(struct vnet_header) == 10, "struct virtio_net_hdr");
#define VNET_NEEDS_CSUM 1u
#define VNET_DATA_VALID 2u

/* A user's header: the length of the headers includes the checksum's place. */
void vnet_correct(struct vnet_header *v);
/*
 * What the header says of the packet, whose frame begins at @start of data[], and whose head is the
 * internet header. False: it does not fit the packet.
 */
bool vnet_to_packet(const struct vnet_header *v, struct packet *p, u32 start);
/* The header of a packet; offsets count from its head. */
void vnet_of_packet(const struct packet *p, struct vnet_header *v);

#endif
