/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Synopsys DW-APB UART: QEMU's 16550 with registers four bytes apart, and what is different: a write to LCR while the UART is busy (it sends, or has received what
 * is not yet read) is lost and raises the busy interrupt, which reading USR clears.
 */
#include "qemu/osdep.h"
#include "qemu/log.h"
#include "qemu/module.h"
#include "qapi/error.h"
#include "hw/char/serial-mm.h"
#include "hw/irq.h"
#include "hw/qdev-properties.h"
#include "hw/qdev-properties-system.h"
#include "hw/sysbus.h"
#include "migration/vmstate.h"
#include "jh7110.h"

OBJECT_DECLARE_SIMPLE_TYPE(DwUart, DW_APB_UART)

enum { IIR = 0x08, LCR = 0x0c, REGS_16550 = 0x20, USR = 0x7c, TFL = 0x80, RFL = 0x84, CPR = 0xf4, UCV = 0xf8, CTR = 0xfc };
enum { USR_BUSY = 1 << 0, USR_TFNF = 1 << 1, USR_TFE = 1 << 2, USR_RFNE = 1 << 3, IIR_NONE = 1, IIR_BUSY = 7, LSR_DR = 1, LSR_TEMT = 0x40 };

struct DwUart {
	SysBusDevice parent_obj;
	MemoryRegion mmio;
	SerialMM serial;
	qemu_irq irq;
	bool busy_irq, serial_irq;
};

static void update_irq(DwUart *s)
{
	qemu_set_irq(s->irq, s->busy_irq || s->serial_irq);
}

static void set_serial_irq(void *opaque, int n, int level)
{
	DwUart *s = opaque;

	s->serial_irq = level;
	update_irq(s);
}

static uint32_t user_status(DwUart *s)
{
	uint8_t lsr = s->serial.serial.lsr;
	uint32_t bits = USR_TFNF | (lsr & LSR_TEMT ? USR_TFE : USR_BUSY);

	return bits | (lsr & LSR_DR ? USR_RFNE | USR_BUSY : 0);
}

static MemoryRegion *inner(DwUart *s)
{
	return sysbus_mmio_get_region(SYS_BUS_DEVICE(&s->serial), 0);
}

static uint64_t uart_read(void *opaque, hwaddr at, unsigned size)
{
	DwUart *s = opaque;
	uint64_t value = 0;

	if (at == IIR && s->busy_irq)
		return IIR_BUSY;
	if (at < REGS_16550) {
		memory_region_dispatch_read(inner(s), at, &value, MO_32 | MO_LE, MEMTXATTRS_UNSPECIFIED);
		return value & 0xff;
	}
	switch (at) {
	case USR:
		s->busy_irq = false;
		update_irq(s);
		return user_status(s);
	case CPR:
		return 0x00013f32;
	case UCV:
		return 0x3430322a;
	case CTR:
		return 0x44570110;
	}
	return 0;
}

static void uart_write(void *opaque, hwaddr at, uint64_t value, unsigned size)
{
	DwUart *s = opaque;

	if (at == LCR && (user_status(s) & USR_BUSY)) {
		qemu_log_mask(LOG_GUEST_ERROR, "dw-apb-uart: LCR is written while the UART is busy\n");
		s->busy_irq = true;
		update_irq(s);
	} else if (at < REGS_16550) {
		memory_region_dispatch_write(inner(s), at, value & 0xff, MO_32 | MO_LE, MEMTXATTRS_UNSPECIFIED);
	}
}

static const MemoryRegionOps uart_ops = {
	.read = uart_read,
	.write = uart_write,
	.endianness = DEVICE_LITTLE_ENDIAN,
	/* U-Boot reads bytes; the bus gives it a part of the word. */
	.valid = { .min_access_size = 1, .max_access_size = 4 },
};

static void uart_realize(DeviceState *dev, Error **errp)
{
	DwUart *s = DW_APB_UART(dev);

	qdev_prop_set_uint8(DEVICE(&s->serial), "regshift", 2);
	qdev_prop_set_uint32(DEVICE(&s->serial), "baudbase", 24000000 / 16);
	qdev_prop_set_uint8(DEVICE(&s->serial), "endianness", DEVICE_LITTLE_ENDIAN);
	if (!sysbus_realize(SYS_BUS_DEVICE(&s->serial), errp))
		return;
	sysbus_connect_irq(SYS_BUS_DEVICE(&s->serial), 0, qemu_allocate_irq(set_serial_irq, s, 0));
}

static void uart_reset(DeviceState *dev)
{
	DW_APB_UART(dev)->busy_irq = false;
}

static void uart_init(Object *obj)
{
	DwUart *s = DW_APB_UART(obj);

	object_initialize_child(obj, "16550", &s->serial, TYPE_SERIAL_MM);
	object_property_add_alias(obj, "chardev", OBJECT(&s->serial), "chardev");
	memory_region_init_io(&s->mmio, obj, &uart_ops, s, TYPE_DW_APB_UART, 0x10000);
	sysbus_init_mmio(SYS_BUS_DEVICE(obj), &s->mmio);
	sysbus_init_irq(SYS_BUS_DEVICE(obj), &s->irq);
}

static const VMStateDescription uart_vmstate = { .name = TYPE_DW_APB_UART, .unmigratable = 1 };

static void uart_class_init(ObjectClass *class, void *data)
{
	DeviceClass *dc = DEVICE_CLASS(class);

	dc->vmsd = &uart_vmstate;
	dc->realize = uart_realize;
	device_class_set_legacy_reset(dc, uart_reset);
}

static const TypeInfo uart_types[] = {
	{
		.name = TYPE_DW_APB_UART,
		.parent = TYPE_SYS_BUS_DEVICE,
		.instance_size = sizeof(DwUart),
		.instance_init = uart_init,
		.class_init = uart_class_init,
	},
};
DEFINE_TYPES(uart_types)
