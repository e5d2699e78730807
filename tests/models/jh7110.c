// SPDX-License-Identifier: MPL-2.0
#include "jh7110.h"

#define CRG       0x13020000ul
#define STG       0x10230000ul
#define SYSCON    0x13030000ul
#define PINS      0x13040000ul
#define RESET_NS  20000ul
#define SEC_RESET 8u
#define OSC       24000000ul

struct jh7110 jh7110;

static u64 crg_read(void *m, u64 off, unsigned width)
{
	(void)m;
	model_require(width == 4, "a clock's word is read with %u bytes", width);
	if (off == 0x300)
		return jh7110.asserted;
	if (off == 0x310)
		return ~jh7110.held;
	if (off == 0x314)
		return ~jh7110.wdt_held;
	model_require(off == 5 * 4 || off == 7 * 4 || (off >= 91 * 4 && off <= 94 * 4) ||
			off == 122 * 4 || off == 123 * 4,
		"clock %lu is nobody's business", off / 4);
	return jh7110.clock[off / 4];
}

static void crg_write(void *m, u64 off, unsigned width, u64 v)
{
	unsigned i;

	(void)m;
	model_require(width == 4, "a clock's word is written with %u bytes", width);
	if (off == 0x300) {
		model_require(!((jh7110.asserted ^ v) & ~3ul), "a reset of something else: %#lx",
			v);
		for (i = 0; i < 2; i++)
			jh7110.nr_resets[i] += (~jh7110.asserted & v) >> i & 1;
		jh7110.asserted = (u32)v;
		jh7110.reset_at = jh7110.stuck ? ~0ul : sim_now() + RESET_NS;
		return;
	}
	model_require((off >= 91 * 4 && off <= 94 * 4) || off == 122 * 4 || off == 123 * 4,
		"clock %lu is not to be changed", off / 4);
	model_require(off / 4 < 93 || off / 4 > 94 || (v & 0xffffff), "clock %lu is divided by 0",
		off / 4);
	model_require(off / 4 < 93 || off / 4 > 94 || (v & 0xffffff) <= 15,
		"clock %lu divides by 15 at most", off / 4);
	jh7110.clock[off / 4] = (u32)v;
}

static u64 crg_next(void *m)
{
	(void)m;
	return jh7110.held != jh7110.asserted ? jh7110.reset_at : ~0ul;
}

static void crg_advance(void *m, u64 now)
{
	(void)m;
	if (now >= jh7110.reset_at)
		jh7110.held = jh7110.asserted;
}
static const struct model_ops crg_ops = { .name = "crg",
	.read = crg_read,
	.write = crg_write,
	.next = crg_next,
	.advance = crg_advance };

bool jh7110_sec_runs(void)
{
	return jh7110.sec.clock[0] >> 31 && jh7110.sec.clock[1] >> 31 &&
		!(jh7110.sec.held & SEC_RESET);
}

/* What is armed and runs writes to memory. */
static void sec_changed(void)
{
	bool clocked = jh7110.sec.clock[0] >> 31 && jh7110.sec.clock[1] >> 31;

	if (clocked && (jh7110.sec.held & SEC_RESET))
		jh7110.sec.dma_armed = false;
	model_require(!clocked || !jh7110.sec.dma_armed || (jh7110.sec.asserted & SEC_RESET),
		"the security unit's DMA writes to memory");
}

static u64 stg_read(void *m, u64 off, unsigned width)
{
	(void)m;
	model_require(width == 4, "a clock's word is read with %u bytes", width);
	if (off == 0x74)
		return jh7110.sec.asserted;
	if (off == 0x78)
		return ~jh7110.sec.held;
	model_require(off == 15 * 4 || off == 16 * 4,
		"the system-top group's %#lx is nobody's business", off);
	return jh7110.sec.clock[off / 4 - 15];
}

static void stg_write(void *m, u64 off, unsigned width, u64 v)
{
	(void)m;
	model_require(width == 4, "a clock's word is written with %u bytes", width);
	if (off == 0x74) {
		model_require(!((jh7110.sec.asserted ^ v) & ~(u64)SEC_RESET),
			"a reset of something else: %#lx", v);
		jh7110.sec.asserted = (u32)v;
		jh7110.sec.reset_at = jh7110.sec.deaf ? ~0ul : sim_now() + RESET_NS;
	} else {
		model_require(off == 15 * 4 || off == 16 * 4,
			"the system-top group's %#lx is not to be changed", off);
		model_require(!((jh7110.sec.clock[off / 4 - 15] ^ v) << 33 >> 33),
			"more than a gate: %#lx", v);
		jh7110.sec.clock[off / 4 - 15] = (u32)v;
	}
	sec_changed();
}

static u64 stg_next(void *m)
{
	(void)m;
	return jh7110.sec.held != jh7110.sec.asserted ? jh7110.sec.reset_at : ~0ul;
}

static void stg_advance(void *m, u64 now)
{
	(void)m;
	if (now < jh7110.sec.reset_at)
		return;
	jh7110.sec.held = jh7110.sec.asserted;
	sec_changed();
}
static const struct model_ops stg_ops = { .name = "stg",
	.read = stg_read,
	.write = stg_write,
	.next = stg_next,
	.advance = stg_advance };

