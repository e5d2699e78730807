// SPDX-License-Identifier: MPL-2.0
/*
 * kernel/drivers/rng/jh7110_trng.c and hwrng.c: what comes of a generator that works, of none, and
 * of one that is broken in some way.
 */
#include <kernel/file.h>
#include <kernel/hwrng.h>
#include <kernel/random.h>
#include <kernel/signal.h>
#include <kernel/thread.h>
#include <kernel/uio.h>
#include <kernel/vfs.h>
#include <uapi/fs.h>

#include "jh7110_trng.h"

#define BASE   0x1600c000ul
#define SIZE   0x4000ul
#define LINE   30u
#define MINUTE (60 * NSEC_PER_SEC)
#define BLOCK  32u
#define START  4u /* blocks that it is tried with */

/* ---- the rest of the kernel ---- */

OBJ_TYPE(thread, NULL_RELEASE);

static u8 seed[4096];
static size_t seed_len;
static const struct file_ops *hwrng;
static u8 out[4 << 20];
static size_t out_len, out_room;
static bool signals;

void random_seed(struct cspan in)
{
	CHECK(seed_len + in._n <= sizeof(seed));
	__builtin_memcpy(seed + seed_len, in._p, in._n);
	seed_len += in._n;
}

int chrdev_register(u32 major, u32 first, u32 count, struct lit name, u32 mode,
	const struct file_ops *ops)
{
	CHECK(major == 10 && first == 183 && count == 1 &&
		cspan_equal(lit_span(name), STR("hwrng")) && mode == (S_IFCHR | 0600));
	hwrng = ops;
	return 0;
}

size_t uio_put(struct uio *u, struct cspan src)
{
	size_t n = min(min(src._n, u->left), out_room - out_len);

	__builtin_memcpy(out + out_len, src._p, n);
	out_len += n;
	u->left -= n;
	return n;
}

bool signal_pending(struct thread *t)
{
	(void)t;
	return signals;
}

/* ---- the machine ---- */

static struct trng trng;
static struct dt_node *node;

static void plug(void)
{
	node = sim_device("rng@1600c000", "starfive,jh7110-trng", BASE, SIZE, LINE);
	sim_prop(node, "clocks", 5, 15, 5, 16);
	dt_add_prop(node, "clock-names", (const u8 *)"hclk\0ahb", sizeof("hclk\0ahb"));
	sim_prop(node, "resets", 5, 3);
	sim_model(BASE, SIZE, LINE, &trng_ops, &trng);
	jh7110_plug_stg();
}

/* With the generator as the test has made it. */
static void start(void)
{
	CHECK(!hwrng_init() && hwrng);
	sim_boot();
}

static void boot(void)
{
	jh7110_firmware();
	plug();
	start();
}

/* What a read of /dev/hwrng gives; never a hang. */
static ssize_t get(size_t n)
{
	struct uio u = { .left = n };
	u64 began = sim_now(), pos = 0;
	struct file f = { .mode = FMODE_READ };
	ssize_t r;

	out_len = 0;
	out_room = sizeof(out);
	r = hwrng->read(&f, &u, &pos);
	CHECK(sim_now() - began < NSEC_PER_SEC + n * 10000);
	CHECK(r < 0 || (size_t)r == out_len);
	return r;
}

/* Time passes, and the test goes on as a task of its own. */
static void later(u64 ns)
{
	sim_run(ns);
	sim_step(sim_now());
}

/* What is in @got are the model's blocks from the first on. */
static void same(const u8 *got, size_t n, u64 first)
{
	u32 word[8];
	size_t i;

	for (i = 0; i < n; i++) {
		if (i % BLOCK == 0)
			trng_words(first + i / BLOCK, word);
		CHECK(got[i] == (u8)(word[i % BLOCK / 4] >> i % 4 * 8));
	}
}

static bool trusted(void)
{
	return cspan_len(lit_span(hwrng_name())) != 0;
}

/* Not, and it is said once. */
static void is_out(const char *said)
{
	CHECK(!trusted() && get(8) == -ENODEV && sim_logged(said) && !sim_logged("driver failed"));
}

/* ---- it works ---- */

MODEL_TEST(it_seeds_the_kernel)
{
	boot();
	CHECK(trusted() && sim_logged("hwrng: seeds the random numbers") &&
		!sim_logged("not used") && !sim_logged("driver failed"));
	CHECK(seed_len == START * BLOCK && trng.nr_seeds == 1);
	same(seed, seed_len, 0);
	CHECK(!sim_irqs(LINE));
}

MODEL_TEST(also_as_firmware_used_it)
{
	jh7110_firmware();
	jh7110.sec.clock[0] = jh7110.sec.clock[1] = 1u << 31;
	jh7110.sec.asserted = jh7110.sec.held = 0x7fffff & ~8u;
	trng.seeded = true;
	trng.istat = 3;
	trng.mode = 8;
	trng.ie = 0x80000013;
	plug();
	start();
	CHECK(trusted() && seed_len == START * BLOCK);
}

