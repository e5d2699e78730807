// SPDX-License-Identifier: MPL-2.0
/*
 * Spans: (pointer, length) of bytes. A `struct span` is writable, a `struct cspan` read-only.
 *
 * A span lives in parameters and locals only, so it outlives the memory it was made of by no more
 * than the running call. Every access is checked against the length. An index or range outside the
 * span traps unless the function says that it clamps or fails.
 *
 * Context: any.
 * Trust: _p[0.._n) was byte memory of static storage, of a live stack frame below, of a buf or of
 *        an object when the span was made; such memory stays bytes for ever (type-stable pools).
 * Source: frame/lib/string.c (mem*).
 */
#ifndef FRAME_SPAN_H
#define FRAME_SPAN_H

#include <frame/lit.h>
#include <frame/types.h>

struct FRAME_TRANSIENT span {
	u8 *_p;
	size_t _n;
};

struct FRAME_TRANSIENT cspan {
	const u8 *_p;
	size_t _n;
};

/* For calls that compilers generate; services cannot name a void *. */
void *memcpy(void *dst, const void *src, size_t n);
void *memmove(void *dst, const void *src, size_t n);
void *memset(void *dst, int c, size_t n);
int memcmp(const void *a, const void *b, size_t n);

#define _IS_BYTES(a)                                                             \
	(__builtin_types_compatible_p(__typeof__(&(a)[0]), u8 *) ||              \
		__builtin_types_compatible_p(__typeof__(&(a)[0]), char *) ||     \
		__builtin_types_compatible_p(__typeof__(&(a)[0]), const u8 *) || \
		__builtin_types_compatible_p(__typeof__(&(a)[0]), const char *))
#define _BYTES_LEN(a) (ARRAY_LEN(a) + 0 * sizeof(char[_IS_BYTES(a) ? 1 : -1]))

/* All bytes of an array of u8 or char. */
#define span_of(array) \
	((struct span){ (u8 *)(array) + 0 * sizeof(*(array) = 0), _BYTES_LEN(array) })
#define cspan_of(array) ((struct cspan){ (const u8 *)(array), _BYTES_LEN(array) })

/*
 * The bytes of a pointer-free value (a struct, an integer). The checker verifies that the value is
 * raw-safe.
 */
#define value_span(ptr) ((struct span){ (u8 *)(struct frame_raw *)(ptr), sizeof(*(ptr)) })
#define value_cspan(ptr) \
	((struct cspan){ (const u8 *)(const struct frame_raw *)(ptr), sizeof(*(ptr)) })

#define SPAN_NONE  ((struct span){ NULL, 0 })
#define CSPAN_NONE ((struct cspan){ NULL, 0 })

/* The characters of a literal, without the terminating NUL. */
static inline struct cspan lit_span(struct lit l)
{
	return (struct cspan){ (const u8 *)l._s, l._s ? __builtin_strlen(l._s) : 0 };
}
#define STR(literal) (lit_span(LIT(literal)))

/* The same bytes, read-only; the number of bytes. */
static always_inline struct cspan span_const(struct span s)
{
	return (struct cspan){ s._p, s._n };
}
static always_inline size_t span_len(struct span s)
{
	return s._n;
}
static always_inline size_t cspan_len(struct cspan s)
{
	return s._n;
}

static always_inline void _span_check(size_t off, size_t len, size_t n)
{
	if (unlikely(off > n || len > n - off))
		__builtin_trap();
}

/* Reads / writes byte @i; traps when @i is outside the span. */
static always_inline u8 span_byte(struct cspan s, size_t i)
{
	return s._p[_index_check(i, s._n)];
}
static always_inline void span_set_byte(struct span s, size_t i, u8 v)
{
	s._p[_index_check(i, s._n)] = v;
}

/* The @len bytes from @off; traps unless all of them are inside. */
static always_inline struct span span_sub(struct span s, size_t off, size_t len)
{
	_span_check(off, len, s._n);
	return (struct span){ s._p + off, len };
}
static always_inline struct cspan cspan_sub(struct cspan s, size_t off, size_t len)
{
	_span_check(off, len, s._n);
	return (struct cspan){ s._p + off, len };
}
/*
 * The smaller one of the two. No branch stands between the comparison and its result, so a compiler
 * that is short of registers would load @x for each of them from the field that it came from, which
 * another CPU may change in between.
 */
