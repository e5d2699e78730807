// SPDX-License-Identifier: MPL-2.0
/*
 * What decompressors share: their operations; and, of zstd and xz, the input, a piece at a time,
 * and the window of recent output (kernel/lib/decomp.c).
 */
#ifndef KERNEL_DECOMP_H
#define KERNEL_DECOMP_H

#include <frame/obj.h>
#include <frame/page.h>
#include <frame/span.h>

/* The largest window or dictionary that is taken, as Linux's limit for zstd. */
#define DECOMP_WINDOW_MAX (128ul << 20)

struct TABLE decomp_ops {
	/* Fills the span with the next compressed bytes; 0 at the end. */
	size_t (*read)(struct obj *source, struct span out);
	/* Takes decompressed bytes; an error ends the decompression with it. */
	s32 (*write)(struct obj *source, struct cspan bytes);
};

/* ---- input ---- */

struct decomp_in {
	const struct decomp_ops *ops;
	struct obj *source; /* borrowed from the caller of the decompressor */
	u64 before;         /* input bytes before those in the buffer */
	u32 pos, len;
	bool cut_off; /* bytes were wanted past the end: they read as zeros */
	u8 bytes[4096];
};

/* The next byte. */
u8 decomp_byte(struct decomp_in *in);
/* The next bytes, @n of them (8 at most) as a little-endian number. */
u64 decomp_number(struct decomp_in *in, u32 n);
/* Fills the span. */
void decomp_bytes(struct decomp_in *in, struct span out);
/* The same, but takes nothing; false if there are not so many. */
bool decomp_peek(struct decomp_in *in, u32 n, u64 *out);
/* Bytes of the input that have been taken. */
static inline u64 decomp_offset(const struct decomp_in *in)
{
	return in->before + in->pos;
}

/* ---- output ---- */

#define WINDOW_RECENT 65536u /* the last bytes of output, where they can be reached fast */
#define WINDOW_FLUSH  32768u /* output goes out when it is so much */
#define WINDOW_LEAF   512u   /* pages of a leaf: 2 MiB */

struct window_leaf {
	struct obj obj;
	struct page *page[WINDOW_LEAF];
};

/*
 * The output goes through @recent, a ring. Output that leaves the ring is kept in pages if the
 * format can refer to it (@size). Pages are taken only as output comes, so the memory is that of
 * the output or of the window, whichever is less. They go back when the window is released.
 */
struct window {
	struct obj obj;
	const struct decomp_ops *ops; /* write only */
	struct obj *source;           /* borrowed from the owner of the window */
	u64 size;                     /* how far back matches may reach */
	u64 pos, flushed;             /* since the last window_start */
	s32 error; /* of the first flush that failed; output is dropped from there on */
	struct window_leaf *leaf[DECOMP_WINDOW_MAX / PAGE_SIZE / WINDOW_LEAF];
	u8 recent[WINDOW_RECENT];
};
OBJ_TYPE_DECL(window);

/*
 * Forgets all output and begins anew, with matches that reach @size bytes back; @size is
 * DECOMP_WINDOW_MAX at most.
 */
void window_start(struct window *w, u64 size);
/*
 * Hands over what has not been handed over yet. The first error, of this or an earlier flush:
 * -ENOMEM, or what write returned.
 */
s32 window_flush(struct window *w);
/* Appends bytes. */
void window_copy(struct window *w, struct cspan bytes);
void window_fill(struct window *w, u8 byte, u64 len);
/*
 * Appends the @len bytes that begin @dist bytes back, which may overlap. False, and nothing done,
 * if that is outside the window or before the start.
 */
bool window_match(struct window *w, u64 dist, u64 len);
/* The byte @dist bytes back; zero if there is none. */
u8 window_far_byte(struct window *w, u64 dist);

static always_inline void window_byte(struct window *w, u8 byte)
{
	w->recent[w->pos % WINDOW_RECENT] = byte;
	w->pos++;
	if (unlikely(w->pos - w->flushed == WINDOW_FLUSH))
		(void)window_flush(w);
}
static always_inline u8 window_back(struct window *w, u64 dist)
{
	if (likely(dist <= WINDOW_RECENT && dist <= w->pos))
		return w->recent[(w->pos - dist) % WINDOW_RECENT];
	return window_far_byte(w, dist);
}

#endif
