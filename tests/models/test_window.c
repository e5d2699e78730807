// SPDX-License-Identifier: MPL-2.0
/*
 * frame/dev/window.c and iomem.c: what a hostile driver reaches of devices that could write to
 * memory, and of registers that are not one device's alone.
 */
#include "sim.h"

#define MSHC    0x16020000ul
#define CRG     0x13020000ul
#define SYSCON  0x13030000ul
#define PINS    0x13040000ul
#define STG     0x10230000ul
#define TRNG    0x1600c000ul
#define WDT     0x13070000ul
#define SIZE    0x400u
#define CTRL    0x00
#define BMOD    0x80
#define DBADDR  0x88
#define IDMAC   0x02000000u
#define DMA     0x20u
#define ENABLED 0x80u

/*
 * Words that keep what is written; the gate of its clock and its reset are the clock controller's.
 */
struct words {
	u32 word[SIZE / 4];
	u64 reads, writes;
	bool gated_by_crg, stuck;
};
static struct words mshc, crg, syscon, pins, stg, trng, wdt;
static struct device *dev[7];

static bool is_silent(const struct words *w)
{
	return w->gated_by_crg && !(crg.word[92] >> 31);
}

static u64 words_read(void *m, u64 off, unsigned width)
{
	struct words *w = m;

	w->reads++;
	return is_silent(w) || off >= SIZE
		? 0
		: w->word[off / 4] >> off % 4 * 8 & (u32)((1ul << width * 4 << width * 4) - 1);
}

static void words_write(void *m, u64 off, unsigned width, u64 v)
{
	struct words *w = m;

	w->writes++;
	if (is_silent(w) || off >= SIZE || (w->stuck && off == BMOD))
		return;
	if (width >= 4)
		w->word[off / 4] = (u32)v;
	if (w == &mshc && off == BMOD && (v & 1)) {
		w->word[BMOD / 4] = 0;
		w->word[DBADDR / 4] = 0;
	}
}
static const struct model_ops words_ops = {
	.name = "registers", .read = words_read, .write = words_write
};

static int keep_probe(struct device *d, u32 quirk)
{
	dev[quirk] = d;
	return 0;
}
static const struct dt_match keep_match[] = {
	{ LIT("snps,dw-mshc"), .quirk = 0 },
	{ LIT("starfive,jh7110-syscrg"), .quirk = 1 },
	{ LIT("starfive,jh7110-sys-syscon"), .quirk = 2 },
	{ LIT("starfive,jh7110-sys-pinctrl"), .quirk = 3 },
	{ LIT("starfive,jh7110-stgcrg"), .quirk = 4 },
	{ LIT("starfive,jh7110-trng"), .quirk = 5 },
	{ LIT("starfive,jh7110-wdt"), .quirk = 6 },
};
DRIVER(keep, keep_match, keep_probe);

/* As U-Boot leaves it, or cold. */
static struct dt_node *machine(void)
{
	struct dt_node *n = sim_device("clock-controller@13020000", "starfive,jh7110-syscrg", CRG,
		0x10000, 0);

	sim_prop(n, "phandle", 3);
	sim_model(CRG, 0x10000, 0, &words_ops, &crg);
	(void)sim_device("syscon@13030000", "starfive,jh7110-sys-syscon", SYSCON, 0x1000, 0);
	sim_model(SYSCON, 0x1000, 0, &words_ops, &syscon);
	(void)sim_device("pinctrl@13040000", "starfive,jh7110-sys-pinctrl", PINS, 0x10000, 0);
	sim_model(PINS, 0x10000, 0, &words_ops, &pins);
	(void)sim_device("clock-controller@10230000", "starfive,jh7110-stgcrg", STG, 0x10000, 0);
	sim_model(STG, 0x10000, 0, &words_ops, &stg);
	(void)sim_device("rng@1600c000", "starfive,jh7110-trng", TRNG, 0x4000, 0);
	sim_model(TRNG, 0x4000, 0, &words_ops, &trng);
	(void)sim_device("watchdog@13070000", "starfive,jh7110-wdt", WDT, 0x10000, 0);
	sim_model(WDT, 0x10000, 0, &words_ops, &wdt);
	n = sim_device("mmc@16020000", "snps,dw-mshc", MSHC, 0x10000, 0);
	sim_prop(n, "clocks", 3, 92, 3, 94);
	sim_prop(n, "resets", 3, 65);
	sim_model(MSHC, 0x10000, 0, &words_ops, &mshc);
	mshc.gated_by_crg = true;
	mshc.word[CTRL / 4] = IDMAC | DMA | 0x10;
	mshc.word[BMOD / 4] = ENABLED | 2;
	mshc.word[DBADDR / 4] = 0x80001000;
	crg.word[92] = crg.word[94] = 1u << 31;
	return n;
}

