// SPDX-License-Identifier: MPL-2.0
/*
 * Formatting and the log (frame/fmt.h, frame/log.h): text ends where its span ends.
 *
 * The log is shared with everything else that runs, so tests look only at records from their own
 * on.
 */
#include <frame/fmt.h>
#include <frame/log.h>
#include <uapi/errno.h>

#include "test.h"

static bool is(const struct fmt *f, struct cspan want)
{
	return cspan_equal(fmt_text(f), want);
}

/* All conversions, the widest values, and flags, widths and precisions. */
KTEST(fmt_numbers)
{
	u8 line[128];
	FMT(f, span_of(line));

	fmt_printf(&f, "%d %u %x %X %o %c %%", -5, 4000000000u, 0xbeefu, 0xbeefu, 8u, 'k');
	KTEST_EXPECT(is(&f, STR("-5 4000000000 beef BEEF 10 k %")));
	fmt_clear(&f);
	fmt_printf(&f, "%ld %lu %lx", (s64)(1ul << 63), ~0ul, ~0ul);
	KTEST_EXPECT(is(&f, STR("-9223372036854775808 18446744073709551615 ffffffffffffffff")));
	fmt_clear(&f);
	fmt_printf(&f, "[%5d|%-5d|%05d|%+d|%.3d|%8.3x|%#x]", 42, 42, -42, 7, 7, 0xau, 255u);
	KTEST_EXPECT(is(&f, STR("[   42|42   |-0042|+7|007|     00a|0xff]")));
	fmt_clear(&f);
	fmt_printf(&f, "%hhu %hd %zu %d", 200, -3, (size_t)9, 0);
	KTEST_EXPECT(is(&f, STR("200 -3 9 0")));
}

/* What does not fit is cut at the byte, whatever comes afterwards, and huge widths cost nothing. */
KTEST(fmt_overflow_is_dropped_and_told)
{
	u8 small[8], guard[2] = { 0x55, 0x55 };
	FMT(f, span_of(small));

	fmt_printf(&f, "%d", 1234567);
	KTEST_EXPECT(fmt_len(&f) == 7 && !fmt_overflow(&f));
	fmt_lit(&f, LIT("89"));
	KTEST_EXPECT(fmt_len(&f) == 8 && fmt_overflow(&f) && is(&f, STR("12345678")));
	fmt_char(&f, 'x');
	fmt_fill(&f, 'x', 100000);
	fmt_span(&f, STR("yyyy"));
	fmt_span_pad(&f, STR("z"), 4000000);
	fmt_printf(&f, "%1000d", 1);
	KTEST_EXPECT(fmt_len(&f) == 8 && is(&f, STR("12345678")) && guard[0] == 0x55);
	KTEST_EXPECT(guard[1] == 0x55);
	fmt_clear(&f);
	KTEST_EXPECT(fmt_len(&f) == 0 && !fmt_overflow(&f));
	fmt_span_pad(&f, STR("ab"), 5);
	KTEST_EXPECT(is(&f, STR("ab   ")));
}

/* A span without bytes is one that is full. */
KTEST(fmt_into_nothing)
{
	FMT(f, SPAN_NONE);

	fmt_printf(&f, "%d", 1);
	fmt_span(&f, STR("abc"));
	fmt_char(&f, 'x');
	fmt_span(&f, CSPAN_NONE);
	KTEST_EXPECT(fmt_len(&f) == 0 && fmt_overflow(&f) && cspan_len(fmt_text(&f)) == 0);
}

/*
 * A number ends where its digits end: the result says how many bytes it has, and 0 says that there
 * is none or that it is too large. Bases follow C's prefixes if the base is 0.
 */
KTEST(parse_numbers)
{
	u64 v = 7;

	KTEST_EXPECT(parse_u64(STR("0"), 10, &v) == 1 && v == 0);
	KTEST_EXPECT(parse_u64(STR("18446744073709551615"), 10, &v) == 20 && v == ~0ul);
	v = 7;
	KTEST_EXPECT(parse_u64(STR("18446744073709551616"), 10, &v) == 0);
	KTEST_EXPECT(parse_u64(STR("99999999999999999999999"), 0, &v) == 0 && v == 7);
	KTEST_EXPECT(parse_u64(STR(""), 10, &v) == 0 && parse_u64(STR("-1"), 10, &v) == 0);
	KTEST_EXPECT(parse_u64(STR(" 1"), 10, &v) == 0 && parse_u64(STR("x"), 0, &v) == 0);
	KTEST_EXPECT(parse_u64(STR("0x1fG"), 0, &v) == 4 && v == 0x1f);
	KTEST_EXPECT(parse_u64(STR("0x"), 0, &v) == 1 && v == 0);
	KTEST_EXPECT(parse_u64(STR("0755"), 0, &v) == 4 && v == 0755);
	KTEST_EXPECT(parse_u64(STR("fF"), 16, &v) == 2 && v == 255);
	KTEST_EXPECT(parse_u64(STR("0xfF"), 16, &v) == 4 && v == 255);
	KTEST_EXPECT(parse_u64(STR("12abc"), 10, &v) == 2 && v == 12);
	KTEST_EXPECT(parse_u64(STR("ffffffffffffffff"), 16, &v) == 16 && v == ~0ul);
	KTEST_EXPECT(parse_u64(STR("10000000000000000"), 16, &v) == 0);
}

