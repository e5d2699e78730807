// SPDX-License-Identifier: MPL-2.0
/*
 * The random generator: ChaCha20 (RFC 8439) with fast key erasure. See random(7), getrandom(2).
 *
 * How it works. There is one key. Each request runs the cipher once with it: the first 32 bytes of
 * the stream replace the key at once, the next 32 are the key of the request, whose stream is the
 * result. So a key that leaks later reveals no numbers given out before. Small requests
 * (random_u64) are served from a block of each CPU, filled in the same way and wiped as it is used.
 * Entropy is mixed into the key by random_mix; a generation counter then makes the CPUs discard
 * their blocks.
 *
 * Entropy comes from the boot loader, the machine's own generator (kernel/hwrng.h), the time
 * counter, and writers of /dev/random. Only the first two count towards the seed.
 *
 * Locking: `lock`, taken in interrupts, guards the key. A block is used by its CPU only, with
 *          interrupts off. Context of all functions: any, unless stated otherwise.
 */
#include <frame/boot.h>
#include <frame/cpu.h>
#include <frame/log.h>
#include <frame/sync.h>
#include <frame/time.h>
#include <kernel/hwrng.h>
#include <kernel/random.h>
#include <kernel/syscall.h>
#include <kernel/thread.h>
#include <kernel/uaccess.h>

#include "chacha.h"

static struct spinlock lock;
static struct chacha_key key;
static u64 seeded;     /* bytes of seed that are secret */
static u64 generation; /* incremented by each mix: older blocks of CPUs are discarded */

#define CACHE_WORDS 8
struct random_cache {
	u64 w[CACHE_WORDS];
	u32 left;
	u64 generation;
};
static struct random_cache caches[MAX_CPUS];

/* Derives the key of one request and replaces the generator's key in the same step. */
static void derive_key(struct chacha_key *request)
{
	struct chacha_block b = { 0 };
	u64 irq = spin_lock_irqsave(&lock);
	u32 i;

	key.w[0] ^= (u32)time_cycles(); /* the time of a request is slightly unpredictable */
	chacha_block(&key, 0, &b);
	for (i = 0; i < KEY_WORDS; i++) {
		key.w[i] = b.w[i];
		request->w[i] = b.w[KEY_WORDS + i];
	}
	spin_unlock_irqrestore(&lock, irq);
	span_fill(value_span(&b), 0);
}

void random_bytes(struct span out)
{
	struct chacha_key k = { 0 };
	struct chacha_block b = { 0 };
	u64 counter = 0;
	size_t done = 0;

	derive_key(&k);
	while (done < span_len(out)) {
		chacha_block(&k, counter++, &b);
		done += span_copy(span_from(out, done), value_cspan(&b));
	}
	span_fill(value_span(&k), 0);
	span_fill(value_span(&b), 0);
}

/*
 * Fills the CPU's block. The generation is read before the key: a mix in between makes the block
 * outdated rather than too new. Interrupts off.
 */
static void random_refill(struct random_cache *c)
{
	struct chacha_key k = { 0 };
	struct chacha_block b = { 0 };
	u32 i;

	c->generation = load_once(generation);
	derive_key(&k);
	chacha_block(&k, 0, &b);
	for (i = 0; i < CACHE_WORDS; i++)
		c->w[i] = b.w[2 * i] | (u64)b.w[2 * i + 1] << 32;
	c->left = CACHE_WORDS;
	span_fill(value_span(&k), 0);
	span_fill(value_span(&b), 0);
}

u64 random_u64(void)
{
	u64 irq = irq_save();
	struct random_cache *const c = array_at(caches, cpu_id());
	u64 v;

	if (!c->left || c->generation != load_once(generation))
		random_refill(c);
	c->left--;
	v = c->w[c->left];
	c->w[c->left] = 0;
	irq_restore(irq);
	return v;
}

/*
 * The new key is the stream of (old key xor material), so it is not weaker than the old key, even
 * if an attacker chose the material. Material is mixed in pieces of the key's size.
 */
void random_mix(struct cspan in)
{
	struct chacha_key part = { 0 };
	struct chacha_block b = { 0 };
	size_t off;
	u32 i;
	u64 irq;

	for (off = 0; off < cspan_len(in); off += sizeof(part)) {
		part = (struct chacha_key){ 0 };
		span_copy(value_span(&part), cspan_from(in, off));
		irq = spin_lock_irqsave(&lock);
		for (i = 0; i < KEY_WORDS; i++)
			*array_at(part.w, i) ^= key.w[i];
		chacha_block(&part, 1, &b);
		for (i = 0; i < KEY_WORDS; i++)
			key.w[i] = b.w[i];
		generation++;
		spin_unlock_irqrestore(&lock, irq);
	}
	span_fill(value_span(&b), 0);
}

/*
 * The count is a hint for the warning at boot; two tasks that seed at the same time may lose one
 * addition.
 */
void random_seed(struct cspan in)
{
	random_mix(in);
	store_once(seeded, load_once(seeded) + cspan_len(in));
}

/*
 * The time counter's jitter makes the key different even without a seed from the boot loader, but
 * it does not count as seed.
 */
void random_init(void)
{
	u8 seed[64] = { 0 };
	u64 jitter[32];
	size_t n = boot_entropy(span_of(seed));
	u32 i;

	random_seed(cspan_first(cspan_of(seed), n));
	span_fill(span_of(seed), 0);
	for (i = 0; i < ARRAY_LEN(jitter); i++)
		jitter[i] = time_cycles();
	for (i = 0; i < ARRAY_LEN(jitter); i++)
		random_mix(value_cspan(array_at(jitter, i)));
}

void random_devices_done(void)
{
	u64 n = load_once(seeded);

	if (n < KEY_WORDS * 4)
		log_warn(
			"boot loader and devices gave %lu bytes of entropy: random numbers are weak",
			n);
}

/* ---- getrandom ---- */

#define GRND_NONBLOCK 1u
#define GRND_RANDOM   2u
#define GRND_INSECURE 4u

s64 sys_getrandom(struct thread *t, struct uaddr buf, u64 len, u32 flags)
{
	u8 chunk[256];
	u64 done = 0;
	size_t n;
	ssize_t copied;

	if (flags & ~(GRND_NONBLOCK | GRND_RANDOM | GRND_INSECURE))
		return -EINVAL;
	if ((flags & (GRND_RANDOM | GRND_INSECURE)) == (GRND_RANDOM | GRND_INSECURE))
		return -EINVAL;
	len = min(len, (u64)0x7ffff000);
	if (!user_range_ok(buf, len))
		return -EFAULT;
	hwrng_refresh();
	while (done < len) {
		n = min(len - done, sizeof(chunk));
		random_bytes(span_first(span_of(chunk), n));
		copied = copy_out_some(uaddr_add(buf, done), cspan_first(cspan_of(chunk), n));
		done += (u64)max(copied, 0l);
		if (copied < (ssize_t)n)
			break;
		if (done < len && signal_pending(t))
			break;
		task_cond_resched();
	}
	span_fill(span_of(chunk), 0);
	return done || !len ? (s64)done : -EFAULT;
}
