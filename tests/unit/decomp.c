// SPDX-License-Identifier: MPL-2.0
/*
 * The kernel's decompressors of zstd and xz.
 *
 *	decomp zstd|xz < ARCHIVE
 *		gives the contents; the number of bytes taken goes to standard error
 *	decomp zstd|xz N SEED SPARE < ARCHIVE
 *		damages the archive N times beyond its first SPARE bytes. Each time there must be an
 *		error, or the contents of the archive. It prints how often each status came.
 *
 * Exit status: 0, 2 damaged, 3 cut off, 4 too long, 5 needs a larger window, 6 not supported.
 */
#include <kernel/xz.h>
#include <kernel/zstd.h>
#include <uapi/errno.h>

#include "host.h"

#define MOST (200ul << 20)

/*
 * Input comes from memory or, if there is none, from standard input. Output is compared with
 * memory, or goes to standard output.
 */
struct source {
	struct obj obj;
	const u8 *in;
	size_t in_len, in_pos;
	const u8 *expect;
	u8 *keep;
	size_t most, written;
	bool differs;
};
OBJ_TYPE_DECL(source);
OBJ_TYPE(source, NULL_RELEASE);

static size_t take(struct obj *o, struct span out)
{
	struct source *s = obj_cast(source, o);
	size_t want = min(1 + unit_random(5000), out._n);
	ssize_t n;

	if (!s->in) {
		n = read(0, out._p, want);
		return n > 0 ? (size_t)n : 0;
	}
	want = min(want, s->in_len - s->in_pos);
	memcpy(out._p, s->in + s->in_pos, want);
	s->in_pos += want;
	return want;
}

static s32 put(struct obj *o, struct cspan bytes)
{
	struct source *s = obj_cast(source, o);

	if (bytes._n > s->most - s->written)
		return -ERANGE;
	if (s->keep)
		memcpy(s->keep + s->written, bytes._p, bytes._n);
	else if (s->expect)
		s->differs |= memcmp(s->expect + s->written, bytes._p, bytes._n) != 0;
	s->written += bytes._n;
	while (!s->in && bytes._n) {
		ssize_t n = write(1, bytes._p, bytes._n);
		if (n <= 0)
			return -EPERM;
		bytes = cspan_from(bytes, (size_t)n);
	}
	return 0;
}
static const struct decomp_ops ops = { .read = take, .write = put };

static int status(s32 err)
{
	switch (err) {
	case 0:
		return 0;
	case -EINVAL:
		return 2;
	case -EIO:
		return 3;
	case -ERANGE:
		return 4;
	case -EFBIG:
		return 5;
	case -EOPNOTSUPP:
		return 6;
	default:
		return 1;
	}
}

static int decompress(bool is_xz, struct source *s, u64 *taken)
{
	struct xz *x = is_xz ? obj_new(xz) : NULL;
	struct zstd *z = is_xz ? NULL : obj_new(zstd);
	struct decomp_in *in = is_xz ? &x->in : &z->in;
	s32 err;

	in->ops = &ops;
	in->source = &s->obj;
	err = is_xz ? xz_unpack(x) : zstd_unpack(z);
	*taken = decomp_offset(in);
	obj_put(&x);
	obj_put(&z);
	return status(err);
}

/* ---- damage ---- */

#define IN_MOST  (4ul << 20)
#define OUT_MOST (8ul << 20)

/*
 * One change beyond the first @spare bytes: bits, bytes, an end, a part that is there twice or
 * comes from elsewhere, or is gone.
 */
static size_t change(u8 *a, size_t n, size_t spare)
{
	size_t at = spare + unit_random((u32)(n - spare)), from = unit_random((u32)n);
	size_t len = min(1 + unit_random(unit_random(4) ? 8 : 3000), n - max(at, from));

	switch (unit_random(8)) {
	case 0:
	case 1:
	case 2:
		a[at] ^= (u8)(1u << unit_random(8));
		return n;
	case 3:
		a[at] = (u8)unit_random(256);
		return n;
	case 4:
		return unit_random(4) ? n : at + 1;
	case 5:
		memmove(a + at, a + from, len);
		return n;
	case 6:
		memmove(a + at + len, a + at, n - at);
		return n + len;
	default:
		len = min(len, n - at - 1);
		memmove(a + at, a + at + len, n - at - len);
		return n - len;
	}
}

static int damage(bool is_xz, u64 times, size_t spare)
{
	u8 *good = calloc(1, IN_MOST), *bad = calloc(1, 2 * IN_MOST), *out = calloc(1, OUT_MOST);
	size_t n = 0, bad_len, out_len, i, k;
	u64 counts[8] = { 0 }, taken;
	struct source *s = obj_new(source);
	ssize_t got;

	while ((got = read(0, good + n, IN_MOST - n)) > 0)
		n += (size_t)got;
	UNIT_CHECK(n > spare && n < IN_MOST);
	s->in = good;
	s->in_len = n;
	s->most = OUT_MOST;
	s->keep = out;
	UNIT_CHECK(decompress(is_xz, s, &taken) == 0 && taken == n);
	out_len = s->written;
	s->keep = NULL;
	s->expect = out;
	s->in = bad;
	for (i = 0; i < times; i++) {
		int what;
		memcpy(bad, good, n);
		bad_len = n;
		for (k = 1 + unit_random(3); k; k--)
			bad_len = change(bad, bad_len, spare);
		s->in_len = bad_len;
		s->in_pos = 0;
		s->written = 0;
		s->differs = false;
		what = decompress(is_xz, s, &taken);
		if (what == 0)
			UNIT_CHECK(!s->differs && s->written == out_len);
		UNIT_CHECK(what != 1 && taken <= bad_len);
		counts[what]++;
	}
	printf("%lu good, %lu damaged, %lu cut off, %lu too long, %lu large, %lu unknown\n",
		counts[0], counts[2], counts[3], counts[4], counts[5], counts[6]);
	UNIT_CHECK(counts[2] > times / 2);
	obj_put(&s);
	free(good);
	free(bad);
	free(out);
	return 0;
}

int main(int argc, char **argv)
{
	bool is_xz = argc > 1 && argv[1][0] == 'x';
	struct source *s;
	char text[32];
	u64 taken;
	int st;

	if (argc == 5) {
		unit_seed += strtoul(argv[3], NULL, 0) << 20;
		return damage(is_xz, strtoul(argv[2], NULL, 0), strtoul(argv[4], NULL, 0));
	}
	s = obj_new(source);
	s->most = MOST;
	st = decompress(is_xz, s, &taken);
	obj_put(&s);
	(void)write(2, text, (size_t)snprintf(text, sizeof(text), "%lu\n", taken));
	return st;
}
