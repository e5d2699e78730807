// SPDX-License-Identifier: MPL-2.0
/*
 * Cadence's Ethernet controller (GEM) as in SiFive's FU540-C000: its registers, and its PHY. card.h
 * says how a controller works; the rings are the frame's (frame/dev/reach/cadence_gem.c).
 *
 * The link is the PHY's (IEEE 802.3, clause 22), which the controller reaches by MDIO. The PHY does
 * not interrupt, so the task asks it each second, and tells the controller the speed and duplex
 * that both ends have agreed on. The first address at which a PHY answers is its own.
 */
#include <uapi/if.h>

#include "card.h"

enum {
	GEM_STATUS = 0x008,
	GEM_TX_STATUS = 0x014,
	GEM_RX_STATUS = 0x020,
	/* Of interrupts: causes, which to enable, to disable. */
	GEM_CAUSES = 0x024,
	GEM_ENABLE = 0x028,
	GEM_DISABLE = 0x02c,
	GEM_PHY = 0x034,
	GEM_GROUPS = 0x080,  /* 64 bits, by hash */
	GEM_ADDRESS = 0x088, /* 4 pairs of words */
};

/* nic_set_mode */
#define GEM_MODE_100     (1u << 0)
#define GEM_MODE_DUPLEX  (1u << 1)
#define GEM_MODE_PROMISC (1u << 4)
#define GEM_MODE_GROUPS  (1u << 6) /* those of GEM_GROUPS */
#define GEM_MODE_1000    (1u << 10)
#define GEM_MODE_CSUM    (1u << 24) /* checks of what is received */

#define STATUS_PHY_IDLE (1u << 2)
#define PHY_LOOKS       10000u /* a millisecond or more; a frame of MDIO takes 64 of its clocks */
#define PHY_READ        (0x40020000u | 2u << 28)
#define NO_PHY          32u

#define CAUSE_RX 0x0406u /* a packet, no buffer, overrun */
#define CAUSE_TX 0x0080u

#define MTU 1500u

/* Registers of the PHY. */
enum {
	PHY_STATUS = 1,
	PHY_ID = 2,
	PHY_OWN = 4,
	PHY_OTHER = 5,
	PHY_OWN_1000 = 9,
	PHY_OTHER_1000 = 10
};
#define PHY_LINK      (1u << 2)
#define PHY_100_FULL  (1u << 8)
#define PHY_100_HALF  (1u << 7)
#define PHY_10_FULL   (1u << 6)
#define PHY_1000_FULL (1u << 9) /* of PHY_OWN_1000; that of the other end is 2 bits above */

/* What the controller says of a received packet, from the length on. */
#define RX_WHOLE (3ul << 14) /* begins and ends in this buffer */
#define RX_CSUM  (2ul << 22) /* TCP's is good, or UDP's, which has the next bit, too */

/* Reads a register of the PHY. All ones: nobody answers, or the controller does not. */
static u32 phy_read(struct card *c, u32 phy, u32 reg)
{
	u32 i;

	iomem_write32(c->io, GEM_PHY, PHY_READ | phy << 23 | reg << 18);
	for (i = 0; i < PHY_LOOKS; i++) {
		if (iomem_read32(c->io, GEM_STATUS) & STATUS_PHY_IDLE)
			return iomem_read32(c->io, GEM_PHY) & 0xffff;
	}
	return 0xffff;
}

static void phy_find(struct card *c)
{
	u32 id;

	for (c->phy = 0; c->phy < NO_PHY; c->phy++) {
		id = phy_read(c, c->phy, PHY_ID);
		if (id && id != 0xffff)
			return;
	}
}

static void gem_set_mode(struct card *c)
{
	nic_set_mode(c->nic, load_once(c->filter_mode) | load_once(c->link_mode));
}

/* What both ends can do, the best first. */
static u32 phy_agreed(struct card *c)
{
	u32 both = phy_read(c, c->phy, PHY_OWN) & phy_read(c, c->phy, PHY_OTHER);

	if (phy_read(c, c->phy, PHY_OWN_1000) & phy_read(c, c->phy, PHY_OTHER_1000) >> 2 &
		PHY_1000_FULL)
		return GEM_MODE_1000 | GEM_MODE_DUPLEX;
	if (both & PHY_100_FULL)
		return GEM_MODE_100 | GEM_MODE_DUPLEX;
	if (both & PHY_100_HALF)
		return GEM_MODE_100;
	return both & PHY_10_FULL ? GEM_MODE_DUPLEX : 0;
}

/* The bit of the link tells of a link that was lost since the last read: the second one is new. */
static bool gem_has_link(struct card *c)
{
	u32 mode, status;

	if (c->phy >= NO_PHY)
		phy_find(c);
	if (c->phy >= NO_PHY)
		return false;
	(void)phy_read(c, c->phy, PHY_STATUS);
	status = phy_read(c, c->phy, PHY_STATUS);
	if (status == 0xffff || !(status & PHY_LINK))
		return false;
	mode = phy_agreed(c);
	if (mode != load_once(c->link_mode)) {
		store_once(c->link_mode, mode);
		gem_set_mode(c);
	}
	return true;
}

