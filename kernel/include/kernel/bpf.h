// SPDX-License-Identifier: MPL-2.0
/*
 * Classic BPF (<uapi/bpf.h>): programs of users that decide about a system call or a packet.
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
	u32 uid, charged; /* USER_FILTERS, in bytes; 0: another account has it */
};
OBJ_TYPE_DECL(bpf_prog);

/*
 * Checks the program in @code (struct bpf_insn, one behind the other). @data: its loads at absolute
 * offsets are to be aligned words in the first @data bytes of its input; 0: it is for packets, and
 * loads bytes, halves and words from anywhere. Consumes *@code. *@out: a reference. 0, -ENOMEM,
 * -EINVAL (the program is refused). Context: task.
 */
int must_check bpf_prog_new(struct buf **code, u32 data, struct bpf_prog **out);
/*
 * Charges the program to user @uid, whose programs of sockets may have @limit bytes together; the
 * release gives the charge back. Once, before others see the program. False: it is too much.
 */
bool must_check bpf_prog_charge(struct bpf_prog *p, u32 uid, u64 limit);
/* The instruction at @pc; behind the end a return of 0. */
struct bpf_insn bpf_insn_at(const struct bpf_prog *p, u32 pc);
/*
 * Runs the program over @data, which has the bytes that the program was checked for, in the CPU's
 * byte order. Returns what the program returns; 0 if it divides by zero. Context: any.
 */
u32 bpf_run(const struct bpf_prog *p, struct cspan data);

/* How a program for packets reads its packet, or another message. */
struct TABLE bpf_loads {
	/*
	 * The @size bytes (1, 2, 4) at @off as a number in network order. Of a packet also those of
	 * a header, from BPF_LL_OFF on. False: they are not there.
	 */
	bool (*load)(struct obj *packet, u32 off, u32 size, u32 *out);
	u32 (*len)(struct obj *packet);
	/* What else is known (enum bpf_ancillary). False: the program ends with 0. */
	bool (*ancillary)(struct obj *packet, u32 what, u32 *a);
};
/*
 * Runs a program for packets. Returns what the program returns: how many bytes of the packet are
 * wanted; 0 if it loads what is not there, or divides by zero. Adds the steps that it took to
 * *@steps, unless that is NULL: instructions, and attributes that it stepped over. Context: that of
 * the loads.
 */
u32 bpf_run_packet(const struct bpf_prog *p, const struct bpf_loads *loads, struct obj *packet,
	u32 *const steps);

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
