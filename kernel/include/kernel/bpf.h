// SPDX-License-Identifier: MPL-2.0
/*
 * Classic BPF (<uapi/bpf.h>): programs of users that decide about a system call.
 *
 * A program is checked before it is accepted: each instruction is known, each jump stays inside,
 * the last instruction returns. Jumps go forwards only, so a run ends after at most BPF_MAXINSNS
 * steps.
 *
 * Source: kernel/lib/bpf.c.
 */
#ifndef KERNEL_BPF_H
#define KERNEL_BPF_H

#include <frame/buf.h>
#include <frame/obj.h>
#include <uapi/bpf.h>

/* An accepted program. It does not change. */
struct bpf_prog {
	struct obj obj;
	u32 len;          /* instructions */
	struct buf *code; /* struct bpf_insn, len times */
};
OBJ_TYPE_DECL(bpf_prog);

/*
 * Checks the program in @code (struct bpf_insn, one behind the other), whose loads at absolute
 * offsets are to be aligned words in the first @data bytes of its input. Consumes *@code. *@out: a
 * reference. 0, -ENOMEM, -EINVAL (the program is refused). Context: task.
 */
int must_check bpf_prog_new(struct buf **code, u32 data, struct bpf_prog **out);
/* The instruction at @pc, which is below the length (traps). */
struct bpf_insn bpf_insn_at(const struct bpf_prog *p, u32 pc);
/*
 * Runs the program over @data, which has the bytes that the program was checked for, in the CPU's
 * byte order. Returns what the program returns; 0 if it divides by zero. Context: any.
 */
u32 bpf_run(const struct bpf_prog *p, struct cspan data);
/* Whether a conditional jump is taken: compares @a with @b as @code says. */
static inline bool bpf_compare(u16 code, u32 a, u32 b)
{
	switch (code & 0xf0) {
	case BPF_JEQ:
		return a == b;
	case BPF_JGT:
		return a > b;
	case BPF_JGE:
		return a >= b;
	default:
		return a & b;
	}
}

#endif
