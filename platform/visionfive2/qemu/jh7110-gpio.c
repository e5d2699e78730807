/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The pins of the JH7110's SYS domain: output enable, output and input selectors, and the level of each pin. What is on the pins of the board: the card detect
 * switch on GPIO41 (low with a card), the SD slot on 7 to 12, and the restart of the board on GPIO35.
 */
#include "qemu/osdep.h"
#include "qemu/log.h"
#include "qemu/module.h"
#include "hw/irq.h"
#include "hw/sysbus.h"
#include "migration/vmstate.h"
#include "system/runstate.h"
#include "jh7110.h"

OBJECT_DECLARE_SIMPLE_TYPE(JhGpio, JH7110_GPIO)

enum { DOEN = 0x00, DOUT = 0x40, DIN = 0x80, LEVEL = 0x118, SIZE = 0x300 };
enum { PIN_RESTART = 35, PIN_CARD_DETECT = 41 };

struct JhGpio {
	SysBusDevice parent_obj;
	MemoryRegion mmio;
	qemu_irq sd_wired;
	bool card;
	uint32_t reg[SIZE / 4];
};

static unsigned selector(JhGpio *s, unsigned base, unsigned n)
{
	return s->reg[base / 4 + n / 4] >> n % 4 * 8 & 0xff;
}

/* A signal out, the signal that enables it, and the signal in that must listen to the pad (0: none). */
static bool connected(JhGpio *s, unsigned pad, unsigned dout, unsigned doen, unsigned din)
{
	return (selector(s, DOUT, pad) & 0x7f) == dout && (selector(s, DOEN, pad) & 0x3f) == doen && (!din || (selector(s, DIN, din) & 0x7f) == pad + 2);
}

static bool sd_wired(JhGpio *s)
{
	static const uint8_t data_pad[] = { 11, 12, 7, 8 };
	bool all = connected(s, 10, 55, 0, 0) && connected(s, 9, 57, 19, 44);

	for (unsigned i = 0; i < ARRAY_SIZE(data_pad); i++)
		all = all && connected(s, data_pad[i], 58 + i, 20 + i, 45 + i);
	return all;
}

/* 0 and 1 as output signals are the constants; an enable of 0 drives. */
static bool drives_high(JhGpio *s, unsigned pin)
{
	return !(selector(s, DOEN, pin) & 0x3f) && (selector(s, DOUT, pin) & 0x7f) == 1;
}

static uint32_t level(JhGpio *s, unsigned word)
{
	uint32_t bits = 0;

	for (unsigned pin = word * 32; pin < word * 32 + 32; pin++)
		bits |= (uint32_t)(pin == PIN_CARD_DETECT ? !s->card : drives_high(s, pin)) << pin % 32;
	return bits;
}

static uint64_t gpio_read(void *opaque, hwaddr at, unsigned size)
{
	JhGpio *s = opaque;

	if (at == LEVEL || at == LEVEL + 4)
		return level(s, (at - LEVEL) / 4);
	return at < SIZE ? s->reg[at / 4] : 0;
}

static void gpio_write(void *opaque, hwaddr at, uint64_t value, unsigned size)
{
	JhGpio *s = opaque;

	if (at >= SIZE || at == LEVEL || at == LEVEL + 4) {
		qemu_log_mask(LOG_GUEST_ERROR, "jh7110-gpio: a write to %#x\n", (unsigned)at);
		return;
	}
	s->reg[at / 4] = value;
	qemu_set_irq(s->sd_wired, sd_wired(s));
	if (drives_high(s, PIN_RESTART))
		qemu_system_reset_request(SHUTDOWN_CAUSE_GUEST_RESET);
}

static const MemoryRegionOps gpio_ops = {
	.read = gpio_read,
	.write = gpio_write,
	.endianness = DEVICE_LITTLE_ENDIAN,
	.valid = { .min_access_size = 4, .max_access_size = 4 },
};

static void gpio_reset(DeviceState *dev)
{
	JhGpio *s = JH7110_GPIO(dev);

	memset(s->reg, 0, sizeof(s->reg));
	/* All pins are inputs. */
	for (unsigned i = 0; i < 16; i++)
		s->reg[DOEN / 4 + i] = 0x01010101;
	qemu_set_irq(s->sd_wired, 0);
}

static void set_card(void *opaque, int n, int card)
{
	JH7110_GPIO(opaque)->card = card;
}

static void gpio_init(Object *obj)
{
	JhGpio *s = JH7110_GPIO(obj);

	memory_region_init_io(&s->mmio, obj, &gpio_ops, s, TYPE_JH7110_GPIO, 0x10000);
	sysbus_init_mmio(SYS_BUS_DEVICE(obj), &s->mmio);
	qdev_init_gpio_out_named(DEVICE(obj), &s->sd_wired, "sd-wired", 1);
	qdev_init_gpio_in_named(DEVICE(obj), set_card, "card", 1);
}

static const VMStateDescription gpio_vmstate = { .name = TYPE_JH7110_GPIO, .unmigratable = 1 };

static void gpio_class_init(ObjectClass *class, void *data)
{
	DeviceClass *dc = DEVICE_CLASS(class);

	dc->vmsd = &gpio_vmstate;
	device_class_set_legacy_reset(dc, gpio_reset);
}

static const TypeInfo gpio_types[] = {
	{
		.name = TYPE_JH7110_GPIO,
		.parent = TYPE_SYS_BUS_DEVICE,
		.instance_size = sizeof(JhGpio),
		.instance_init = gpio_init,
		.class_init = gpio_class_init,
	},
};
DEFINE_TYPES(gpio_types)
