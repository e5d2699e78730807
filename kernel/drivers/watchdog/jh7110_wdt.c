// SPDX-License-Identifier: MPL-2.0
/*
 * The JH7110's watchdog, an Arm SP805 (DDI 0270): a counter counts from LOAD down to zero, twice,
 * then the machine is reset. Keel does not use it. If firmware has left it running, it is stopped,
 * because it would not be fed.
 */
#include <frame/device.h>
#include <frame/log.h>
#include <frame/regs/jh7110.h>
#include <kernel/supply.h>
#include <uapi/errno.h>

enum { JH7110_WDT_CONTROL = 0x008, JH7110_WDT_INTCLR = 0x00c }; /* and JH7110_WDT_LOCK */
#define CONTROL_COUNTS 1u
/* Any other value in JH7110_WDT_LOCK locks: then writes to other registers are ignored. */
#define UNLOCK 0x1acce551u

struct wdt_supplies {
	struct clk apb, core;
	struct reset apb_reset, core_reset;
};

static int wdt_find_supplies(struct dt_node *n, struct wdt_supplies *s)
{
	int err = supply_optional(supply_clk(n, LIT("apb"), &s->apb));

	if (!err)
		err = supply_optional(supply_clk(n, LIT("core"), &s->core));
	if (!err)
		err = supply_optional(supply_reset(n, 0, &s->apb_reset));
	return err ? err : supply_optional(supply_reset(n, 1, &s->core_reset));
}

/* Stops the counter, clears its interrupt, and locks the registers again. */
static void wdt_stop(struct iomem *io)
{
	iomem_write32(io, JH7110_WDT_LOCK, UNLOCK);
	iomem_write32(io, JH7110_WDT_CONTROL, 0);
	iomem_write32(io, JH7110_WDT_INTCLR, 1);
	iomem_write32(io, JH7110_WDT_LOCK, 0);
	if (iomem_read32(io, JH7110_WDT_CONTROL) & CONTROL_COUNTS)
		log_err("watchdog: firmware has started it, and it does not stop: the machine will restart");
	else
		log_info("watchdog: firmware has started it, stopped");
}

static int wdt_probe(struct device *dev, u32 quirk)
{
	struct wdt_supplies s = { .apb.number = 0 };
	struct iomem *io = device_iomem(dev, 0);
	int err = wdt_find_supplies(device_node(dev), &s);

	(void)quirk;
	if (err)
		return err;
	if (!io || iomem_size(io) < JH7110_WDT_LOCK + 4)
		return -EINVAL;
	/* Held in reset it does not count, and its registers do not respond. */
	if (reset_asserted(&s.apb_reset) || reset_asserted(&s.core_reset))
		return 0;
	err = clk_enable(&s.apb, true);
	if (!err)
		err = clk_enable(&s.core, true);
	if (!err && iomem_read32(io, JH7110_WDT_CONTROL) & CONTROL_COUNTS)
		wdt_stop(io);
	return err;
}
static const struct dt_match wdt_match[] = { { LIT("starfive,jh7110-wdt"), .quirk = 0 } };
DRIVER(jh7110_wdt, wdt_match, wdt_probe);
