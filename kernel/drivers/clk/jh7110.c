// SPDX-License-Identifier: MPL-2.0
/*
 * Clocks, resets and pins of the JH7110: the clocks and resets of the system domain and the
 * system-top group that the frame lets a driver touch (those of the storage hosts, the watchdog and
 * the security unit), and the levels of pins.
 *
 * Each clock has a register: bit 31 opens its gate, bits 23:0 are the divider. Each reset has a bit
 * in the registers for assertion and for status. Numbers are those of the devicetree binding
 * (starfive,jh7110-crg.h).
 *
 * The card clocks come from PLL2 through two dividers that are only read. The rate of PLL2 is in
 * registers of the system controller.
 */
#include <frame/regs/jh7110.h>
#include <frame/sync.h>
#include <frame/time.h>
#include <frame/wait.h>
#include <kernel/supply.h>

enum { RESET_STATE_FIRST = 64, RESET_STATE_LAST = 127 };
#define GATE          (1u << 31)
#define DIVIDER       0xffffffu
#define MUX(word)     ((word) >> 24 & 15)
#define FROM_PLL2     1u
#define CARD_DIV_MOST 15u
#define PLL2_MOST     1300000000ul /* the highest rate known, used without its node */
#define RESET_NS      (100 * NSEC_PER_MSEC)

struct jh7110_crg {
	struct obj obj;
	struct iomem *io;
	struct spinlock lock; /* registers are read, modified and written */
	struct clk osc, pll2;
};
OBJ_TYPE(jh7110_crg, NULL_RELEASE);

static u32 word(struct jh7110_crg *c, u32 clock)
{
	return iomem_read32(c->io, 4ul * clock);
}

/*
 * Changes bits of a register. The lock makes the read and the write one step: the reset registers
 * are shared by several devices.
 */
static void jh7110_change(struct jh7110_crg *c, u64 off, u32 clear, u32 set)
{
	spin_lock(&c->lock);
	iomem_write32(c->io, off, (iomem_read32(c->io, off) & ~clear) | set);
	spin_unlock(&c->lock);
}

static bool is_card_clock(u32 number)
{
	return number == JH7110_SDIO0_CARD || number == JH7110_SDIO1_CARD;
}

static int gate(struct obj *owner, u32 number, bool on)
{
	jh7110_change(obj_cast(jh7110_crg, owner), 4ul * number, GATE, on ? GATE : 0);
	return 0;
}

/*
 * Only the clocks of the storage hosts and the watchdog can be switched; the frame lets drivers
 * touch no others. An enabled clock is never counted: each of them has one user.
 */
static int sys_enable(struct obj *owner, u32 number, bool on)
{
	if ((number < JH7110_SDIO0_AHB || number > JH7110_SDIO1_CARD) && number != JH7110_WDT_APB &&
		number != JH7110_WDT_CORE)
		return -EINVAL;
	return gate(owner, number, on);
}

static u64 divided(u64 hz, u32 divider)
{
	return divider ? hz / divider : 0;
}

/* The rate from which the card clocks are divided. */
static u64 card_parent(struct jh7110_crg *c)
{
	u64 hz = MUX(word(c, JH7110_BUS_ROOT)) == FROM_PLL2 ? clk_rate(&c->pll2)
							    : clk_rate(&c->osc);

	return divided(hz ? hz : PLL2_MOST, word(c, JH7110_AXI_CFG0) & DIVIDER);
}

static u64 sys_rate(struct obj *owner, u32 number)
{
	struct jh7110_crg *c = obj_cast(jh7110_crg, owner);

	return is_card_clock(number) ? divided(card_parent(c), word(c, number) & DIVIDER) : 0;
}

/*
 * The divider is chosen so that the rate is at most @most; the lowest rate if that is not possible.
 */
static u64 sys_set_rate(struct obj *owner, u32 number, u64 most)
{
	struct jh7110_crg *c = obj_cast(jh7110_crg, owner);
	u64 hz, div;

	if (!is_card_clock(number))
		return 0;
	hz = card_parent(c);
	div = most ? clamp((hz + most - 1) / most, 1ul, (u64)CARD_DIV_MOST) : CARD_DIV_MOST;
	jh7110_change(c, 4ul * number, CARD_DIV_MOST, (u32)div);
	return hz / div;
}