static struct iomem *io;
static u64 off, value;
static unsigned width;
static bool writes;

static void access(void)
{
	switch (width + writes) {
	case 1:
		(void)iomem_read8(io, off);
		break;
	case 2:
		writes ? iomem_write8(io, off, (u8)value) : (void)iomem_read16(io, off);
		break;
	case 3:
		iomem_write16(io, off, (u16)value);
		break;
	case 4:
		(void)iomem_read32(io, off);
		break;
	case 5:
		iomem_write32(io, off, (u32)value);
		break;
	case 8:
		(void)iomem_read64(io, off);
		break;
	default:
		iomem_write64(io, off, value);
		break;
	}
}

static bool reads_at(u64 at, unsigned w)
{
	off = at;
	width = w;
	writes = false;
	return !sim_panics(access);
}

static bool writes_at(u64 at, unsigned w, u64 v)
{
	off = at;
	width = w;
	value = v;
	writes = true;
	return !sim_panics(access);
}

/*
 * Which words may be read, from the tables here and nowhere else; beyond them nothing of any width.
 */
struct range {
	u32 from, to;
};
static void only_these(unsigned d, const struct range *r, unsigned n)
{
	u32 at;

	io = device_iomem(dev[d], 0);
	CHECK(io && !device_iomem(dev[d], 1));
	for (at = 0; at < SIZE + 8; at += 4) {
		bool good = false;
		unsigned i;
		for (i = 0; i < n; i++)
			good |= at >= r[i].from && at < r[i].to;
		CHECK(reads_at(at, 4) == good);
		if (!good)
			CHECK(!writes_at(at, 4, 0) && !reads_at(at, 1) && !reads_at(at + 2, 2) &&
				!writes_at(at + 3, 1, 0) && !writes_at(at, 2, 0));
		if (!good && at % 8 == 0)
			CHECK(!reads_at(at, 8) && !writes_at(at, 8, 0));
		CHECK(!reads_at(at + 1, 4) && !reads_at(at + 1, 2) && !writes_at(at + 2, 4, 0));
	}
	CHECK(!reads_at(0x10000, 4) && !reads_at(~3ul, 4) && !reads_at(~0ul, 1) &&
		!reads_at(1ul << 32, 4));
}

MODEL_TEST(registers_with_bus_addresses_are_out_of_reach)
{
	static const struct range reach[] = { { 0, 0x80 }, { 0x100, 0x104 }, { 0x200, 0x204 } };

	machine();
	sim_boot();
	only_these(0, reach, ARRAY_LEN(reach));
	CHECK(!reads_at(0x78, 4) || reads_at(0x78, 8));
	CHECK(!reads_at(0x80, 8) && !reads_at(0x200, 8) && !reads_at(0x100, 8));
}

MODEL_TEST(dma_is_not_switched_on)
{
	u32 bit;

	machine();
	sim_boot();
	io = device_iomem(dev[0], 0);
	for (bit = 0; bit < 32; bit++)
		CHECK(writes_at(CTRL, 4, 0x10 ^ 1u << bit) == (bit != 5 && bit != 25));
	CHECK(!writes_at(CTRL, 1, 0x30) && !writes_at(CTRL, 2, 0x30) && !writes_at(3, 1, 2) &&
		!writes_at(CTRL, 8, IDMAC) && !writes_at(CTRL, 4, IDMAC | DMA));
}

MODEL_TEST(what_firmware_armed_is_disarmed)
{
	machine();
	sim_boot();
	CHECK(mshc.word[BMOD / 4] == 0 && mshc.word[CTRL / 4] == 0x10 &&
		mshc.word[DBADDR / 4] == 0 && device_iomem(dev[0], 0));
}

/* Nobody else opens it before services could write to the device without anybody seeing. */
MODEL_TEST(also_behind_a_closed_gate)
{
	machine();
	crg.word[92] = 0;
	sim_boot();
	CHECK(crg.word[92] == 1u << 31 && mshc.word[BMOD / 4] == 0 && mshc.word[CTRL / 4] == 0x10 &&
		device_iomem(dev[0], 0));
}

MODEL_TEST(in_reset_nothing_is_touched)
{
	machine();
	crg.word[0x300 / 4] = 2;
	sim_boot();
	CHECK(!mshc.reads && !mshc.writes && device_iomem(dev[0], 0));
}

MODEL_TEST(what_stays_armed_has_no_window)
{
	machine();
	mshc.stuck = true;
	sim_boot();
	CHECK(!device_iomem(dev[0], 0) && sim_logged("refused"));
}

