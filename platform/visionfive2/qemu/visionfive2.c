/* SPDX-License-Identifier: MPL-2.0 */
/*
 * StarFive VisionFive 2 (JH7110), as far as firmware and a kernel see it without network, PCIe and USB: one S7 hart without MMU, four U74 harts, an SD card in
 * the slot (-drive if=sd), an eMMC module (a second one), the console. It starts as the board does with its switches on "SD card": boot ROM, the card's SPL, OpenSBI, U-Boot.
 */
#include "qemu/osdep.h"
#include "qemu/error-report.h"
#include "qemu/module.h"
#include "qemu/units.h"
#include "qapi/error.h"
#include "hw/boards.h"
#include "hw/cpu/cluster.h"
#include "hw/i2c/i2c.h"
#include "hw/irq.h"
#include "hw/intc/riscv_aclint.h"
#include "hw/intc/sifive_plic.h"
#include "hw/nvram/eeprom_at24c.h"
#include "hw/qdev-clock.h"
#include "hw/qdev-properties.h"
#include "hw/qdev-properties-system.h"
#include "hw/riscv/riscv_hart.h"
#include "hw/sd/sd.h"
#include "exec/address-spaces.h"
#include "system/blockdev.h"
#include "system/reset.h"
#include "system/system.h"
#include "target/riscv/cpu.h"
#include "bootrom.h"
#include "dw-mshc.h"
#include "jh7110.h"

#define TYPE_VISIONFIVE2 MACHINE_TYPE_NAME("visionfive2")
OBJECT_DECLARE_SIMPLE_TYPE(VisionFive2, VISIONFIVE2)

enum { HARTS = 5, TIMEBASE_HZ = 4000000, NDEV = 136, PRIORITIES = 7 };
enum { IRQ_UART0 = 32, IRQ_TRNG = 30, IRQ_I2C5 = 50, IRQ_WDT = 68, IRQ_MMC0 = 74, IRQ_MMC1 = 75 };
#define CLINT 0x02000000
#define LIM 0x08000000
#define LIM_SIZE (2 * MiB)
#define PLIC 0x0c000000
#define UART0 0x10000000
#define SRAM_ROM 0x2a000000
#define DRAM 0x40000000
#define CSR_U74_BRANCH 0x7c0
#define CSR_U74_FEATURES 0x7c1

struct VisionFive2 {
	MachineState parent_obj;
	CPUClusterState s7_cluster, u74_cluster;
	RISCVHartArrayState s7, u74;
	MemoryRegion lim, rom;
	DeviceState *plic, *sys, *stg;
	BlockBackend *card;
	bool first_revision;	/* 1.2A, not 1.3B */
};

/* Register banks, from the lowest address; all that firmware touches and that is nothing else. */
static const struct {
	const char *kind;
	hwaddr base;
	uint32_t size, strap;
} banks[] = {
	{ "ccache", 0x02010000, 0x4000 },
	{ "plain", 0x02030000, 0x10000 },	/* L2 prefetchers */
	{ "plain", 0x10010000, 0x10000 },	/* UART1 */
	{ "plain", 0x10020000, 0x10000 },	/* UART2 */
	{ "plain", 0x10030000, 0x10000 },	/* I2C0 */
	{ "plain", 0x10040000, 0x10000 },
	{ "plain", 0x10050000, 0x10000 },
	{ "plain", 0x10060000, 0x30000 },	/* SPI0 to 2 */
	{ "plain", 0x10100000, 0x100000 },	/* USB */
	{ "plain", 0x10200000, 0x30000 },	/* USB and PCIe PHYs */
	{ "plain", 0x10240000, 0x10000 },	/* STG syscon */
	{ "plain", 0x12000000, 0x50000 },	/* UART3 to 5, I2C3 and 4 */
	{ "plain", 0x12060000, 0x60000 },	/* I2C6, SPI3 to 6 */
	{ "plain", 0x120c0000, 0x40000 },	/* PWM, temperature sensor */
	{ "ddrphy", 0x13000000, 0x10000 },
	{ "qspi", 0x13010000, 0x10000 },
	{ "syscon", 0x13030000, 0x10000 },
	{ "plain", 0x13050000, 0x10000 },	/* timer */
	{ "plain", 0x13060000, 0x10000 },	/* mailbox */
	{ "ddrc", 0x15700000, 0x10000 },
	{ "plain", 0x16000000, 0xc000 },	/* crypto, DMA */
	{ "plain", 0x16030000, 0x30000 },	/* Ethernet, DMA */
	{ "plain", 0x17010000, 0x10000 },	/* AON syscon */
	{ "straps", 0x17020000, 0x10000, 1 },	/* AON pins; the switches say SD card */
	{ "pmu", 0x17030000, 0x10000 },
	{ "plain", 0x17040000, 0x10000 },	/* RTC */
	{ "plain", 0x21000000, 4 * MiB },	/* flash, as memory */
	{ "plain", 0x2b000000, 16 * MiB },	/* PCIe 0 */
	{ "plain", 0x2c000000, 16 * MiB },	/* PCIe 1 */
	{ "nothing", 0x940000000, 256 * MiB },	/* configuration space of PCIe 0 and 1 */
	{ "nothing", 0x9c0000000, 256 * MiB },
};

