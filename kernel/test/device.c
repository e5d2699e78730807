// SPDX-License-Identifier: MPL-2.0
/*
 * Devices, registers, the devicetree (frame/device.h): windows end where they end, and only harmless
 * devices have one.
 *
 * The drivers of this file take no device (ONLOOKER): they note the devices that they are shown,
 * whose own drivers take them nevertheless. A machine that lacks a device skips the tests that need
 * it.
 */
#include <frame/boot.h>
#include <frame/cpu.h>
#include <frame/device.h>
#include <frame/log.h>
#include <frame/virtio.h>
#include <uapi/errno.h>

#include "test.h"

/*
 * ---- a driver that takes no device, but remembers what it was shown ----
 */

enum { SHOWN_UART = 1, SHOWN_82574L, SHOWN_EDU, SHOWN_MASTER };
static struct device *uart, *nic, *edu;
static struct device *master[2]; /* such as could reach memory */
static u32 nr_masters;

static int onlooker_probe(struct device *dev, u32 quirk)
{
	if (quirk == SHOWN_UART && !uart)
		uart = dev;
	if (quirk == SHOWN_82574L && !nic)
		nic = dev;
	if (quirk == SHOWN_EDU && !edu)
		edu = dev;
	if (quirk == SHOWN_MASTER && !device_virtio(dev) && nr_masters < ARRAY_LEN(master))
		master[nr_masters++] = dev;
	return -ENODEV;
}
static const struct dt_match onlooker_match[] = {
	{ LIT("ns16550a"), .quirk = SHOWN_UART },
	{ LIT("sifive,uart0"), .quirk = SHOWN_UART },
	{ LIT("pci8086,10d3"), .quirk = SHOWN_82574L },
	{ LIT("pci1234,11e8"), .quirk = SHOWN_EDU },
	{ LIT("virtio,mmio"), .quirk = SHOWN_MASTER },
	{ LIT("pci8086,2922"), .quirk = SHOWN_MASTER }, /* AHCI */
	{ LIT("sifive,fu540-c000-pdma"), .quirk = SHOWN_MASTER },
};
ONLOOKER(onlooker, onlooker_match, onlooker_probe);

/* ---- windows ---- */

/*
 * A register of such a device can name any address, so the frame keeps the registers for itself. A
 * line that sends messages is refused as well.
 */
KTEST(device_that_could_reach_memory_has_no_window)
{
	u32 i;

	KTEST_EXPECT(nr_masters > 0);
	for (i = 0; i < nr_masters; i++) {
		KTEST_EXPECT(!device_iomem(master[i], 0) && !device_iomem(master[i], 1));
		KTEST_EXPECT(!device_iomem(master[i], 3));
		/* One that sends messages would master the bus. */
		if (dt_compatible(device_node(master[i]), STR("pci8086,2922")))
			KTEST_EXPECT(!device_irq(master[i], 0));
	}
}

static struct iomem *short_window;
static u64 short_end;
static void read_behind_the_window(void)
{
	(void)iomem_read32(short_window, short_end);
}
/* Flow control of one (kernel/test/nic.c has its rings) and the DMA registers of the other lie behind the end. */
KTEST(device_window_ends_before_what_reaches_memory)
{
	if (!nic || !edu)
		return;
	short_window = device_iomem(nic, 0);
	short_end = 0x5480;
	KTEST_EXPECT(short_window && iomem_size(short_window) == short_end);
	KTEST_EXPECT(!device_iomem(nic, 1) && !device_iomem(nic, 3));
	KTEST_EXPECT(ktest_traps(read_behind_the_window));
	short_end = 0xbc; /* before its interrupts: device control, flash memory */
	KTEST_EXPECT(ktest_traps(read_behind_the_window));
	short_window = device_iomem(edu, 0);
	short_end = 0x68;
	KTEST_EXPECT(short_window && iomem_size(short_window) == short_end);
	KTEST_EXPECT((iomem_read32(short_window, 0) & 0xffff) == 0xed);
	KTEST_EXPECT(ktest_traps(read_behind_the_window));
	short_end = 0x80;
	KTEST_EXPECT(ktest_traps(read_behind_the_window));
}

/*
 * Windows and lines by number: those that are not there are NULL, also where the number overflows
 * an offset. Asked twice, one is the same.
 */
KTEST(device_window_numbers_are_checked)
{
	if (!uart)
		return;
	KTEST_EXPECT(device_iomem(uart, 0) && device_iomem(uart, 0) == device_iomem(uart, 0));
	KTEST_EXPECT(!device_iomem(uart, 1) && !device_iomem(uart, 4) && !device_iomem(uart, ~0u));
	KTEST_EXPECT(!device_iomem(uart, 1u << 31));
	KTEST_EXPECT(!device_irq(uart, 4) && !device_irq(uart, ~0u));
}

