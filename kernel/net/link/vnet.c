// SPDX-License-Identifier: MPL-2.0
/*
 * The header of virtio before packets of programs (kernel/vnet.h).
 *
 * Tap devices and packet sockets put it before a packet, in both directions: which checksum is
 * missing, and into which pieces the packet is to be cut. What a program writes is not trusted. The
 * place of the checksum must lie in the packet, the kind of cutting must fit the family and the
 * protocol that stand in the packet itself, and the pieces of a UDP packet are bounded. A header
 * that fails refuses the packet; nothing is corrected behind the program's back but the length of
 * the headers (vnet_correct), as on Linux.
 */
#include <kernel/vnet.h>

#define UDP_PIECES 128u /* datagrams that one packet is cut into, as UDP_SEGMENT has it */
enum vnet_gso { VNET_TCP4 = 1, VNET_UFO = 3, VNET_TCP6 = 4, VNET_UDP = 5, VNET_ECN = 0x80 };

static bool read_gso(const struct vnet_header *v, struct packet *p)
{
	u8 kind = v->gso & ~VNET_ECN;
	bool is4 = p->ethertype == ETHERTYPE_IP4;
	u8 protocol = 0;

	if (!kind)
		return true;
	/* The protocol at its place in the internet header, which the head begins with. */
	if (!v->gso_size || !packet_read(p, is4 ? 9 : 6, value_span(&protocol)))
		return false;
	p->gso_size = v->gso_size;
	switch (kind) {
	case VNET_TCP4:
		p->gso = GSO_TCP4;
		return is4 && protocol == 6;
	case VNET_TCP6:
		p->gso = GSO_TCP6;
		return !is4 && protocol == 6;
	case VNET_UDP:
		p->gso = GSO_UDP;
		return protocol == 17 && p->len <= UDP_PIECES * p->gso_size;
	case VNET_UFO:
		p->gso_size = 0;
		return protocol == 17;
	default:
		return false;
	}
}

void vnet_correct(struct vnet_header *v)
{
	if ((v->flags & VNET_NEEDS_CSUM) && v->csum_start + v->csum_offset + 2u > v->header_len)
		v->header_len = (u16)(v->csum_start + v->csum_offset + 2u);
}

bool vnet_to_packet(const struct vnet_header *v, struct packet *p, u32 start)
{
	u32 at = start + v->csum_start;

	if (v->flags & VNET_NEEDS_CSUM) {
		if (at < p->head || at + v->csum_offset + 2 > p->tail)
			return false;
		p->csum = CSUM_PARTIAL;
		p->csum_start = (u16)at;
		p->csum_offset = v->csum_offset;
	} else if (v->flags & VNET_DATA_VALID) {
		p->csum = CSUM_GOOD;
	}
	return read_gso(v, p);
}

void vnet_of_packet(const struct packet *p, struct vnet_header *v)
{
	*v = (struct vnet_header){ 0 };
	if (p->csum == CSUM_PARTIAL) {
		v->flags = VNET_NEEDS_CSUM;
		v->csum_start = p->csum_start - p->head;
		v->csum_offset = p->csum_offset;
	} else if (p->csum == CSUM_GOOD) {
		v->flags = VNET_DATA_VALID;
	}
	if (p->gso) {
		v->gso = p->gso == GSO_TCP4 ? VNET_TCP4 : p->gso == GSO_TCP6 ? VNET_TCP6 : VNET_UDP;
		v->gso_size = p->gso_size;
		v->header_len = p->tail - p->head;
	}
}
