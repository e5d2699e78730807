// SPDX-License-Identifier: MPL-2.0
/* The kernel's text formatting against the C library's, overflow, and reading numbers. */
#include <frame/fmt.h>

#include "host.h"

int memcmp(const void *a, const void *b, size_t n);

#define SAME(format, ...)                                                                    \
	do {                                                                                 \
		char want[256], have[256];                                                   \
		int n = snprintf(want, sizeof(want), format, __VA_ARGS__);                   \
		FMT(f, span_of(have));                                                       \
		fmt_printf(&f, format, __VA_ARGS__);                                         \
		if ((size_t)n != fmt_len(&f) || memcmp(want, have, (size_t)n)) {             \
			printf("%s: \"%.*s\", not \"%s\"\n", format, (int)fmt_len(&f), have, \
				want);                                                       \
			exit(1);                                                             \
		}                                                                            \
	} while (0)

static void numbers(void)
{
	static const s64 some[] = { 0, 1, -1, 7, 42, -42, 255, 65535, 0x7fffffff, -0x7fffffff - 1,
		0x7fffffffffffffff, -0x7fffffffffffffff - 1 };
	u32 i;

	for (i = 0; i < 2000; i++) {
		s64 v = i < ARRAY_LEN(some) ? some[i]
					    : (s64)((u64)unit_random(~0u) << unit_random(40));
		SAME("%ld|%lu|%lx|%lX|%lo", v, (u64)v, (u64)v, (u64)v, (u64)v);
		SAME("%d|%u|%x|%08x|%-8d|%+d|% d", (s32)v, (u32)v, (u32)v, (u32)v, (s32)v, (s32)v,
			(s32)v);
		SAME("%5d|%-5d|%05d|%.3d|%8.3d", (s32)v, (s32)v, (s32)v, (s32)v, (s32)v);
		SAME("%hd|%hhu|%hx", (s16)v, (u8)v, (u16)v);
		SAME("%#x|%#lx|%#o|%c|%%", (u32)v, (u64)v, (u32)v, 'a' + (int)(v & 15));
		SAME("%zu|%3zu", (size_t)v, (size_t)v);
	}
}

static void overflow(void)
{
	char *exact = calloc(1, 10);
	struct span room = { (u8 *)exact, 10 };
	u32 i;

	for (i = 0; i < 200; i++) {
		FMT(f, span_first(room, unit_random(11)));
		fmt_printf(&f, "%*d", (int)unit_random(30), 5);
		fmt_lit(&f, LIT("more"));
		fmt_fill(&f, 'x', unit_random(20));
		UNIT_CHECK(fmt_len(&f) <= 10);
		UNIT_CHECK(fmt_overflow(&f) || fmt_len(&f) <= 10);
	}
	free(exact);
}

static void parsing(void)
{
	char text[40];
	u64 v;
	u32 i;

	for (i = 0; i < 2000; i++) {
		u64 want = (u64)unit_random(~0u) << unit_random(33);
		int n = snprintf(text, sizeof(text), "%lu", want);
		UNIT_CHECK(parse_u64((struct cspan){ (u8 *)text, (size_t)n }, 10, &v) ==
				(size_t)n &&
			v == want);
		n = snprintf(text, sizeof(text), "0x%lx", want);
		UNIT_CHECK(parse_u64((struct cspan){ (u8 *)text, (size_t)n }, 0, &v) == (size_t)n &&
			v == want);
		n = snprintf(text, sizeof(text), "0%lo", want);
		UNIT_CHECK(parse_u64((struct cspan){ (u8 *)text, (size_t)n }, 0, &v) == (size_t)n &&
			v == want);
	}
	UNIT_CHECK(parse_u64(STR(""), 10, &v) == 0);
	UNIT_CHECK(parse_u64(STR("x"), 10, &v) == 0);
	UNIT_CHECK(parse_u64(STR("18446744073709551615"), 10, &v) == 20 && v == ~0ul);
	UNIT_CHECK(parse_u64(STR("18446744073709551616"), 10, &v) == 0);
	UNIT_CHECK(parse_u64(STR("12x"), 10, &v) == 2 && v == 12);
}

int main(void)
{
	numbers();
	overflow();
	parsing();
	return 0;
}
