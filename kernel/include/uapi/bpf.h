// SPDX-License-Identifier: MPL-2.0
/*
 * Classic BPF: programs of a machine with an accumulator A, an index register X and 16 words of
 * memory, which only jumps forwards. See seccomp(2), packet(7).
 */
#ifndef UAPI_BPF_H
#define UAPI_BPF_H

#include <frame/types.h>

#define BPF_MAXINSNS 4096u
#define BPF_MEMWORDS 16u

/* struct sock_filter */
struct bpf_insn {
	u16 code;
	u8 jt, jf; /* conditional jumps: how many instructions to skip */
	u32 k;
};
static_assert(sizeof(struct bpf_insn) == 8, "the ABI says so");

/* struct sock_fprog of LP64 */
struct bpf_fprog {
	u16 len;
	u8 pad[6];
	u64 insns;
};
static_assert(sizeof(struct bpf_fprog) == 16, "the ABI says so");

/* bpf_insn.code: a class, */
enum bpf_class {
	BPF_LD = 0,
	BPF_LDX = 1,
	BPF_ST = 2,
	BPF_STX = 3,
	BPF_ALU = 4,
	BPF_JMP = 5,
	BPF_RET = 6,
	BPF_MISC = 7
};
/* of loads a size and a mode, */
enum { BPF_W = 0, BPF_H = 8, BPF_B = 0x10 };
enum {
	BPF_IMM = 0,
	BPF_ABS = 0x20,
	BPF_IND = 0x40,
	BPF_MEM = 0x60,
	BPF_LEN = 0x80,
	BPF_MSH = 0xa0
};
/* of arithmetic and jumps an operation and the second operand, */
enum {
	BPF_ADD = 0,
	BPF_SUB = 0x10,
	BPF_MUL = 0x20,
	BPF_DIV = 0x30,
	BPF_OR = 0x40,
	BPF_AND = 0x50,
	BPF_LSH = 0x60,
	BPF_RSH = 0x70,
	BPF_NEG = 0x80,
	BPF_MOD = 0x90,
	BPF_XOR = 0xa0
};
enum { BPF_JA = 0, BPF_JEQ = 0x10, BPF_JGT = 0x20, BPF_JGE = 0x30, BPF_JSET = 0x40 };
enum { BPF_K = 0, BPF_X = 8 };
/* of RET the result (or BPF_K), of MISC the move. */
enum { BPF_A = 0x10 };
enum { BPF_TAX = 0, BPF_TXA = 0x80 };

/*
 * Offsets of loads that are no offsets into the packet: what is known about it, and the network's and
 * the link's header.
 */
#define BPF_AD_OFF  0xfffff000u
#define BPF_NET_OFF 0xfff00000u
#define BPF_LL_OFF  0xffe00000u
enum bpf_ancillary {
	BPF_AD_PROTOCOL = 0,
	BPF_AD_PKTTYPE = 4,
	BPF_AD_IFINDEX = 8,
	BPF_AD_NLATTR = 12,
	BPF_AD_NLATTR_NEST = 16,
	BPF_AD_MARK = 20,
	BPF_AD_QUEUE = 24,
	BPF_AD_HATYPE = 28,
	BPF_AD_RXHASH = 32,
	BPF_AD_CPU = 36,
	BPF_AD_ALU_XOR_X = 40,
	BPF_AD_VLAN_TAG = 44,
	BPF_AD_VLAN_TAG_PRESENT = 48,
	BPF_AD_PAY_OFFSET = 52,
	BPF_AD_RANDOM = 56,
	BPF_AD_VLAN_TPID = 60,
	BPF_AD_MAX = 64
};

#endif
