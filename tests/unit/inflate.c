// SPDX-License-Identifier: MPL-2.0
/*
 * Decompresses standard input to standard output with the kernel's inflate, in reads of odd sizes.
 * Exit status: 0, 2 damaged, 3 cut off, 4 too long.
 */
#include <kernel/inflate.h>
#include <uapi/errno.h>

#include "host.h"

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
	if (s->written > (64ul << 20))
		return -EFBIG;
	while (bytes._n) {
		ssize_t n = write(1, bytes._p, bytes._n);
		if (n <= 0)
			return -EIO;
		bytes = cspan_from(bytes, (size_t)n);
	}
	return 0;
}
static const struct decomp_ops ops = { .read = take, .write = put };

int main(void)
{
	struct source *s = obj_new(source);
	struct inflate *z = obj_new(inflate);
	s32 err;

	z->ops = &ops;
	z->source = &s->obj;
	err = inflate_gzip(z);
	obj_put(&z);
	obj_put(&s);
	return err == 0 ? 0 : err == -EINVAL ? 2 : err == -EIO ? 3 : err == -EFBIG ? 4 : 1;
}