MODEL_TEST(it_is_read)
{
	boot();
	CHECK(get(1000) == 1000);
	same(out, 1000, START);
	CHECK(get(5) == 5);
	same(out, 5, START + 32);
	CHECK(get(0) == 0 && trng.nr_blocks == START + 33);
}

MODEL_TEST(it_is_only_read)
{
	struct file f = { .mode = FMODE_READ };

	boot();
	CHECK(!hwrng->open(&f) && !hwrng->write && hwrng->lseek(&f, 100, 0) == 0);
	f.mode = FMODE_WRITE;
	CHECK(hwrng->open(&f) == -EINVAL);
	f.mode = FMODE_READ | FMODE_WRITE;
	CHECK(hwrng->open(&f) == -EINVAL);
}

MODEL_TEST(a_reader_faults_or_is_interrupted)
{
	struct uio u = { .left = 100 };
	struct file f = { .mode = FMODE_READ };
	u64 pos = 0;

	boot();
	out_room = 0;
	CHECK(hwrng->read(&f, &u, &pos) == -EFAULT);
	out_room = 40;
	u.left = 100;
	CHECK(hwrng->read(&f, &u, &pos) == 40);
	signals = true;
	CHECK(get(100) == BLOCK);
}

MODEL_TEST(a_seed_is_not_used_for_ever)
{
	boot();
	CHECK(get(4096 * BLOCK) == 4096 * BLOCK && trusted() && trng.nr_seeds == 5);
	same(out, 4096 * BLOCK, START);
}

MODEL_TEST(the_kernels_seed_is_made_fresh)
{
	boot();
	hwrng_refresh();
	later(MINUTE);
	hwrng_refresh();
	CHECK(seed_len == START * BLOCK);
	later(5 * MINUTE);
	hwrng_refresh();
	hwrng_refresh();
	CHECK(seed_len == (START + 1) * BLOCK);
	same(seed + START * BLOCK, BLOCK, START);
}

/* Two readers get different words, and neither a part of the other's. */
static u64 nr_read;
static void reader_run(struct obj *owner)
{
	struct uio u = { .left = 64 * BLOCK };
	struct file f = { .mode = FMODE_READ };
	u64 pos = 0;

	(void)owner;
	CHECK(hwrng->read(&f, &u, &pos) == 64 * BLOCK);
	nr_read++;
}
static const struct task_ops reader_ops = { .run = reader_run };

MODEL_TEST(two_readers)
{
	struct task *t;
	unsigned i;

	boot();
	out_room = sizeof(out);
	trng.slow_ns = 1140000; /* so long that they sleep, and it ends when only the other looks */
	for (i = 0; i < 2; i++) {
		t = task_new(&reader_ops, NULL, LIT("reader"));
		task_start(t);
		task_put(&t);
	}
	CHECK(sim_until(nr_read == 2, NSEC_PER_SEC) && trusted() && trng.nr_blocks == START + 128);
}

/* ---- there is none ---- */

MODEL_TEST(there_is_none)
{
	start();
	hwrng_refresh();
	CHECK(!trusted() && get(8) == -ENODEV && get(0) == 0 && !seed_len);
}

MODEL_TEST(there_is_one_already)
{
	static const struct hwrng_ops other = { .name = LIT("other") };

	boot();
	CHECK(hwrng_add(&other, NULL) == -EBUSY && trusted() && get(BLOCK) == BLOCK);
}

/* ---- it does not answer ---- */

MODEL_TEST(it_never_has_a_seed)
{
	trng.hangs_at = 1;
	boot();
	is_out("hwrng: does not work (error 110)");
	CHECK(!seed_len && sim_now() < NSEC_PER_SEC);
}

MODEL_TEST(it_never_has_numbers)
{
	trng.hangs_at = 2;
	boot();
	is_out("hwrng: does not work (error 110)");
	CHECK(!seed_len);
}

MODEL_TEST(it_is_busy_for_ever)
{
	trng.busy = true;
	boot();
	is_out("hwrng: does not work (error 110)");
}

MODEL_TEST(it_stops_while_it_is_read)
{
	trng.hangs_at = 1 + START + 3;
	boot();
	CHECK(trusted() && get(1000) == 2 * BLOCK);
	same(out, 2 * BLOCK, START);
	is_out("hwrng: does not work (error 110)");
	later(10 * MINUTE);
	hwrng_refresh();
	CHECK(seed_len == START * BLOCK);
}

MODEL_TEST(it_stops_before_a_fresh_seed)
{
	trng.hangs_at = 1 + START + 1;
	boot();
	later(10 * MINUTE);
	CHECK(trusted());
	hwrng_refresh();
	is_out("hwrng: does not work (error 110)");
	CHECK(seed_len == START * BLOCK);
}

