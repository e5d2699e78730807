// SPDX-License-Identifier: MPL-2.0
/*
 * Classic BPF: random programs, most of them almost right, against a second checker and a second
 * interpreter that are written down another way. A program that one checker accepts the other must
 * accept; what it makes of random messages must be the same; the sanitizers see each access that
 * leaves a message, a program or the 16 words of memory.
 */
#include <kernel/bpf.h>
#include <kernel/user_limit.h>

#include "host.h"

/* ---- what the frame has ---- */

struct buf {
	u32 refs;
	size_t size;
	u8 *bytes; /* a block of its own: the sanitizer sees its end */
};

struct buf *_buf_alloc(size_t size, unsigned class)
{
	struct buf *b = calloc(1, sizeof(*b));

	(void)class;
	b->refs = 1;
	b->size = size;
	b->bytes = calloc(1, size);
	return b;
}

struct buf *buf_get(struct buf *b)
{
	b->refs++;
	return b;
}

/* Accounts are not part of this. */
bool user_charge(enum user_resource r, u32 uid, u64 n, u64 limit)
{
	(void)r, (void)uid, (void)n, (void)limit;
	return true;
}

void user_uncharge(enum user_resource r, u32 uid, u64 n)
{
	(void)r, (void)uid, (void)n;
}

void buf_put(struct buf **bp)
{
	struct buf *b = *bp;

	*bp = NULL;
	if (!b || --b->refs)
		return;
	free(b->bytes);
	free(b);
}

struct span buf_span(struct buf *b)
{
	return (struct span){ ._p = (void *)b->bytes, ._n = b->size };
}

struct cspan buf_cspan(struct buf *b)
{
	return span_const(buf_span(b));
}

size_t buf_size(const struct buf *b)
{
	return b->size;
}

/* ---- a message ---- */

struct message {
	struct obj obj;
	u32 len;
	u8 *bytes;
};
OBJ_TYPE(message, NULL_RELEASE);

static u32 loads; /* of the run under test */

static u32 message_len(struct obj *o)
{
	return obj_cast(message, o)->len;
}

static bool known(const struct message *m, u32 off, u32 size, u32 *out)
{
	u32 at = off >= BPF_NET_OFF ? off - BPF_NET_OFF + 2
		: off >= BPF_LL_OFF ? off - BPF_LL_OFF
				    : off;

	if (at > m->len || size > m->len - at)
		return false;
	for (*out = 0; size; size--)
		*out = *out << 8 | m->bytes[at++];
	return true;
}

static bool message_load(struct obj *o, u32 off, u32 size, u32 *out)
{
	loads++;
	UNIT_CHECK(size == 1 || size == 2 || size == 4);
	UNIT_CHECK(off < 0x80000000u || (off >= BPF_LL_OFF && off < BPF_AD_OFF));
	return known(obj_cast(message, o), off, size, out);
}

static bool message_ancillary(struct obj *o, u32 what, u32 *a)
{
	(void)o;
	UNIT_CHECK(what < BPF_AD_MAX && !(what & 3));
	*a = what * 3 + 1;
	return what != BPF_AD_IFINDEX;
}

static const struct bpf_loads message_loads = {
	.load = message_load, .len = message_len, .ancillary = message_ancillary
};

/* ---- the other checker: a list of codes, and each way through the program ---- */

static const u8 codes[] = { 0x00, 0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x0c, 0x14, 0x15, 0x16,
	0x1c, 0x1d, 0x20, 0x24, 0x25, 0x28, 0x2c, 0x2d, 0x30, 0x34, 0x35, 0x3c, 0x3d, 0x40, 0x44,
	0x45, 0x48, 0x4c, 0x4d, 0x50, 0x54, 0x5c, 0x60, 0x61, 0x64, 0x6c, 0x74, 0x7c, 0x80, 0x81,
	0x84, 0x87, 0x94, 0x9c, 0xa4, 0xac, 0xb1 };

static bool is_code(u32 code)
{
	u32 i;

	for (i = 0; i < ARRAY_LEN(codes); i++) {
		if (codes[i] == code)
			return true;
	}
	return false;
}

