// SPDX-License-Identifier: MPL-2.0
/*
 * Intel's network controller 82574L (data sheet, June 2010), QEMU's e1000e: its registers. card.h
 * says how a controller works; the rings are the frame's (frame/dev/reach/intel_82574l.c).
 *
 * Interrupts are messages, of which the driver uses the first, or the pin. Causes are written back
 * to clear them, because a read does not clear them with messages.
 */
#include <uapi/if.h>

#include "card.h"

enum {
	E1000E_STATUS = 0x0008,
	/* Of interrupts: causes, which to enable, to disable; which messages they send. */
	E1000E_CAUSES = 0x00c0,
	E1000E_ENABLE = 0x00d0,
	E1000E_DISABLE = 0x00d8,
	E1000E_VECTORS = 0x00e4,
	E1000E_RX_CSUM = 0x5000,
	E1000E_GROUPS = 0x5200,  /* 4096 bits, by hash */
	E1000E_ADDRESS = 0x5400, /* 16 pairs of words */
};
#define STATUS_LINK (1u << 1)

/* nic_set_mode */
#define E1000E_RX_PROMISC   (1u << 3)
#define E1000E_RX_ALLMULTI  (1u << 4)
#define E1000E_RX_BROADCAST (1u << 15)

/*
 * ring_chain.option: the checksums of the internet layer and of the transport layer are written,
 * the packet is cut. ring_chain.context, second word: of TCP, not UDP; of IPv4, not IPv6; the rest
 * of it counts, which are the lengths of data, headers and segments (7.2).
 */
#define E1000E_TX_CUT    (1ul << 26)
#define E1000E_TX_CSUM4  (1ul << 40)
#define E1000E_TX_CSUM   (1ul << 41)
#define E1000E_TX_TCP    (1ul << 24)
#define E1000E_TX_IP4    (1ul << 25)
#define E1000E_TX_CUTS   (1ul << 26)
#define E1000E_MOST_DATA 0xfffffu

/* Where headers have their length, and IPv4's its checksum; the least headers. */
#define IP4_LENGTH 2u
#define IP4_CSUM   10u
#define IP4_HEADER 20u
#define IP6_LENGTH 4u
#define IP6_HEADER 40u

/* Causes (10.2.4.1): with the pin, and with messages. */
#define CAUSE_TX   (1u << 0 | 1u << 22)
#define CAUSE_LINK (1u << 2 | 1u << 24)
#define CAUSE_RX   (1u << 4 | 1u << 6 | 1u << 7 | 1u << 20)
/* The first receive queue, the first transmit queue and all else send the first message. */
#define ALL_FIRST (8u | 8u << 8 | 8u << 16)

#define CSUM_CHECKED  (1u << 8 | 1u << 9) /* of the internet layer, of the transport layer */
#define ADDRESS_VALID (1u << 31)
#define GROUP_WORDS   128u
#define MTU           (4096u - ETHERNET_HEADER - 4 - 4) /* a VLAN tag, a checksum */

/* What the controller says of a received packet, from the length on (7.1.4). */
#define RX_WHOLE     (1ul << 33)
#define RX_NO_CSUM   (1ul << 34)
#define RX_TRANSPORT (1ul << 36 | 1ul << 37) /* UDP, TCP */
#define RX_CSUM_BAD  (1ul << 45 | 1ul << 46)
#define RX_DAMAGED   (1ul << 40 | 1ul << 41 | 1ul << 42 | 1ul << 44 | 1ul << 47)

static void e1000e_read_address(struct card *c)
{
	u32 low = iomem_read32(c->io, E1000E_ADDRESS), i;
	u32 high = iomem_read32(c->io, E1000E_ADDRESS + 4);

	for (i = 0; i < ETHERNET_ADDR; i++)
		*array_at(c->netdev->address, i) = (u8)(i < 4 ? low >> 8 * i : high >> 8 * (i - 4));
}

static void e1000e_set_up(struct card *c)
{
	iomem_write32(c->io, E1000E_VECTORS, ALL_FIRST);
	iomem_write32(c->io, E1000E_RX_CSUM, CSUM_CHECKED);
}

/* Bits 47 to 36 of an address choose one of 4096 (10.2.5.16, RCTL.MO 0). */
static void e1000e_set_groups(struct card *c)
{
	u32 table[GROUP_WORDS] = { 0 }, i, hash;
	struct link_group *g;

	list_for_each(g, &c->netdev->groups, link) {
		hash = g->address[4] >> 4 | (u32)g->address[5] << 4;
		*array_at(table, hash / 32) |= 1u << hash % 32;
	}
	for (i = 0; i < GROUP_WORDS; i++)
		iomem_write32(c->io, E1000E_GROUPS + 4 * i, *array_at(table, i));
}