static DeviceState *device(const char *type, hwaddr base)
{
	DeviceState *dev = qdev_new(type);

	sysbus_realize_and_unref(SYS_BUS_DEVICE(dev), &error_fatal);
	sysbus_mmio_map(SYS_BUS_DEVICE(dev), 0, base);
	return dev;
}

static void connect_irq(VisionFive2 *s, DeviceState *dev, int irq)
{
	sysbus_connect_irq(SYS_BUS_DEVICE(dev), 0, qdev_get_gpio_in(s->plic, irq));
}

/* ---- harts ---- */

static RISCVException any_machine_mode(CPURISCVState *env, int csr)
{
	return RISCV_EXCP_NONE;
}

static RISCVException feature_read(CPURISCVState *env, int csr, target_ulong *value)
{
	*value = 0;
	return RISCV_EXCP_NONE;
}

static RISCVException feature_write(CPURISCVState *env, int csr, target_ulong value)
{
	return RISCV_EXCP_NONE;
}

static void create_array(VisionFive2 *s, CPUClusterState *cluster, RISCVHartArrayState *array, unsigned id, const char *type, unsigned first, unsigned n)
{
	object_initialize_child(OBJECT(s), id ? "u74-cluster" : "s7-cluster", cluster, TYPE_CPU_CLUSTER);
	qdev_prop_set_uint32(DEVICE(cluster), "cluster-id", id);
	object_initialize_child(OBJECT(cluster), "cpus", array, TYPE_RISCV_HART_ARRAY);
	qdev_prop_set_uint32(DEVICE(array), "num-harts", n);
	qdev_prop_set_uint32(DEVICE(array), "hartid-base", first);
	qdev_prop_set_string(DEVICE(array), "cpu-type", type);
	qdev_prop_set_uint64(DEVICE(array), "resetvec", SRAM_ROM);
	sysbus_realize(SYS_BUS_DEVICE(array), &error_fatal);
	qdev_realize(DEVICE(cluster), NULL, &error_fatal);
	/* Privileged architecture 1.11 with Zba and Zbb; page faults on clear A and D bits: QEMU's own models do not go together so. */
	for (unsigned i = 0; i < n; i++) {
		RISCVCPU *cpu = &array->harts[i];

		cpu->env.priv_ver = PRIV_VERSION_1_11_0;
		cpu->cfg.has_priv_1_11 = true;
		cpu->cfg.ext_zba = cpu->cfg.ext_zbb = true;
		cpu->cfg.ext_svade = true;
		cpu->cfg.mvendorid = 0x489;
		cpu->cfg.marchid = 0x8000000000000007;
		cpu->cfg.mimpid = 0x4210427;
	}
}

