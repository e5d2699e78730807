// SPDX-License-Identifier: MPL-2.0
/*
 * Formatting (frame/fmt.h).
 *
 * Trust: formats are literals without %s, %n, %p (checker and -Wformat), so each va_arg reads an
 *        integer of the type that the format says.
 */
#include <frame/fmt.h>

#include "lib.h"

struct spec {
	bool left, zero, plus, space, alt;
	unsigned width;
	int precision; /* -1: none */
	unsigned size; /* bytes of the argument */
};

void fmt_char(struct fmt *f, char c)
{
	if (f->_len < f->_out._n)
		f->_out._p[f->_len++] = (u8)c;
	else
		f->_overflow = true;
}

void fmt_fill(struct fmt *f, char c, size_t n)
{
	while (n--)
		fmt_char(f, c);
}

void fmt_span(struct fmt *f, struct cspan s)
{
	size_t n = min(s._n, f->_out._n - f->_len);

	memcpy(f->_out._p + f->_len, s._p, n);
	f->_len += n;
	if (n < s._n)
		f->_overflow = true;
}

void fmt_lit(struct fmt *f, struct lit l)
{
	fmt_span(f, lit_span(l));
}

void fmt_span_pad(struct fmt *f, struct cspan s, size_t width)
{
	fmt_span(f, s);
	if (s._n < width)
		fmt_fill(f, ' ', width - s._n);
}

size_t fmt_len(const struct fmt *f)
{
	return f->_len;
}

bool fmt_overflow(const struct fmt *f)
{
	return f->_overflow;
}

struct cspan fmt_text(const struct fmt *f)
{
	return (struct cspan){ f->_out._p, f->_len };
}

void fmt_clear(struct fmt *f)
{
	f->_len = 0;
	f->_overflow = false;
}

static void fmt_number(struct fmt *f, const struct spec *s, u64 v, bool negative, unsigned base,
	bool upper)
{
	char digits[24];
	unsigned n = 0, zeros = 0, total;
	char sign = negative ? '-' : s->plus ? '+' : s->space ? ' ' : 0;
	bool prefix = s->alt && base == 16 && v;

	while (v) {
		unsigned d = (unsigned)(v % base);
		digits[n++] = (char)(d < 10 ? '0' + d : (upper ? 'A' : 'a') + d - 10);
		v /= base;
	}
	if (n == 0 && s->precision != 0)
		digits[n++] = '0';
	if (s->alt && base == 8 && (n == 0 || digits[n - 1] != '0'))
		digits[n++] = '0';
	if (s->precision >= 0 && (unsigned)s->precision > n)
		zeros = (unsigned)s->precision - n;
	total = n + zeros + (sign != 0) + (prefix ? 2 : 0);
	if (!s->left && s->zero && s->precision < 0 && s->width > total) {
		zeros += s->width - total;
		total = s->width;
	}
	if (!s->left && s->width > total)
		fmt_fill(f, ' ', s->width - total);
	if (sign)
		fmt_char(f, sign);
	if (prefix) {
		fmt_char(f, '0');
		fmt_char(f, upper ? 'X' : 'x');
	}
	fmt_fill(f, '0', zeros);
	while (n)
		fmt_char(f, digits[--n]);
	if (s->left && s->width > total)
		fmt_fill(f, ' ', s->width - total);
}

static const char *fmt_parse_spec(const char *p, struct spec *s)
{
	*s = (struct spec){ .precision = -1, .size = 4 };
	for (;; p++) {
		if (*p == '-')
			s->left = true;
		else if (*p == '0')
			s->zero = true;
		else if (*p == '+')
			s->plus = true;
		else if (*p == ' ')
			s->space = true;
		else if (*p == '#')
			s->alt = true;
		else
			break;
	}
	for (; *p >= '0' && *p <= '9'; p++)
		s->width = s->width * 10 + (unsigned)(*p - '0');
	if (*p == '.') {
		s->precision = 0;
		for (p++; *p >= '0' && *p <= '9'; p++)
			s->precision = s->precision * 10 + (*p - '0');
	}
	for (;; p++) {
		if (*p == 'l' || *p == 'z' || *p == 'j' || *p == 't')
			s->size = 8;
		else if (*p == 'h')
			s->size = s->size == 2 ? 1 : 2;
		else
			break;
	}
	s->width = min(s->width, 1024u);
	return p;
}

void fmt_va(struct fmt *f, const char *p, __builtin_va_list ap0)
{
	__builtin_va_list ap;
	struct spec s;

	__builtin_va_copy(ap, ap0);
	for (; *p; p++) {
		u64 u;
		s64 v;
		if (*p != '%') {
			fmt_char(f, *p);
			continue;
		}

		p = fmt_parse_spec(p + 1, &s);
		switch (*p) {
		case '%':
			fmt_char(f, '%');
			break;
		case 'c':
			if (!s.left && s.width > 1)
				fmt_fill(f, ' ', s.width - 1);
			fmt_char(f, (char)__builtin_va_arg(ap, int));
			if (s.left && s.width > 1)
				fmt_fill(f, ' ', s.width - 1);
			break;
		case 'd':
		case 'i':
			v = s.size == 8 ? __builtin_va_arg(ap, s64) : __builtin_va_arg(ap, int);
			if (s.size == 2)
				v = (s16)v;
			else if (s.size == 1)
				v = (s8)v;
			fmt_number(f, &s, v < 0 ? -(u64)v : (u64)v, v < 0, 10, false);
			break;
		case 'u':
		case 'x':
		case 'X':
		case 'o':
			u = s.size == 8 ? __builtin_va_arg(ap, u64)
					: __builtin_va_arg(ap, unsigned);
			if (s.size == 2)
				u = (u16)u;
			else if (s.size == 1)
				u = (u8)u;
			fmt_number(f, &s, u, false, *p == 'u' ? 10 : *p == 'o' ? 8 : 16, *p == 'X');
			break;
		case 0:
			goto out;
		default:
			fmt_char(f, '?');
			break;
		}
	}
out:
	__builtin_va_end(ap);
}

void fmt_printf(struct fmt *f, const char *format, ...)
{
	__builtin_va_list ap;

	__builtin_va_start(ap, format);
	fmt_va(f, format, ap);
	__builtin_va_end(ap);
}

size_t parse_u64(struct cspan t, unsigned base, u64 *out)
{
	u64 v = 0;
	size_t i = 0, start;

	if ((base == 0 || base == 16) && t._n > 2 && t._p[0] == '0' && (t._p[1] | 32) == 'x') {
		base = 16;
		i = 2;
	} else if (base == 0) {
		base = t._n && t._p[0] == '0' ? 8 : 10;
	}
	for (start = i; i < t._n; i++) {
		u8 c = t._p[i] | 32;
		unsigned d = t._p[i] >= '0' && t._p[i] <= '9' ? t._p[i] - '0'
			: c >= 'a' && c <= 'z'                ? c - 'a' + 10
							      : 99;
		if (d >= base)
			break;
		if (__builtin_mul_overflow(v, base, &v) || __builtin_add_overflow(v, d, &v))
			return 0;
	}
	if (i == start)
		return 0;
	*out = v;
	return i;
}