MODEL_TEST(its_noise_stops_once)
{
	trng.lockup_at = 1 + START + 2;
	boot();
	CHECK(get(4 * BLOCK) == 4 * BLOCK && trusted() && trng.nr_seeds == 2);
	same(out, 4 * BLOCK, START);
}

MODEL_TEST(its_noise_stops_for_ever)
{
	trng.lockup_at = 1 + START + 2;
	trng.locked_up = true;
	boot();
	CHECK(get(4 * BLOCK) == BLOCK);
	is_out("hwrng: does not work (error 11)");
}

MODEL_TEST(it_has_no_noise)
{
	trng.lockup_at = 1;
	trng.locked_up = true;
	boot();
	is_out("hwrng: does not work (error 11)");
	CHECK(!seed_len);
}

/* ---- it repeats itself ---- */

static void all_zero(u64 block, u32 word[8])
{
	(void)block;
	__builtin_memset(word, 0, 32);
}
static void one_word(u64 block, u32 word[8])
{
	unsigned i;

	(void)block;
	for (i = 0; i < 8; i++)
		word[i] = 0xdeadbeef;
}
static void one_block(u64 block, u32 word[8])
{
	(void)block;
	trng_words(0, word);
}
static void good_then_one_block(u64 block, u32 word[8])
{
	trng_words(min(block, START + 1ul), word);
}
/* Three equal words, the last of a block and the first of the next. */
static void three_words(u64 block, u32 word[8])
{
	trng_words(block, word);
	if (block == START)
		word[6] = word[7] = 5;
	if (block == START + 1)
		word[0] = 5;
}
static void two_words(u64 block, u32 word[8])
{
	trng_words(block, word);
	word[3] = word[4];
	word[7] = (u32)block;
	if (block)
		word[0] = (u32)block - 1;
}

#define REPEATS(name, w)                                         \
	MODEL_TEST(name)                                         \
	{                                                        \
		trng.words = w;                                  \
		boot();                                          \
		is_out("hwrng: gives the same again and again"); \
		CHECK(seed_len < START * BLOCK);                 \
	}
REPEATS(nothing_but_zeroes, all_zero)
REPEATS(nothing_but_one_word, one_word)
REPEATS(nothing_but_one_block, one_block)

MODEL_TEST(it_begins_to_repeat_itself)
{
	trng.words = good_then_one_block;
	boot();
	CHECK(trusted() && get(1000) == 2 * BLOCK);
	same(out, 2 * BLOCK, START);
	is_out("hwrng: gives the same again and again");
}

MODEL_TEST(one_word_three_times)
{
	trng.words = three_words;
	boot();
	CHECK(get(1000) == BLOCK);
	is_out("hwrng: gives the same again and again");
}

MODEL_TEST(one_word_twice_is_chance)
{
	trng.words = two_words;
	boot();
	CHECK(get(100 * BLOCK) == 100 * BLOCK && trusted());
}

/* ---- clocks and resets ---- */

MODEL_TEST(its_reset_never_ends)
{
	jh7110_firmware();
	plug();
	jh7110.sec.deaf = true;
	start();
	CHECK(!trusted() && get(8) == -ENODEV && !trng.nr_commands &&
		sim_logged("driver failed with error 110") && sim_now() < NSEC_PER_SEC);
}

MODEL_TEST(what_firmware_armed_beside_it_is_reset)
{
	jh7110_firmware();
	jh7110.sec.clock[0] = jh7110.sec.clock[1] = 1u << 31;
	jh7110.sec.asserted = jh7110.sec.held = 0x7fffff & ~8u;
	jh7110.sec.dma_armed = true;
	plug();
	start();
	CHECK(!jh7110.sec.dma_armed && trusted());
}

MODEL_TEST(also_behind_closed_gates)
{
	jh7110_firmware();
	jh7110.sec.asserted = jh7110.sec.held = 0x7fffff & ~8u;
	jh7110.sec.dma_armed = true;
	plug();
	start();
	CHECK(!jh7110.sec.dma_armed && trusted());
}

MODEL_TEST(what_cannot_be_reset_is_not_switched_on)
{
	jh7110_firmware();
	jh7110.sec.asserted = jh7110.sec.held = 0x7fffff & ~8u;
	jh7110.sec.dma_armed = jh7110.sec.deaf = true;
	plug();
	start();
	CHECK(!trusted() && !trng.nr_commands && jh7110.sec.asserted & 8 &&
		sim_logged("has no driver:\nrng@1600c000"));
}

MODEL_TEST(a_window_too_small)
{
	jh7110_firmware();
	node = sim_device("rng@1600c000", "starfive,jh7110-trng", BASE, 0x40, LINE);
	sim_prop(node, "clocks", 5, 15, 5, 16);
	dt_add_prop(node, "clock-names", (const u8 *)"hclk\0ahb", sizeof("hclk\0ahb"));
	sim_prop(node, "resets", 5, 3);
	jh7110_plug_stg();
	start();
	CHECK(!trusted() && get(8) == -ENODEV && sim_logged("driver failed"));
}