static always_inline size_t _span_clamp(size_t x, size_t n)
{
	/* TRUST: no instruction; from here on the value is in no other place. */
	if (!__builtin_constant_p(x))
		__asm__("" : "+r"(x));
	return min(x, n);
}
/* All bytes from @off (clamped: an offset past the end gives the empty span). */
static always_inline struct span span_from(struct span s, size_t off)
{
	size_t o = _span_clamp(off, s._n);
	return (struct span){ s._p + o, s._n - o };
}
static always_inline struct cspan cspan_from(struct cspan s, size_t off)
{
	size_t o = _span_clamp(off, s._n);
	return (struct cspan){ s._p + o, s._n - o };
}
/* At most the first @len bytes (clamped). */
static always_inline struct span span_first(struct span s, size_t len)
{
	return (struct span){ s._p, _span_clamp(len, s._n) };
}
static always_inline struct cspan cspan_first(struct cspan s, size_t len)
{
	return (struct cspan){ s._p, _span_clamp(len, s._n) };
}

/* Copies min(len(dst), len(src)) bytes and returns that number; overlap is allowed. */
static inline size_t span_copy(struct span dst, struct cspan src)
{
	size_t n = min(dst._n, src._n);
	memmove(dst._p, src._p, n);
	return n;
}
/* Sets every byte to @v. */
static inline void span_fill(struct span s, u8 v)
{
	memset(s._p, v, s._n);
}
/* Whether the spans have equal length and bytes; whether @s starts with @prefix. */
static inline bool cspan_equal(struct cspan a, struct cspan b)
{
	return a._n == b._n && memcmp(a._p, b._p, a._n) == 0;
}
static inline bool cspan_starts(struct cspan s, struct cspan prefix)
{
	return s._n >= prefix._n && memcmp(s._p, prefix._p, prefix._n) == 0;
}
/* Index of the first byte equal to @c, or the length when there is none. */
static inline size_t cspan_find(struct cspan s, u8 c)
{
	size_t i = 0;
	while (i < s._n && s._p[i] != c)
		i++;
	return i;
}
/*
 * Length of the NUL-terminated string at the start of the span (the whole length when there is no
 * NUL).
 */
static always_inline size_t cspan_strlen(struct cspan s)
{
	return cspan_find(s, 0);
}

/*
 * Values are usually aligned in their bytes, and are then moved in whole words. @len and @align are
 * constants.
 */
static always_inline void _value_move(void *dst, const void *src, size_t len, size_t align)
{
	if (unlikely((((u64)dst | (u64)src) & (align - 1)) != 0))
		memmove(dst, src, len);
	else if (align >= 8)
		__builtin_memcpy(__builtin_assume_aligned(dst, 8), __builtin_assume_aligned(src, 8),
			len);
	else if (align == 4)
		__builtin_memcpy(__builtin_assume_aligned(dst, 4), __builtin_assume_aligned(src, 4),
			len);
	else if (align == 2)
		__builtin_memcpy(__builtin_assume_aligned(dst, 2), __builtin_assume_aligned(src, 2),
			len);
	else
		__builtin_memcpy(dst, src, len);
}
static always_inline bool _span_get(struct cspan s, size_t off, void *dst, size_t len, size_t align)
{
	if (unlikely(off > s._n || len > s._n - off))
		return false;
	_value_move(dst, s._p + off, len, align);
	return true;
}
static always_inline bool _span_put(struct span s, size_t off, const void *src, size_t len,
	size_t align)
{
	if (unlikely(off > s._n || len > s._n - off))
		return false;
	_value_move(s._p + off, src, len, align);
	return true;
}

/*
 * Copies the raw-safe value *@ptr from / to the bytes at @off. Returns false, and copies nothing,
 * when out of range.
 */
#define span_read(cspan, off, ptr)                                                    \
	(_span_get((cspan), (off), (void *)(struct frame_raw *)(ptr), sizeof(*(ptr)), \
		__alignof__(*(ptr))))
#define span_write(span, off, ptr)                                                               \
	(_span_put((span), (off), (const void *)(const struct frame_raw *)(ptr), sizeof(*(ptr)), \
		__alignof__(*(ptr))))

#endif
