// SPDX-License-Identifier: MPL-2.0
/*
 * The JH7110's random number generator. On one command, noise seeds a deterministic generator in
 * the unit; on another one that generator returns 256 bits. (Registers and commands are those of
 * Linux's jh7110-trng.c and U-Boot's jh7110_rng.c; there is no public manual.)
 *
 * A command takes microseconds, so its end is polled for, with sleeps if it takes long. The
 * interrupt line is not used, but the interrupt enables are set as U-Boot sets them, which polls,
 * too: it is not documented whether the status shows events that are not enabled.
 */
#include <frame/device.h>
#include <frame/regs/jh7110.h>
#include <frame/task.h>
#include <frame/time.h>
#include <frame/wait.h>
#include <kernel/hwrng.h>
#include <kernel/supply.h>
#include <uapi/errno.h>

/* Registers. */
enum {
	JH7110_TRNG_CTRL = 0x00,
	JH7110_TRNG_STAT = 0x04,
	JH7110_TRNG_MODE = 0x08,
	JH7110_TRNG_IE = 0x10,
	JH7110_TRNG_ISTAT = 0x14,
	JH7110_TRNG_RAND = 0x20,
	JH7110_TRNG_AUTO_REQUESTS = 0x60,
	JH7110_TRNG_AUTO_AGE = 0x64,
};
#define CTRL_GENERATE 1u
#define CTRL_SEED     2u
#define STAT_BUSY     (3u << 30) /* generates, seeds */
#define MODE_256      (1u << 3)
#define EVENT_READY   (1u << 0)
#define EVENT_SEEDED  (1u << 1)
#define EVENT_LOCKUP  (1u << 4) /* the noise source has stopped: a new seed is required */
#define IE_ALL        (1u << 31 | EVENT_READY | EVENT_SEEDED | EVENT_LOCKUP)
/* Linux allows 1 ms, and 100 ms for a command in progress */
#define COMMAND_NS  (100 * NSEC_PER_MSEC)
#define SPIN_NS     (100 * NSEC_PER_USEC)
#define SEED_BLOCKS 1024u /* blocks that one seed is used for */
#define TRIES       3u

struct jh7110_trng {
	struct obj obj;
	struct iomem *io;
	u32 left; /* blocks until a new seed is due */
};
OBJ_TYPE(jh7110_trng, NULL_RELEASE);

static u32 trng_get(struct jh7110_trng *t, u64 reg)
{
	return iomem_read32(t->io, reg);
}

static void trng_set(struct jh7110_trng *t, u64 reg, u32 v)
{
	iomem_write32(t->io, reg, v);
}

/*
 * Waits until some of @bits of the register are set (@some), or all are clear. *@v: its last value.
 * Returns 0 or -ETIMEDOUT.
 */
static int trng_wait_for(struct jh7110_trng *t, u64 reg, u32 bits, bool some, u32 *v)
{
	u64 now = time_mono_ns(), deadline = now + COMMAND_NS, awake = now + SPIN_NS;

	for (;;) {
		*v = trng_get(t, reg);
		if (some == ((*v & bits) != 0))
			return 0;
		now = time_mono_ns();
		if (now > deadline)
			return -ETIMEDOUT;
		if (now > awake)
			(void)task_sleep_until(now + NSEC_PER_MSEC, WAIT_UNINTERRUPTIBLE);
	}
}

/*
 * Gives a command and polls for its event. Old events are cleared first. Returns 0, -ETIMEDOUT, or
 * -EAGAIN if the noise has stopped: then a new seed is required.
 */
static int command(struct jh7110_trng *t, u32 what, u32 event)
{
	u32 v = 0;
	int err = trng_wait_for(t, JH7110_TRNG_STAT, STAT_BUSY, false, &v);

	if (err)
		return err;
	trng_set(t, JH7110_TRNG_ISTAT, trng_get(t, JH7110_TRNG_ISTAT));
	trng_set(t, JH7110_TRNG_CTRL, what);
	err = trng_wait_for(t, JH7110_TRNG_ISTAT, event | EVENT_LOCKUP, true, &v);
	if (err)
		return err;
	trng_set(t, JH7110_TRNG_ISTAT, v);
	return v & EVENT_LOCKUP ? -EAGAIN : 0;
}

/*
 * Generates 256 bits; seeds the unit first if it has generated SEED_BLOCKS blocks, or if the last
 * command failed.
 */
static int generate(struct jh7110_trng *t)
{
	int err = t->left ? 0 : command(t, CTRL_SEED, EVENT_SEEDED);

	if (err)
		return err;
	if (!t->left)
		t->left = SEED_BLOCKS;
	err = command(t, CTRL_GENERATE, EVENT_READY);
	t->left = err ? 0 : t->left - 1;
	return err;
}

static int trng_read(struct obj *owner, struct hwrng_block *out)
{
	struct jh7110_trng *t = obj_cast(jh7110_trng, owner);
	u32 i, tries = 0;
	int err;

	do
		err = generate(t);
	while (err == -EAGAIN && ++tries < TRIES);
	for (i = 0; !err && i < ARRAY_LEN(out->word); i++)
		out->word[i] = trng_get(t, JH7110_TRNG_RAND + 4ul * i);
	return err;
}
static const struct hwrng_ops trng_ops = { .name = LIT("jh7110-trng"), .read = trng_read };

/* ---- probe ---- */

struct trng_supplies {
	struct clk hclk, ahb;
	struct reset reset;
};

static int trng_find_supplies(struct dt_node *n, struct trng_supplies *s)
{
	int err = supply_clk(n, LIT("hclk"), &s->hclk);

	if (!err)
		err = supply_clk(n, LIT("ahb"), &s->ahb);
	return err ? err : supply_reset(n, 0, &s->reset);
}

static int trng_switch_on(const struct trng_supplies *s)
{
	int err = clk_enable(&s->hclk, true);

	if (!err)
		err = clk_enable(&s->ahb, true);
	return err ? err : reset_set(&s->reset, false);
}

/* Automatic reseeding is off: the seeds are counted here. */
static void trng_set_up(struct jh7110_trng *t)
{
	trng_set(t, JH7110_TRNG_AUTO_AGE, 0);
	trng_set(t, JH7110_TRNG_AUTO_REQUESTS, 0);
	trng_set(t, JH7110_TRNG_ISTAT, trng_get(t, JH7110_TRNG_ISTAT));
	trng_set(t, JH7110_TRNG_IE, IE_ALL);
	trng_set(t, JH7110_TRNG_MODE, trng_get(t, JH7110_TRNG_MODE) | MODE_256);
}

static int trng_probe(struct device *dev, u32 quirk)
{
	struct trng_supplies s = { .reset.number = 0 };
	struct iomem *io = device_iomem(dev, 0);
	struct jh7110_trng *t;
	int err = trng_find_supplies(device_node(dev), &s);

	(void)quirk;
	if (err)
		return err;
	t = obj_new(jh7110_trng);
	if (!t)
		return -ENOMEM;
	t->io = io;
	err = io && iomem_size(io) >= JH7110_TRNG_END ? trng_switch_on(&s) : -EINVAL;
	if (!err) {
		trng_set_up(t);
		err = hwrng_add(&trng_ops, &t->obj);
	}
	obj_put(&t);
	return err;
}
static const struct dt_match trng_match[] = { { LIT("starfive,jh7110-trng"), .quirk = 0 } };
DRIVER(jh7110_trng, trng_match, trng_probe);
