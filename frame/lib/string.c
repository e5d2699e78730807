// SPDX-License-Identifier: MPL-2.0
/*
 * memcpy and similar functions, for the compiler, the frame and libfdt.
 *
 * Aligned words are moved whole, so that no CPU sees half of a pointer in shared memory.
 */
#include <frame/boot.h>
#include <frame/span.h>

typedef u64 __attribute__((may_alias)) word;

/*
 * The compiler must not turn these loops into calls of the same functions: the file is built with
 * -fno-tree-loop-distribute-patterns.
 */

/*
 * Copies words to an aligned destination from an unaligned source. Each word is combined from the
 * two aligned words that contain it, because misaligned loads may be very slow. Each of these
 * aligned words contains at least one byte of the source, so the loads do not leave its pages.
 * Returns the number of bytes copied, less than eight short of @n.
 */
static size_t copy_shifted(word *d, const u8 *s, size_t n)
{
	unsigned off = (u64)s & 7, down = off * 8, up = 64 - down;
	const word *w = (const word *)(s - off);
	u64 low = *w, high;
	size_t done;

	for (done = 0; n - done >= 8; done += 8) {
		high = *++w;
		*d++ = low >> down | high << up;
		low = high;
	}
	return done;
}

void *memcpy(void *dst, const void *src, size_t n)
{
	u8 *d = dst;
	const u8 *s = src;

	if ((((u64)d ^ (u64)s) & 7) == 0) {
		for (; n && ((u64)d & 7); n--)
			*d++ = *s++;
		for (; n >= 64; n -= 64, d += 64, s += 64) {
			u64 a = ((const word *)s)[0], b = ((const word *)s)[1],
			    c = ((const word *)s)[2], e = ((const word *)s)[3];
			u64 f = ((const word *)s)[4], g = ((const word *)s)[5],
			    h = ((const word *)s)[6], i = ((const word *)s)[7];
			((word *)d)[0] = a, ((word *)d)[1] = b, ((word *)d)[2] = c,
			       ((word *)d)[3] = e;
			((word *)d)[4] = f, ((word *)d)[5] = g, ((word *)d)[6] = h,
			       ((word *)d)[7] = i;
		}
		for (; n >= 8; n -= 8, d += 8, s += 8)
			*(word *)d = *(const word *)s;
	} else if (n >= 16) {
		size_t done;
		for (; (u64)d & 7; n--)
			*d++ = *s++;
		done = copy_shifted((word *)d, s, n);
		d += done, s += done, n -= done;
	}
	while (n--)
		*d++ = *s++;
	return dst;
}

void *memmove(void *dst, const void *src, size_t n)
{
	u8 *d = dst;
	const u8 *s = src;

	if (d <= s || d >= s + n)
		return memcpy(dst, src, n);
	d += n;
	s += n;
	if ((((u64)d ^ (u64)s) & 7) == 0) {
		for (; n && ((u64)d & 7); n--)
			*--d = *--s;
		for (; n >= 8; n -= 8) {
			d -= 8, s -= 8;
			*(word *)d = *(const word *)s;
		}
	}
	while (n--)
		*--d = *--s;
	return dst;
}

void *memset(void *dst, int c, size_t n)
{
	u8 *d = dst;
	u64 w = (u8)c * 0x0101010101010101ul;

	for (; n && ((u64)d & 7); n--)
		*d++ = (u8)c;
	for (; n >= 64; n -= 64, d += 64) {
		((word *)d)[0] = w, ((word *)d)[1] = w, ((word *)d)[2] = w, ((word *)d)[3] = w;
		((word *)d)[4] = w, ((word *)d)[5] = w, ((word *)d)[6] = w, ((word *)d)[7] = w;
	}
	for (; n >= 8; n -= 8, d += 8)
		*(word *)d = w;
	while (n--)
		*d++ = (u8)c;
	return dst;
}

int memcmp(const void *a, const void *b, size_t n)
{
	const u8 *p = a, *q = b;

	if ((((u64)p ^ (u64)q) & 7) == 0) {
		for (; n && ((u64)p & 7); n--, p++, q++) {
			if (*p != *q)
				return *p - *q;
		}
		for (; n >= 8 && *(const word *)p == *(const word *)q; n -= 8)
			p += 8, q += 8;
	}
	for (; n; n--, p++, q++) {
		if (*p != *q)
			return *p - *q;
	}
	return 0;
}

/* ---- functions that libfdt needs besides ---- */
void *memchr(const void *s, int c, size_t n);
size_t strlen(const char *s);
size_t strnlen(const char *s, size_t max);
char *strrchr(const char *s, int c);
int strcmp(const char *a, const char *b);
void __stack_chk_fail(void);
extern u64 __stack_chk_guard;

u64 __stack_chk_guard = 0x5bd1e995a3c59ac3;

void *memchr(const void *s, int c, size_t n)
{
	const u8 *p = s;

	for (; n; n--, p++) {
		if (*p == (u8)c)
			return (void *)p;
	}
	return NULL;
}

size_t strlen(const char *s)
{
	size_t n = 0;

	while (s[n])
		n++;
	return n;
}

size_t strnlen(const char *s, size_t max)
{
	size_t n = 0;

	while (n < max && s[n])
		n++;
	return n;
}

char *strrchr(const char *s, int c)
{
	const char *last = NULL;

	do {
		if (*s == (char)c)
			last = s;
	} while (*s++);
	return (char *)last;
}

int strcmp(const char *a, const char *b)
{
	while (*a && *a == *b)
		a++, b++;
	return (u8)*a - (u8)*b;
}

void __stack_chk_fail(void)
{
	_kernel_panic("libfdt overran its stack");
}