static void e1000e_set_filters(struct card *c)
{
	struct netdev *d = c->netdev;
	const u8(*const a)[LINK_ADDR_MAX] = &d->address;
	u32 mode = E1000E_RX_BROADCAST;

	iomem_write32(c->io, E1000E_ADDRESS,
		(*a)[0] | (u32)(*a)[1] << 8 | (u32)(*a)[2] << 16 | (u32)(*a)[3] << 24);
	iomem_write32(c->io, E1000E_ADDRESS + 4, (*a)[4] | (u32)(*a)[5] << 8 | ADDRESS_VALID);
	e1000e_set_groups(c);
	if ((d->flags & IFF_PROMISC) || d->promiscuous)
		mode |= E1000E_RX_PROMISC | E1000E_RX_ALLMULTI;
	if ((d->flags & IFF_ALLMULTI) || d->allmulti)
		mode |= E1000E_RX_ALLMULTI;
	nic_set_mode(c->nic, mode);
}

static bool e1000e_has_link(struct card *c)
{
	return iomem_read32(c->io, E1000E_STATUS) & STATUS_LINK;
}

static void e1000e_arm(struct card *c, bool tx)
{
	iomem_write32(c->io, E1000E_ENABLE, CAUSE_RX | CAUSE_LINK | (tx ? CAUSE_TX : 0));
}

static bool e1000e_silence(struct card *c)
{
	u32 causes;

	iomem_write32(c->io, E1000E_DISABLE, ~0u);
	causes = iomem_read32(c->io, E1000E_CAUSES);
	iomem_write32(c->io, E1000E_CAUSES, causes);
	return causes & CAUSE_LINK;
}

static enum card_rx e1000e_received(u64 status)
{
	if (!(status & RX_WHOLE) || (status & RX_DAMAGED))
		return CARD_RX_BAD;
	return (status & RX_TRANSPORT) && !(status & (RX_NO_CSUM | RX_CSUM_BAD)) ? CARD_RX_CSUM_GOOD
										 : CARD_RX_UNKNOWN;
}

/* The context says where the sum begins, where it stands, and that it goes to the end (7.2.8). */
static bool e1000e_checksum(const struct packet *p, struct ring_chain *const chain,
	struct span head)
{
	u64 start = p->csum_start - (u64)p->head;

	(void)head;
	if (start + p->csum_offset > 255)
		return false;
	chain->context[0] = start << 32 | (start + p->csum_offset) << 40;
	chain->context[1] = p->csum_offset == 16 ? E1000E_TX_TCP : 0;
	chain->option = E1000E_TX_CSUM;
	return true;
}

static void e1000e_put16(struct span h, u32 at, u32 v)
{
	span_set_byte(h, at, (u8)(v >> 8));
	span_set_byte(h, at + 1, (u8)v);
}

static u32 e1000e_get16(struct span h, u32 at)
{
	struct cspan c = span_const(h);

	return (u32)span_byte(c, at) << 8 | span_byte(c, at + 1);
}

/*
 * Segments have lengths, numbers and sums of their own, which the controller writes (7.2.6): what
 * stands there counts as a part of its sums. So lengths and IPv4's sum are zeroes, and the sum of
 * the pseudo-header is without the length.
 */
static bool e1000e_cut(const struct packet *p, struct ring_chain *const chain, struct span head,
	u32 headers)
{
	bool is4 = p->gso == GSO_TCP4;
	u64 net = p->net - (u64)p->head, tcp = p->csum_start - (u64)p->head;
	u64 sum = tcp + p->csum_offset, data = p->len - headers, ends = is4 ? tcp - 1 : 0;
	u32 len = p->len - (u32)tcp, pseudo;

	if (p->net < p->head || net + (is4 ? IP4_HEADER : IP6_HEADER) > tcp || headers > 255 ||
		data > E1000E_MOST_DATA)
		return false;
	e1000e_put16(head, (u32)net + (is4 ? IP4_LENGTH : IP6_LENGTH), 0);
	if (is4)
		e1000e_put16(head, (u32)net + IP4_CSUM, 0);
	pseudo = e1000e_get16(head, (u32)sum) + (0xffff - (len & 0xffff)) + (0xffff - (len >> 16));
	e1000e_put16(head, (u32)sum, (u16)~sum_fold(pseudo));
	chain->context[0] = net | (net + IP4_CSUM) << 8 | ends << 16 | tcp << 32 | sum << 40;
	chain->context[1] = data | E1000E_TX_TCP | (is4 ? E1000E_TX_IP4 : 0) | E1000E_TX_CUTS |
		(u64)headers << 40 | (u64)p->gso_size << 48;
	chain->option = E1000E_TX_CUT | E1000E_TX_CSUM | (is4 ? E1000E_TX_CSUM4 : 0);
	return true;
}

static const struct card_chip e1000e_chip = {
	.name = LIT("e1000e"),
	.driver = LIT("e1000e"),
	.max_mtu = MTU,
	.read_address = e1000e_read_address,
	.set_up = e1000e_set_up,
	.set_filters = e1000e_set_filters,
	.has_link = e1000e_has_link,
	.arm = e1000e_arm,
	.silence = e1000e_silence,
	.received = e1000e_received,
	.checksum = e1000e_checksum,
	.cut = e1000e_cut,
};

static int e1000e_probe(struct device *dev, u32 quirk)
{
	(void)quirk;
	return card_probe(dev, &e1000e_chip);
}
static const struct dt_match e1000e_match[] = { { LIT("pci8086,10d3"), .quirk = 0 } };
DRIVER(e1000e, e1000e_match, e1000e_probe);
