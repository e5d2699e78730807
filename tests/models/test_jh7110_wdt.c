// SPDX-License-Identifier: MPL-2.0
/*
 * kernel/drivers/watchdog/jh7110_wdt.c against an SP805 (Arm DDI 0270): one that runs is stopped,
 * one that does not is left alone.
 */
#include "jh7110.h"

#define BASE   0x13070000ul
#define SIZE   0x10000ul
#define UNLOCK 0x1acce551u

static struct {
	u32 load, control;
	bool locked, stuck;
	u64 fires_at; /* the second timeout: the machine starts anew */
	u64 nr_writes;
} wdt;

static u64 wdt_read(void *m, u64 off, unsigned width)
{
	(void)m;
	model_require(jh7110_wdt_runs() && width == 4,
		"the watchdog's %#lx, without clocks or in reset, or with %u bytes", off, width);
	if (off == 0x008)
		return wdt.control;
	model_require(off == 0xc00, "the watchdog's %#lx is read", off);
	return wdt.locked;
}

static void wdt_write(void *m, u64 off, unsigned width, u64 v)
{
	(void)m;
	model_require(jh7110_wdt_runs() && width == 4,
		"the watchdog's %#lx, without clocks or in reset, or with %u bytes", off, width);
	wdt.nr_writes++;
	if (off == 0xc00) {
		wdt.locked = v != UNLOCK;
		return;
	}
	model_require(!wdt.locked, "a write to %#lx of the watchdog is lost: it is locked", off);
	model_require(off == 0x008 || off == 0x00c, "the watchdog's %#lx is written", off);
	if (off == 0x008 && !wdt.stuck)
		wdt.control = (u32)v & 3;
}

static u64 wdt_next(void *m)
{
	(void)m;
	return wdt.control & 1 && sim_now() < wdt.fires_at ? wdt.fires_at : ~0ul;
}

static void wdt_advance(void *m, u64 now)
{
	(void)m;
	model_require(wdt.stuck || !(wdt.control & 1) || !(jh7110.clock[123] >> 31) ||
			now < wdt.fires_at,
		"the watchdog starts the machine anew");
}
static const struct model_ops wdt_ops = { .name = "wdt",
	.read = wdt_read,
	.write = wdt_write,
	.next = wdt_next,
	.advance = wdt_advance };

static void runs(void)
{
	jh7110_firmware();
	jh7110.clock[122] = jh7110.clock[123] = 1u << 31;
	jh7110.wdt_held = 0;
	wdt.control = 3;
	wdt.fires_at = 10 * NSEC_PER_SEC;
}

static struct dt_node *plug(u64 size)
{
	struct dt_node *n = sim_device("watchdog@13070000", "starfive,jh7110-wdt", BASE, size, 0);

	sim_model(BASE, SIZE, 0, &wdt_ops, NULL);
	return n;
}

static void boot(void)
{
	struct dt_node *n = plug(SIZE);

	sim_prop(n, "clocks", 3, 122, 3, 123);
	dt_add_prop(n, "clock-names", (const u8 *)"apb\0core", sizeof("apb\0core"));
	sim_prop(n, "resets", 3, 109, 3, 110);
	jh7110_plug(true);
	sim_boot();
	CHECK(!sim_logged("driver failed") && !sim_logged("has no driver"));
	sim_run(20 * NSEC_PER_SEC);
}

static bool was_stopped(void)
{
	return !wdt.control && sim_logged("watchdog: firmware has started it, stopped");
}

MODEL_TEST(cold_it_is_left_alone)
{
	jh7110_firmware();
	boot();
	CHECK(!wdt.nr_writes && !sim_logged("watchdog:") && !jh7110.clock[122]);
}

/* Each of the two resets keeps it from counting. */
static void held_by(u32 resets)
{
	runs();
	jh7110.wdt_held = resets;
	wdt.control = 0;
	boot();
	CHECK(!wdt.nr_writes && !sim_logged("watchdog:"));
}
MODEL_TEST(held_by_the_bus_reset)
{
	held_by(1u << 13);
}
MODEL_TEST(held_by_the_counters_reset)
{
	held_by(1u << 14);
}

MODEL_TEST(off_it_is_left_alone)
{
	runs();
	wdt.control = 0;
	boot();
	CHECK(!wdt.nr_writes && !sim_logged("watchdog:"));
}

MODEL_TEST(running_it_is_stopped)
{
	runs();
	boot();
	CHECK(was_stopped() && wdt.locked);
}

MODEL_TEST(locked_it_is_stopped)
{
	runs();
	wdt.locked = true;
	boot();
	CHECK(was_stopped());
}

MODEL_TEST(behind_closed_gates_it_is_stopped)
{
	runs();
	jh7110.clock[122] = jh7110.clock[123] = 0;
	boot();
	CHECK(was_stopped());
}

MODEL_TEST(one_that_does_not_stop_is_told)
{
	runs();
	wdt.stuck = true;
	boot();
	CHECK(sim_logged("it does not stop: the machine will restart") && !sim_logged("stopped"));
}

MODEL_TEST(without_clocks_and_resets_in_the_tree)
{
	runs();
	(void)plug(SIZE);
	jh7110_plug(true);
	sim_boot();
	CHECK(was_stopped());
}

MODEL_TEST(a_window_too_small)
{
	runs();
	wdt.control = 0;
	(void)plug(0x100);
	jh7110_plug(true);
	sim_boot();
	CHECK(!wdt.nr_writes && sim_logged("driver failed"));
}
