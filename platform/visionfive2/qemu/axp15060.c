/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The power management chip: registers that keep what is written, and number 0x32, where bit 6 restarts the board and bit 7 turns it off. Firmware that wants a
 * restart sets both; that it then restarts is an assumption.
 */
#include "qemu/osdep.h"
#include "qemu/module.h"
#include "hw/i2c/i2c.h"
#include "migration/vmstate.h"
#include "system/runstate.h"
#include "jh7110.h"

OBJECT_DECLARE_SIMPLE_TYPE(Axp15060, AXP15060)

enum { POWER = 0x32, POWER_RESTART = 1 << 6, POWER_OFF = 1 << 7 };

struct Axp15060 {
	I2CSlave parent_obj;
	uint8_t reg[256];
	uint8_t at;
	bool addressed;
};

static int pmic_event(I2CSlave *i2c, enum i2c_event event)
{
	AXP15060(i2c)->addressed = event == I2C_START_RECV;
	return 0;
}

static uint8_t pmic_recv(I2CSlave *i2c)
{
	Axp15060 *s = AXP15060(i2c);

	return s->reg[s->at++];
}

static int pmic_send(I2CSlave *i2c, uint8_t value)
{
	Axp15060 *s = AXP15060(i2c);

	if (!s->addressed) {
		s->addressed = true;
		s->at = value;
		return 0;
	}
	if (s->at == POWER && (value & POWER_RESTART))
		qemu_system_reset_request(SHUTDOWN_CAUSE_GUEST_RESET);
	else if (s->at == POWER && (value & POWER_OFF))
		qemu_system_shutdown_request(SHUTDOWN_CAUSE_GUEST_SHUTDOWN);
	s->reg[s->at++] = value;
	return 0;
}

static void pmic_reset(DeviceState *dev)
{
	Axp15060 *s = AXP15060(dev);

	memset(s->reg, 0, sizeof(s->reg));
	s->at = 0;
}

static const VMStateDescription pmic_vmstate = { .name = TYPE_AXP15060, .unmigratable = 1 };

static void pmic_class_init(ObjectClass *class, void *data)
{
	DeviceClass *dc = DEVICE_CLASS(class);
	I2CSlaveClass *ic = I2C_SLAVE_CLASS(class);

	dc->vmsd = &pmic_vmstate;
	device_class_set_legacy_reset(dc, pmic_reset);
	ic->event = pmic_event;
	ic->recv = pmic_recv;
	ic->send = pmic_send;
}

static const TypeInfo pmic_types[] = {
	{
		.name = TYPE_AXP15060,
		.parent = TYPE_I2C_SLAVE,
		.instance_size = sizeof(Axp15060),
		.class_init = pmic_class_init,
	},
};
DEFINE_TYPES(pmic_types)
