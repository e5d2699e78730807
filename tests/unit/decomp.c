// SPDX-License-Identifier: MPL-2.0
/*
 * Decompresses standard input to standard output with the kernel's zstd or xz (the argument), in reads of odd sizes. Exit status: 0, 2 damaged, 3 cut off,
 * 4 too long, 5 needs a larger window, 6 not supported. The bytes that were taken are written to standard error.
 */
#include <frame/errno.h>
#include <kernel/xz.h>
#include <kernel/zstd.h>

#include "shim/host.h"

/* What no test sample is as long as. A damaged archive may well stand for more. */
#define MOST (160ul << 20)

struct source {
	struct obj obj;
	u64 written;
};
OBJ_TYPE_DECL(source);
OBJ_TYPE(source, NULL_RELEASE);

static size_t take(struct obj *o, struct span out)
{
	size_t want = 1 + unit_random(5000);
	ssize_t n;

	(void)o;
	n = read(0, out._p, min(want, out._n));
	return n > 0 ? (size_t)n : 0;
}

static s32 put(struct obj *o, struct cspan bytes)
{
	struct source *s = obj_cast(source, o);

	s->written += bytes._n;
	if (s->written > MOST)
		return -ERANGE;
	while (bytes._n) {
		ssize_t n = write(1, bytes._p, bytes._n);
		if (n <= 0)
			return -EPERM;
		bytes = cspan_from(bytes, (size_t)n);
	}
	return 0;
}
static const struct decomp_ops ops = { .read = take, .write = put };

static s32 zstd(struct source *s, u64 *taken)
{
	struct zstd *z = obj_new(zstd);
	s32 err;

	z->in.ops = &ops;
	z->in.source = &s->obj;
	err = zstd_unpack(z);
	*taken = decomp_offset(&z->in);
	obj_put(&z);
	return err;
}

static s32 xz(struct source *s, u64 *taken)
{
	struct xz *z = obj_new(xz);
	s32 err;

	z->in.ops = &ops;
	z->in.source = &s->obj;
	err = xz_unpack(z);
	*taken = decomp_offset(&z->in);
	obj_put(&z);
	return err;
}

int main(int argc, char **argv)
{
	struct source *s = obj_new(source);
	char text[32];
	u64 taken;
	s32 err = argc == 2 && argv[1][0] == 'x' ? xz(s, &taken) : zstd(s, &taken);

	obj_put(&s);
	(void)write(2, text, (size_t)snprintf(text, sizeof(text), "%lu\n", taken));
	switch (err) {
	case 0: return 0;
	case -EINVAL: return 2;
	case -EIO: return 3;
	case -ERANGE: return 4;
	case -EFBIG: return 5;
	case -EOPNOTSUPP: return 6;
	default: return 1;
	}
}
