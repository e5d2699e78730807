/* SPDX-License-Identifier: MPL-2.0 */
/* Synopsys DesignWare I2C controller as a master, 7-bit addresses; a transfer takes no time. */
#include "qemu/osdep.h"
#include "qemu/log.h"
#include "qemu/module.h"
#include "hw/i2c/i2c.h"
#include "hw/irq.h"
#include "hw/sysbus.h"
#include "migration/vmstate.h"
#include "jh7110.h"

OBJECT_DECLARE_SIMPLE_TYPE(DwI2c, DW_I2C)

enum {
	CON = 0x00, TAR = 0x04, DATA_CMD = 0x10, INTR_STAT = 0x2c, INTR_MASK = 0x30, RAW_INTR = 0x34, CLR_INTR = 0x40, CLR_TX_ABRT = 0x54,
	CLR_STOP = 0x60, ENABLE = 0x6c, STATUS = 0x70, TXFLR = 0x74, RXFLR = 0x78, ABORT_SOURCE = 0x80, ENABLE_STATUS = 0x9c, SIZE = 0xf4,
	COMP_PARAM = 0xf4, COMP_VERSION = 0xf8, COMP_TYPE = 0xfc,
};
enum { INT_RX_OVER = 1 << 1, INT_RX_FULL = 1 << 2, INT_TX_EMPTY = 1 << 4, INT_TX_ABORT = 1 << 6, INT_STOP = 1 << 9, INT_START = 1 << 10 };
enum { DATA_READ = 1 << 8, DATA_STOP = 1 << 9, ABORT_NO_ADDRESS = 1 << 0, ABORT_NO_DATA = 1 << 3 };
enum { DEPTH = 16 };

struct DwI2c {
	SysBusDevice parent_obj;
	MemoryRegion mmio;
	I2CBus *bus;
	qemu_irq irq;
	uint32_t reg[SIZE / 4];
	uint32_t raw;
	uint8_t rx[DEPTH];
	unsigned head, count;
	bool open, reading;
};

#define R(s, name) ((s)->reg[(name) / 4])

static void end(DwI2c *s)
{
	if (s->open)
		i2c_end_transfer(s->bus);
	s->open = false;
	s->raw |= INT_STOP;
}

static void give_up(DwI2c *s, uint32_t why)
{
	R(s, ABORT_SOURCE) |= why;
	s->raw |= INT_TX_ABORT;
	end(s);
}

static void transfer(DwI2c *s, uint32_t word)
{
	bool reading = word & DATA_READ;

	if (!(R(s, ENABLE) & 1)) {
		qemu_log_mask(LOG_GUEST_ERROR, "dw-i2c: data while it is off\n");
		return;
	}
	if (s->raw & INT_TX_ABORT)
		return;
	if (!s->open || s->reading != reading) {
		s->raw |= INT_START;
		if (i2c_start_transfer(s->bus, R(s, TAR) & 0x7f, reading)) {
			give_up(s, ABORT_NO_ADDRESS);
			return;
		}
		s->open = true;
		s->reading = reading;
	}
	if (!reading) {
		if (i2c_send(s->bus, word)) {
			give_up(s, ABORT_NO_DATA);
			return;
		}
	} else if (s->count < DEPTH) {
		s->rx[(s->head + s->count++) % DEPTH] = i2c_recv(s->bus);
	} else {
		s->raw |= INT_RX_OVER;
	}
	if (word & DATA_STOP)
		end(s);
}

static uint32_t raw(DwI2c *s)
{
	return s->raw | (s->count ? INT_RX_FULL : 0) | (R(s, ENABLE) & 1 ? INT_TX_EMPTY : 0);
}

static void update_irq(DwI2c *s)
{
	qemu_set_irq(s->irq, (raw(s) & R(s, INTR_MASK)) != 0);
}

static uint32_t clear(DwI2c *s, uint32_t bits)
{
	uint32_t was = s->raw & bits;

	s->raw &= ~bits;
	if (bits & INT_TX_ABORT)
		R(s, ABORT_SOURCE) = 0;
	update_irq(s);
	return !!was;
}