static void create_harts(VisionFive2 *s)
{
	static riscv_csr_operations ops = { .name = "u74", .predicate = any_machine_mode, .read = feature_read, .write = feature_write };

	create_array(s, &s->s7_cluster, &s->s7, 0, TYPE_RISCV_CPU_SIFIVE_E51, 0, 1);
	create_array(s, &s->u74_cluster, &s->u74, 1, TYPE_RISCV_CPU_SIFIVE_U54, 1, HARTS - 1);
	riscv_set_csr_ops(CSR_U74_BRANCH, &ops);
	riscv_set_csr_ops(CSR_U74_FEATURES, &ops);
	riscv_aclint_swi_create(CLINT, 0, HARTS, false);
	/* The time CSR is not there: firmware emulates it. */
	riscv_aclint_mtimer_create(CLINT + RISCV_ACLINT_SWI_SIZE, RISCV_ACLINT_DEFAULT_MTIMER_SIZE, 0, HARTS, RISCV_ACLINT_DEFAULT_MTIMECMP,
		RISCV_ACLINT_DEFAULT_MTIME, TIMEBASE_HZ, false);
	s->plic = sifive_plic_create(PLIC, (char *)"M,MS,MS,MS,MS", HARTS, 0, NDEV + 1, PRIORITIES, 0x0, 0x1000, 0x2000, 0x80, 0x200000, 0x1000, 0x4000000);
}

/* ---- devices ---- */

static void create_banks(void)
{
	for (unsigned i = 0; i < ARRAY_SIZE(banks); i++) {
		DeviceState *dev = qdev_new(TYPE_JH7110_BANK);

		qdev_prop_set_string(dev, "kind", banks[i].kind);
		qdev_prop_set_uint32(dev, "size", banks[i].size);
		qdev_prop_set_uint32(dev, "strap", banks[i].strap);
		sysbus_realize_and_unref(SYS_BUS_DEVICE(dev), &error_fatal);
		sysbus_mmio_map(SYS_BUS_DEVICE(dev), 0, banks[i].base);
	}
}

static DeviceState *create_crg(const char *kind, hwaddr base)
{
	DeviceState *dev = qdev_new(TYPE_JH7110_CRG);

	qdev_prop_set_string(dev, "kind", kind);
	sysbus_realize_and_unref(SYS_BUS_DEVICE(dev), &error_fatal);
	sysbus_mmio_map(SYS_BUS_DEVICE(dev), 0, base);
	return dev;
}

static void connect_line(DeviceState *crg, const char *name, int from, DeviceState *dev, int to)
{
	qdev_connect_gpio_out_named(crg, name, from, qdev_get_gpio_in_named(dev, name, to));
}

static DeviceState *create_mmc(VisionFive2 *s, const char *id, hwaddr base, int irq, int n)
{
	static const char *const ahb[] = { "sdio0-ahb", "sdio1-ahb" }, *const sdcard[] = { "sdio0-sdcard", "sdio1-sdcard" };
	DeviceState *dev = qdev_new(TYPE_DW_MSHC);

	dev->id = g_strdup(id);
	qdev_connect_clock_in(dev, "biu", qdev_get_clock_out(s->sys, ahb[n]));
	qdev_connect_clock_in(dev, "ciu", qdev_get_clock_out(s->sys, sdcard[n]));
	sysbus_realize_and_unref(SYS_BUS_DEVICE(dev), &error_fatal);
	sysbus_mmio_map(SYS_BUS_DEVICE(dev), 0, base);
	connect_irq(s, dev, irq);
	connect_line(s->sys, "reset", 64 + n, dev, 0);
	return dev;
}

/* A card of that type in the host, if the user has given one; what is on it. */
static BlockBackend *create_card(DeviceState *mmc, const char *type, int unit)
{
	DriveInfo *drive = drive_get(IF_SD, 0, unit);
	BlockBackend *blk = drive ? blk_by_legacy_dinfo(drive) : NULL;
	DeviceState *card;

	if (!drive)
		return NULL;
	card = qdev_new(type);
	qdev_prop_set_drive_err(card, "drive", blk, &error_fatal);
	qdev_realize_and_unref(card, qdev_get_child_bus(mmc, "sd-bus"), &error_fatal);
	return blk;
}

