// accept: P7
// SPDX-License-Identifier: MPL-2.0
#include <frame/buf.h>
#include <frame/obj.h>

struct store {
	struct obj obj;
	struct buf *data;
};
static bool grow(struct store *s, size_t n)
{
	s->data = buf_alloc(n);
	if (!s->data)
		return false;
	span_fill(buf_span(s->data), 0xff);
	return true;
}