/* ---- resets ---- */

static bool is_held(struct jh7110_crg *c, u64 states, u32 number)
{
	return !(iomem_read32(c->io, states + number / 32 * 4) >> number % 32 & 1);
}

/*
 * Changes a reset and waits until the status bit follows. The pauses are short, because a reset
 * takes some clocks of the unit; without its clock it may never end, hence the deadline.
 */
static int set_reset(struct obj *owner, u64 resets, u64 states, u32 number, bool asserted)
{
	struct jh7110_crg *c = obj_cast(jh7110_crg, owner);
	u64 deadline = time_mono_ns() + RESET_NS;
	u32 bit = 1u << number % 32;

	jh7110_change(c, resets + number / 32 * 4, bit, asserted ? bit : 0);
	while (is_held(c, states, number) != asserted) {
		if (time_mono_ns() > deadline)
			return -ETIMEDOUT;
		(void)task_sleep_until(time_mono_ns() + 10 * NSEC_PER_USEC, WAIT_UNINTERRUPTIBLE);
	}
	return 0;
}

static int sys_set_reset(struct obj *owner, u32 number, bool asserted)
{
	return number == JH7110_RESET_SDIO0 || number == JH7110_RESET_SDIO1
		? set_reset(owner, JH7110_RESETS, JH7110_STATES, number, asserted)
		: -EINVAL;
}

static bool sys_in_reset(struct obj *owner, u32 number)
{
	return number >= RESET_STATE_FIRST && number <= RESET_STATE_LAST &&
		is_held(obj_cast(jh7110_crg, owner), JH7110_STATES, number);
}
static const struct supply_ops sys_ops = { .enable = sys_enable,
	.rate = sys_rate,
	.set_rate = sys_set_rate,
	.set_reset = sys_set_reset,
	.in_reset = sys_in_reset };

/* ---- the system-top group ---- */

static int stg_enable(struct obj *owner, u32 number, bool on)
{
	return number == JH7110_STG_SEC_AHB || number == JH7110_STG_SEC_MISC
		? gate(owner, number, on)
		: -EINVAL;
}

static int stg_set_reset(struct obj *owner, u32 number, bool asserted)
{
	return number == JH7110_STG_RESET_SEC
		? set_reset(owner, JH7110_STG_RESETS, JH7110_STG_STATES, number, asserted)
		: -EINVAL;
}
static const struct supply_ops stg_ops = { .enable = stg_enable, .set_reset = stg_set_reset };

/* ---- both groups ---- */

static int add_crg(struct device *dev, const struct supply_ops *ops, const struct clk *osc,
	const struct clk *pll2)
{
	struct jh7110_crg *c = obj_new(jh7110_crg);
	int err;

	if (!c)
		return -ENOMEM;
	c->io = device_iomem(dev, 0);
	c->osc = *osc;
	c->pll2 = *pll2;
	err = c->io ? supply_add(device_node(dev), ops, &c->obj) : -EINVAL;
	obj_put(&c);
	return err;
}

/*
 * The parents are read from the devicetree. If they exist but are not probed yet, the probe is
 * deferred; without them the highest known rate is assumed.
 */
static int sys_probe(struct device *dev, u32 quirk)
{
	struct dt_node *n = device_node(dev);
	struct clk osc, pll2;

	(void)quirk;
	if (supply_clk(n, LIT("osc"), &osc) == -EPROBE_DEFER ||
		supply_clk(n, LIT("pll2_out"), &pll2) == -EPROBE_DEFER)
		return -EPROBE_DEFER;
	return add_crg(dev, &sys_ops, &osc, &pll2);
}
static const struct dt_match sys_match[] = { { LIT("starfive,jh7110-syscrg"), .quirk = 0 } };
DRIVER(jh7110_crg, sys_match, sys_probe);

static int stg_probe(struct device *dev, u32 quirk)
{
	const struct clk none = { .number = 0 };

	(void)quirk;
	return add_crg(dev, &stg_ops, &none, &none);
}
static const struct dt_match stg_match[] = { { LIT("starfive,jh7110-stgcrg"), .quirk = 0 } };
DRIVER(jh7110_stgcrg, stg_match, stg_probe);

