// SPDX-License-Identifier: MPL-2.0
/* The registers of a thread as a core file of x86_64 has them. */
#include <abi/core.h>

#define NT_PRFPREG          2u
#define NT_X86_XSTATE       0x202u
#define NT_X86_XSAVE_LAYOUT 0x205u

#define USER_CS      0x33
#define USER_SS      0x2b
#define XFEATURES    464ul /* of the words that FXSAVE leaves to software: the components, for gdb */
#define XFEATURE_AVX 2u
#define AVX_OFFSET   576u

static_assert(sizeof(struct abi_core_gregs) == 216, "ELF_NGREG words");

/* Without a system call the word for its number is -1. */
void abi_core_gregs(struct thread *t, bool in_call, struct abi_core_gregs *out)
{
	struct user_regs r = { 0 };

	user_get_regs(t->user, &r);
	*out = (struct abi_core_gregs){ .r15 = r.r15,
		.r14 = r.r14,
		.r13 = r.r13,
		.r12 = r.r12,
		.rbp = r.rbp,
		.rbx = r.rbx,
		.r11 = r.r11,
		.r10 = r.r10,
		.r9 = r.r9,
		.r8 = r.r8,
		.rax = r.rax,
		.rcx = r.rcx,
		.rdx = r.rdx,
		.rsi = r.rsi,
		.rdi = r.rdi,
		.orig_rax = in_call ? user_syscall_nr(t->user) : ~0ul,
		.rip = r.rip,
		.cs = USER_CS,
		.rflags = r.rflags,
		.rsp = r.rsp,
		.ss = USER_SS,
		.fs_base = user_tls(t->user),
		.gs_base = user_gs_base(t->user) };
}

void abi_core_fpregs(struct thread *t, struct user_fpregs *out)
{
	u64 have = user_xfeatures();

	user_get_fpregs(t->user, out);
	span_fill(span_sub(span_of(out->bytes), XFEATURES, USER_FPREGS_LEGACY - XFEATURES), 0);
	(void)span_write(span_of(out->bytes), XFEATURES, &have);
}

bool abi_core_note(u32 i, struct abi_core_note *out)
{
	*out = i ? (struct abi_core_note){ .type = NT_X86_XSTATE, .size = USER_FPREGS_SIZE }
		 : (struct abi_core_note){
			   .type = NT_PRFPREG, .size = USER_FPREGS_LEGACY, .is_core = true
		   };
	return i < (user_xfeatures() ? 2 : 1);
}

/* Where the components behind the legacy ones are, one record for each: there is one at most. */
size_t abi_core_machine_note(struct span out, u32 *type)
{
	const struct {
		u32 type, size, offset, flags;
	} avx = { XFEATURE_AVX, USER_FPREGS_SIZE - AVX_OFFSET, AVX_OFFSET, 0 };

	*type = NT_X86_XSAVE_LAYOUT;
	return user_xfeatures() & bit(XFEATURE_AVX) ? span_copy(out, value_cspan(&avx)) : 0;
}
