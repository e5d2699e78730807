// SPDX-License-Identifier: MPL-2.0
/*
 * Spans (frame/span.h): whatever offsets and lengths a service gives, all that is read and written
 * lies in the span. The span is any part of an array; CBMC checks each access against the array,
 * and `watched_byte`, any byte beside the span, must stay. A trap ends the proof's path: what is
 * behind it did not happen.
 */
#include "proof.h"

#include <frame/span.h>

#define ROOM 12
static u8 bytes[ROOM], others[ROOM];
static size_t at, n;
static struct span whole;

static struct span any_span(u8 *array)
{
	at = nondet_u64();
	n = nondet_u64();
	ASSUME(at <= ROOM && n <= ROOM - at);
	return (struct span){ array + at, n };
}

static void claim_inside(const u8 *p, size_t len)
{
	CLAIM(len <= n, "no longer than the span");
	CLAIM(p >= bytes + at && p + len <= bytes + at + n, "inside the span");
}

void main_parts(void)
{
	struct span s = any_span(bytes), r;
	struct cspan c = span_const(s), q;
	size_t off = nondet_u64(), len = nondet_u64();

	switch (nondet_u8()) {
	case 0:
		r = span_sub(s, off, len);
		CLAIM(r._n == len && r._p == s._p + off, "the part that was asked for");
		claim_inside(r._p, r._n);
		break;
	case 1:
		q = cspan_sub(c, off, len);
		CLAIM(q._n == len && q._p == s._p + off, "the part that was asked for");
		claim_inside(q._p, q._n);
		break;
	case 2:
		r = span_from(s, off);
		claim_inside(r._p, r._n);
		break;
	case 3:
		q = cspan_from(c, off);
		claim_inside(q._p, q._n);
		break;
	case 4:
		r = span_first(s, len);
		claim_inside(r._p, r._n);
		break;
	default:
		q = cspan_first(c, len);
		claim_inside(q._p, q._n);
		break;
	}
}

void main_accesses(void)
{
	struct span s = any_span(bytes);
	size_t beside = nondet_u64(), i = nondet_u64();
	u64 v64 = nondet_u64();
	u32 v32 = nondet_u32();
	u16 v16 = nondet_u16();
	bool fits = false, done = false;

	ASSUME(beside < ROOM && (beside < at || beside - at >= n));
	bytes[beside] = 7;
	switch (nondet_u8()) {
	case 0:
		span_set_byte(s, i, 1);
		CLAIM(i < n, "a byte of the span");
		break;
	case 1:
		(void)span_byte(span_const(s), i);
		CLAIM(i < n, "a byte of the span");
		break;
	case 2:
		fits = i <= n && n - i >= 8;
		done = span_write(s, i, &v64);
		break;
	case 3:
		fits = i <= n && n - i >= 4;
		done = span_write(s, i, &v32);
		break;
	case 4:
		fits = i <= n && n - i >= 2;
		done = span_read(span_const(s), i, &v16);
		break;
	case 5:
		fits = i <= n && n - i >= 8;
		done = span_read(span_const(s), i, &v64);
		break;
	case 6:
		CLAIM(cspan_find(span_const(s), (u8)v16) <= n, "found in the span, or its length");
		break;
	default:
		span_fill(s, 9);
		break;
	}
	CLAIM(fits == done, "done if and only if it fits");
	CLAIM(bytes[beside] == 7, "what is beside the span stays");
}

void main_copies(void)
{
	size_t beside = nondet_u64(), m;
	struct span s = any_span(others);
	size_t from = n;

	whole = any_span(bytes);
	ASSUME(beside < ROOM && (beside < at || beside - at >= n));
	bytes[beside] = 7;
	if (nondet_bool()) {
		m = span_copy(whole, span_const(s));
		CLAIM(m == min(n, from), "as many bytes as both have");
	} else {
		(void)cspan_equal(span_const(whole), span_const(s));
		(void)cspan_starts(span_const(whole), span_const(s));
	}
	CLAIM(bytes[beside] == 7, "what is beside the span stays");
}
