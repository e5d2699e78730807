// SPDX-License-Identifier: MPL-2.0
/*
 * Input and output of the decompressors (kernel/decomp.h).
 *
 * How the window works. Output is written to the ring @recent at pos. When WINDOW_FLUSH bytes have
 * been written since the last flush, they are passed to the owner. If matches can reach farther
 * back than the ring, the bytes are also copied to the pages of the history, which is a ring of
 * @size bytes, rounded up to pages. A match at a distance of at most WINDOW_RECENT is copied inside
 * @recent. Any other match is copied from the history. Less than WINDOW_FLUSH bytes are missing
 * there, and a piece of a match is at most a page, so the bytes it copies were flushed long before.
 *
 * What if memory is out. The first failed flush sets error, and output is dropped from then on; the
 * decompressor sees the error at its next check.
 */
#include <kernel/decomp.h>
#include <uapi/errno.h>

static_assert(WINDOW_FLUSH + PAGE_SIZE <= WINDOW_RECENT,
	"what a piece of a far match copies has been flushed");

/* ---- input ---- */

/* Reads the next piece of input. At the end cut_off is set. */
static bool decomp_refill(struct decomp_in *in)
{
	in->before += in->len;
	in->pos = 0;
	in->len = (u32)in->ops->read(in->source, span_of(in->bytes));
	if (!in->len)
		in->cut_off = true;
	return in->len != 0;
}

u8 decomp_byte(struct decomp_in *in)
{
	if (in->pos == in->len && !decomp_refill(in))
		return 0;
	return in->bytes[in->pos++];
}

u64 decomp_number(struct decomp_in *in, u32 n)
{
	u64 v = 0;
	u32 i;

	for (i = 0; i < n; i++)
		v |= (u64)decomp_byte(in) << (i * 8);
	return v;
}

void decomp_bytes(struct decomp_in *in, struct span out)
{
	while (span_len(out)) {
		size_t n;

		if (in->pos == in->len && !decomp_refill(in)) {
			span_fill(out, 0);
			return;
		}
		n = span_copy(out, cspan_sub(cspan_of(in->bytes), in->pos, in->len - in->pos));
		in->pos += (u32)n;
		out = span_from(out, n);
	}
}

bool decomp_peek(struct decomp_in *in, u32 n, u64 *out)
{
	u32 i;

	/* The rest of the buffer moves to its front, and the space behind it is filled. */
	if (in->len - in->pos < n) {
		(void)span_copy(span_of(in->bytes),
			cspan_sub(cspan_of(in->bytes), in->pos, in->len - in->pos));
		in->before += in->pos;
		in->len -= in->pos;
		in->pos = 0;
		while (in->len < n) {
			size_t more = in->ops->read(in->source,
				span_from(span_of(in->bytes), in->len));
			if (!more)
				return false;
			in->len += (u32)more;
		}
	}
	*out = 0;
	for (i = 0; i < n; i++)
		*out |= (u64)in->bytes[in->pos + i] << (i * 8);
	return true;
}

/* ---- the history: pages, by their index in the output ---- */

/* A leaf is created for its first page and lives as long as the window. */
static void window_leaf_release(struct window_leaf *l)
{
	u32 i;

	for (i = 0; i < WINDOW_LEAF; i++)
		page_put(array_at(l->page, i));
}
OBJ_TYPE_DECL(window_leaf);
OBJ_TYPE(window_leaf, window_leaf_release);

static void window_release(struct window *w)
{
	u32 i;

	for (i = 0; i < ARRAY_LEN(w->leaf); i++)
		obj_put(array_at(w->leaf, i));
}
OBJ_TYPE(window, window_release);

/* The page of the history ring for a position of the output. */
static u32 history_slot(const struct window *w, u64 pos)
{
	return (u32)(pos / PAGE_SIZE % div_round_up(w->size, PAGE_SIZE));
}

static struct page *history_page(struct window *w, u64 pos)
{
	u32 slot = history_slot(w, pos);
	struct window_leaf *leaf = w->leaf[slot / WINDOW_LEAF];

	return leaf ? leaf->page[slot % WINDOW_LEAF] : NULL;
}

static struct page *history_page_make(struct window *w, u64 pos)
{
	u32 slot = history_slot(w, pos), i = slot / WINDOW_LEAF;

	if (!w->leaf[i])
		w->leaf[i] = obj_new(window_leaf);
	if (!w->leaf[i])
		return NULL;
	if (!w->leaf[i]->page[slot % WINDOW_LEAF])
		w->leaf[i]->page[slot % WINDOW_LEAF] = page_alloc(PAGE_USER);
	return w->leaf[i]->page[slot % WINDOW_LEAF];
}