static struct device *no_device;
static void window_of_none(void)
{
	(void)device_iomem(no_device, 0);
}
static void node_of_none(void)
{
	(void)device_node(no_device);
}
/* Drivers get devices from the frame, so NULL is a mistake. */
KTEST(device_null_traps)
{
	KTEST_EXPECT(ktest_traps(window_of_none) && ktest_traps(node_of_none));
}

static struct iomem *io;
static u64 off;
static u32 kind;
/* One access of the kind and at the place that the variables say, for ktest_traps. */
static void touch_register(void)
{
	switch (kind) {
	case 0:
		(void)iomem_read8(io, off);
		break;
	case 1:
		(void)iomem_read16(io, off);
		break;
	case 2:
		(void)iomem_read32(io, off);
		break;
	case 3:
		(void)iomem_read64(io, off);
		break;
	case 4:
		iomem_write8(io, off, 0);
		break;
	case 5:
		iomem_write16(io, off, 0);
		break;
	case 6:
		iomem_write32(io, off, 0);
		break;
	default:
		iomem_write64(io, off, 0);
		break;
	}
}
/* Whether all widths trap at the offset, for reads and writes; @least: the narrowest (0: bytes). */
static bool all_trap(u64 at, u32 least)
{
	u32 n;

	off = at;
	for (n = least; n < 4; n++) {
		kind = n;
		if (!ktest_traps(touch_register))
			return false;
		kind = n + 4;
		if (!ktest_traps(touch_register))
			return false;
	}
	return true;
}
/*
 * Each width, reading and writing: at the end, across it, far away, where an offset wraps, and
 * between the multiples of the width.
 */
KTEST(iomem_outside_or_misaligned_traps)
{
	u64 size;

	io = uart ? device_iomem(uart, 0) : NULL;
	if (!io)
		return;
	size = iomem_size(io);
	KTEST_EXPECT(all_trap(size, 0) && all_trap(size + 8, 0) && all_trap(~0ul, 0));
	KTEST_EXPECT(all_trap(~7ul, 0) && all_trap(1ul << 63, 0));
	KTEST_EXPECT(all_trap(size - 1, 1) && all_trap(size - 2, 2) && all_trap(size - 4, 3));
	KTEST_EXPECT(all_trap(1, 1) && all_trap(2, 2) && all_trap(4, 3));
	/* The page behind the window belongs to it no more than the next. */
	KTEST_EXPECT(all_trap(round_up(size, PAGE_SIZE), 0) && all_trap(size + 2048, 0));
}

/*
 * QEMU's teaching device: 0x00 to 0x07, 0x20 to 0x23 (only bits 0 and 7 to change), 0x60 to 0x67;
 * holes between them, DMA registers from 0x80 on.
 */
#define EDU_LIVENESS 0x04
#define EDU_STATUS   0x20
#define EDU_IRQ_DONE 0x80u /* of the status: it interrupts when it has computed */
#define EDU_COMPUTES 0x01u /* changes by itself, and not by being written */

static u32 forbidden;
static void write_status(void)
{
	iomem_write32(io, EDU_STATUS, forbidden);
}
static void write_status_narrow(void)
{
	iomem_write8(io, EDU_STATUS, (u8)EDU_IRQ_DONE);
}
/*
 * A window may consist of parts. Between them, across their ends, and behind the last one all
 * accesses trap.
 */
KTEST(iomem_window_has_holes)
{
	u64 at;

	io = edu ? device_iomem(edu, 0) : NULL;
	if (!io)
		return;
	iomem_write32(io, EDU_LIVENESS, 0x12345678);
	KTEST_EXPECT(iomem_read32(io, EDU_LIVENESS) == ~0x12345678u);
	for (at = 0x08; at < 0x20; at += 8)
		KTEST_EXPECT(all_trap(at, 0) && all_trap(at + 4, 0));
	for (at = 0x24; at < 0x60; at += 4)
		KTEST_EXPECT(all_trap(at, 0));
	for (at = 0x68; at < 0xa8; at += 4)
		KTEST_EXPECT(all_trap(at, 0));
	/* Across the end of a part. */
	KTEST_EXPECT(all_trap(0x20, 3) && all_trap(0x07, 1) && all_trap(0x1f, 1));
}

/*
 * A register of which a driver may change one bit: a write with any other bit changed traps, but
 * for the bits that the device changes itself, which a driver may have read just before.
 */
