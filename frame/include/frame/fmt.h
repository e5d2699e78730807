// SPDX-License-Identifier: MPL-2.0
/*
 * Text formatting into bytes.
 *
 *	FMT(f, span_of(line));				declares f
 *	fmt_printf(&f, "%8lu kB ", n);			literal formats, integers and characters only
 *	fmt_span(&f, name);				strings are appended by their own call
 *
 * Output past the end is dropped; fmt_len counts what is there, fmt_overflow tells. Formats: %d %i
 * %u %x %X %o %c %% with flags, width, precision and h, hh, l, ll, z. %s, %n, %p and floating point
 * do not exist (the checker rejects them). Context: any.
 * Trust: every byte goes through one check against the span, which lives as long as the struct fmt
 * (both are locals).
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
/* @n copies of @c. */
void fmt_fill(struct fmt *f, char c, size_t n);
/* The string left-justified in @width columns. */
void fmt_span_pad(struct fmt *f, struct cspan s, size_t width);
/* Bytes written, and whether some did not fit. */
size_t fmt_len(const struct fmt *f);
bool fmt_overflow(const struct fmt *f);
/* What has been written so far. */
struct cspan fmt_text(const struct fmt *f);
/* Forgets what has been written. */
void fmt_clear(struct fmt *f);

/*
 * Decimal, octal (0), hexadecimal (0x) number at the start of the text; base 0: by the prefix.
 * Returns the characters used (0: none, or overflow).
 */
size_t parse_u64(struct cspan text, unsigned base, u64 *out);

#endif
