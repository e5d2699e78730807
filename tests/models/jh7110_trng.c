// SPDX-License-Identifier: MPL-2.0
#include "jh7110_trng.h"

enum {
	CTRL = 0x00,
	STAT = 0x04,
	MODE = 0x08,
	IE = 0x10,
	ISTAT = 0x14,
	RAND = 0x20,
	RAND_END = 0x40,
	AUTO_REQUESTS = 0x60,
	AUTO_AGE = 0x64
};
#define GENERATE    1u
#define SEED        2u
#define READY       1u
#define SEEDED      2u
#define LOCKUP      16u
#define R256        8u
#define GENERATE_NS 5000ul
#define SEED_NS     50000ul

void trng_words(u64 block, u32 word[8])
{
	u64 x = (block + 1) * 0x9e3779b97f4a7c15ul;
	unsigned i;

	for (i = 0; i < 8; i++) {
		x ^= x >> 29;
		x *= 0xbf58476d1ce4e5b9ul;
		word[i] = (u32)(x >> 32);
	}
}

/* What it does not do for a driver that did not switch it on. */
static struct trng *answering(void *m, u64 off, unsigned width)
{
	model_require(jh7110_sec_runs(), "the generator's %#lx, without clocks or in reset", off);
	model_require(width == 4, "the generator's %#lx with %u bytes", off, width);
	return m;
}

static u64 trng_read(void *m, u64 off, unsigned width)
{
	struct trng *t = answering(m, off, width);

	switch (off) {
	case STAT:
		return (t->seeded ? 1u << 9 : 0) | (t->mode & R256) |
			(t->doing == GENERATE || t->busy ? 1u << 30 : 0) |
			(t->doing == SEED ? 1u << 31 : 0);
	case MODE:
		return t->mode;
	case IE:
		return t->ie;
	case ISTAT:
		return t->istat;
	case AUTO_REQUESTS:
	case AUTO_AGE:
		return 0;
	}
	model_require(off >= RAND && off < RAND_END, "%#lx is no register of the generator to read",
		off);
	model_require(!t->doing && t->nr_blocks, "words are read that are not there");
	return t->rand[(off - RAND) / 4];
}

static void command(struct trng *t, u32 what)
{
	model_require(what == GENERATE || what == SEED, "no command: %u", what);
	model_require(!t->doing && !t->busy, "a command while one is under way");
	model_require(!(t->istat & (what == SEED ? SEEDED : READY)),
		"the end of the last command has not been cleared");
	model_require(what == SEED || t->seeded, "numbers without a seed");
	model_require(t->mode & R256, "numbers of 128 bits");
	t->doing = what;
	t->nr_commands++;
	t->done_at = t->hangs_at && t->nr_commands >= t->hangs_at
		? ~0ul
		: sim_now() + t->slow_ns + (what == SEED ? SEED_NS : GENERATE_NS);
}

static void trng_write(void *m, u64 off, unsigned width, u64 v)
{
	struct trng *t = answering(m, off, width);

	switch (off) {
	case CTRL:
		command(t, (u32)v);
		break;
	case MODE:
		model_require(!t->doing && !(v & ~(u64)R256), "mode %#lx", v);
		t->mode = (u32)v;
		break;
	case IE:
		model_require(!(v & ~0x80000013ul), "no event: %#lx", v);
		t->ie = (u32)v;
		break;
	case ISTAT:
		t->istat &= ~(u32)v;
		break;
	case AUTO_REQUESTS:
	case AUTO_AGE:
		model_require(!v, "seeds by itself while a command may be under way");
		break;
	default:
		model_fail("%#lx is no register of the generator to write", off);
	}
}

static bool trng_irq(void *m)
{
	struct trng *t = m;

	return t->ie >> 31 && (t->ie & t->istat);
}

static u64 trng_next(void *m)
{
	struct trng *t = m;

	return t->doing ? t->done_at : ~0ul;
}

static void finish(struct trng *t)
{
	u32 what = t->doing;

	/* Without noise it says so first, and comes to an end that is worth nothing. */
	if (t->seeds_nothing) {
		t->seeds_nothing = false;
		t->doing = 0;
		t->istat |= what == SEED ? SEEDED : READY;
		return;
	}
	if (t->lockup_at &&
		(t->locked_up ? t->nr_commands >= t->lockup_at : t->nr_commands == t->lockup_at)) {
		t->seeded = false;
		t->seeds_nothing = true;
		t->istat |= LOCKUP;
		t->done_at += GENERATE_NS;
		return;
	}
	t->doing = 0;
	if (what == SEED) {
		t->seeded = true;
		t->nr_seeds++;
		t->istat |= SEEDED;
		return;
	}
	(t->words ? t->words : trng_words)(t->nr_blocks++, t->rand);
	t->istat |= READY;
}

/* A reset ends everything, and takes the seed. */
static void trng_advance(void *m, u64 now)
{
	struct trng *t = m;

	if (!jh7110_sec_runs()) {
		t->mode = t->ie = t->istat = t->doing = 0;
		t->seeded = false;
	}
	if (t->doing && now >= t->done_at)
		finish(t);
}
const struct model_ops trng_ops = { .name = "trng",
	.read = trng_read,
	.write = trng_write,
	.irq = trng_irq,
	.next = trng_next,
	.advance = trng_advance };