MODEL_TEST(without_clocks_in_the_tree)
{
	(void)sim_device("mmc@16020000", "snps,dw-mshc", MSHC, 0x10000, 0);
	sim_model(MSHC, 0x10000, 0, &words_ops, &mshc);
	mshc.word[BMOD / 4] = ENABLED;
	sim_boot();
	CHECK(!mshc.word[BMOD / 4] && device_iomem(dev[0], 0));
}

MODEL_TEST(windows_too_small_for_their_parts)
{
	(void)sim_device("mmc@16020000", "snps,dw-mshc", MSHC, 0x200, 0);
	(void)sim_device("clock-controller@13020000", "starfive,jh7110-syscrg", CRG, 0x300, 0);
	sim_boot();
	CHECK(!device_iomem(dev[0], 0) && !device_iomem(dev[1], 0));
}

/* Of each of these words the bits of @change may be changed, with 32 bits, and no others. */
struct changes {
	u32 at, change;
};
static void only_these_bits(struct words *w, const struct changes *c, unsigned n)
{
	u32 i, bit;

	for (i = 0; i < n; i++) {
		u32 v = w->word[c[i].at / 4];
		for (bit = 0; bit < 32; bit++)
			CHECK(writes_at(c[i].at, 4, v ^ 1u << bit) == (c[i].change >> bit & 1));
		CHECK(writes_at(c[i].at, 4, v) && writes_at(c[i].at, 4, v ^ c[i].change));
		CHECK(!writes_at(c[i].at, 1, v) && !writes_at(c[i].at, 2, v) &&
			(c[i].at % 8 || !writes_at(c[i].at, 8, v)));
	}
}

MODEL_TEST(clocks_and_resets_of_others)
{
	static const struct range reach[] = { { 0x14, 0x20 }, { 0x16c, 0x17c }, { 0x1e8, 0x1f0 },
		{ 0x300, 0x304 }, { 0x310, 0x318 } };
	static const struct changes words[] = {
		{ 0x14, 0 },
		{ 0x18, 0 },
		{ 0x1c, 0 },
		{ 0x16c, 1u << 31 },
		{ 0x170, 1u << 31 },
		{ 0x174, 1u << 31 | 15 },
		{ 0x178, 1u << 31 | 15 },
		{ 0x1e8, 1u << 31 },
		{ 0x1ec, 1u << 31 },
		{ 0x300, 3 },
		{ 0x310, 0 },
		{ 0x314, 0 },
	};
	u32 i;

	machine();
	for (i = 0; i < SIZE / 4; i++)
		crg.word[i] ^= 0x00560008;
	sim_boot();
	only_these(1, reach, ARRAY_LEN(reach));
	only_these_bits(&crg, words, ARRAY_LEN(words));
}

MODEL_TEST(clocks_and_resets_of_the_security_unit)
{
	static const struct range reach[] = { { 0x3c, 0x44 }, { 0x74, 0x7c } };
	static const struct changes words[] = { { 0x3c, 1u << 31 }, { 0x40, 1u << 31 }, { 0x74, 8 },
		{ 0x78, 0 } };

	machine();
	stg.word[0x74 / 4] = 0x5a5a50;
	stg.word[0x38 / 4] = stg.word[0x44 / 4] = 1u << 31;
	sim_boot();
	CHECK(stg.word[0x74 / 4] == 0x5a5a58 && stg.word[0x3c / 4] == 1u << 31 &&
		stg.word[0x40 / 4] == 1u << 31 && stg.writes == 3);
	only_these(4, reach, ARRAY_LEN(reach));
	only_these_bits(&stg, words, ARRAY_LEN(words));
}

MODEL_TEST(what_is_not_reset_has_no_window)
{
	machine();
	stg.word[0x78 / 4] = 8;
	sim_boot();
	CHECK(!device_iomem(dev[4], 0) && sim_logged("refused"));
}

MODEL_TEST(what_lies_behind_known_registers)
{
	static const struct range reach[] = { { 0, 0x68 } };

	machine();
	sim_boot();
	only_these(5, reach, 1);
	io = device_iomem(dev[6], 0);
	CHECK(reads_at(0xc00, 4) && !reads_at(0xc04, 4) && !writes_at(0xf00, 4, 1) &&
		!writes_at(0xf04, 4, 1));
}

MODEL_TEST(levels_and_settings_are_only_read)
{
	static const struct range pll[] = { { 0x2c, 0x38 } }, level[] = { { 0x118, 0x120 } };

	machine();
	sim_boot();
	only_these(2, pll, 1);
	CHECK(!writes_at(0x2c, 4, 1) && !writes_at(0x34, 4, 1u << 31));
	only_these(3, level, 1);
	CHECK(!writes_at(0x118, 4, 1) && !writes_at(0x11c, 4, 1));
}
