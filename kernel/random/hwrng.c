// SPDX-License-Identifier: MPL-2.0
/*
 * /dev/hwrng, and seeds for the kernel's random generator (kernel/hwrng.h).
 *
 * A unit that fails is not used any more: one that returns an error, the same block twice, or the
 * same word three times in a row. The last is the repetition count test of NIST SP 800-90B, 4.4.1;
 * with good words it fails once in 2^64. There is no task for seeding: a request for random numbers
 * reads a block if the last seed is older than REFRESH_NS.
 */
#include <frame/log.h>
#include <frame/sync.h>
#include <frame/time.h>
#include <kernel/chrdev.h>
#include <kernel/file.h>
#include <kernel/hwrng.h>
#include <kernel/random.h>
#include <kernel/signal.h>
#include <kernel/thread.h>
#include <kernel/uio.h>
#include <uapi/fs.h>

#define REPEATS_MOST 2u
#define START_BLOCKS 4u
#define REFRESH_NS   (300 * NSEC_PER_SEC)

static struct mutex lock;            /* guards the following */
static const struct hwrng_ops *unit; /* NULL: no unit is trusted */
static struct obj *unit_owner;       /* a reference, kept for good */
static struct hwrng_block last;
static u32 repeats; /* how many times in a row the last word has come */
static u64 refresh_at;

/* The repetition tests; remembers the block for the next call. lock held. */
static bool looks_random(const struct hwrng_block *b)
{
	u32 i, word = last.word[ARRAY_LEN(last.word) - 1];
	bool good = !cspan_equal(value_cspan(b), value_cspan(&last));

	for (i = 0; i < ARRAY_LEN(b->word); i++) {
		repeats = b->word[i] == word ? repeats + 1 : 1;
		word = b->word[i];
		good = good && repeats <= REPEATS_MOST;
	}
	last = *b;
	return good;
}

/* Stops using the unit and logs the reason. lock held. */
static void distrust(int err)
{
	store_once(unit, NULL);
	if (err)
		log_warn("hwrng: does not work (error %d), not used any more", -err);
	else
		log_warn("hwrng: gives the same again and again, not used any more");
}

/* Reads a block and tests it. Returns 0, -ENODEV, or -EIO if the unit has failed. lock held. */
static int next_locked(struct hwrng_block *out)
{
	int err;

	if (!unit)
		return -ENODEV;
	err = unit->read(unit_owner, out);
	if (err || !looks_random(out)) {
		distrust(err);
		return -EIO;
	}
	return 0;
}

static int next_block(struct hwrng_block *out)
{
	int err;

	mutex_lock(&lock);
	err = next_locked(out);
	mutex_unlock(&lock);
	return err;
}

/* ---- seeds ---- */

static int seed_locked(void)
{
	struct hwrng_block b = { 0 };
	int err = next_locked(&b);

	if (!err)
		random_seed(value_cspan(&b));
	store_once(refresh_at, time_mono_ns() + REFRESH_NS);
	span_fill(value_span(&b), 0);
	return err;
}

/*
 * Does nothing if another task has the lock: it may be seeding, and a request for random numbers
 * must not wait for a slow unit.
 */
void hwrng_refresh(void)
{
	if (!load_once(unit) || time_mono_ns() < load_once(refresh_at) || !mutex_trylock(&lock))
		return;
	(void)seed_locked();
	mutex_unlock(&lock);
}

/*
 * The unit is used at once: it seeds the generator with START_BLOCKS blocks. After a unit has
 * failed, another one may be added.
 */
int hwrng_add(const struct hwrng_ops *ops, struct obj *owner)
{
	u32 i;
	int err = 0;

	mutex_lock(&lock);
	if (unit) {
		err = -EBUSY;
	} else {
		obj_put_any(&unit_owner);
		unit_owner = obj_get_any(owner);
		store_once(unit, ops);
		last = (struct hwrng_block){ 0 };
		repeats = 0;
	}
	for (i = 0; i < START_BLOCKS && !err && unit; i++)
		(void)seed_locked();
	if (!err && unit)
		log_info("hwrng: seeds the random numbers");
	mutex_unlock(&lock);
	return err;
}

struct lit hwrng_name(void)
{
	const struct hwrng_ops *ops = load_once(unit);

	return ops ? ops->name : LIT("");
}

/* ---- /dev/hwrng ---- */

static int hwrng_open(struct file *f)
{
	return f->mode & FMODE_WRITE || !(f->mode & FMODE_READ) ? -EINVAL : 0;
}

/* Each block is tested before it is passed on. A signal ends the read after the first block. */
static ssize_t hwrng_read(struct file *f, struct uio *u, u64 *pos)
{
	struct hwrng_block b = { 0 };
	ssize_t done = 0;
	size_t n, want;
	int err = 0;

	(void)f;
	(void)pos;
	while (u->left && !err && !(done && signal_pending(thread_current()))) {
		err = next_block(&b);
		if (err)
			break;
		want = min(u->left, sizeof(b));
		n = uio_put(u, cspan_first(value_cspan(&b), want));
		done += (ssize_t)n;
		err = n < want ? -EFAULT : 0;
		task_cond_resched();
	}
	span_fill(value_span(&b), 0);
	return done ? done : err;
}

static s64 hwrng_lseek(struct file *f, s64 off, u32 whence)
{
	(void)f;
	(void)off;
	(void)whence;
	return 0;
}
static const struct file_ops hwrng_file_ops = {
	.open = hwrng_open, .read = hwrng_read, .lseek = hwrng_lseek
};

int hwrng_init(void)
{
	return chrdev_register(10, 183, 1, LIT("hwrng"), S_IFCHR | 0600, &hwrng_file_ops);
}
