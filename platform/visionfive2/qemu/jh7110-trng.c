/* SPDX-License-Identifier: MPL-2.0 */
/* The JH7110's random number generator: seeded on command, gives 128 or 256 bits on command; each takes some time, then its interrupt bit is set. */
#include "qemu/osdep.h"
#include "qemu/guest-random.h"
#include "qemu/log.h"
#include "qemu/module.h"
#include "qemu/timer.h"
#include "hw/irq.h"
#include "hw/sysbus.h"
#include "migration/vmstate.h"
#include "jh7110.h"

OBJECT_DECLARE_SIMPLE_TYPE(JhTrng, JH7110_TRNG)

enum { CTRL = 0x00, STAT = 0x04, MODE = 0x08, SMODE = 0x0c, IE = 0x10, ISTAT = 0x14, RAND = 0x20, REQUESTS = 0x60, AGE = 0x64, SIZE = 0x68 };
enum { COMMAND_RANDOM = 1, COMMAND_SEED = 2, IS_READY = 1 << 0, IS_SEEDED = 1 << 1, MODE_256 = 1 << 3, STAT_SEEDED = 1 << 9, STAT_GENERATES = 1 << 30 };
#define STAT_SEEDS 0x80000000u
#define IE_ALL 0x80000000u

struct JhTrng {
	SysBusDevice parent_obj;
	MemoryRegion mmio;
	qemu_irq irq;
	QEMUTimer *timer;
	uint32_t reg[SIZE / 4];
	uint32_t doing;
	bool seeded;
	unsigned clocks, resets;
};

#define R(s, name) ((s)->reg[(name) / 4])

static void update_irq(JhTrng *s)
{
	qemu_set_irq(s->irq, (R(s, IE) & IE_ALL) && (R(s, ISTAT) & R(s, IE)));
}

static void done(void *opaque)
{
	JhTrng *s = opaque;

	if (s->doing == COMMAND_SEED)
		s->seeded = true;
	else
		qemu_guest_getrandom_nofail(&R(s, RAND), R(s, MODE) & MODE_256 ? 32 : 16);
	R(s, ISTAT) |= s->doing == COMMAND_SEED ? IS_SEEDED : IS_READY;
	s->doing = 0;
	update_irq(s);
}

static void command(JhTrng *s, uint32_t what)
{
	if (what != COMMAND_RANDOM && what != COMMAND_SEED)
		return;
	if (s->doing || (what == COMMAND_RANDOM && !s->seeded)) {
		qemu_log_mask(LOG_GUEST_ERROR, "jh7110-trng: command %u while %s\n", what, s->doing ? "busy" : "not seeded");
		return;
	}
	s->doing = what;
	timer_mod(s->timer, qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL) + (what == COMMAND_SEED ? 50 : 5) * SCALE_US);
}

static bool dead(JhTrng *s, hwaddr at)
{
	/* What is due happens now, also when QEMU's timers come late. */
	if (timer_pending(s->timer) && timer_expired(s->timer, qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL))) {
		timer_del(s->timer);
		done(s);
	}
	if (s->clocks == 3 && !s->resets)
		return false;
	qemu_log_mask(LOG_GUEST_ERROR, "jh7110-trng: register %#x without clocks or in reset\n", (unsigned)at);
	return true;
}

static uint64_t trng_read(void *opaque, hwaddr at, unsigned size)
{
	JhTrng *s = opaque;

	if (dead(s, at) || at >= SIZE)
		return 0;
	if (at == STAT)
		return (s->seeded ? STAT_SEEDED : 0) | (R(s, MODE) & MODE_256) | (s->doing == COMMAND_SEED ? STAT_SEEDS : s->doing ? STAT_GENERATES : 0);
	return at == CTRL ? 0 : s->reg[at / 4];
}

static void trng_write(void *opaque, hwaddr at, uint64_t value, unsigned size)
{
	JhTrng *s = opaque;

	if (dead(s, at))
		return;
	switch (at) {
	case CTRL:
		command(s, value);
		break;
	case ISTAT:
		R(s, ISTAT) &= ~value;
		break;
	case MODE:
	case SMODE:
	case IE:
	case REQUESTS:
	case AGE:
		s->reg[at / 4] = value;
		break;
	default:
		qemu_log_mask(LOG_GUEST_ERROR, "jh7110-trng: a write to %#x\n", (unsigned)at);
	}
	update_irq(s);
}

static const MemoryRegionOps trng_ops = {
	.read = trng_read,
	.write = trng_write,
	.endianness = DEVICE_LITTLE_ENDIAN,
	.valid = { .min_access_size = 4, .max_access_size = 4 },
};

static void trng_reset(DeviceState *dev)
{
	JhTrng *s = JH7110_TRNG(dev);

	timer_del(s->timer);
	memset(s->reg, 0, sizeof(s->reg));
	s->doing = 0;
	s->seeded = false;
	update_irq(s);
}

static void set_clock(void *opaque, int n, int level)
{
	JhTrng *s = opaque;

	s->clocks = deposit32(s->clocks, n, 1, level);
}

static void set_reset(void *opaque, int n, int level)
{
	JhTrng *s = opaque;

	if (level && !s->resets)
		trng_reset(DEVICE(s));
	s->resets = level;
}

static void trng_init(Object *obj)
{
	JhTrng *s = JH7110_TRNG(obj);

	memory_region_init_io(&s->mmio, obj, &trng_ops, s, TYPE_JH7110_TRNG, 0x4000);
	sysbus_init_mmio(SYS_BUS_DEVICE(obj), &s->mmio);
	sysbus_init_irq(SYS_BUS_DEVICE(obj), &s->irq);
	qdev_init_gpio_in_named(DEVICE(obj), set_clock, "clock", 2);
	qdev_init_gpio_in_named(DEVICE(obj), set_reset, "reset", 1);
	s->timer = timer_new_ns(QEMU_CLOCK_VIRTUAL, done, s);
}

static const VMStateDescription trng_vmstate = { .name = TYPE_JH7110_TRNG, .unmigratable = 1 };

static void trng_class_init(ObjectClass *class, void *data)
{
	DeviceClass *dc = DEVICE_CLASS(class);

	dc->vmsd = &trng_vmstate;
	device_class_set_legacy_reset(dc, trng_reset);
}

static const TypeInfo trng_types[] = {
	{
		.name = TYPE_JH7110_TRNG,
		.parent = TYPE_SYS_BUS_DEVICE,
		.instance_size = sizeof(JhTrng),
		.instance_init = trng_init,
		.class_init = trng_class_init,
	},
};
DEFINE_TYPES(trng_types)