static int history_add(struct window *w, u64 pos, struct cspan bytes)
{
	while (cspan_len(bytes)) {
		struct page *p = history_page_make(w, pos);
		u64 off = pos % PAGE_SIZE;
		size_t n = min(cspan_len(bytes), PAGE_SIZE - off);

		if (!p)
			return -ENOMEM;
		page_write(p, off, cspan_first(bytes, n));
		pos += n;
		bytes = cspan_from(bytes, n);
	}
	return 0;
}

/* ---- the window ---- */

/* The pages of the history stay for the next stream; they are written before they are read. */
void window_start(struct window *w, u64 size)
{
	w->size = size;
	w->pos = 0;
	w->flushed = 0;
}

/*
 * Passes on what is between flushed and pos, in two parts if it wraps. After an error the output is
 * dropped, but the positions advance, so that the caller's loops still end.
 */
int window_flush(struct window *w)
{
	while (w->flushed < w->pos && !w->error) {
		u32 from = (u32)(w->flushed % WINDOW_RECENT);
		u64 n = min(w->pos - w->flushed, (u64)(WINDOW_RECENT - from));

		if (w->size > WINDOW_RECENT)
			w->error = history_add(w, w->flushed,
				cspan_sub(cspan_of(w->recent), from, n));
		if (!w->error)
			w->error = w->ops->write(w->source,
				cspan_sub(cspan_of(w->recent), from, n));
		w->flushed += n;
	}
	w->flushed = w->pos;
	return w->error;
}

/* The number of bytes that can be written at pos in one piece; at least 1. */
static u64 room(const struct window *w)
{
	return min((u64)(WINDOW_RECENT - (u32)(w->pos % WINDOW_RECENT)),
		WINDOW_FLUSH - (w->pos - w->flushed));
}

/* Moves pos and flushes when a piece is full. */
static void decomp_advance(struct window *w, u64 n)
{
	w->pos += n;
	if (w->pos - w->flushed == WINDOW_FLUSH)
		ignore_error(window_flush(w)); /* kept in w->error */
}

void window_copy(struct window *w, struct cspan bytes)
{
	while (cspan_len(bytes)) {
		u64 n = min(cspan_len(bytes), room(w));

		(void)span_copy(span_sub(span_of(w->recent), w->pos % WINDOW_RECENT, n), bytes);
		decomp_advance(w, n);
		bytes = cspan_from(bytes, n);
	}
}

void window_fill(struct window *w, u8 byte, u64 len)
{
	while (len) {
		u64 n = min(len, room(w));

		span_fill(span_sub(span_of(w->recent), w->pos % WINDOW_RECENT, n), byte);
		decomp_advance(w, n);
		len -= n;
	}
}

/*
 * Copies a match inside the ring. When a whole period of the output has been copied, the distance
 * doubles, so that a run of one byte takes few steps.
 */
static void match_near(struct window *w, u64 dist, u64 len)
{
	while (len) {
		u64 from = (w->pos - dist) % WINDOW_RECENT;
		u64 n = min(min(len, dist), min(room(w), WINDOW_RECENT - from));

		(void)span_copy(span_sub(span_of(w->recent), w->pos % WINDOW_RECENT, n),
			cspan_sub(cspan_of(w->recent), from, n));
		decomp_advance(w, n);
		len -= n;
		if (n == dist && dist * 2 <= WINDOW_RECENT)
			dist *= 2;
	}
}
/*
 * Copies a match from the history, piece by piece: at most to the end of a page, and at most until
 * the next flush.
 */
static void match_far(struct window *w, u64 dist, u64 len)
{
	while (len && !w->error) {
		u64 src = w->pos - dist, off = src % PAGE_SIZE;
		u64 n = min(min(len, PAGE_SIZE - off), room(w));
		struct page *p = history_page(w, src);

		if (!p) {
			w->error = -EINVAL;
			return;
		}
		page_read(p, off, span_sub(span_of(w->recent), w->pos % WINDOW_RECENT, n));
		decomp_advance(w, n);
		len -= n;
	}
}

/*
 * A distance beyond the output so far, or beyond the window's size, is damage: the bytes there
 * belong to an earlier stream, or to nobody.
 */
bool window_match(struct window *w, u64 dist, u64 len)
{
	if (unlikely(!dist || dist > w->pos || dist > w->size))
		return false;
	if (dist <= WINDOW_RECENT)
		match_near(w, dist, len);
	else
		match_far(w, dist, len);
	return true;
}

u8 window_far_byte(struct window *w, u64 dist)
{
	u8 byte[1] = { 0 };
	struct page *p = dist > w->pos || dist > w->size ? NULL : history_page(w, w->pos - dist);

	if (p)
		page_read(p, (w->pos - dist) % PAGE_SIZE, span_of(byte));
	return byte[0];
}
