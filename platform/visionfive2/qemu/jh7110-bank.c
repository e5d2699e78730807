/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Banks of registers that keep what is written: system controllers, and devices that are not modelled but that firmware sets up. A kind has the few bits that
 * firmware waits for.
 */
#include "qemu/osdep.h"
#include "qemu/log.h"
#include "qemu/module.h"
#include "qapi/error.h"
#include "hw/qdev-properties.h"
#include "hw/sysbus.h"
#include "migration/vmstate.h"
#include "jh7110.h"

OBJECT_DECLARE_SIMPLE_TYPE(JhBank, JH7110_BANK)

struct JhBank {
	SysBusDevice parent_obj;
	MemoryRegion mmio;
	char *name;
	uint32_t size, strap;
	const struct kind *kind;
	uint32_t *reg;
	unsigned training;
};

struct kind {
	const char *name;
	uint32_t (*read)(JhBank *s, hwaddr at, uint32_t value);
	void (*write)(JhBank *s, hwaddr at);
	void (*reset)(JhBank *s);
};

/* The boot-mode switches. */
static uint32_t straps_read(JhBank *s, hwaddr at, uint32_t value)
{
	return at == 0x2c ? s->strap : value;
}

/*
 * The PLLs out of reset: 24 MHz / 3 * 125, / 12 * 533, / 2 * 99 (1000, 1066, 1188 MHz). The values are assumed, but some there must be: Debian's SPL sets none.
 * Bits 16:15 (of PLL0 25:24) say that the multiplier is an integer.
 */
static void syscon_reset(JhBank *s)
{
	s->reg[0x18 / 4] = 3u << 24;
	s->reg[0x1c / 4] = 125;
	s->reg[0x24 / 4] = 533u << 17 | 3u << 15 | 3;
	s->reg[0x2c / 4] = 99u << 17 | 3u << 15 | 12;
	s->reg[0x34 / 4] = 2;
}

/* The memory controller asks for the frequencies of its training, one after the other, and is then ready. */
static uint32_t ddrc_read(JhBank *s, hwaddr at, uint32_t value)
{
	if (at == 0x504)
		return value | 1u << 31;
	if (at != 0x518 || !s->training)
		return value;
	s->training--;
	return 1 << 1;
}

static void ddrc_write(JhBank *s, hwaddr at)
{
	if (at == 0x514)
		s->training = 4;
}

static uint32_t ddrphy_read(JhBank *s, hwaddr at, uint32_t value)
{
	/* It wants 800 MHz; it has seen that it got them. */
	return at == 4 ? 1 << 5 | 2 : at == 8 ? 0 : value;
}

/* The flash controller is idle, and nothing answers on its bus. */
static uint32_t qspi_read(JhBank *s, hwaddr at, uint32_t value)
{
	return at == 0 ? value | 1u << 31 : value;
}

/* 8 banks of 16 ways of 256 sets of 64 bytes. */
static uint32_t ccache_read(JhBank *s, hwaddr at, uint32_t value)
{
	return at == 0 ? 0x06081008 : value;
}

/* The two power domains that are always on: all, and the processors. */
static void pmu_reset(JhBank *s)
{
	s->reg[0x80 / 4] = 3;
}

static uint32_t nothing_read(JhBank *s, hwaddr at, uint32_t value)
{
	return UINT32_MAX;
}

static const struct kind kinds[] = {
	{ "plain" },
	{ "syscon", .reset = syscon_reset },
	{ "straps", straps_read },
	{ "ddrc", ddrc_read, ddrc_write },
	{ "ddrphy", ddrphy_read },
	{ "qspi", qspi_read },
	{ "ccache", ccache_read },
	{ "pmu", .reset = pmu_reset },
	{ "nothing", nothing_read },
};

static uint64_t bank_read(void *opaque, hwaddr at, unsigned size)
{
	JhBank *s = opaque;
	uint32_t value = s->reg ? s->reg[at / 4] : 0;

	if (s->kind->read)
		value = s->kind->read(s, at & ~3ull, value);
	return value >> (at & 3) * 8;
}

static void bank_write(void *opaque, hwaddr at, uint64_t value, unsigned size)
{
	JhBank *s = opaque;

	if (s->reg)
		s->reg[at / 4] = deposit32(s->reg[at / 4], (at & 3) * 8, size * 8, value);
	if (s->kind->write)
		s->kind->write(s, at & ~3ull);
}

static const MemoryRegionOps bank_ops = {
	.read = bank_read,
	.write = bank_write,
	.endianness = DEVICE_LITTLE_ENDIAN,
	.impl = { .min_access_size = 1, .max_access_size = 4 },
	.valid = { .min_access_size = 1, .max_access_size = 8 },
};

static void bank_reset(DeviceState *dev)
{
	JhBank *s = JH7110_BANK(dev);

	if (s->reg)
		memset(s->reg, 0, s->size);
	s->training = 0;
	if (s->kind->reset)
		s->kind->reset(s);
}

static void bank_realize(DeviceState *dev, Error **errp)
{
	JhBank *s = JH7110_BANK(dev);

	for (unsigned i = 0; i < ARRAY_SIZE(kinds); i++)
		if (!g_strcmp0(kinds[i].name, s->name))
			s->kind = &kinds[i];
	if (!s->kind) {
		error_setg(errp, "no such kind of register bank: %s", s->name);
		return;
	}
	if (s->kind->read != nothing_read)
		s->reg = g_malloc0(s->size);
	memory_region_init_io(&s->mmio, OBJECT(s), &bank_ops, s, s->name, s->size);
	sysbus_init_mmio(SYS_BUS_DEVICE(s), &s->mmio);
}

static const Property bank_properties[] = {
	DEFINE_PROP_STRING("kind", JhBank, name),
	DEFINE_PROP_UINT32("size", JhBank, size, 0x10000),
	DEFINE_PROP_UINT32("strap", JhBank, strap, 0),
};
static const VMStateDescription bank_vmstate = { .name = TYPE_JH7110_BANK, .unmigratable = 1 };

static void bank_class_init(ObjectClass *class, void *data)
{
	DeviceClass *dc = DEVICE_CLASS(class);

	dc->vmsd = &bank_vmstate;
	dc->realize = bank_realize;
	device_class_set_props(dc, bank_properties);
	device_class_set_legacy_reset(dc, bank_reset);
}

static const TypeInfo bank_types[] = {
	{
		.name = TYPE_JH7110_BANK,
		.parent = TYPE_SYS_BUS_DEVICE,
		.instance_size = sizeof(JhBank),
		.class_init = bank_class_init,
	},
};
DEFINE_TYPES(bank_types)