static u64 syscon_read(void *m, u64 off, unsigned width)
{
	(void)m;
	model_require(width == 4 && off >= 0x2c && off < 0x38, "the system controller's %#lx", off);
	return jh7110.pll2[(off - 0x2c) / 4];
}

static void no_write(void *m, u64 off, unsigned width, u64 v)
{
	(void)m, (void)width;
	model_fail("%#lx is written to %#lx, which is only to be read", v, off);
}
static const struct model_ops syscon_ops = {
	.name = "syscon", .read = syscon_read, .write = no_write
};

static u64 pins_read(void *m, u64 off, unsigned width)
{
	(void)m;
	model_require(width == 4 && (off == 0x118 || off == 0x11c), "the pins' %#lx", off);
	return jh7110.levels[(off - 0x118) / 4];
}
static const struct model_ops pins_ops = { .name = "pins", .read = pins_read, .write = no_write };

void jh7110_firmware(void)
{
	unsigned i;

	jh7110 = (struct jh7110){
		.levels = { ~0u, ~0u }, .reset_at = ~0ul, .wdt_held = 3u << 13, .sec.reset_at = ~0ul
	};
	jh7110.sec.asserted = jh7110.sec.held = 0x7fffff;
	jh7110.clock[5] = 1u << 24;
	jh7110.clock[7] = 3;
	for (i = 0; i < 2; i++) {
		jh7110.clock[91 + i] = 1u << 31;
		jh7110.clock[93 + i] = 1u << 31 | 2;
	}
	/* 24 MHz * 99 / 2, no fraction (what stands in its place is not used). */
	jh7110.pll2[0] = 99u << 17 | 3u << 15;
	jh7110.pll2[1] = 0x123456;
	jh7110.pll2[2] = 2;
}

static void add_osc(void)
{
	struct dt_node *n = sim_node(sim_root(), "oscillator");

	sim_prop_string(n, "compatible", "fixed-clock");
	sim_prop(n, "clock-frequency", OSC);
	sim_prop(n, "#clock-cells", 0);
	sim_prop(n, "phandle", 1);
}

static void add_syscon(void)
{
	struct dt_node *n = sim_device("syscon@13030000", "starfive,jh7110-sys-syscon", SYSCON,
			       0x1000, 0),
		       *pll = sim_node(n, "clock-controller");

	sim_model(SYSCON, 0x1000, 0, &syscon_ops, NULL);
	sim_prop_string(pll, "compatible", "starfive,jh7110-pll");
	sim_prop(pll, "clocks", 1);
	sim_prop(pll, "#clock-cells", 1);
	sim_prop(pll, "phandle", 2);
}

static void add_crg(void)
{
	struct dt_node *n = sim_device("clock-controller@13020000", "starfive,jh7110-syscrg", CRG,
		0x10000, 0);

	sim_model(CRG, 0x10000, 0, &crg_ops, NULL);
	sim_prop(n, "clocks", 1, 1, 2, 0, 2, 1, 2, 2);
	dt_add_prop(n, "clock-names",
		(const u8 *)"osc\0i2stx_bclk_ext\0pll0_out\0pll1_out\0pll2_out",
		sizeof("osc\0i2stx_bclk_ext\0pll0_out\0pll1_out\0pll2_out"));
	sim_prop(n, "#clock-cells", 1);
	sim_prop(n, "#reset-cells", 1);
	sim_prop(n, "phandle", 3);
}

static void add_pins(void)
{
	struct dt_node *n = sim_device("pinctrl@13040000", "starfive,jh7110-sys-pinctrl", PINS,
		0x10000, 0);

	sim_model(PINS, 0x10000, 0, &pins_ops, NULL);
	sim_prop(n, "#gpio-cells", 2);
	sim_prop(n, "phandle", 4);
}

void jh7110_plug(bool suppliers_first)
{
	if (suppliers_first)
		add_osc();
	if (suppliers_first)
		add_syscon();
	add_crg();
	add_pins();
	if (!suppliers_first)
		add_syscon();
	if (!suppliers_first)
		add_osc();
}

void jh7110_plug_stg(void)
{
	struct dt_node *n = sim_device("clock-controller@10230000", "starfive,jh7110-stgcrg", STG,
		0x10000, 0);

	sim_model(STG, 0x10000, 0, &stg_ops, NULL);
	sim_prop(n, "#clock-cells", 1);
	sim_prop(n, "#reset-cells", 1);
	sim_prop(n, "phandle", 5);
}

bool jh7110_wdt_runs(void)
{
	return jh7110.clock[122] >> 31 && jh7110.clock[123] >> 31 && !(jh7110.wdt_held >> 13 & 3);
}

bool jh7110_mmc_runs(unsigned i)
{
	return jh7110.clock[91 + i] >> 31 && !(jh7110.held >> i & 1);
}

u64 jh7110_ciu(unsigned i)
{
	u64 whole = (u64)(jh7110.pll2[0] >> 17) * OSC +
		((jh7110.pll2[0] >> 15 & 3) == 3 ? 0
						 : OSC * (jh7110.pll2[1] & 0xffffff) / (1 << 24));
	u64 pll2 = whole / (jh7110.pll2[2] & 63) >> (jh7110.pll2[1] >> 28 & 3),
	    root = jh7110.clock[5] >> 24 & 15 ? pll2 : OSC;
	u32 w = jh7110.clock[93 + i];

	return w >> 31 ? root / jh7110.clock[7] / (w & 15) : 0;
}
