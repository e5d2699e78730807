// SPDX-License-Identifier: MPL-2.0
/*
 * Text formatting into bytes.
 *
 *	FMT(f, span_of(line));				declares f
 *	fmt_printf(&f, "%8lu kB ", n);			literal formats; integers and characters
 *	fmt_span(&f, name);				strings are appended by their own call
 *
 * Output past the end of the span is dropped: fmt_len counts the bytes written, fmt_overflow says
 * whether some were dropped. Formats: %d %i %u %x %X %o %c %% with flags, width, precision and h,
 * hh, l, ll, z. %s, %n, %p and floating point do not exist; the checker rejects them.
 *
 * Context: any.
 * Trust: every byte passes one check against the span, which lives as long as the struct fmt (both
 *        are locals).
 * Source: frame/lib/fmt.c.
 */
#ifndef FRAME_FMT_H
#define FRAME_FMT_H

#include <frame/span.h>

struct FRAME_LOCAL fmt {
	struct span _out;
	size_t _len;
	bool _overflow;
};

#define FMT(name, span) struct fmt name = { ._out = (span) }

/* Append formatted text, bytes, a literal, a character. */
void fmt_printf(struct fmt *f, const char *format, ...) __attribute__((format(printf, 2, 3)));
void fmt_span(struct fmt *f, struct cspan s);
void fmt_lit(struct fmt *f, struct lit l);
void fmt_char(struct fmt *f, char c);
/* Appends @n copies of @c. */
void fmt_fill(struct fmt *f, char c, size_t n);
/* Appends the string, left-justified in @width columns. */
void fmt_span_pad(struct fmt *f, struct cspan s, size_t width);
/* Number of bytes written, and whether some did not fit. */
size_t fmt_len(const struct fmt *f);
bool fmt_overflow(const struct fmt *f);
/* The text written so far. */
struct cspan fmt_text(const struct fmt *f);
/* Discards the text written so far. */
void fmt_clear(struct fmt *f);

/*
 * Parses a number at the start of @text: decimal, octal (prefix 0) or hexadecimal (prefix 0x). Base
 * 0: the prefix decides. Returns the number of characters used; 0: no number, or overflow.
 */
size_t parse_u64(struct cspan text, unsigned base, u64 *out);

#endif