/* ---- the log ---- */

/*
 * A record is read as it was written, or its beginning if there is little room; numbers that do not
 * exist yet are -EAGAIN.
 */
KTEST(log_record_round_trip)
{
	u64 seq = log_next_seq();
	struct log_info info = { 0 };
	u8 text[64];

	log_debug("self-test %d of %lu", 1, 2ul);
	KTEST_EXPECT(log_read(&seq, &info, span_of(text)) == 16);
	KTEST_EXPECT(cspan_equal(cspan_first(cspan_of(text), 16), STR("self-test 1 of 2")));
	KTEST_EXPECT(info.seq == seq && info.level == LOG_DEBUG && info.time_ns <= time_mono_ns());
	KTEST_EXPECT(log_read(&seq, &info, span_first(span_of(text), 4)) == 4);
	KTEST_EXPECT(log_read(&seq, &info, SPAN_NONE) == 0);
	seq = log_next_seq() + 1000;
	KTEST_EXPECT(log_read(&seq, &info, span_of(text)) == -EAGAIN);
	seq = ~0ul;
	KTEST_EXPECT(log_read(&seq, &info, span_of(text)) == -EAGAIN);
}

/* So that no text from a program can steer a terminal. */
KTEST(log_escapes_control_characters)
{
	u8 raw[6] = { 'a', '\n', 27, 127, 'b', 0 }, text[64];
	u64 seq = log_next_seq();
	struct log_info info = { 0 };
	ssize_t n;

	log_text(LOG_DEBUG, cspan_of(raw));
	n = log_read(&seq, &info, span_of(text));
	KTEST_EXPECT(n == 18);
	KTEST_EXPECT(cspan_equal(cspan_first(cspan_of(text), 18), STR("a\\x0a\\x1b\\x7fb\\x00")));
}

/* Records of all sizes, more than the ring holds: the oldest go, and what is left is whole. */
KTEST(log_ring_wraps)
{
	u64 first = log_next_seq(), seq;
	struct log_info info = { 0 };
	u32 level = log_console_level(), i;
	static u8 long_line[700];
	u8 text[600];

	log_set_console_level(0);
	span_fill(span_of(long_line), 'w');
	for (i = 0; i < 600; i++) {
		log_text(LOG_INFO, cspan_first(cspan_of(long_line), i));
		log_text(LOG_INFO, cspan_of(long_line));
	}
	log_set_console_level(level);
	KTEST_EXPECT(log_first_seq() > first);
	/* A reader that is far behind goes on with what is left; all of it can be read. */
	seq = 0;
	i = 0;
	while (log_read(&seq, &info, span_of(text)) >= 0) {
		KTEST_EXPECT(info.seq == seq);
		seq++;
		i++;
	}
	KTEST_EXPECT(i > 100 && seq == log_next_seq());
}

static void log_much(unsigned n)
{
	u32 i;

	for (i = 0; i < 400; i++)
		log_debug("%u: line %u of many", n, i);
}
/* None is lost between two writers, and each can be read. */
KTEST(log_from_all_cpus)
{
	u32 level = log_console_level();
	struct log_info info = { 0 };
	u64 seq = log_next_seq(), before = seq;
	u8 text[80];

	log_set_console_level(0);
	KTEST_EXPECT(test_team(log_much, 4));
	log_set_console_level(level);
	KTEST_EXPECT(log_next_seq() >= before + 1600);
	while (log_read(&seq, &info, span_of(text)) >= 0)
		seq++;
}

static struct log_limit limit;
/* A message that programs can cause comes a few times, not fifty. */
KTEST(log_limit_holds_back)
{
	u64 before = log_next_seq();
	u32 i;

	for (i = 0; i < 50; i++)
		log_warn_limited(&limit, "limited %u (a self-test)", i);
	KTEST_EXPECT(log_next_seq() <= before + 4);
}
