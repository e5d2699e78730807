/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Clock and reset generators of the JH7110. A clock's word: bit 31 enable, 29:24 mux, 23:0 divider. Resets: assert words, then as many status words, where a set
 * bit says that the unit runs. The rate of the SD card clocks is computed: (osc or PLL2) / axi_cfg0 / divider.
 */
#include "qemu/osdep.h"
#include "qemu/log.h"
#include "qemu/module.h"
#include "qapi/error.h"
#include "hw/irq.h"
#include "hw/qdev-clock.h"
#include "hw/qdev-properties.h"
#include "hw/sysbus.h"
#include "migration/vmstate.h"
#include "jh7110.h"

OBJECT_DECLARE_SIMPLE_TYPE(JhCrg, JH7110_CRG)

#define WORDS 0x100
#define OSC_HZ 24000000
#define PLL2_HZ 1188000000
enum { BUS_ROOT = 5, AXI_CFG0 = 7, SDIO0_AHB = 91, SDIO1_AHB = 92, SDIO0_SDCARD = 93, SDIO1_SDCARD = 94, RESET_SDIO0 = 64 };

struct kind {
	const char *name;
	unsigned assert_at, words, nr_resets;
};
static const struct kind kinds[] = {
	{ "sys", 0x2f8, 4, 126 }, { "stg", 0x74, 1, 23 }, { "aon", 0x38, 1, 8 },
};

struct JhCrg {
	SysBusDevice parent_obj;
	MemoryRegion mmio;
	char *kind_name;
	const struct kind *kind;
	uint32_t reg[WORDS];
	qemu_irq clock[JH7110_CRG_LINES], reset[JH7110_CRG_LINES];
	Clock *ahb[2], *sdcard[2];
};

static bool enabled(JhCrg *s, unsigned clock)
{
	return s->reg[clock] >> 31;
}

static unsigned divider(JhCrg *s, unsigned clock)
{
	return MAX(1, s->reg[clock] & 0xffffff);
}

static void update(JhCrg *s)
{
	unsigned first = s->kind->assert_at / 4;

	for (unsigned i = 0; i < first && i < JH7110_CRG_LINES; i++)
		qemu_set_irq(s->clock[i], enabled(s, i));
	for (unsigned i = 0; i < s->kind->nr_resets; i++)
		qemu_set_irq(s->reset[i], s->reg[first + i / 32] >> i % 32 & 1);
	if (s->kind == kinds) {
		unsigned axi = (s->reg[BUS_ROOT] >> 24 & 1 ? PLL2_HZ : OSC_HZ) / divider(s, AXI_CFG0);

		for (int i = 0; i < 2; i++) {
			clock_update_hz(s->ahb[i], enabled(s, SDIO0_AHB + i) ? axi / 2 : 0);
			clock_update_hz(s->sdcard[i], enabled(s, SDIO0_SDCARD + i) ? axi / divider(s, SDIO0_SDCARD + i) : 0);
		}
	}
}

static uint64_t crg_read(void *opaque, hwaddr at, unsigned size)
{
	JhCrg *s = opaque;
	unsigned status = s->kind->assert_at / 4 + s->kind->words;

	if (at / 4 >= WORDS)
		return 0;
	if (at / 4 >= status && at / 4 < status + s->kind->words)
		return ~s->reg[at / 4 - s->kind->words];
	return s->reg[at / 4];
}

static void crg_write(void *opaque, hwaddr at, uint64_t value, unsigned size)
{
	JhCrg *s = opaque;

	if (at / 4 >= s->kind->assert_at / 4 + s->kind->words) {
		qemu_log_mask(LOG_GUEST_ERROR, "jh7110-crg %s: a write to %#x, which is no register\n", s->kind_name, (unsigned)at);
		return;
	}
	s->reg[at / 4] = value;
	update(s);
}

