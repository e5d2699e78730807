// SPDX-License-Identifier: MPL-2.0
/*
 * What decompressors share (kernel/lib/decomp.c): the operations for input and output. zstd and xz
 * also share the input buffer, filled one piece at a time, and the window of recent output.
 */
#ifndef KERNEL_DECOMP_H
#define KERNEL_DECOMP_H

#include <frame/obj.h>
#include <frame/page.h>
#include <frame/span.h>

/* The largest window or dictionary accepted, as Linux's limit for zstd. */
#define DECOMP_WINDOW_MAX (128ul << 20)

struct TABLE decomp_ops {
	/* Fills the span with the next compressed bytes; 0 at the end. */
	size_t (*read)(struct obj *source, struct span out);
	/* Takes decompressed bytes. An error ends the decompression, which returns it. */
	int (*write)(struct obj *source, struct cspan bytes);
};

/* ---- input ---- */

struct decomp_in {
	const struct decomp_ops *ops;
	struct obj *source; /* borrowed from the caller of the decompressor */
	u64 before;         /* input bytes before those in the buffer */
	u32 pos, len;
	bool cut_off; /* a read went past the end; the missing bytes read as zeros */
	u8 bytes[4096];
};

/* Takes the next byte. */
u8 decomp_byte(struct decomp_in *in);
/* Takes the next @n bytes (8 at most) as a little-endian number. */
u64 decomp_number(struct decomp_in *in, u32 n);
/* Takes as many bytes as the span is long. */
void decomp_bytes(struct decomp_in *in, struct span out);
/* As decomp_number, but does not advance. False if fewer than @n bytes are left. */
bool decomp_peek(struct decomp_in *in, u32 n, u64 *out);
/* Bytes of the input taken so far. */
static inline u64 decomp_offset(const struct decomp_in *in)
{
	return in->before + in->pos;
}

/* ---- output ---- */

#define WINDOW_RECENT 65536u /* the last bytes of output, in a ring for fast access */
#define WINDOW_FLUSH  32768u /* output is written when so many bytes have gathered */
#define WINDOW_LEAF   512u   /* pages of a leaf: 2 MiB */

struct window_leaf {
	struct obj obj;
	struct page *page[WINDOW_LEAF];
};

/*
 * Output goes through @recent, a ring. If the format can refer to bytes that have left the ring
 * (@size), the window also keeps them in pages. It allocates pages only as output is made, so it
 * uses memory for the output or for the window, whichever is less. Releasing the window frees the
 * pages.
 */
struct window {
	struct obj obj;
	const struct decomp_ops *ops; /* write only */
	struct obj *source;           /* borrowed from the owner of the window */
	u64 size;                     /* how far back matches may reach */
	u64 pos, flushed;             /* since the last window_start */
	int error;                    /* of the first flush that failed; later output is dropped */
	struct window_leaf *leaf[DECOMP_WINDOW_MAX / PAGE_SIZE / WINDOW_LEAF];
	u8 recent[WINDOW_RECENT];
};
OBJ_TYPE_DECL(window);

/*
 * Discards all output and starts anew, with matches that reach at most @size bytes back. @size is
 * at most DECOMP_WINDOW_MAX.
 */
void window_start(struct window *w, u64 size);
/*
 * Writes the output that has not been written yet. Returns 0 or the first error, of this or an
 * earlier flush: -ENOMEM, or the result of write.
 */
int must_check window_flush(struct window *w);
/* Appends bytes. */
void window_copy(struct window *w, struct cspan bytes);
/* Appends @len times @byte. */
void window_fill(struct window *w, u8 byte, u64 len);
/*
 * Appends a copy of the @len bytes that start @dist bytes back; source and copy may overlap. False,
 * and nothing is appended, if that is outside the window or before the start.
 */
bool window_match(struct window *w, u64 dist, u64 len);
/* The byte @dist bytes back; 0 if there is none. The slow path of window_back. */
u8 window_far_byte(struct window *w, u64 dist);

/* Appends one byte. */
static always_inline void window_byte(struct window *w, u8 byte)
{
	w->recent[w->pos % WINDOW_RECENT] = byte;
	w->pos++;
	if (unlikely(w->pos - w->flushed == WINDOW_FLUSH))
		ignore_error(window_flush(w)); /* kept in w->error */
}
/* The byte @dist bytes back (1: the last one); 0 if there is none. */
static always_inline u8 window_back(struct window *w, u64 dist)
{
	if (likely(dist <= WINDOW_RECENT && dist <= w->pos))
		return w->recent[(w->pos - dist) % WINDOW_RECENT];
	return window_far_byte(w, dist);
}

#endif
