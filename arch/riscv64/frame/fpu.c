// SPDX-License-Identifier: MPL-2.0
/*
 * riscv64: floating-point state of user contexts. The kernel itself uses none.
 *
 * The state stays in the registers across system calls and switches to kernel tasks. It is saved
 * only when it is dirty and another task gets the CPU, and loaded only when the registers hold the
 * state of another context. sstatus.FS records this: Off on a fresh CPU, Clean or Dirty for the
 * owner (cpu.fpu_owner).
 */
#include "asm.h"
#include "backend.h"

#define FS_CLEAN   0x4000ul
#define FS_DIRTY   0x6000ul
#define FS_INITIAL 0x2000ul

void riscv_fp_store(u64 *regs, u32 *fcsr);
void riscv_fp_load(const u64 *regs, u32 fcsr);

void arch_fpu_save(struct user_ctx *u)
{
	struct cpu *c = arch_this_cpu();

	if (c->fpu_owner != u || (csr_read(sstatus) & SSTATUS_FS) != FS_DIRTY)
		return;
	riscv_fp_store(u->_fp, &u->_fcsr);
	csr_clear(sstatus, SSTATUS_FS); /* TRUST: FS bits only; user FP state follows its owner */
	csr_set(sstatus, FS_CLEAN);
}

void arch_fpu_load(struct user_ctx *u)
{
	struct cpu *c = arch_this_cpu();

	if (c->fpu_owner == u && u->_fp_cpu == c->id + 1)
		return;
	csr_set(sstatus, FS_INITIAL); /* TRUST: enables the FPU for the load */
	riscv_fp_load(u->_fp, u->_fcsr);
	csr_clear(sstatus, SSTATUS_FS);
	csr_set(sstatus, FS_CLEAN);
	c->fpu_owner = u;
	u->_fp_cpu = c->id + 1;
}

/*
 * The saved copy becomes the valid state. The copy in registers becomes invalid and must not be
 * saved over it.
 */
void arch_fpu_reset(struct user_ctx *u)
{
	struct cpu *c = arch_this_cpu();

	u->_fp_cpu = 0;
	if (c->fpu_owner == u)
		c->fpu_owner = NULL;
}

void arch_fpu_get(const struct user_ctx *u, struct user_fpregs *out)
{
	__builtin_memcpy(out->f, u->_fp, sizeof(out->f));
	out->fcsr = u->_fcsr;
	out->pad = 0;
}

void arch_fpu_set(struct user_ctx *u, const struct user_fpregs *in)
{
	__builtin_memcpy(u->_fp, in->f, sizeof(in->f));
	u->_fcsr = in->fcsr & 0xff; /* rounding mode and flags; the rest is reserved */
}

static_assert(sizeof(struct user_regs) == 256,
	"pc and 31 registers, in the order of their numbers");

void arch_regs_get(const struct user_ctx *u, struct user_regs *out)
{
	__builtin_memcpy(out, u->_x, sizeof(*out));
}

void arch_regs_set(struct user_ctx *u, const struct user_regs *in)
{
	__builtin_memcpy(u->_x, in, sizeof(*in));
}

static_assert(offsetof(struct user_ctx, _zero) - offsetof(struct user_ctx, _fp) + 4 ==
		sizeof(struct user_fpregs),
	"the context has them as they are told");

size_t arch_regs_to_user(const struct user_ctx *u, u64 dst)
{
	return _user_copy_out(dst, u->_x, sizeof(struct user_regs));
}

size_t arch_regs_from_user(struct user_ctx *u, u64 src)
{
	return _user_copy_in(u->_x, src, sizeof(struct user_regs));
}

size_t arch_fpu_to_user(const struct user_ctx *u, u64 dst)
{
	return _user_copy_out(dst, u->_fp, sizeof(struct user_fpregs));
}

size_t arch_fpu_from_user(struct user_ctx *u, u64 src)
{
	size_t left = _user_copy_in(u->_fp, src, sizeof(struct user_fpregs));

	u->_fcsr &= 0xff;
	u->_zero = 0;
	return left;
}
