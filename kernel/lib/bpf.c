// SPDX-License-Identifier: MPL-2.0
/*
 * Classic BPF: the check of a program, and its interpreter (kernel/bpf.h).
 *
 * What is checked is what Linux checks, so a program is refused here if and only if it is refused
 * there. The interpreter needs less: its memory and registers begin as zero, and every access is
 * checked by the language.
 *
 * Why a run ends. Jumps go forward only, by an offset that is not negative, so a run takes at most
 * as many steps as the program has instructions (BPF_MAXINSNS). The one instruction that can take
 * longer, the search for a netlink attribute, has a limit of its own for each run.
 *
 * Programs come from users and stay as long as a socket or a thread uses them, so their memory is
 * charged to the user. The charge is more than the bytes of the code, because buffers come in sizes
 * of their own.
 */
#include <kernel/bpf.h>
#include <kernel/user_limit.h>
#include <uapi/errno.h>

static void bpf_prog_release(struct bpf_prog *p)
{
	buf_put(&p->code);
	if (p->charged)
		user_uncharge(USER_FILTERS, p->uid, p->charged);
}
OBJ_TYPE(bpf_prog, bpf_prog_release);

#define LEAST_BUF 128u /* buffers come in powers of two, from this on */

bool bpf_prog_charge(struct bpf_prog *p, u32 uid, u64 limit)
{
	u64 size = buf_size(p->code), bytes = sizeof(*p) + LEAST_BUF + size + size / 2;

	if (!user_charge(USER_FILTERS, uid, bytes, limit))
		return false;
	p->uid = uid;
	p->charged = (u32)bytes;
	return true;
}

/* Behind the end stands a return of 0, in case that the check has a mistake. */
struct bpf_insn bpf_insn_at(const struct bpf_prog *p, u32 pc)
{
	struct bpf_insn in = { .code = BPF_RET };

	(void)span_read(buf_cspan(p->code), pc * sizeof(in), &in);
	return in;
}

/* ---- the check ---- */

/*
 * Whether the arithmetic is known and defined; a division by a constant 0 is not. Filters of calls
 * have no remainder. @data: the size of the record that a filter of calls reads; 0 for a filter of
 * packets.
 */
static bool alu_ok(const struct bpf_insn *in, u32 data)
{
	u16 op = in->code & 0xf0;

	if (op == BPF_NEG)
		return in->code == (BPF_ALU | BPF_NEG);
	if (in->code & BPF_X)
		return op <= BPF_XOR && (op != BPF_MOD || !data);
	switch (op) {
	case BPF_ADD:
	case BPF_SUB:
	case BPF_MUL:
	case BPF_OR:
	case BPF_AND:
	case BPF_XOR:
		return true;
	case BPF_MOD:
		return in->k && !data;
	case BPF_DIV:
		return in->k;
	case BPF_LSH:
	case BPF_RSH:
		return in->k < 32;
	default:
		return false;
	}
}

/* Whether the jump, @left instructions before the end, stays inside. */
static bool bpf_jump_ok(const struct bpf_insn *in, u32 left)
{
	if (in->code == (BPF_JMP | BPF_JA))
		return in->k < left;
	return (in->code & 0xf0) <= BPF_JSET && (in->code & 0xf0) != BPF_JA && in->jt < left &&
		in->jf < left;
}

/* Whether the load is known, and reads a word that exists. */
static bool load_ok(const struct bpf_insn *in, u32 data)
{
	switch (in->code) {
	case BPF_LD | BPF_W | BPF_ABS:
		if (data)
			return in->k < data && !(in->k & 3);
		fallthrough;
	case BPF_LD | BPF_H | BPF_ABS:
	case BPF_LD | BPF_B | BPF_ABS:
		/* What is known about a packet has names of its own. */
		return !data &&
			(in->k < BPF_AD_OFF || (in->k < BPF_AD_OFF + BPF_AD_MAX && !(in->k & 3)));
	case BPF_LD | BPF_W | BPF_IND:
	case BPF_LD | BPF_H | BPF_IND:
	case BPF_LD | BPF_B | BPF_IND:
	case BPF_LDX | BPF_B | BPF_MSH:
		return !data;
	case BPF_LD | BPF_MEM:
	case BPF_LDX | BPF_MEM:
		return in->k < BPF_MEMWORDS;
	case BPF_LD | BPF_IMM:
	case BPF_LDX | BPF_IMM:
	case BPF_LD | BPF_W | BPF_LEN:
	case BPF_LDX | BPF_W | BPF_LEN:
		return true;
	default:
		return false;
	}
}