/* ---- PLL2 ---- */

#define PLL2          2u
#define PLL2_FRACTION 0x30
#define WHOLE         (3u << 15) /* both bits: there is no fraction */
#define FRACTION_BITS 24
#define FEEDBACK_MOST 0xfffu

struct jh7110_pll {
	struct obj obj;
	struct iomem *io;
	struct clk osc;
};
OBJ_TYPE(jh7110_pll, NULL_RELEASE);

/*
 * The rate of the PLL: the oscillator's, divided by the predivider, multiplied by a factor with a
 * fraction of 24 bits, and shifted by the postdivider.
 */
static u64 pll_rate(struct obj *owner, u32 number)
{
	struct jh7110_pll *p = obj_cast(jh7110_pll, owner);
	u32 feedback, fraction, before;
	u64 times; /* in units of 2^-24 */

	if (number != PLL2)
		return 0;
	feedback = iomem_read32(p->io, JH7110_PLL2_FEEDBACK);
	fraction = iomem_read32(p->io, PLL2_FRACTION);
	before = iomem_read32(p->io, JH7110_PLL2_PREDIVIDER) & 63;
	times = (u64)(feedback >> 17 & FEEDBACK_MOST) << FRACTION_BITS;
	if ((feedback & WHOLE) != WHOLE)
		times |= fraction & ((1u << FRACTION_BITS) - 1);
	/* In kHz the product has 36 + 15 bits. */
	return before ? (clk_rate(&p->osc) / 1000 * times >> FRACTION_BITS) * 1000 / before >>
			(fraction >> 28 & 3)
		      : 0;
}
static const struct supply_ops pll_ops = { .rate = pll_rate };

/*
 * The PLL's node, to which other nodes refer, is a child of the system controller's, which has the
 * registers.
 */
static struct dt_node *pll_node(struct device *dev)
{
	struct dt_node *n = dt_first_child(device_node(dev));

	while (n && !dt_compatible(n, STR("starfive,jh7110-pll")))
		n = dt_next_sibling(n);
	return n;
}

static int pll_probe(struct device *dev, u32 quirk)
{
	struct dt_node *n = pll_node(dev);
	struct jh7110_pll *p;
	struct clk osc;
	int err;

	(void)quirk;
	if (!n)
		return -ENODEV;
	p = obj_new(jh7110_pll);
	if (!p)
		return -ENOMEM;
	err = supply_clk_nth(n, 0, &osc);
	p->osc = osc;
	if (!err && !(p->io = device_iomem(dev, 0)))
		err = -EINVAL;
	if (!err)
		err = supply_add(n, &pll_ops, &p->obj);
	obj_put(&p);
	return err;
}
static const struct dt_match pll_match[] = { { LIT("starfive,jh7110-sys-syscon"), .quirk = 0 } };
DRIVER(jh7110_pll, pll_match, pll_probe);

/* ---- pins ---- */

#define NR_PINS 64u

struct jh7110_pins {
	struct obj obj;
	struct iomem *io;
};
OBJ_TYPE(jh7110_pins, NULL_RELEASE);

static bool pins_level(struct obj *owner, u32 pin)
{
	struct jh7110_pins *p = obj_cast(jh7110_pins, owner);

	return pin < NR_PINS &&
		iomem_read32(p->io, JH7110_PIN_LEVELS + pin / 32 * 4) >> pin % 32 & 1;
}
static const struct supply_ops pins_ops = { .level = pins_level };

static int pins_probe(struct device *dev, u32 quirk)
{
	struct iomem *io = device_iomem(dev, 0);
	struct jh7110_pins *p;
	int err;

	(void)quirk;
	if (!io)
		return -EINVAL;
	p = obj_new(jh7110_pins);
	if (!p)
		return -ENOMEM;
	p->io = io;
	err = supply_add(device_node(dev), &pins_ops, &p->obj);
	obj_put(&p);
	return err;
}
static const struct dt_match pins_match[] = { { LIT("starfive,jh7110-sys-pinctrl"), .quirk = 0 } };
DRIVER(jh7110_pins, pins_match, pins_probe);