static void create_cards(VisionFive2 *s, DeviceState *gpio)
{
	DeviceState *mmc0 = create_mmc(s, "mmc0", 0x16010000, IRQ_MMC0, 0), *mmc1 = create_mmc(s, "mmc1", 0x16020000, IRQ_MMC1, 1);

	/* eMMC has pads of its own, and no switch that tells whether there is a module. */
	qemu_irq_raise(qdev_get_gpio_in_named(mmc0, "wired", 0));
	qdev_connect_gpio_out_named(gpio, "sd-wired", 0, qdev_get_gpio_in_named(mmc1, "wired", 0));
	s->card = create_card(mmc1, TYPE_SD_CARD, 0);
	qemu_set_irq(qdev_get_gpio_in_named(gpio, "card", 0), s->card != NULL);
	create_card(mmc0, TYPE_EMMC, 1);
}

static uint16_t crc16(const uint8_t *bytes, unsigned n)
{
	uint16_t crc = 0;

	for (unsigned i = 0; i < n * 8; i++) {
		bool bit = (crc ^ bytes[i / 8] >> i % 8) & 1;

		crc = crc >> 1 ^ (bit ? 0xa001 : 0);
	}
	return crc;
}

/* The board's EEPROM: a header and two records, the vendor's with the product string and StarFive's own with revision and Ethernet addresses. */
static void fill_eeprom(uint8_t *rom, unsigned gib, char revision)
{
	const uint8_t own[] = { 2, 0, revision == 'A' ? 0xa1 : 0xb1, 'A', 0x6c, 0xcf, 0x39, 0x6c, 0xde, 0xad, 0x6c, 0xcf, 0x39, 0x6c, 0xde, 0xae, 0, 0 };
	uint8_t *vendor = rom + 12, *custom = vendor + 96;

	memcpy(rom, "SFVF", 4);
	rom[4] = 2;
	stw_le_p(rom + 6, 2);
	stl_le_p(rom + 8, 12 + 96 + 28);
	stw_le_p(vendor, 1);
	stw_le_p(vendor + 2, 1);
	stl_le_p(vendor + 4, 88);
	vendor[28] = vendor[29] = 32;
	strcpy((char *)vendor + 30, "StarFive Technology Co., Ltd.");
	snprintf((char *)vendor + 62, 33, "VF7110%c1-2253-D%03uE000-00000001", revision, gib);
	stw_le_p(vendor + 94, crc16(vendor, 94));
	stw_le_p(custom, 4);
	stw_le_p(custom + 2, 2);
	stl_le_p(custom + 4, sizeof(own) + 2);
	memcpy(custom + 8, own, sizeof(own));
	stw_le_p(custom + 26, crc16(custom, 26));
}

static void create_i2c5(VisionFive2 *s, unsigned gib, char revision)
{
	static uint8_t rom[256];
	DeviceState *dev = device(TYPE_DW_I2C, 0x12050000);
	I2CBus *bus = I2C_BUS(qdev_get_child_bus(dev, "i2c"));

	connect_irq(s, dev, IRQ_I2C5);
	fill_eeprom(rom, gib, revision);
	i2c_slave_create_simple(bus, TYPE_AXP15060, 0x36);
	at24c_eeprom_init_rom(bus, 0x50, sizeof(rom), rom, sizeof(rom));
}