/*
 * @left: how many instructions follow.
 *
 * Codes have a class in the lowest three bits; each class has its own check. Returns of X do not
 * exist.
 */
static bool insn_ok(const struct bpf_insn *in, u32 left, u32 data)
{
	if (in->code > 0xff)
		return false;
	switch (in->code & 7) {
	case BPF_LD:
	case BPF_LDX:
		return load_ok(in, data);
	case BPF_ST:
	case BPF_STX:
		return (in->code == BPF_ST || in->code == BPF_STX) && in->k < BPF_MEMWORDS;
	case BPF_ALU:
		return alu_ok(in, data);
	case BPF_JMP:
		return bpf_jump_ok(in, left);
	case BPF_RET:
		return in->code == (BPF_RET | BPF_K) || in->code == (BPF_RET | BPF_A);
	default:
		return in->code == (BPF_MISC | BPF_TAX) || in->code == (BPF_MISC | BPF_TXA);
	}
}

/* The words of memory that are written on every way to @pc are at most @words. */
static void words_at(struct span masks, u32 pc, u16 words)
{
	u16 now = 0;

	(void)span_read(span_const(masks), pc * sizeof(now), &now);
	now &= words;
	(void)span_write(masks, pc * sizeof(now), &now);
}

/*
 * Whether each word of memory is written, on every way, before it is read. @masks: for each
 * instruction a bit for each word, set on entry. One pass is enough, since all jumps go forward:
 * when it reaches an instruction, all ways to it have been seen. After a jump no way falls through,
 * so all bits are set again: the next instruction's own mask decides.
 */
static bool memory_ok(const struct bpf_prog *p, struct span masks)
{
	u16 words = 0, here = 0;
	u32 pc;

	for (pc = 0; pc < p->len; pc++) {
		struct bpf_insn in = bpf_insn_at(p, pc);

		(void)span_read(span_const(masks), pc * sizeof(here), &here);
		words &= here;
		switch (in.code) {
		case BPF_ST:
		case BPF_STX:
			words |= (u16)bit(in.k);
			break;
		case BPF_LD | BPF_MEM:
		case BPF_LDX | BPF_MEM:
			if (!(words & bit(in.k)))
				return false;
			break;
		case BPF_JMP | BPF_JA:
			words_at(masks, pc + 1 + in.k, words);
			words = 0xffff;
			break;
		default:
			if ((in.code & 7) != BPF_JMP)
				break;
			words_at(masks, pc + 1 + in.jt, words);
			words_at(masks, pc + 1 + in.jf, words);
			words = 0xffff;
			break;
		}
	}
	return true;
}

/*
 * Each instruction by itself, then the flow of memory words. The last instruction must be a return,
 * so no run falls off the end.
 */
static int bpf_check(const struct bpf_prog *p, u32 data)
{
	struct buf *masks;
	struct bpf_insn in = { 0 };
	bool ok;
	u32 pc;

	for (pc = 0; pc < p->len; pc++) {
		in = bpf_insn_at(p, pc);
		if (!insn_ok(&in, p->len - 1 - pc, data))
			return -EINVAL;
	}
	if ((in.code & 7) != BPF_RET)
		return -EINVAL;
	masks = buf_alloc_dirty(p->len * sizeof(u16));
	if (!masks)
		return -ENOMEM;
	span_fill(buf_span(masks), 0xff);
	ok = memory_ok(p, buf_span(masks));
	buf_put(&masks);
	return ok ? 0 : -EINVAL;
}

int bpf_prog_new(struct buf **code, u32 data, struct bpf_prog **out)
{
	u64 len = buf_size(*code) / sizeof(struct bpf_insn);
	struct bpf_prog *p = NULL;
	int err = -EINVAL;

	if (len && len <= BPF_MAXINSNS) {
		p = obj_new(bpf_prog);
		err = -ENOMEM;
	}
	if (p) {
		p->len = (u32)len;
		p->code = buf_get(*code);
		err = bpf_check(p, data);
	}
	buf_put(code);
	if (err)
		obj_put(&p);
	*out = p;
	return err;
}

/* ---- the interpreter ---- */

/*
 * Arithmetic. A shift by the bits of a word or more uses the amount modulo 32.
 *
 * A division by 0 ends the program before it comes here (bpf_step).
 */