static bool one_ok(const struct bpf_insn *in, u32 after)
{
	if (!is_code(in->code))
		return false;
	switch (in->code) {
	case 0x34: /* division and remainder by a constant */
	case 0x94:
		return in->k != 0;
	case 0x64: /* shifts by a constant */
	case 0x74:
		return in->k <= 31;
	case 0x02: /* memory */
	case 0x03:
	case 0x60:
	case 0x61:
		return in->k <= 15;
	case 0x05:
		return in->k < after;
	case 0x15: /* conditional jumps */
	case 0x1d:
	case 0x25:
	case 0x2d:
	case 0x35:
	case 0x3d:
	case 0x45:
	case 0x4d:
		return in->jt < after && in->jf < after;
	case 0x20: /* loads from a place that may be a name */
	case 0x28:
	case 0x30:
		return in->k < 0xfffff000u || (in->k - 0xfffff000u < 64 && in->k % 4 == 0);
	default:
		return true;
	}
}

/* Whether no way that comes to @pc with these words written reads another one. */
static bool way_ok(const struct bpf_insn *p, u32 pc, u32 words)
{
	for (;; pc++) {
		switch (p[pc].code) {
		case 0x06:
		case 0x16:
			return true;
		case 0x02:
		case 0x03:
			words |= 1u << p[pc].k;
			break;
		case 0x60:
		case 0x61:
			if (!(words >> p[pc].k & 1))
				return false;
			break;
		case 0x05:
			pc += p[pc].k;
			break;
		default:
			if ((p[pc].code & 7) == 5)
				return way_ok(p, pc + 1 + p[pc].jt, words) &&
					way_ok(p, pc + 1 + p[pc].jf, words);
			break;
		}
	}
}

static bool has_return(const struct bpf_insn *p, u32 n)
{
	u32 i;

	for (i = 0; i < n; i++) {
		if ((p[i].code & 7) == 6)
			return true;
	}
	return false;
}

static bool program_ok(const struct bpf_insn *p, u32 n)
{
	u32 i;

	for (i = 0; i < n; i++) {
		if (!one_ok(&p[i], n - 1 - i))
			return false;
	}
	return n && (p[n - 1].code == 0x06 || p[n - 1].code == 0x16) && way_ok(p, 0, 0);
}

/* ---- the other interpreter ---- */

static bool fetch(const struct message *m, u32 off, u32 size, u32 *out)
{
	if (off >= 0x80000000u && (off < 0xffe00000u || off >= 0xfffff000u))
		return false;
	return known(m, off, size, out);
}

static u32 attribute(const struct message *m, u32 at, u32 end, u32 type)
{
	while (end >= 4 && at <= end - 4) {
		u32 len = m->bytes[at] | (u32)m->bytes[at + 1] << 8;
		u32 found = (m->bytes[at + 2] | (u32)m->bytes[at + 3] << 8) & 0x3fff;
		if (len < 4 || at + len > end)
			return 0;
		if (found == type)
			return at;
		at += (len + 3) / 4 * 4;
	}
	return 0;
}

static bool name(const struct message *m, u32 what, u32 *a, u32 x)
{
	u32 len;

	switch (what) {
	case 40:
		*a ^= x;
		return true;
	case 12:
		*a = attribute(m, *a, m->len, x);
		return true;
	case 16:
		if (m->len < 4 || *a > m->len - 4)
			*a = 0;
		else {
			len = m->bytes[*a] | (u32)m->bytes[*a + 1] << 8;
			*a = len < 4 || *a + len > m->len ? 0 : attribute(m, *a + 4, *a + len, x);
		}
		return true;
	default:
		*a = what * 3 + 1;
		return what != BPF_AD_IFINDEX;
	}
}