KTEST(iomem_bits_of_others_do_not_change)
{
	u32 bit, before;

	io = edu ? device_iomem(edu, 0) : NULL;
	if (!io)
		return;
	before = iomem_read32(io, EDU_STATUS);
	iomem_write32(io, EDU_STATUS, before | EDU_IRQ_DONE);
	KTEST_EXPECT(iomem_read32(io, EDU_STATUS) == (before | EDU_IRQ_DONE));
	for (bit = 0; bit < 32; bit++) {
		forbidden = before ^ 1u << bit;
		if (forbidden != (before ^ EDU_IRQ_DONE) && forbidden != (before ^ EDU_COMPUTES))
			KTEST_EXPECT(ktest_traps(write_status));
	}
	KTEST_EXPECT(ktest_traps(write_status_narrow));
	/* As if the device had begun, or ended, between a driver's reading and its writing. */
	forbidden = before ^ EDU_COMPUTES;
	KTEST_EXPECT(!ktest_traps(write_status) && iomem_read32(io, EDU_STATUS) == before);
	iomem_write32(io, EDU_STATUS, before);
	KTEST_EXPECT(iomem_read32(io, EDU_STATUS) == before);
}

/* ---- the devicetree ---- */

/*
 * Nodes, properties and indices that are not there, and NULL: an answer is empty or false, and
 * never a trap.
 */
KTEST(dt_strange_questions_have_answers)
{
	struct dt_node *root = dt_root();
	u32 v;

	KTEST_EXPECT(root && dt_find(STR("/")) == root && dt_find(STR("")) == root);
	KTEST_EXPECT(dt_find(STR("///")) == root);
	KTEST_EXPECT(!dt_find(STR("/no-such-node")) && !dt_find(STR("/cpus/none/none")));
	KTEST_EXPECT(!dt_has(root, LIT("no-such-property")) && !dt_has(NULL, LIT("compatible")));
	KTEST_EXPECT(cspan_len(dt_bytes(root, LIT("none"))) == 0);
	KTEST_EXPECT(cspan_len(dt_bytes(NULL, LIT("reg"))) == 0);
	KTEST_EXPECT(dt_u32(root, LIT("#address-cells"), 0, &v));
	KTEST_EXPECT(!dt_u32(root, LIT("#address-cells"), 1, &v));
	KTEST_EXPECT(!dt_u32(root, LIT("#address-cells"), ~0u, &v));
	KTEST_EXPECT(!dt_u32(root, LIT("#address-cells"), 1u << 30, &v));
	KTEST_EXPECT(cspan_len(dt_string(root, LIT("compatible"), 0)) > 0);
	KTEST_EXPECT(cspan_len(dt_string(root, LIT("compatible"), ~0u)) == 0);
	KTEST_EXPECT(!dt_compatible(NULL, STR("x")));
	KTEST_EXPECT(!dt_compatible(root, STR("no-such-machine")));
	KTEST_EXPECT(!dt_first_child(NULL) && dt_first_child(root) && !dt_next_sibling(NULL));
	KTEST_EXPECT(cspan_len(dt_name(NULL)) == 0);
}

/* ---- what the boot loader passed ---- */

/*
 * At the end, behind it and at offsets that wrap. A freed initrd is empty, and may be freed again.
 */
KTEST(boot_reads_are_clipped)
{
	u8 b[64];
	u64 size = boot_vdso_size();

	KTEST_EXPECT(size > 0 && boot_vdso_read(0, span_of(b)) == 64);
	KTEST_EXPECT(boot_vdso_read(size - 10, span_of(b)) == 10);
	KTEST_EXPECT(boot_vdso_read(size, span_of(b)) == 0);
	KTEST_EXPECT(boot_vdso_read(~0ul, span_of(b)) == 0);
	KTEST_EXPECT(boot_vdso_read(~0ul - 32, span_of(b)) == 0);
	KTEST_EXPECT(boot_vdso_read(0, SPAN_NONE) == 0);
	size = boot_initrd_size();
	KTEST_EXPECT(boot_initrd_read(size, span_of(b)) == 0);
	KTEST_EXPECT(boot_initrd_read(~0ul, span_of(b)) == 0);
	boot_initrd_free();
	KTEST_EXPECT(boot_initrd_size() == 0 && boot_initrd_read(0, span_of(b)) == 0);
	boot_initrd_free();
}

/* A part of a word is not the word, neither its beginning nor its end. */
KTEST(boot_options_are_words)
{
	bool found;
	struct cspan v = boot_option(LIT("keel.test"), &found);

	KTEST_EXPECT(found && cspan_len(v) > 0);
	v = boot_option(LIT("keel.tes"), &found);
	KTEST_EXPECT(!found && cspan_len(v) == 0);
	v = boot_option(LIT("eel.test"), &found);
	KTEST_EXPECT(!found);
	v = boot_option(LIT("no.such.word"), &found);
	KTEST_EXPECT(!found && cspan_len(v) == 0);
}