static u32 alu(u16 code, u32 a, u32 b)
{
	switch (code & 0xf0) {
	case BPF_ADD:
		return a + b;
	case BPF_SUB:
		return a - b;
	case BPF_MUL:
		return a * b;
	case BPF_DIV:
		return b ? a / b : 0;
	case BPF_MOD:
		return b ? a % b : 0;
	case BPF_OR:
		return a | b;
	case BPF_AND:
		return a & b;
	case BPF_LSH:
		return a << (b & 31);
	case BPF_RSH:
		return a >> (b & 31);
	case BPF_XOR:
		return a ^ b;
	default:
		return -a;
	}
}

struct bpf_state {
	u32 a, x;
	u32 mem[BPF_MEMWORDS];
};

/*
 * All but loads from the input and returns. False: the program ends with 0. The codes have passed
 * the check, so one bit is enough to tell two forms apart.
 */
static bool bpf_step(const struct bpf_insn *in, struct bpf_state *s, u32 *pc)
{
	u32 b = in->code & BPF_X ? s->x : in->k;
	u16 op = in->code & 0xf0;

	switch (in->code & 7) {
	case BPF_LD:
		s->a = in->code & BPF_MEM ? s->mem[in->k] : in->k;
		return true;
	case BPF_LDX:
		s->x = in->code & BPF_MEM ? s->mem[in->k] : in->k;
		return true;
	case BPF_ST:
		s->mem[in->k] = s->a;
		return true;
	case BPF_STX:
		s->mem[in->k] = s->x;
		return true;
	case BPF_ALU:
		if ((op == BPF_DIV || op == BPF_MOD) && !b)
			return false;
		s->a = alu(in->code, s->a, b);
		return true;
	case BPF_JMP:
		if (in->code == (BPF_JMP | BPF_JA))
			*pc += in->k;
		else
			*pc += bpf_compare(in->code, s->a, b) ? in->jt : in->jf;
		return true;
	default:
		if (in->code & BPF_TXA)
			s->a = s->x;
		else
			s->x = s->a;
		return true;
	}
}

/*
 * The loop of a filter of calls. Its loads are few: words of the record, and the record's length.
 * Everything else is in bpf_step.
 */
u32 bpf_run(const struct bpf_prog *p, struct cspan data)
{
	struct bpf_state s = { 0 };
	u32 pc;

	for (pc = 0; pc < p->len; pc++) {
		struct bpf_insn in = bpf_insn_at(p, pc);

		switch (in.code) {
		case BPF_LD | BPF_W | BPF_ABS:
			if (!span_read(data, in.k, &s.a))
				return 0;
			break;
		case BPF_LD | BPF_W | BPF_LEN:
			s.a = (u32)cspan_len(data);
			break;
		case BPF_LDX | BPF_W | BPF_LEN:
			s.x = (u32)cspan_len(data);
			break;
		case BPF_RET | BPF_K:
			return in.k;
		case BPF_RET | BPF_A:
			return s.a;
		default:
			if (!bpf_step(&in, &s, &pc))
				return 0;
			break;
		}
	}
	return 0;
}

/* ---- programs for packets ---- */

/* One run. */
struct bpf_packet_run {
	struct bpf_state s;
	u32 steps; /* over attributes, of all instructions together */
};
/*
 * Attributes that one run may step over. A search for an attribute is the only instruction whose
 * time a message decides, so without this limit a run would take as long as the product of both.
 */
#define ATTRIBUTE_STEPS 512u
#define ATTRIBUTE       4u /* struct nlattr: two numbers of 16 bits, in the CPU's order */

/*
 * The length and type of the attribute at @at; false: it is not there. The load delivers a word in
 * network order, while the attribute's numbers are in the CPU's, which is little-endian on both
 * architectures: so the bytes are picked in reverse.
 */
static bool read_attribute(const struct bpf_loads *loads, struct obj *packet, u32 at,
	u32 *const len, u32 *const type)
{
	u32 v;

	if (!loads->load(packet, at, ATTRIBUTE, &v))
		return false;
	*len = (v >> 24 & 0xff) | (v >> 8 & 0xff00);
	*type = (v >> 8 & 0xff) | (v << 8 & 0xff00);
	return true;
}

/* BPF_AD_NLATTR: the first attribute of type @type in [at, end); 0: there is none. */
static u32 find_attribute(struct bpf_packet_run *r, const struct bpf_loads *loads,
	struct obj *packet, u32 at, u32 end, u32 type)
{
	u32 len, found;

	for (; r->steps < ATTRIBUTE_STEPS; r->steps++) {
		if (end < ATTRIBUTE || at > end - ATTRIBUTE ||
			!read_attribute(loads, packet, at, &len, &found) || len < ATTRIBUTE ||
			len > end - at)
			return 0;
		if ((found & 0x3fff) == type)
			return at;
		len = (len + 3) & ~3u;
		if (len > end - at)
			return 0;
		at += len;
	}
	return 0;
}