static uint64_t i2c_read(void *opaque, hwaddr at, unsigned size)
{
	DwI2c *s = opaque;
	uint32_t value;

	switch (at) {
	case DATA_CMD:
		if (!s->count)
			return 0;
		value = s->rx[s->head];
		s->head = (s->head + 1) % DEPTH;
		s->count--;
		update_irq(s);
		return value;
	case INTR_STAT:
		return raw(s) & R(s, INTR_MASK);
	case RAW_INTR:
		return raw(s);
	case CLR_INTR:
		return clear(s, UINT32_MAX);
	case CLR_TX_ABRT:
		return clear(s, INT_TX_ABORT);
	case CLR_STOP:
		return clear(s, INT_STOP);
	case STATUS:
		/* Transmit FIFO empty and not full; something received; a transfer is open. */
		return 1 << 1 | 1 << 2 | !!s->count << 3 | (s->count == DEPTH) << 4 | (s->open ? 1 << 0 | 1 << 5 : 0);
	case TXFLR:
		return 0;
	case RXFLR:
		return s->count;
	case ENABLE_STATUS:
		return R(s, ENABLE) & 1;
	case COMP_PARAM:
		return (DEPTH - 1) << 16 | (DEPTH - 1) << 8 | 2 << 2 | 2;
	case COMP_VERSION:
		return 0x3230312a;
	case COMP_TYPE:
		return 0x44570140;
	}
	return at < SIZE ? s->reg[at / 4] : 0;
}

static void i2c_write(void *opaque, hwaddr at, uint64_t value, unsigned size)
{
	DwI2c *s = opaque;

	if (at == DATA_CMD) {
		transfer(s, value);
		update_irq(s);
		return;
	}
	if (at >= SIZE)
		return;
	if (at == ENABLE && !(value & 1)) {
		if (s->open)
			end(s);
		s->count = 0;
		s->raw &= ~INT_TX_ABORT;
	}
	s->reg[at / 4] = value;
	update_irq(s);
}

static const MemoryRegionOps i2c_ops = {
	.read = i2c_read,
	.write = i2c_write,
	.endianness = DEVICE_LITTLE_ENDIAN,
	.valid = { .min_access_size = 4, .max_access_size = 4 },
};

static void i2c_reset(DeviceState *dev)
{
	DwI2c *s = DW_I2C(dev);

	if (s->open)
		i2c_end_transfer(s->bus);
	memset(s->reg, 0, sizeof(s->reg));
	s->raw = 0;
	s->head = s->count = 0;
	s->open = false;
	R(s, CON) = 0x7f;
	R(s, TAR) = 0x55;
	R(s, INTR_MASK) = 0x8ff;
	update_irq(s);
}

static void i2c_init(Object *obj)
{
	DwI2c *s = DW_I2C(obj);

	memory_region_init_io(&s->mmio, obj, &i2c_ops, s, TYPE_DW_I2C, 0x10000);
	sysbus_init_mmio(SYS_BUS_DEVICE(obj), &s->mmio);
	sysbus_init_irq(SYS_BUS_DEVICE(obj), &s->irq);
	s->bus = i2c_init_bus(DEVICE(obj), "i2c");
}

static const VMStateDescription dw_i2c_vmstate = { .name = TYPE_DW_I2C, .unmigratable = 1 };

static void i2c_class_init(ObjectClass *class, void *data)
{
	DeviceClass *dc = DEVICE_CLASS(class);

	dc->vmsd = &dw_i2c_vmstate;
	device_class_set_legacy_reset(dc, i2c_reset);
}

static const TypeInfo i2c_types[] = {
	{
		.name = TYPE_DW_I2C,
		.parent = TYPE_SYS_BUS_DEVICE,
		.instance_size = sizeof(DwI2c),
		.instance_init = i2c_init,
		.class_init = i2c_class_init,
	},
};
DEFINE_TYPES(i2c_types)
