// SPDX-License-Identifier: MPL-2.0
/*
 * Cadence's Ethernet controller, GEM, as in SiFive's FU540-C000 (manual, chapter 22; Zynq's UG585,
 * B.18, describes its registers). Services may access states and interrupts, the management of the
 * PHY, its groups and addresses. Not the control and the configuration of DMA, the addresses of
 * rings, also of those that it may have besides, nor the mode, of which they set some bits by
 * nic_set_mode: two others, 14 and 15, move what is written to a buffer behind the buffer's
 * beginning, and so beyond its end.
 *
 * Descriptors have 64 bits of address: low half, control, high half, and a word that is not used.
 * TRUST: the owner's bit, the lowest one of the first word (to receive) or the highest one of the
 * second (to send), is set in each descriptor that holds no lent page; there the controller stops.
 */
#include "reach.h"

enum { CONTROL = 0x000, MODE = 0x004, DMA = 0x010, TX_STATUS = 0x014, NO_IRQ = 0x02c };
#define ON   (BIT(2) | BIT(3) | BIT(4)) /* receives, sends, reaches the PHY */
#define SEND BIT(9)
#define HALT BIT(10)

static const struct reg_whitelist gem[REG_WHITELIST_MAX] = {
	{ 0x008, 0x00c, REG_WHITELIST_ALL },     /* state of the PHY's management */
	{ TX_STATUS, 0x018, REG_WHITELIST_ALL }, /* written bits are cleared */
	{ 0x020, 0x038, REG_WHITELIST_ALL },     /* to receive, too; interrupts; PHY */
	{ 0x080, 0x0a8, REG_WHITELIST_ALL },     /* groups, addresses */
};

/*
 * TRUST of `stop`: the transmitter ends its packet, and says so (status bit 3); a receiver that is
 * turned off stops at once (UG585, net_ctrl, rx_en). What it has written before that is on its way
 * to memory for less than the pause.
 */
static const struct nic_chip fu540_gem = {
	.size = 0x4d8,
	/* Design configuration 6: queues 1 to 15, which look for descriptors where firmware said. */
	.queues = 0x294,
	.more_queues = 0xfffe,
	.stop = { { NO_IRQ, ~0u, 0, 0 }, { CONTROL, BIT(3) | HALT, TX_STATUS, BIT(3) },
		{ CONTROL, 0, CONTROL, ON }, { NO_IRQ, ~0u, TX_STATUS, BIT(3), 10 } },
	/* Bursts of 16, all of the buffers, checksums are written, 4096 bytes, 64 bits of address. */
	.start = { { DMA, 0x10u | 3u << 8 | BIT(10) | BIT(11) | 64u << 16 | BIT(30), 0, 0 } },
	.enable = { CONTROL, ON, 0, 0 },
	/*
	 * Packets of 1536 bytes, no checksum of the link, the PHY's clock is a 96th of the bus's, 64
	 * bits of bus. A service's are speed, duplex, all packets, chosen groups, gigabit, checks of
	 * checksums.
	 */
	.mode = MODE,
	.mode_set = BIT(8) | BIT(17) | 5u << 18 | BIT(21),
	.mode_may = BIT(0) | BIT(1) | BIT(4) | BIT(6) | BIT(10) | BIT(24),
	.queue[NIC_RX] = { 0x018, 0x4d4, 0, 0, CONTROL, ON,
		{ .len_at = 32,
			.wrap = BIT(1),
			.idle = BIT(0),
			.done = BIT(0),
			.rx_size = 4096,
			.rx_len = 0x1fff } },
	.queue[NIC_TX] = { 0x01c, 0x4c8, 0, 0, CONTROL, ON | SEND,
		{ .len_at = 32,
			.last = 1ul << 47,
			.wrap = 1ul << 62,
			.idle = 1ul << 63,
			.done = 1ul << 63,
			.done_is_first = true } },
};

const struct reach reach_cadence_gem[] = {
	{ "sifive,fu540-c000-gem", .parts = gem, .disarm = reach_nic_disarm, .nic = &fu540_gem },
	{ NULL },
};
