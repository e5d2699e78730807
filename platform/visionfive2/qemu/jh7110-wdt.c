/* SPDX-License-Identifier: MPL-2.0 */
/* The JH7110's watchdog: 24 MHz, an interrupt at the first timeout, a reset of the machine at the second when the interrupt is not cleared before. */
#include "qemu/osdep.h"
#include "qemu/log.h"
#include "qemu/module.h"
#include "qemu/timer.h"
#include "hw/irq.h"
#include "hw/sysbus.h"
#include "migration/vmstate.h"
#include "system/runstate.h"
#include "jh7110.h"

OBJECT_DECLARE_SIMPLE_TYPE(JhWdt, JH7110_WDT)

enum { LOAD = 0x00, VALUE = 0x04, CONTROL = 0x08, INTCLR = 0x0c, RIS = 0x10, IMS = 0x14, LOCK = 0xc00 };
enum { CONTROL_ENABLE = 1 << 0, CONTROL_RESET = 1 << 1 };
#define UNLOCK 0x1acce551
#define HZ 24000000

struct JhWdt {
	SysBusDevice parent_obj;
	MemoryRegion mmio;
	qemu_irq irq;
	QEMUTimer *timer;
	uint32_t load, control;
	bool locked, timed_out;
	int64_t end;
	unsigned clocks, resets;
};

static int64_t now(void)
{
	return qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL);
}

static void restart(JhWdt *s)
{
	if (!(s->control & CONTROL_ENABLE)) {
		timer_del(s->timer);
		return;
	}
	s->end = now() + (int64_t)s->load * NANOSECONDS_PER_SECOND / HZ;
	timer_mod(s->timer, s->end);
}

static void timeout(void *opaque)
{
	JhWdt *s = opaque;

	if (s->timed_out && (s->control & CONTROL_RESET)) {
		qemu_system_reset_request(SHUTDOWN_CAUSE_GUEST_RESET);
		return;
	}
	s->timed_out = true;
	qemu_set_irq(s->irq, 1);
	restart(s);
}

static bool dead(JhWdt *s, hwaddr at)
{
	if (s->clocks == 3 && !s->resets)
		return false;
	qemu_log_mask(LOG_GUEST_ERROR, "jh7110-wdt: register %#x without clocks or in reset\n", (unsigned)at);
	return true;
}

static uint64_t wdt_read(void *opaque, hwaddr at, unsigned size)
{
	JhWdt *s = opaque;

	if (dead(s, at))
		return 0;
	switch (at) {
	case LOAD:
		return s->load;
	case VALUE:
		return s->control & CONTROL_ENABLE ? MAX(0, s->end - now()) * HZ / NANOSECONDS_PER_SECOND : s->load;
	case CONTROL:
		return s->control;
	case RIS:
	case IMS:
		return s->timed_out;
	case LOCK:
		return s->locked;
	}
	return 0;
}

static void wdt_write(void *opaque, hwaddr at, uint64_t value, unsigned size)
{
	JhWdt *s = opaque;

	if (dead(s, at))
		return;
	if (at == LOCK) {
		s->locked = value != UNLOCK;
		return;
	}
	if (s->locked) {
		qemu_log_mask(LOG_GUEST_ERROR, "jh7110-wdt: a write to %#x while locked\n", (unsigned)at);
		return;
	}
	switch (at) {
	case LOAD:
		s->load = value;
		break;
	case CONTROL:
		s->control = value & (CONTROL_ENABLE | CONTROL_RESET);
		break;
	case INTCLR:
		s->timed_out = false;
		qemu_set_irq(s->irq, 0);
		break;
	default:
		qemu_log_mask(LOG_GUEST_ERROR, "jh7110-wdt: a write to %#x\n", (unsigned)at);
		return;
	}
	restart(s);
}

static const MemoryRegionOps wdt_ops = {
	.read = wdt_read,
	.write = wdt_write,
	.endianness = DEVICE_LITTLE_ENDIAN,
	.valid = { .min_access_size = 4, .max_access_size = 4 },
};

static void wdt_reset(DeviceState *dev)
{
	JhWdt *s = JH7110_WDT(dev);

	timer_del(s->timer);
	s->load = UINT32_MAX;
	s->control = 0;
	s->locked = s->timed_out = false;
	qemu_set_irq(s->irq, 0);
}

static void set_clock(void *opaque, int n, int level)
{
	JhWdt *s = opaque;

	s->clocks = deposit32(s->clocks, n, 1, level);
}

static void set_reset(void *opaque, int n, int level)
{
	JhWdt *s = opaque;

	if (level && !s->resets)
		wdt_reset(DEVICE(s));
	s->resets = deposit32(s->resets, n, 1, level);
}

static void wdt_init(Object *obj)
{
	JhWdt *s = JH7110_WDT(obj);

	memory_region_init_io(&s->mmio, obj, &wdt_ops, s, TYPE_JH7110_WDT, 0x10000);
	sysbus_init_mmio(SYS_BUS_DEVICE(obj), &s->mmio);
	sysbus_init_irq(SYS_BUS_DEVICE(obj), &s->irq);
	qdev_init_gpio_in_named(DEVICE(obj), set_clock, "clock", 2);
	qdev_init_gpio_in_named(DEVICE(obj), set_reset, "reset", 2);
	s->timer = timer_new_ns(QEMU_CLOCK_VIRTUAL, timeout, s);
}

static const VMStateDescription wdt_vmstate = { .name = TYPE_JH7110_WDT, .unmigratable = 1 };

static void wdt_class_init(ObjectClass *class, void *data)
{
	DeviceClass *dc = DEVICE_CLASS(class);

	dc->vmsd = &wdt_vmstate;
	device_class_set_legacy_reset(dc, wdt_reset);
}

static const TypeInfo wdt_types[] = {
	{
		.name = TYPE_JH7110_WDT,
		.parent = TYPE_SYS_BUS_DEVICE,
		.instance_size = sizeof(JhWdt),
		.instance_init = wdt_init,
		.class_init = wdt_class_init,
	},
};
DEFINE_TYPES(wdt_types)
