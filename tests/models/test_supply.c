// SPDX-License-Identifier: MPL-2.0
/*
 * kernel/drivers/clk/supply.c and jh7110.c: who supplies what, in whatever order they are found;
 * and device_probe_all's waiting.
 */
#include <kernel/supply.h>

#include "jh7110.h"

#define CONSUMER "test,consumer"

static struct clk biu, ciu;
static struct reset reset;
static struct pin detect;
static int probes, result;
static bool found;
static struct dt_node *node;

static int consumer_probe(struct device *dev, u32 quirk)
{
	struct dt_node *n = device_node(dev);

	(void)quirk;
	probes++;
	result = supply_clk(n, LIT("biu"), &biu);
	if (!result)
		result = supply_clk(n, LIT("ciu"), &ciu);
	if (!result)
		result = supply_reset(n, 0, &reset);
	if (!result)
		result = supply_pin(n, LIT("cd-gpios"), &detect);
	if (result == -EPROBE_DEFER)
		return -EPROBE_DEFER;
	found = !result;
	return 0;
}
static const struct dt_match consumer_match[] = { { LIT(CONSUMER), .quirk = 0 } };
DRIVER(consumer, consumer_match, consumer_probe);

static void plug_consumer(u32 clocks, u32 pins)
{
	node = sim_node(sim_soc(), "consumer");
	sim_prop_string(node, "compatible", CONSUMER);
	sim_prop(node, "clocks", clocks, 92, clocks, 94);
	dt_add_prop(node, "clock-names", (const u8 *)"biu\0ciu", sizeof("biu\0ciu"));
	sim_prop(node, "resets", clocks, 65);
	sim_prop(node, "cd-gpios", pins, 41, 1);
	sim_prop(node, "assigned-clocks", clocks, 93, clocks, 94);
	sim_prop(node, "assigned-clock-rates", 1000, 50000000);
}

static void in_order(bool consumer_first, bool suppliers_first)
{
	jh7110_firmware();
	if (consumer_first)
		plug_consumer(3, 4);
	jh7110_plug(suppliers_first);
	if (!consumer_first)
		plug_consumer(3, 4);
	sim_boot();
	CHECK(found && !result && ciu.number == 94 && reset.number == 65 && detect.number == 41 &&
		detect.active_low);
	CHECK(clk_rate(&ciu) == 198000000 && !sim_logged("has no driver") && !sim_logged("error"));
}
MODEL_TEST(suppliers_are_found_first)
{
	in_order(false, true);
	CHECK(probes == 1);
}
MODEL_TEST(suppliers_are_found_last)
{
	in_order(true, false);
	CHECK(probes > 1);
}
MODEL_TEST(suppliers_of_suppliers_are_found_last)
{
	in_order(false, false);
	CHECK(probes > 1);
}

MODEL_TEST(a_supplier_that_never_comes)
{
	jh7110_firmware();
	(void)sim_node(sim_soc(), "nobody");
	sim_prop(dt_find(STR("/soc/nobody")), "phandle", 9);
	sim_prop(dt_find(STR("/soc/nobody")), "#clock-cells", 1);
	plug_consumer(9, 4);
	jh7110_plug(true);
	sim_boot();
	CHECK(!found && result == -EPROBE_DEFER && probes >= 1 && probes < 4 &&
		sim_logged("has no driver:\nconsumer"));
}

MODEL_TEST(references_that_make_no_sense)
{
	struct clk c;
	struct reset r;
	struct pin p;
	struct dt_node *n;

	jh7110_firmware();
	jh7110_plug(true);
	n = sim_node(sim_soc(), "nonsense");
	sim_prop(n, "clocks", 3, 92, 77, 1, 3);
	dt_add_prop(n, "clock-names", (const u8 *)"one\0two\0three\0four",
		sizeof("one\0two\0three\0four"));
	sim_prop(n, "resets", 4, 1);
	sim_prop(n, "cd-gpios", 4, 41);
	sim_boot();
	CHECK(supply_clk(n, LIT("one"), &c) == 0 && c.number == 92);
	CHECK(supply_clk(n, LIT("two"), &c) == -EINVAL && !c.by &&
		supply_clk(n, LIT("three"), &c) == -EINVAL &&
		supply_clk(n, LIT("five"), &c) == -ENOENT);
	CHECK(supply_reset(n, 0, &r) == -EINVAL && supply_reset(sim_root(), 0, &r) == -ENOENT &&
		supply_pin(n, LIT("cd-gpios"), &p) == -EINVAL);
	CHECK(supply_clk_nth(n, 1000000, &c) == -EINVAL &&
		supply_pin(n, LIT("wp-gpios"), &p) == -ENOENT);
	/* None at all: everything asked of it is done. */
	c.by = NULL;
	r.by = NULL;
	p.by = NULL;
	CHECK(!clk_enable(&c, true) && !clk_rate(&c) && !clk_set_rate(&c, 5) &&
		!reset_set(&r, true) && !pin_active(&p));
	/* Not of this kind, or not to be touched. */
	CHECK(supply_clk(n, LIT("one"), &c) == 0);
	c.number = 43;
	CHECK(clk_enable(&c, false) == -EINVAL && !clk_rate(&c) && !clk_set_rate(&c, 1));
	r.by = c.by;
	r.number = 66;
	CHECK(reset_set(&r, true) == -EINVAL);
}

