// SPDX-License-Identifier: MPL-2.0
/*
 * Writing and reading of netlink's messages: headers, and attributes with a type and a length, each
 * at a multiple of four bytes. Numbers are in the CPU's order.
 *
 * A writer never fails in the middle: what does not fit sets `full`, and nl_end takes the message
 * away again. A reader believes no length: each attribute is checked against what is left.
 */
#include <kernel/byteorder.h>

#include "netlink.h"

/* ---- writing ---- */

/* Without memory the writer is full from the start: callers see it at the end, and nowhere else. */
struct nl_writer nl_writer_new(u32 size)
{
	return (struct nl_writer){ .buf = buf_alloc(size) };
}

void nl_writer_end(struct nl_writer *w)
{
	buf_put(&w->buf);
	w->len = 0;
}

/*
 * Room for @n bytes and the padding behind them: zeroes. Returns where, and sets full if it has
 * none. The padding is zeroed: what a program reads must not be old memory of the kernel.
 */
static u32 nl_reserve(struct nl_writer *w, u32 n)
{
	u32 at = w->len;

	if (w->full || !w->buf || NL_ALIGN(n) > buf_size(w->buf) - at) {
		w->full = true;
		return at;
	}
	span_fill(span_sub(buf_span(w->buf), at, NL_ALIGN(n)), 0);
	w->len += NL_ALIGN(n);
	return at;
}

static void nl_append(struct nl_writer *w, struct cspan bytes)
{
	u32 at = nl_reserve(w, (u32)cspan_len(bytes));

	if (!w->full)
		span_copy(span_from(buf_span(w->buf), at), bytes);
}

/* Where the message begins, for nl_end. */
u32 nl_begin(struct nl_writer *w, const struct nlmsghdr *h, struct cspan head)
{
	u32 at = w->len;

	nl_append(w, value_cspan(h));
	nl_append(w, head);
	return at;
}

/*
 * The length comes last, when it is known. What stands before @at are whole messages, which stay.
 */
bool nl_end(struct nl_writer *w, u32 at)
{
	u32 len = w->len - at;

	if (w->full || !span_write(buf_span(w->buf), at, &len)) {
		w->len = at;
		return false;
	}
	return true;
}

/* An attribute that does not fit leaves nothing of itself, not even its header. */
void nl_put(struct nl_writer *w, u16 type, struct cspan value)
{
	struct nlattr a = { .type = type, .len = (u16)(sizeof(a) + cspan_len(value)) };
	u32 at = w->len;

	nl_append(w, value_cspan(&a));
	nl_append(w, value);
	if (w->full)
		w->len = at;
}

void nl_put_u8(struct nl_writer *w, u16 type, u8 v)
{
	nl_put(w, type, value_cspan(&v));
}

void nl_put_u16(struct nl_writer *w, u16 type, u16 v)
{
	nl_put(w, type, value_cspan(&v));
}

void nl_put_u32(struct nl_writer *w, u16 type, u32 v)
{
	nl_put(w, type, value_cspan(&v));
}

void nl_put_text(struct nl_writer *w, u16 type, struct cspan text)
{
	struct nlattr a = { .type = type, .len = (u16)(sizeof(a) + cspan_len(text) + 1) };
	u32 at = w->len, place;

	nl_append(w, value_cspan(&a));
	place = nl_reserve(w, (u32)cspan_len(text) + 1);
	if (w->full)
		w->len = at;
	else
		span_copy(span_from(buf_span(w->buf), place), text);
}

void nl_put_addr(struct nl_writer *w, u16 type, struct ip_addr a)
{
	struct ip_addr net = { be64(a.hi), be64(a.lo) };
	u32 ip4 = be32(ip4_bits(a));

	if (ip_is4(a))
		nl_put(w, type, value_cspan(&ip4));
	else
		nl_put(w, type, value_cspan(&net));
}

/*
 * The length is written by nl_nest_end. A message that does not fit is taken away as a whole by
 * nl_end, nests and all. Most nests are older than NLA_NESTED, and programs know them by their
 * plain numbers, so the caller says where the flag stands.
 */
u32 nl_nest(struct nl_writer *w, u16 type)
{
	struct nlattr a = { .type = type };
	u32 at = w->len;

	nl_append(w, value_cspan(&a));
	return at;
}

void nl_nest_end(struct nl_writer *w, u32 at)
{
	u16 len = (u16)(w->len - at);

	if (!w->full && !span_write(buf_span(w->buf), at, &len))
		w->full = true;
}

/* ---- reading ---- */

/*
 * The attribute at the start of *@rest, and the rest behind it. False: there is none that is whole.
 * Each step is at least a header long, so a walk ends.
 */
static bool next(struct nl_range *rest, u16 *type, struct nl_range *value)
{
	struct nlattr a;
	u32 step;

	if (!span_read(nl_span(*rest), 0, &a) || a.len < sizeof(a) || a.len > rest->len)
		return false;
	*type = a.type & NLA_TYPE_MASK;
	*value = (struct nl_range){ rest->buf, rest->at + (u32)sizeof(a), a.len - (u32)sizeof(a) };
	step = min(NL_ALIGN((u32)a.len), rest->len);
	rest->at += step;
	rest->len -= step;
	return true;
}

/*
 * The last one counts, as in Linux's table of attributes. A request is short, so each look-up walks
 * it anew.
 */
bool nl_get(struct nl_range attrs, u16 type, struct nl_range *out)
{
	struct nl_range value = { 0 };
	bool found = false;
	u16 t = 0;

	while (next(&attrs, &t, &value)) {
		if (t == type) {
			*out = value;
			found = true;
		}
	}
	return found;
}

u32 nl_get_u32(struct nl_range attrs, u16 type, u32 or)
{
	struct nl_range value = { 0 };
	u32 v;

	return nl_get(attrs, type, &value) && span_read(nl_span(value), 0, &v) ? v : or ;
}

int nl_get_addr(struct nl_range attrs, u16 type, u32 family, struct ip_addr *out)
{
	struct nl_range value = { 0 };
	struct ip_addr a;
	u32 ip4;

	if (!nl_get(attrs, type, &value))
		return 0;
	if (family == AF_INET && span_read(nl_span(value), 0, &ip4))
		*out = ip4_addr(be32(ip4));
	else if (family == AF_INET6 && span_read(nl_span(value), 0, &a))
		*out = (struct ip_addr){ be64(a.hi), be64(a.lo) };
	else
		return -EINVAL;
	/* ::ffff:a.b.c.d is an address of IPv4 here, whatever prefix comes with it. */
	return ip_is4(*out) == (family == AF_INET) ? 1 : -EINVAL;
}

/*
 * Used before a change: a request with an attribute that is not understood must fail as a whole, or
 * a success would say more than was done.
 */
bool nl_has_unknown(struct nl_range attrs, u64 known)
{
	struct nl_range value = { 0 };
	u16 t = 0;

	while (next(&attrs, &t, &value)) {
		if (t >= 64 || !(known & bit(t)))
			return true;
	}
	return false;
}
