// SPDX-License-Identifier: MPL-2.0
/*
 * A GPIO pin that restarts the machine (`gpio-restart` in the devicetree), for arch_reset. It is
 * found and mapped at boot. Driving it needs only register accesses, so a panic can do it too, with
 * the other CPUs stopped at any point.
 *
 * Trust: the registers are those of a pin controller that the table lists; only the pin that the
 *        devicetree names changes.
 */
#include <frame/log.h>

#include "dev.h"

/*
 * Defaults of Linux's binding, in milliseconds, and its default priority. Firmware's reset has
 * FIRMWARE_PRIORITY.
 */
#define ACTIVE_MS         100u
#define INACTIVE_MS       100u
#define WAIT_MS           3000u
#define PRIORITY          129u
#define FIRMWARE_PRIORITY 192u
#define DELAY_MAX_MS      10000u
#define FLAG_ACTIVE_LOW   1u

struct pin_controller {
	const char *name;
	u32 nr_pins;
	u64 window; /* bytes of registers that drive() accesses */
	void (*drive)(u32 pin, bool high);
};

static struct {
	const struct pin_controller *controller; /* NULL: there is no such pin */
	volatile u8 *base;
	u32 pin, active_ms, inactive_ms, wait_ms;
	bool active_low, before_firmware;
} line;

/*
 * TRUST of the two functions below: @reg lies in the controller's window, which restart_init has
 * mapped.
 */
static void pin_change(u32 reg, u32 clear, u32 set)
{
	volatile u32 *r = (volatile u32 *)(line.base + reg);

	arch_io_before_write();
	*r = (*r & ~clear) | set;
}

/* One bit for each pin: level, then direction. */
static void sifive_drive(u32 pin, bool high)
{
	enum { OUTPUT_ENABLE = 0x08, OUTPUT_VALUE = 0x0c, OUTPUT_INVERT = 0x40 };

	pin_change(OUTPUT_INVERT, 1u << pin, 0);
	pin_change(OUTPUT_VALUE, 1u << pin, high ? 1u << pin : 0);
	pin_change(OUTPUT_ENABLE, 0, 1u << pin);
}

/*
 * One byte for each pin: the signal that drives it (0: low, 1: high), and the signal that enables
 * the driver (0: always). The pad itself is a GPIO after reset.
 */
static void jh7110_drive(u32 pin, bool high)
{
	enum { ENABLE = 0x00, OUTPUT = 0x40, ENABLE_MASK = 0x3f, OUTPUT_MASK = 0x7f };
	u32 shift = pin % 4 * 8;

	pin_change(OUTPUT + pin / 4 * 4, (u32)OUTPUT_MASK << shift, (u32)high << shift);
	pin_change(ENABLE + pin / 4 * 4, (u32)ENABLE_MASK << shift, 0);
}

static const struct pin_controller controllers[] = {
	{ "sifive,gpio0", 32, 0x44, sifive_drive },
	{ "starfive,jh7110-sys-pinctrl", 64, 0x80, jh7110_drive },
};

static struct dt_node *restart_find_node(struct dt_node *n)
{
	struct dt_node *sub;

	for (; n; n = n->sibling) {
		if (!dt_available(n))
			continue;
		if (dt_compatible(n, STR("gpio-restart")))
			return n;
		sub = restart_find_node(n->child);
		if (sub)
			return sub;
	}
	return NULL;
}

static u32 restart_number(struct dt_node *n, struct lit prop, u32 otherwise, u32 most)
{
	u32 v;

	return dt_u32(n, prop, 0, &v) ? min(v, most) : otherwise;
}

/* Maps the pin's controller. NULL: an unknown controller, or an unusable description. */
static const struct pin_controller *restart_map_controller(struct dt_node *n, u32 pin)
{
	paddr_t base;
	u64 size;
	size_t i;

	for (i = 0; i < ARRAY_LEN(controllers); i++) {
		const struct pin_controller *c = &controllers[i];
		if (!dt_compatible(n, lit_span((struct lit){ c->name })))
			continue;
		if (pin >= c->nr_pins || !dt_reg(n, 0, &base, &size) || (base & 3) ||
			size < c->window || overlaps_ram(base, size))
			return NULL;
		line.base = kmap_device(base, c->window);
		return line.base ? c : NULL;
	}
	return NULL;
}

void restart_init(void)
{
	struct dt_node *n = restart_find_node(dt_root());
	u32 phandle, flags;

	if (!n)
		return;
	if (dt_u32(n, LIT("gpios"), 0, &phandle) && dt_u32(n, LIT("gpios"), 1, &line.pin) &&
		dt_u32(n, LIT("gpios"), 2, &flags))
		line.controller = restart_map_controller(dt_by_phandle(phandle), line.pin);
	if (!line.controller) {
		log_warn(
			"gpio-restart: the pin's controller is not supported, so the pin is not used");
		return;
	}
	line.active_low = flags & FLAG_ACTIVE_LOW;
	line.active_ms = restart_number(n, LIT("active-delay"), ACTIVE_MS, DELAY_MAX_MS);
	line.inactive_ms = restart_number(n, LIT("inactive-delay"), INACTIVE_MS, DELAY_MAX_MS);
	line.wait_ms = restart_number(n, LIT("wait-delay"), WAIT_MS, DELAY_MAX_MS);
	line.before_firmware = restart_number(n, LIT("priority"), PRIORITY, ~0u) >
		FIRMWARE_PRIORITY;
}

bool restart_before_firmware(void)
{
	return line.before_firmware;
}

static void restart_drive_for(bool active, u32 ms)
{
	u64 until = arch_cycles() + ms * (arch_timer_hz() / 1000);

	line.controller->drive(line.pin, active != line.active_low);
	while (arch_cycles() < until)
		_arch_relax();
}

/* Active, inactive, active: some machines restart on the level, others on an edge. */
void restart_pull(void)
{
	if (!line.controller)
		return;
	restart_drive_for(true, line.active_ms);
	restart_drive_for(false, line.inactive_ms);
	restart_drive_for(true, line.wait_ms);
}