MODEL_TEST(rates)
{
	in_order(false, true);
	CHECK(supply_assigned_rate(node, &ciu) == 50000000 &&
		supply_assigned_rate(node, &biu) == 0);
	CHECK(clk_set_rate(&ciu, 50000000) == 49500000 && jh7110_ciu(1) == 49500000 &&
		clk_rate(&ciu) == 49500000);
	CHECK(clk_set_rate(&ciu, 49500000) == 49500000 && clk_set_rate(&ciu, 49499999) == 44000000);
	CHECK(clk_set_rate(&ciu, 1) == 26400000 && clk_set_rate(&ciu, 0) == 26400000 &&
		clk_set_rate(&ciu, ~0ul >> 1) == 396000000);
	/* As a real board was seen: 204.8 MHz, with a fraction. */
	jh7110.pll2[0] = 51u << 17;
	jh7110.pll2[1] = 0x333333;
	jh7110.pll2[2] = 1;
	jh7110.clock[94] = 1u << 31 | 2;
	CHECK(clk_rate(&ciu) / 10000 == 20480 - 1 || clk_rate(&ciu) / 10000 == 20480);
	CHECK(clk_set_rate(&ciu, 50000000) < 50000000 && jh7110_ciu(1) <= 50000000 &&
		(jh7110.clock[94] & 15) == 9);
	/* From the oscillator. */
	jh7110.clock[5] = 0;
	CHECK(clk_set_rate(&ciu, 50000000) == 8000000 && (jh7110.clock[94] & 15) == 1);
	/* Of the other host nothing has changed. */
	CHECK(jh7110.clock[93] == (1u << 31 | 2));
}

MODEL_TEST(gates_and_resets)
{
	u64 before;

	in_order(false, true);
	CHECK(!clk_enable(&biu, false) && !jh7110_mmc_runs(1) && jh7110_mmc_runs(0) &&
		!clk_enable(&biu, true) && jh7110_mmc_runs(1));
	CHECK(!clk_enable(&ciu, false) && !jh7110_ciu(1) && jh7110_ciu(0) &&
		!clk_enable(&ciu, true) && jh7110_ciu(1));
	CHECK(!reset_set(&reset, true) && jh7110.held == 2 && !reset_set(&reset, false) &&
		!jh7110.held && jh7110.nr_resets[1] == 1 && !jh7110.nr_resets[0]);
	jh7110.stuck = true;
	before = sim_now();
	CHECK(reset_set(&reset, true) == -ETIMEDOUT && sim_now() - before < NSEC_PER_SEC);
}

/* Clocks of what shares the controllers are refused, whatever a tree says. */
MODEL_TEST(the_security_unit)
{
	static const u32 others[] = { 0, 14, 17, 18, 28, ~0u };
	struct clk c;
	struct reset r;
	u32 i;

	jh7110_firmware();
	jh7110_plug(true);
	jh7110_plug_stg();
	node = sim_node(sim_soc(), "unit");
	sim_prop(node, "clocks", 5, 15, 5, 16);
	sim_prop(node, "resets", 5, 3);
	sim_boot();
	CHECK(!jh7110_sec_runs() && !supply_reset(node, 0, &r));
	for (i = 0; i < 2; i++)
		CHECK(!supply_clk_nth(node, i, &c) && c.number == 15 + i && !clk_enable(&c, true));
	CHECK(!reset_set(&r, false) && jh7110_sec_runs() && !reset_set(&r, true) &&
		!jh7110_sec_runs() && !reset_set(&r, false));
	CHECK(!clk_enable(&c, false) && !jh7110_sec_runs() && !clk_enable(&c, true) &&
		jh7110_sec_runs() && !clk_rate(&c));
	for (i = 0; i < ARRAY_LEN(others); i++) {
		c.number = r.number = others[i];
		CHECK(clk_enable(&c, true) == -EINVAL && reset_set(&r, true) == -EINVAL &&
			!reset_asserted(&r));
	}
	jh7110.sec.deaf = true;
	r.number = 3;
	CHECK(reset_set(&r, true) == -ETIMEDOUT);
}

MODEL_TEST(the_watchdog)
{
	struct clk c;
	struct reset r;
	u32 i;

	jh7110_firmware();
	jh7110_plug(true);
	node = sim_node(sim_soc(), "unit");
	sim_prop(node, "clocks", 3, 122, 3, 123);
	sim_prop(node, "resets", 3, 109, 3, 110);
	sim_boot();
	for (i = 0; i < 2; i++) {
		CHECK(!supply_clk_nth(node, i, &c) && !clk_enable(&c, true) &&
			!supply_reset(node, i, &r));
		jh7110.wdt_held = 1u << (13 + i);
		CHECK(reset_asserted(&r) && reset_set(&r, false) == -EINVAL);
		jh7110.wdt_held = ~(1u << (13 + i));
		CHECK(!reset_asserted(&r));
	}
	jh7110.wdt_held = 0;
	CHECK(jh7110_wdt_runs());
	for (i = 0; i < 64; i++) {
		r.number = i;
		CHECK(!reset_asserted(&r));
		r.number = 128 + i;
		CHECK(!reset_asserted(&r));
	}
	r.by = NULL;
	CHECK(!reset_asserted(&r));
}

MODEL_TEST(pins)
{
	in_order(false, true);
	CHECK(!pin_active(&detect));
	jh7110.levels[1] &= ~(1u << 9);
	CHECK(pin_active(&detect));
	detect.number = 64;
	detect.active_low = false;
	CHECK(!pin_active(&detect));
}