static u32 interpret(const struct bpf_insn *p, const struct message *m)
{
	u32 a = 0, x = 0, mem[16] = { 0 }, pc = 0, v;

	for (;; pc++) {
		u32 k = p[pc].k, b = p[pc].code & 8 ? x : k;
		switch (p[pc].code) {
		case 0x00:
			a = k;
			break;
		case 0x01:
			x = k;
			break;
		case 0x02:
			mem[k] = a;
			break;
		case 0x03:
			mem[k] = x;
			break;
		case 0x04:
		case 0x0c:
			a += b;
			break;
		case 0x05:
			pc += k;
			break;
		case 0x06:
			return k;
		case 0x16:
			return a;
		case 0x07:
			x = a;
			break;
		case 0x87:
			a = x;
			break;
		case 0x14:
		case 0x1c:
			a -= b;
			break;
		case 0x15:
		case 0x1d:
			pc += a == b ? p[pc].jt : p[pc].jf;
			break;
		case 0x25:
		case 0x2d:
			pc += a > b ? p[pc].jt : p[pc].jf;
			break;
		case 0x35:
		case 0x3d:
			pc += a >= b ? p[pc].jt : p[pc].jf;
			break;
		case 0x45:
		case 0x4d:
			pc += a & b ? p[pc].jt : p[pc].jf;
			break;
		case 0x24:
		case 0x2c:
			a *= b;
			break;
		case 0x34:
		case 0x3c:
			if (!b)
				return 0;
			a /= b;
			break;
		case 0x94:
		case 0x9c:
			if (!b)
				return 0;
			a %= b;
			break;
		case 0x44:
		case 0x4c:
			a |= b;
			break;
		case 0x54:
		case 0x5c:
			a &= b;
			break;
		case 0xa4:
		case 0xac:
			a ^= b;
			break;
		case 0x64:
		case 0x6c:
			a <<= b % 32;
			break;
		case 0x74:
		case 0x7c:
			a >>= b % 32;
			break;
		case 0x84:
			a = 0u - a;
			break;
		case 0x60:
			a = mem[k];
			break;
		case 0x61:
			x = mem[k];
			break;
		case 0x80:
			a = m->len;
			break;
		case 0x81:
			x = m->len;
			break;
		case 0x20:
		case 0x28:
		case 0x30:
			v = p[pc].code == 0x20 ? 4 : p[pc].code == 0x28 ? 2 : 1;
			if (k >= 0xfffff000u ? !name(m, k - 0xfffff000u, &a, x)
					     : !fetch(m, k, v, &a))
				return 0;
			break;
		case 0x40:
			if (!fetch(m, k + x, 4, &a))
				return 0;
			break;
		case 0x48:
			if (!fetch(m, k + x, 2, &a))
				return 0;
			break;
		case 0x50:
			if (!fetch(m, k + x, 1, &a))
				return 0;
			break;
		case 0xb1:
			if (!fetch(m, k, 1, &v))
				return 0;
			x = (v & 15) * 4;
			break;
		default:
			UNIT_CHECK(!"a code that is none");
		}
	}
}

/* ---- random programs ---- */

static u32 some_k(void)
{
	static const u32 edges[] = { 0, 1, 4, 15, 16, 31, 32, 0x7fffffff, 0x80000000, 0xffdfffff,
		0xffe00000, 0xfff00000, 0xffffefff, 0xfffff000, 0xfffff00c, 0xfffff010, 0xfffff028,
		0xfffff03c, 0xfffff040, 0xffffffff };

	switch (unit_random(4)) {
	case 0:
		return edges[unit_random(ARRAY_LEN(edges))];
	case 1:
		return 0xfffff000u + unit_random(17) * 4;
	default:
		return unit_random(40);
	}
}

static void some_program(struct bpf_insn *p, u32 n)
{
	u32 i, harm = unit_random(3) ? 0 : 1 + unit_random(3);

	for (i = 0; i < n; i++) {
		u32 left = n - 1 - i;
		p[i] = (struct bpf_insn){ .code = codes[unit_random(ARRAY_LEN(codes))],
			.k = some_k() };
		if ((p[i].code & 7) == 6 && unit_random(4))
			p[i].code = 0x04; /* not so many returns */
		if ((p[i].code & 7) == 5 && left) {
			p[i].k = p[i].code == 5 ? unit_random(left < 4 ? left : 4) : p[i].k;
			p[i].jt = (u8)unit_random(left < 4 ? left : 4);
			p[i].jf = (u8)unit_random(left < 4 ? left : 4);
		}
		if (p[i].code == 0x02 || p[i].code == 0x03 || p[i].code == 0x60 ||
			p[i].code == 0x61)
			p[i].k %= 3;
		if ((p[i].code == 0x64 || p[i].code == 0x74) && unit_random(20))
			p[i].k %= 32;
	}
	p[n - 1] = (struct bpf_insn){ .code = unit_random(2) ? 0x16 : 0x06, .k = unit_random(100) };
	for (; harm; harm--) {
		struct bpf_insn *in = &p[unit_random(n)];
		switch (unit_random(4)) {
		case 0:
			in->code = (u16)unit_random(0x120);
			break;
		case 1:
			in->k = unit_random(2) ? ~0u : some_k();
			break;
		case 2:
			in->jt = (u8)unit_random(256);
			break;
		default:
			in->jf = (u8)unit_random(256);
			break;
		}
	}
}

static void some_message(struct message *m)
{
	u32 i;

	m->len = unit_random(48);
	free(m->bytes);
	m->bytes = calloc(1, m->len ? m->len : 1);
	for (i = 0; i < m->len; i++)
		m->bytes[i] = (u8)(unit_random(2) ? unit_random(256) : unit_random(9));
}