static void gem_read_address(struct card *c)
{
	u32 low = iomem_read32(c->io, GEM_ADDRESS), i;
	u32 high = iomem_read32(c->io, GEM_ADDRESS + 4);

	for (i = 0; i < ETHERNET_ADDR; i++)
		*array_at(c->netdev->address, i) = (u8)(i < 4 ? low >> 8 * i : high >> 8 * (i - 4));
}

static void gem_set_up(struct card *c)
{
	c->phy = NO_PHY;
	iomem_write32(c->io, GEM_TX_STATUS, ~0u);
	iomem_write32(c->io, GEM_RX_STATUS, ~0u);
	iomem_write32(c->io, GEM_CAUSES, ~0u);
}

/* Each bit of the hash is the sum modulo 2 of each sixth bit of the address. */
static u32 gem_hash(const struct link_group *const g)
{
	u64 address = 0;
	u32 hash = 0, i;

	for (i = 0; i < ETHERNET_ADDR; i++)
		address |= (u64)*array_at(g->address, i) << 8 * i;
	for (i = 0; i < 8; i++, address >>= 6)
		hash ^= address & 63;
	return hash;
}

static void gem_set_filters(struct card *c)
{
	struct netdev *d = c->netdev;
	const u8(*const a)[LINK_ADDR_MAX] = &d->address;
	struct link_group *g;
	u64 groups = 0;
	u32 mode = GEM_MODE_GROUPS | GEM_MODE_CSUM;

	/* The second word makes the address valid. */
	iomem_write32(c->io, GEM_ADDRESS,
		(*a)[0] | (u32)(*a)[1] << 8 | (u32)(*a)[2] << 16 | (u32)(*a)[3] << 24);
	iomem_write32(c->io, GEM_ADDRESS + 4, (*a)[4] | (u32)(*a)[5] << 8);
	list_for_each(g, &d->groups, link)
		groups |= 1ul << gem_hash(g);
	if ((d->flags & IFF_PROMISC) || d->promiscuous)
		mode |= GEM_MODE_PROMISC;
	if ((mode & GEM_MODE_PROMISC) || (d->flags & IFF_ALLMULTI) || d->allmulti)
		groups = ~0ul;
	iomem_write32(c->io, GEM_GROUPS, (u32)groups);
	iomem_write32(c->io, GEM_GROUPS + 4, (u32)(groups >> 32));
	store_once(c->filter_mode, mode);
	gem_set_mode(c);
}

static void gem_arm(struct card *c, bool tx)
{
	iomem_write32(c->io, GEM_ENABLE, CAUSE_RX | (tx ? CAUSE_TX : 0));
}

/* Causes are cleared by the read, or by writing them back, as the controller was built. */
static bool gem_silence(struct card *c)
{
	iomem_write32(c->io, GEM_DISABLE, ~0u);
	iomem_write32(c->io, GEM_CAUSES, iomem_read32(c->io, GEM_CAUSES));
	iomem_write32(c->io, GEM_RX_STATUS, ~0u);
	iomem_write32(c->io, GEM_TX_STATUS, ~0u);
	return false;
}

static enum card_rx gem_received(u64 status)
{
	if ((status & RX_WHOLE) != RX_WHOLE)
		return CARD_RX_BAD;
	return status & RX_CSUM ? CARD_RX_CSUM_GOOD : CARD_RX_UNKNOWN;
}

/*
 * The controller writes the checksum of each TCP and UDP packet, over a field that has to be zero.
 * Not of IPv6: QEMU's does not.
 */
static bool gem_checksum(const struct packet *p, struct ring_chain *const chain, struct span head)
{
	u32 at = p->csum_start - (u32)p->head + p->csum_offset;

	(void)chain;
	if (p->ethertype != ETHERTYPE_IP4)
		return false;
	span_set_byte(head, at, 0);
	span_set_byte(head, at + 1, 0);
	return true;
}

static const struct card_chip gem_chip = {
	.name = LIT("gem"),
	.driver = LIT("macb"),
	.max_mtu = MTU,
	.link_ns = NSEC_PER_SEC,
	.read_address = gem_read_address,
	.set_up = gem_set_up,
	.set_filters = gem_set_filters,
	.has_link = gem_has_link,
	.arm = gem_arm,
	.silence = gem_silence,
	.received = gem_received,
	.checksum = gem_checksum,
};

static int gem_probe(struct device *dev, u32 quirk)
{
	(void)quirk;
	return card_probe(dev, &gem_chip);
}
static const struct dt_match gem_match[] = { { LIT("sifive,fu540-c000-gem"), .quirk = 0 } };
DRIVER(gem, gem_match, gem_probe);
