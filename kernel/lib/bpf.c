// SPDX-License-Identifier: MPL-2.0
/*
 * Classic BPF: the check of a program, and its interpreter (kernel/bpf.h).
 *
 * What is checked is what Linux checks, so a program is refused here if and only if it is refused
 * there. The interpreter needs less: its memory and registers begin as zero, and every access is
 * checked by the language.
 */
#include <frame/errno.h>
#include <kernel/bpf.h>

static void bpf_prog_release(struct bpf_prog *p)
{
	buf_put(&p->code);
}
OBJ_TYPE(bpf_prog, bpf_prog_release);

struct bpf_insn bpf_insn_at(const struct bpf_prog *p, u32 pc)
{
	struct bpf_insn in = { .code = BPF_RET };

	(void)span_read(buf_cspan(p->code), pc * sizeof(in), &in);
	return in;
}

/* ---- the check ---- */

/* Whether the arithmetic is known and defined; a division by a constant 0 is not. */
static bool alu_ok(const struct bpf_insn *in)
{
	u16 op = in->code & 0xf0;

	if (op == BPF_NEG)
		return in->code == (BPF_ALU | BPF_NEG);
	if (in->code & BPF_X)
		return op <= BPF_XOR && op != BPF_MOD;
	switch (op) {
	case BPF_ADD:
	case BPF_SUB:
	case BPF_MUL:
	case BPF_OR:
	case BPF_AND:
	case BPF_XOR:
		return true;
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
static bool jump_ok(const struct bpf_insn *in, u32 left)
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
		return in->k < data && !(in->k & 3);
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

/* @left: how many instructions follow. */
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
		return alu_ok(in);
	case BPF_JMP:
		return jump_ok(in, left);
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
 * instruction a bit for each word, set on entry.
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

static int check(const struct bpf_prog *p, u32 data)
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
		err = check(p, data);
	}
	buf_put(code);
	if (err)
		obj_put(&p);
	*out = p;
	return err;
}

/* ---- the interpreter ---- */

/* Arithmetic. A shift by the bits of a word or more uses the amount modulo 32. */
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

/* What a load takes: from the input (false: not there), the memory or the instruction. */
static bool load(const struct bpf_insn *in, struct cspan data, const u32 (*mem)[BPF_MEMWORDS],
	u32 *to)
{
	switch (in->code & ~(BPF_LD | BPF_LDX)) {
	case BPF_ABS:
		return span_read(data, in->k, to);
	case BPF_LEN:
		*to = (u32)cspan_len(data);
		return true;
	case BPF_MEM:
		*to = (*mem)[in->k];
		return true;
	default:
		*to = in->k;
		return true;
	}
}

u32 bpf_run(const struct bpf_prog *p, struct cspan data)
{
	u32 mem[BPF_MEMWORDS] = { 0 };
	u32 a = 0, x = 0, b, pc;

	for (pc = 0; pc < p->len; pc++) {
		struct bpf_insn in = bpf_insn_at(p, pc);

		b = in.code & BPF_X ? x : in.k;
		switch (in.code & 7) {
		case BPF_LD:
			if (!load(&in, data, &mem, &a))
				return 0;
			break;
		case BPF_LDX:
			if (!load(&in, data, &mem, &x))
				return 0;
			break;
		case BPF_ST:
			mem[in.k] = a;
			break;
		case BPF_STX:
			mem[in.k] = x;
			break;
		case BPF_ALU:
			if ((in.code & 0xf0) == BPF_DIV && !b)
				return 0;
			a = alu(in.code, a, b);
			break;
		case BPF_JMP:
			if (in.code == (BPF_JMP | BPF_JA))
				pc += in.k;
			else
				pc += bpf_compare(in.code, a, b) ? in.jt : in.jf;
			break;
		case BPF_RET:
			return in.code & BPF_A ? a : in.k;
		default:
			if (in.code & BPF_TXA)
				a = x;
			else
				x = a;
			break;
		}
	}
	return 0;
}