static u32 accepted, refused, kept;

static void one_program(struct message *m, u32 most)
{
	struct bpf_insn p[40];
	u32 n = 1 + unit_random(most), i;
	struct buf *code = buf_alloc_dirty(n * sizeof(p[0]));
	struct bpf_prog *prog = NULL;
	bool good;

	some_program(p, n);
	for (i = 0; i < n; i++)
		UNIT_CHECK(span_write(buf_span(code), i * sizeof(p[0]), &p[i]));
	good = !bpf_prog_new(&code, 0, &prog);
	UNIT_CHECK(!code && good == (prog != NULL));
	if (!good) {
		refused++;
		/* As on Linux, what is written before a return counts for what follows it. */
		UNIT_CHECK(!program_ok(p, n) || has_return(p, n - 1));
		return;
	}
	accepted++;
	UNIT_CHECK(program_ok(p, n));
	for (i = 0; i < 8; i++) {
		u32 is, should;
		some_message(m);
		loads = 0;
		is = bpf_run_packet(prog, &message_loads, &m->obj, NULL);
		UNIT_CHECK(loads <= n * (1 + m->len));
		should = interpret(p, m);
		if (is != should) {
			for (i = 0; i < n; i++)
				printf("%2u: %02x %u %u %x\n", i, p[i].code, p[i].jt, p[i].jf,
					p[i].k);
			printf("is %x, should be %x\n", is, should);
			exit(1);
		}
		kept += is != 0;
	}
	obj_put(&prog);
}

/* Filters of calls: aligned words of 64 bytes and nothing else. */
static void one_call_filter(void)
{
	struct bpf_insn p[40];
	u32 n = 1 + unit_random(10), i;
	struct buf *code = buf_alloc_dirty(n * sizeof(p[0]));
	struct bpf_prog *prog = NULL;
	u8 *data = calloc(1, 64);

	some_program(p, n);
	for (i = 0; i < n; i++)
		UNIT_CHECK(span_write(buf_span(code), i * sizeof(p[0]), &p[i]));
	if (!bpf_prog_new(&code, 64, &prog)) {
		UNIT_CHECK(program_ok(p, n));
		for (i = 0; i < n; i++)
			UNIT_CHECK(p[i].code != 0x20 || (p[i].k < 64 && !(p[i].k & 3)));
		(void)bpf_run(prog, (struct cspan){ ._p = (void *)data, ._n = 64 });
	}
	obj_put(&prog);
	free(data);
}

/* A search for attributes has an end, however many instructions begin one. */
static void long_search(struct message *m)
{
	enum { N = BPF_MAXINSNS, LEN = 60000 };
	struct buf *code = buf_alloc_dirty(N * sizeof(struct bpf_insn));
	struct bpf_insn in[] = { { .code = 0x00 }, { .code = 0x20, .k = 0xfffff00c },
		{ .code = 0x06, .k = 7 } };
	struct bpf_prog *prog;
	u32 i;

	for (i = 0; i < N; i++)
		UNIT_CHECK(span_write(buf_span(code), i * sizeof(in[0]),
			&in[i == N - 1 ? 2 : i & 1]));
	UNIT_CHECK(!bpf_prog_new(&code, 0, &prog));
	free(m->bytes);
	m->len = LEN;
	m->bytes = calloc(1, LEN);
	for (i = 0; i < LEN; i += 4) {
		m->bytes[i] = 4;
		m->bytes[i + 2] = 9;
	}
	loads = 0;
	UNIT_CHECK(bpf_run_packet(prog, &message_loads, &m->obj, NULL) == 7);
	UNIT_CHECK(loads >= 512 && loads <= 512 + N);
	obj_put(&prog);
}

/* The argument is a number of programs that is not the usual one: then nothing is said of kinds. */
int main(int argc, char **argv)
{
	struct message *m = obj_new(message);
	u32 i, n = argc > 1 ? (u32)strtoul(argv[1], NULL, 10) : 300000;

	for (i = 0; i < n; i++)
		one_program(m, i & 1 ? 6 : 40);
	for (i = 0; i < n / 3; i++)
		one_call_filter();
	long_search(m);
	free(m->bytes);
	obj_put(&m);
	printf("%u accepted, %u refused, %u messages kept\n", accepted, refused, kept);
	UNIT_CHECK(argc > 1 || (accepted > 10000 && refused > 10000 && kept > 10000));
	return 0;
}