static const MemoryRegionOps crg_ops = {
	.read = crg_read,
	.write = crg_write,
	.endianness = DEVICE_LITTLE_ENDIAN,
	.valid = { .min_access_size = 4, .max_access_size = 4 },
};

static void crg_reset(DeviceState *dev)
{
	JhCrg *s = JH7110_CRG(dev);
	/* Dividers out of reset; everything runs from the oscillator. */
	static const struct { uint8_t clock, divider; } initial[] = {
		{ 1, 1 }, { 2, 2 }, { 4, 2 }, { 6, 3 }, { 7, 3 }, { 8, 2 }, { 11, 4 }, { 89, 10 }, { 93, 2 }, { 94, 2 }, { 95, 8 }, { 99, 3 }, { 100, 8 },
		{ 101, 2 }, { 102, 10 }, { 108, 8 }, { 109, 10 }, { 113, 24 },
	};

	memset(s->reg, 0, sizeof(s->reg));
	if (s->kind == kinds) {
		for (unsigned i = 0; i < ARRAY_SIZE(initial); i++)
			s->reg[initial[i].clock] = initial[i].divider;
		/* The harts and buses run, the peripherals are held; but the SD controllers run, for U-Boot uses them without a look at their resets. */
		for (unsigned i = 1; i < s->kind->words; i++)
			s->reg[s->kind->assert_at / 4 + i] = UINT32_MAX;
		s->reg[s->kind->assert_at / 4 + RESET_SDIO0 / 32] &= ~(3u << RESET_SDIO0 % 32);
	} else {
		s->reg[s->kind->assert_at / 4] = UINT32_MAX;
	}
	update(s);
}

static void crg_realize(DeviceState *dev, Error **errp)
{
	JhCrg *s = JH7110_CRG(dev);

	for (unsigned i = 0; i < ARRAY_SIZE(kinds); i++)
		if (!g_strcmp0(kinds[i].name, s->kind_name))
			s->kind = &kinds[i];
	if (!s->kind)
		error_setg(errp, "no such kind of generator: %s", s->kind_name);
}

static void crg_init(Object *obj)
{
	JhCrg *s = JH7110_CRG(obj);
	DeviceState *dev = DEVICE(obj);
	static const char *const ahb[] = { "sdio0-ahb", "sdio1-ahb" }, *const sdcard[] = { "sdio0-sdcard", "sdio1-sdcard" };

	memory_region_init_io(&s->mmio, obj, &crg_ops, s, TYPE_JH7110_CRG, 0x10000);
	sysbus_init_mmio(SYS_BUS_DEVICE(obj), &s->mmio);
	qdev_init_gpio_out_named(dev, s->clock, "clock", JH7110_CRG_LINES);
	qdev_init_gpio_out_named(dev, s->reset, "reset", JH7110_CRG_LINES);
	for (int i = 0; i < 2; i++) {
		s->ahb[i] = qdev_init_clock_out(dev, ahb[i]);
		s->sdcard[i] = qdev_init_clock_out(dev, sdcard[i]);
	}
}

static const Property crg_properties[] = { DEFINE_PROP_STRING("kind", JhCrg, kind_name) };
static const VMStateDescription crg_vmstate = { .name = TYPE_JH7110_CRG, .unmigratable = 1 };

static void crg_class_init(ObjectClass *class, void *data)
{
	DeviceClass *dc = DEVICE_CLASS(class);

	dc->vmsd = &crg_vmstate;
	dc->realize = crg_realize;
	device_class_set_props(dc, crg_properties);
	device_class_set_legacy_reset(dc, crg_reset);
}

static const TypeInfo crg_types[] = {
	{
		.name = TYPE_JH7110_CRG,
		.parent = TYPE_SYS_BUS_DEVICE,
		.instance_size = sizeof(JhCrg),
		.instance_init = crg_init,
		.class_init = crg_class_init,
	},
};
DEFINE_TYPES(crg_types)
