// accept: P4
// SPDX-License-Identifier: MPL-2.0
#include <thing.h>

static size_t put(struct span out, struct cspan in)
{
	size_t n = span_copy(out, in);
	out = span_from(out, n);
	return span_len(out);
}
static size_t use(struct thing *t)
{
	struct cspan text = STR("hello");
	return put(span_of(t->name), text);
}
