// SPDX-License-Identifier: MPL-2.0
/*
 * Scalar types, the markers that tell the checker what kind of type a struct is, and small helpers.
 *
 * The markers are annotations for the checker and mean nothing to the compiler. docs/safe-c.md
 * defines what each kind may do.
 */
#ifndef FRAME_TYPES_H
#define FRAME_TYPES_H

/*
 * Spelled out here, because the checker's compiler and the building compiler must read the same
 * text (docs/safe-c.md).
 */
typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long u64;
typedef signed char s8;
typedef short s16;
typedef int s32;
typedef long s64;
typedef unsigned long size_t;
typedef long ssize_t;
typedef _Bool bool;

#define true  1
#define false 0
#define NULL  ((void *)0)

/* SAFE_C is defined when services are checked and compiled (tools/safe-c.mk). */
#ifdef SAFE_C
#define FRAME_MARK(kind) __attribute__((annotate(kind)))
#else
#define FRAME_MARK(kind)
#endif

/*
 * A frame object behind a pointer: the pointer may be stored anywhere, the object is never held by
 * value.
 */
#define FRAME_HANDLE FRAME_MARK("frame:handle")
/* Lives in objects and static storage, is never copied, and is valid when all zero. */
#define FRAME_PINNED FRAME_MARK("frame:pinned")
/* Parameters, locals and frame results only: never stored, and no pointer to it exists. */
#define FRAME_TRANSIENT FRAME_MARK("frame:transient")
/* Locals and borrowed pointer parameters only, never copied. */
#define FRAME_LOCAL FRAME_MARK("frame:local")
/* Operations and match tables: instances are `static const`; pointers to const may be stored. */
#define TABLE FRAME_MARK("table")

/*
 * Bytes without a type. A frame macro that casts to `struct frame_raw *` shows the checker that it
 * takes any pointer-free value. Never defined.
 */
struct frame_raw;

#define must_check    __attribute__((warn_unused_result))
#define always_inline inline __attribute__((always_inline))
/* For the rare path out of a short function: kept apart, the common path needs no stack frame. */
#define noinline          __attribute__((noinline))
#define likely(x)         __builtin_expect(!!(x), 1)
#define unlikely(x)       __builtin_expect(!!(x), 0)
#define static_assert     _Static_assert
#define offsetof(type, f) __builtin_offsetof(type, f)
#define fallthrough       __attribute__((fallthrough))
#define UNUSED            __attribute__((unused))
/*
 * A layout without padding, for formats from outside the kernel. Such a struct holds no pointer,
 * and the address of a field is never taken.
 */
#define PACKED __attribute__((packed))

/* Drops the error of a must_check function; a comment beside the call says why it may be. */
static inline void ignore_error(s64 err)
{
	(void)err;
}

/* Number of elements of an array; a pointer in its place fails the build. */
#define ARRAY_LEN(a)                                                            \
	(sizeof(a) / sizeof((a)[0]) +                                           \
		0 *                                                             \
			sizeof(char[__builtin_types_compatible_p(__typeof__(a), \
					    __typeof__(&(a)[0]))                \
					? -1                                    \
					: 1]))

/* Returns @i; traps (file:line, then panic) unless @i is below @n. */
static always_inline size_t _index_check(size_t i, size_t n)
{
	if (unlikely(i >= n))
		__builtin_trap();
	return i;
}

/*
 * Borrowed pointer to element @i of array @a; traps when @i is out of range. The safe form of
 * &a[i].
 */
#define array_at(a, i) (&(a)[_index_check((size_t)(i), ARRAY_LEN(a))])

#define _MINMAX(op, a, b)                              \
	(__extension__({                               \
		__typeof__(1 ? (a) : (b)) _mm_a = (a); \
		__typeof__(1 ? (a) : (b)) _mm_b = (b); \
		_mm_a op _mm_b ? _mm_a : _mm_b;        \
	}))
#define min(a, b)        (_MINMAX(<, a, b))
#define max(a, b)        (_MINMAX(>, a, b))
#define clamp(x, lo, hi) (min(max((x), (lo)), (hi)))
/* @n is a power of two; the result is as wide as the wider operand. */
#define round_up(x, n)     (((x) + (n) - 1) & ~((__typeof__((x) + (n)))(n) - 1))
#define round_down(x, n)   ((x) & ~((__typeof__(x))(n) - 1)) /* @n is a power of two */
#define div_round_up(x, n) (((x) + (n) - 1) / (n))
#define bit(n)             (1ul << (n))

#define PAGE_SHIFT 12
#define PAGE_SIZE  4096ul
#define PAGE_MASK  (PAGE_SIZE - 1)
#define MAX_CPUS   64

#define NSEC_PER_SEC  1000000000ul
#define NSEC_PER_MSEC 1000000ul
#define NSEC_PER_USEC 1000ul

/* Zero-based position of the highest / lowest set bit of a non-zero word. */
static always_inline unsigned bit_highest(u64 x)
{
	return 63 - (unsigned)__builtin_clzl(x | 1);
}
static always_inline unsigned bit_lowest(u64 x)
{
	return (unsigned)__builtin_ctzl(x | (1ul << 63));
}
/* Number of set bits. */
static always_inline unsigned bit_count(u64 x)
{
	return (unsigned)__builtin_popcountl(x);
}

#include <frame/order.h> /* load_once() and its kin */

#endif