static void create_devices(VisionFive2 *s, unsigned gib)
{
	DeviceState *uart = qdev_new(TYPE_DW_APB_UART), *gpio, *wdt, *trng;

	qdev_prop_set_chr(uart, "chardev", serial_hd(0));
	sysbus_realize_and_unref(SYS_BUS_DEVICE(uart), &error_fatal);
	sysbus_mmio_map(SYS_BUS_DEVICE(uart), 0, UART0);
	connect_irq(s, uart, IRQ_UART0);
	create_banks();
	s->sys = create_crg("sys", 0x13020000);
	s->stg = create_crg("stg", 0x10230000);
	create_crg("aon", 0x17000000);
	gpio = device(TYPE_JH7110_GPIO, 0x13040000);
	wdt = device(TYPE_JH7110_WDT, 0x13070000);
	connect_irq(s, wdt, IRQ_WDT);
	trng = device(TYPE_JH7110_TRNG, 0x1600c000);
	connect_irq(s, trng, IRQ_TRNG);
	for (int i = 0; i < 2; i++) {
		connect_line(s->sys, "clock", 122 + i, wdt, i);
		connect_line(s->sys, "reset", 109 + i, wdt, i);
		connect_line(s->stg, "clock", 15 + i, trng, i);
	}
	connect_line(s->stg, "reset", 3, trng, 0);
	create_cards(s, gpio);
	create_i2c5(s, gib, s->first_revision ? 'A' : 'B');
}

/* ---- machine ---- */

/* All harts jump to the SPL, or stop when there is none. */
static void power_on(void *opaque)
{
	VisionFive2 *s = opaque;
	static const uint32_t start[] = { 0xf1402573, 0x00000593, 0x080002b7, 0x00028067 };	/* csrr a0, mhartid; li a1, 0; lui t0, LIM; jr t0 */
	static const uint32_t stop[] = { 0x10500073, 0xffdff06f };				/* wfi; j -4 */
	bool found = bootrom_load(s->card, memory_region_get_ram_ptr(&s->lim), LIM_SIZE);

	memcpy(memory_region_get_ram_ptr(&s->rom), found ? start : stop, found ? sizeof(start) : sizeof(stop));
}

static void visionfive2_init(MachineState *machine)
{
	VisionFive2 *s = VISIONFIVE2(machine);
	MemoryRegion *memory = get_system_memory();
	unsigned gib = machine->ram_size / GiB;

	if (machine->ram_size % GiB || (gib != 2 && gib != 4 && gib != 8)) {
		error_report("the board has 2, 4 or 8 GiB of memory");
		exit(1);
	}
	memory_region_init_ram(&s->lim, NULL, "visionfive2.lim", LIM_SIZE, &error_fatal);
	memory_region_add_subregion(memory, LIM, &s->lim);
	memory_region_init_rom(&s->rom, NULL, "visionfive2.rom", 32 * KiB, &error_fatal);
	memory_region_add_subregion(memory, SRAM_ROM, &s->rom);
	memory_region_add_subregion(memory, DRAM, machine->ram);
	create_harts(s);
	create_devices(s, gib);
	qemu_register_reset(power_on, s);
}

static char *revision_get(Object *obj, Error **errp)
{
	return g_strdup(VISIONFIVE2(obj)->first_revision ? "1.2A" : "1.3B");
}

static void revision_set(Object *obj, const char *value, Error **errp)
{
	if (strcmp(value, "1.2A") && strcmp(value, "1.3B"))
		error_setg(errp, "the board has the revisions 1.2A and 1.3B");
	else
		VISIONFIVE2(obj)->first_revision = !strcmp(value, "1.2A");
}

static void visionfive2_class_init(ObjectClass *class, void *data)
{
	MachineClass *mc = MACHINE_CLASS(class);

	mc->desc = "StarFive VisionFive 2";
	mc->init = visionfive2_init;
	mc->min_cpus = mc->max_cpus = mc->default_cpus = HARTS;
	mc->default_ram_size = 4 * GiB;
	mc->default_ram_id = "visionfive2.ram";
	mc->block_default_type = IF_SD;
	object_class_property_add_str(class, "revision", revision_get, revision_set);
	object_class_property_set_description(class, "revision", "1.2A or 1.3B, in the EEPROM");
}

static const TypeInfo visionfive2_types[] = {
	{
		.name = TYPE_VISIONFIVE2,
		.parent = TYPE_MACHINE,
		.instance_size = sizeof(VisionFive2),
		.class_init = visionfive2_class_init,
	},
};
DEFINE_TYPES(visionfive2_types)