/* BPF_AD_NLATTR_NEST: as BPF_AD_NLATTR, among the attributes inside the one at @at. */
static u32 nested_attribute(struct bpf_packet_run *r, const struct bpf_loads *loads,
	struct obj *packet, u32 at, u32 type)
{
	u32 len, outer, all = loads->len(packet);

	if (all < ATTRIBUTE || at > all - ATTRIBUTE ||
		!read_attribute(loads, packet, at, &len, &outer) || len < ATTRIBUTE ||
		len > all - at)
		return 0;
	return find_attribute(r, loads, packet, at + ATTRIBUTE, at + len, type);
}

/* What is known about a message beside its bytes. False: the program ends with 0. */
static bool load_ancillary(struct bpf_packet_run *r, const struct bpf_loads *loads,
	struct obj *packet, u32 what)
{
	struct bpf_state *const s = &r->s;

	switch (what) {
	case BPF_AD_ALU_XOR_X:
		s->a ^= s->x;
		return true;
	case BPF_AD_NLATTR:
		s->a = find_attribute(r, loads, packet, s->a, loads->len(packet), s->x);
		return true;
	case BPF_AD_NLATTR_NEST:
		s->a = nested_attribute(r, loads, packet, s->a, s->x);
		return true;
	default:
		return loads->ancillary(packet, what, &s->a);
	}
}

/* How many bytes a load takes. */
static u32 size_of(u16 code)
{
	return code & BPF_B ? 1 : code & BPF_H ? 2 : 4;
}

/* Of the offsets below zero some are headers, from BPF_LL_OFF on; the others are nowhere. */
static bool load_bytes(const struct bpf_loads *loads, struct obj *packet, u32 off, u32 size,
	u32 *out)
{
	if (off >= 0x80000000u && (off < BPF_LL_OFF || off >= BPF_AD_OFF))
		return false;
	return loads->load(packet, off, size, out);
}

/*
 * A load from the packet. False: it is not there.
 *
 * The forms: at a fixed offset, at one with X added, the packet's length, and the length of an IPv4
 * header. An offset that ends beyond 32 bits wraps, and is then looked for like any other.
 */
static bool load_packet(const struct bpf_insn *in, struct bpf_packet_run *r,
	const struct bpf_loads *loads, struct obj *packet)
{
	struct bpf_state *const s = &r->s;
	u32 byte;

	switch (in->code & 0xe0) {
	case BPF_ABS:
		if (in->k >= BPF_AD_OFF)
			return load_ancillary(r, loads, packet, in->k - BPF_AD_OFF);
		return load_bytes(loads, packet, in->k, size_of(in->code), &s->a);
	case BPF_IND:
		return load_bytes(loads, packet, in->k + s->x, size_of(in->code), &s->a);
	case BPF_LEN:
		if (in->code & BPF_LDX)
			s->x = loads->len(packet);
		else
			s->a = loads->len(packet);
		return true;
	default: /* BPF_MSH: the length of an IPv4 header */
		if (!load_bytes(loads, packet, in->k, 1, &byte))
			return false;
		s->x = (byte & 15) * 4;
		return true;
	}
}

/*
 * The loop of a filter of packets: returns how many bytes of the packet to keep. *@steps counts
 * instructions, so that a caller can bound the work of many filters over many packets.
 */
static u32 run_packet(const struct bpf_prog *p, const struct bpf_loads *loads, struct obj *packet,
	struct bpf_packet_run *r, u32 *const steps)
{
	u32 pc;

	for (pc = 0; pc < p->len; pc++) {
		struct bpf_insn in = bpf_insn_at(p, pc);
		u16 mode = in.code & 0xe0;

		++*steps;
		if ((in.code & 7) == BPF_RET)
			return in.code & BPF_A ? r->s.a : in.k;
		if ((in.code & 6) == 0 && mode != BPF_IMM && mode != BPF_MEM) {
			if (!load_packet(&in, r, loads, packet))
				return 0;
		} else if (!bpf_step(&in, &r->s, &pc)) {
			return 0;
		}
	}
	return 0;
}

u32 bpf_run_packet(const struct bpf_prog *p, const struct bpf_loads *loads, struct obj *packet,
	u32 *const steps)
{
	struct bpf_packet_run r = { 0 };
	u32 n = 0, keep = run_packet(p, loads, packet, &r, &n);

	if (steps)
		*steps += n + r.steps;
	return keep;
}
