// SPDX-License-Identifier: MPL-2.0
/*
 * Scalar types, the markers that tell the checker what kind of type a struct is, and small helpers.
 *
 * The markers are annotations for the checker (which is built on clang) and nothing for GCC.
 * docs/safe-c.md says what each kind may do.
 */
#ifndef FRAME_TYPES_H
#define FRAME_TYPES_H

typedef __UINT8_TYPE__ u8;
typedef __UINT16_TYPE__ u16;
typedef __UINT32_TYPE__ u32;
typedef __UINT64_TYPE__ u64;
typedef __INT8_TYPE__ s8;
typedef __INT16_TYPE__ s16;
typedef __INT32_TYPE__ s32;
typedef __INT64_TYPE__ s64;
typedef __SIZE_TYPE__ size_t;
typedef __PTRDIFF_TYPE__ ssize_t;
typedef _Bool bool;

#define true  1
#define false 0
#define NULL  ((void *)0)

#ifdef __clang__
#define FRAME_MARK(kind) __attribute__((annotate(kind)))
#else
#define FRAME_MARK(kind)
#endif

/* A frame object behind a pointer: the pointer may be stored anywhere, the object never held by value. */
#define FRAME_HANDLE FRAME_MARK("frame:handle")
/* Lives in objects and static storage, is never copied, and is valid when all zero. */
#define FRAME_PINNED FRAME_MARK("frame:pinned")
/* Parameters, locals and frame results only: never stored, and no pointer to it exists. */
#define FRAME_TRANSIENT FRAME_MARK("frame:transient")
/* Locals and borrowed pointer parameters only, never copied. */
#define FRAME_LOCAL FRAME_MARK("frame:local")
/* Operations and match tables: instances are `static const`, pointers to const may be stored. */
#define TABLE FRAME_MARK("table")

/* Bytes without a type. A frame macro that casts to `struct frame_raw *` lets the checker see that it takes any
 * pointer-free value. Never defined. */
struct frame_raw;

#define must_check     __attribute__((warn_unused_result))
#define always_inline  inline __attribute__((always_inline))
/* The rare way out of a short function: kept apart, the common way needs no stack frame. */
#define noinline       __attribute__((noinline))
#define likely(x)      __builtin_expect(!!(x), 1)
#define unlikely(x)    __builtin_expect(!!(x), 0)
#define static_assert  _Static_assert
#define offsetof(T, f) __builtin_offsetof(T, f)
#define fallthrough    __attribute__((fallthrough))
#define UNUSED         __attribute__((unused))
/* A layout without padding, for formats from outside. Such a struct holds no pointer, and no address of a field is taken. */
#define PACKED         __attribute__((packed))

/* Number of elements of an array; a pointer in its place fails the build. */
#define ARRAY_LEN(a)                                                                               \
	(sizeof(a) / sizeof((a)[0]) +                                                              \
		0 * sizeof(char[__builtin_types_compatible_p(__typeof__(a), __typeof__(&(a)[0])) ? -1 : 1]))

/* Traps (file:line, then panic) when @i is not below @n. */
static always_inline size_t _index_check(size_t i, size_t n)
{
	if (unlikely(i >= n))
		__builtin_trap();
	return i;
}

/* Borrowed pointer to element @i of array @a; traps when @i is out of range. The safe form of &a[i]. */
#define array_at(a, i) (&(a)[_index_check((size_t)(i), ARRAY_LEN(a))])

#define _MINMAX(op, a, b)                                                                          \
	(__extension__({                                                                           \
		__typeof__(1 ? (a) : (b)) _mm_a = (a);                                             \
		__typeof__(1 ? (a) : (b)) _mm_b = (b);                                             \
		_mm_a op _mm_b ? _mm_a : _mm_b;                                                    \
	}))
#define min(a, b)          (_MINMAX(<, a, b))
#define max(a, b)          (_MINMAX(>, a, b))
#define clamp(x, lo, hi)   (min(max((x), (lo)), (hi)))
#define round_up(x, n)     (((x) + (n) - 1) & ~((__typeof__((x) + (n)))(n) - 1)) /* n: power of two; as wide as the wider */
#define round_down(x, n)   ((x) & ~((__typeof__(x))(n) - 1))             /* n: power of two */
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

/* Loads and stores that are done once and whole; the acquire/release forms order what comes after/before. */
#define load_once(x)        (__atomic_load_n(&(x), __ATOMIC_RELAXED))
#define store_once(x, v)    (__atomic_store_n(&(x), (v), __ATOMIC_RELAXED))
#define load_acquire(x)     (__atomic_load_n(&(x), __ATOMIC_ACQUIRE))
#define store_release(x, v) (__atomic_thread_fence(__ATOMIC_RELEASE), __atomic_store_n(&(x), (v), __ATOMIC_RELAXED)) /* GCC 12 makes an AMO of the plain form */

/* Sets / clears bits of an integer that others change at the same time; full barrier. The value is the old one. */
#define set_bits(x, bits)   (__atomic_fetch_or(&(x), (bits), __ATOMIC_SEQ_CST))
#define clear_bits(x, bits) (__atomic_fetch_and(&(x), ~(bits), __ATOMIC_SEQ_CST))

/* Orders all memory accesses of this CPU before it against all after it, as seen by other CPUs. */
static always_inline void memory_barrier(void)
{
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
}

#endif
