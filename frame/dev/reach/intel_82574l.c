// SPDX-License-Identifier: MPL-2.0
/*
 * Intel's network controller 82574L (data sheet, chapter 10). Services may access its state, the
 * causes, masks and messages of interrupts (10.2.4), whether it checks checksums, and its tables of
 * groups and addresses. Not device control, the access to its flash memory, from which firmware may
 * boot, nor any register of the receiver and the transmitter: those have the addresses of rings,
 * and say how much is written to a buffer.
 *
 * Descriptors (7.1.4, 7.2.10): to receive, legacy ones, of which the device fetches an address only;
 * to send, extended data descriptors, with a context descriptor before them. TRUST: a context
 * descriptor has no address, and bits 20 and 29, which say what a descriptor is, are the frame's.
 * Of the others a service chooses that checksums of the internet layer and of the transport layer
 * are written (40, 41), and that the packet is cut into segments (26): context bits 24 to 26 name
 * the protocols and say that the rest counts, which are the bytes of data (0 to 19), of headers (40
 * to 47), and of data in a segment (48 to 63). The device counts with them what it sends; what it
 * fetches is what data descriptors name, whatever the numbers say.
 */
#include "reach.h"

enum { CONTROL = 0x000, STATUS = 0x008, NO_IRQ = 0x0d8, RX = 0x100, TX = 0x400 };
#define NO_MASTER BIT(2)
#define RESET     BIT(26)
#define ENABLED   BIT(1)

static const struct reg_whitelist nic[REG_WHITELIST_MAX] = {
	{ STATUS, 0x00c, REG_WHITELIST_ALL }, { 0x00c0, 0x100, REG_WHITELIST_ALL }, /* interrupts */
	{ 0x5000, 0x5004, REG_WHITELIST_ALL }, /* checks of checksums */
	{ 0x5200, 0x5480, REG_WHITELIST_ALL }, /* groups, addresses */
};

/*
 * TRUST of `stop`: receiver and transmitter are off, then no request of the device is under way any
 * more (status bit 19, 3.1.3.10), then it is reset, and reads its settings for a millisecond, in
 * which no register may be accessed. Firmware that booted from the network has left rings in memory
 * that belongs to the kernel now.
 */
static const struct nic_chip intel_82574l = {
	.size = 0x581c,
	.stop = { { NO_IRQ, ~0u, 0, 0 }, { RX, 0, RX, ENABLED }, { TX, 0, TX, ENABLED },
		{ CONTROL, NO_MASTER, STATUS, BIT(19) },
		{ CONTROL, NO_MASTER | RESET, CONTROL, RESET, 2000 }, { NO_IRQ, ~0u, RX, ENABLED },
		{ NO_IRQ, ~0u, TX, ENABLED } },
	/*
	 * The link is up; thresholds are in descriptors, and bit 22 shall be set; packets are
	 * padded, and collide 15 times in 63 bytes at most. Legacy descriptors to receive (RFCTL),
	 * one queue (MRQC).
	 */
	.start = { { CONTROL, BIT(6), 0, 0 }, { 0x3828, BIT(22) | BIT(24), 0, 0 },
		{ 0x5008, 0, 0, 0 }, { 0x5818, 0, 0, 0 },
		{ TX, ENABLED | BIT(3) | 0x0fu << 4 | 0x3fu << 12, 0, 0 } },
	/* Long packets, 4096 bytes to a buffer, no checksum of the link; a service's are 3, 4, 15. */
	.mode = RX,
	.mode_set = ENABLED | BIT(5) | 3u << 16 | BIT(25) | BIT(26),
	.mode_may = BIT(3) | BIT(4) | BIT(15), /* all, all groups, broadcasts */
	.queue[NIC_RX] = { 0x2800, 0x2804, 0x2808, 0x2810, 0x2818, 0,
		{ .control = 1, .done = 1ul << 32, .rx_size = 4096, .rx_len = 0xffff } },
	/* Data, with the link's checksum; the last one ends the packet, and is reported. */
	.queue[NIC_TX] = { 0x3800, 0x3804, 0x3808, 0x3810, 0x3818, 0,
		{ .control = 1,
			.each = BIT(20) | BIT(25) | BIT(29),
			.last = BIT(24) | BIT(27),
			.done = 1ul << 32,
			.option = BIT(26) | 3ul << 40,
			.context_kind = BIT(29),
			.context_may = 7u << 24 | 0xfffffu | 0xfffffful << 40 } },
};

const struct reach reach_intel_82574l[] = {
	{ "pci8086,10d3", .parts = nic, .disarm = reach_nic_disarm, .nic = &intel_82574l },
	{ NULL },
};
