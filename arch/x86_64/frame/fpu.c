// SPDX-License-Identifier: MPL-2.0
/*
 * x86_64: floating-point and vector state of user contexts, and the bases of fs and gs, which move
 * with it. The kernel itself uses none of them.
 *
 * The state stays in the registers across system calls and switches to kernel tasks. It is saved
 * when the task leaves the CPU, and loaded only when the registers hold the state of another
 * context (cpu.fpu_owner, user_ctx._fp_cpu).
 *
 * Trust: whatever image a program or a service provides, xrstor either accepts it or faults, and
 *        after a fault the initial state is loaded. Bases lie in the user half.
 */
#include "backend.h"

#define FX_MXCSR        24
#define XS_BV           512 /* header: the components present; then 56 bytes that must be zero */
#define XS_END          576
#define CONTROL_INITIAL 0x37fu
#define MXCSR_INITIAL   0x1f80u
#define MXCSR_DEFINED   0xffffu

/* The state after exec and of a zeroed context. */
static const struct {
	u16 control;
	u8 rest[FX_MXCSR - 2];
	u32 mxcsr;
	u8 zero[USER_FPREGS_SIZE - FX_MXCSR - 4];
} __attribute__((aligned(64))) initial = { .control = CONTROL_INITIAL, .mxcsr = MXCSR_INITIAL };
static_assert(sizeof(initial) == round_up(USER_FPREGS_SIZE, 64), "an image");

static u64 fpu_user_base(u64 va)
{
	return va < VM_USER_MAX ? va : 0;
}

/*
 * Each base is read once: the value that was checked is the value that is loaded, whatever a
 * service writes meanwhile.
 */
static void fpu_load_bases(const struct user_ctx *u)
{
	wrmsr(MSR_FS_BASE, fpu_user_base(load_once(u->_fs_base)));
	wrmsr(MSR_KERNEL_GS_BASE, fpu_user_base(load_once(u->_gs_base)));
}

/*
 * Hides the selectors that this CPU's last user context loaded from the next one. Runs before
 * fpu_load_bases, because it changes the bases; interrupts off.
 */
static void fpu_clear_selectors(void)
{
	u32 ds, es, fs, gs;

	__asm__ volatile("movl %%ds, %0\n\tmovl %%es, %1\n\tmovl %%fs, %2\n\tmovl %%gs, %3"
		: "=r"(ds), "=r"(es), "=r"(fs), "=r"(gs));
	if (likely(!(ds | es | fs | gs)))
		return;
	/*
	 * TRUST: the kernel needs none of them. Loading gs changes its base, so the user's base is
	 * swapped in for that; an NMI in between tests the base.
	 */
	__asm__ volatile(
		"movl %0, %%ds\n\tmovl %0, %%es\n\tmovl %0, %%fs\n\tswapgs\n\tmovl %0, %%gs\n\tswapgs"
		:
		: "r"(0)
		: "memory");
}

void _x86_bases_changed(struct user_ctx *u)
{
	u64 flags = _arch_irq_save();

	if (arch_this_cpu()->fpu_owner == u)
		fpu_load_bases(u);
	_arch_irq_restore(flags);
}

void arch_fpu_save(struct user_ctx *u)
{
	struct cpu *c = arch_this_cpu();

	if (c->fpu_owner == u && u->_fp_cpu == c->id + 1)
		x86_fp_store(u->_fp, x86.xfeatures, x86.xsave);
}

void arch_fpu_load(struct user_ctx *u)
{
	struct cpu *c = arch_this_cpu();

	if (c->fpu_owner == u && u->_fp_cpu == c->id + 1)
		return;
	if (!u->_fp_used || x86_fp_load(u->_fp, x86.xfeatures, x86.xsave))
		(void)x86_fp_load(&initial, x86.xfeatures, x86.xsave);
	u->_fp_used = 1;
	fpu_clear_selectors();
	fpu_load_bases(u);
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

static const void *fpu_image(const struct user_ctx *u)
{
	return u->_fp_used ? (const void *)u->_fp : (const void *)&initial;
}

/* Removes from an image what the CPU would reject. */
static void fpu_sanitize(struct user_ctx *u)
{
	u32 mxcsr;
	u64 bv;

	__builtin_memcpy(&mxcsr, u->_fp + FX_MXCSR, 4);
	mxcsr &= MXCSR_DEFINED;
	__builtin_memcpy(u->_fp + FX_MXCSR, &mxcsr, 4);
	__builtin_memcpy(&bv, u->_fp + XS_BV, 8);
	bv &= x86.xfeatures;
	__builtin_memcpy(u->_fp + XS_BV, &bv, 8);
	__builtin_memset(u->_fp + XS_BV + 8, 0, XS_END - XS_BV - 8);
	u->_fp_used = 1;
}

void arch_fpu_get(const struct user_ctx *u, struct user_fpregs *out)
{
	__builtin_memcpy(out->bytes, fpu_image(u), USER_FPREGS_SIZE);
}

/*
 * Loads and stores the image through the registers, so that a later read returns what the registers
 * keep of it. The running task's own state is saved first.
 */
void arch_fpu_set(struct user_ctx *u, const struct user_fpregs *in)
{
	arch_fpu_save((struct user_ctx *)((u8 *)_arch_current() + _TASK_USER_OFFSET));
	arch_this_cpu()->fpu_owner = NULL;
	__builtin_memcpy(u->_fp, in->bytes, USER_FPREGS_SIZE);
	fpu_sanitize(u);
	if (x86_fp_load(u->_fp, x86.xfeatures, x86.xsave))
		(void)x86_fp_load(&initial, x86.xfeatures, x86.xsave);
	x86_fp_store(u->_fp, x86.xfeatures, x86.xsave);
}

static_assert(sizeof(struct user_regs) == offsetof(struct user_ctx, _orig_rax),
	"the context has them as they are told");

void arch_regs_get(const struct user_ctx *u, struct user_regs *out)
{
	__builtin_memcpy(out, u, sizeof(*out));
}

void arch_regs_set(struct user_ctx *u, const struct user_regs *in)
{
	__builtin_memcpy(u, in, sizeof(*in));
}

size_t arch_regs_to_user(const struct user_ctx *u, u64 dst)
{
	return _user_copy_out(dst, u, sizeof(struct user_regs));
}

size_t arch_regs_from_user(struct user_ctx *u, u64 src)
{
	return _user_copy_in(u, src, sizeof(struct user_regs));
}

size_t arch_fpu_to_user(const struct user_ctx *u, u64 dst)
{
	return _user_copy_out(dst, fpu_image(u), x86.xsave ? USER_FPREGS_SIZE : USER_FPREGS_LEGACY);
}

size_t arch_fpu_from_user(struct user_ctx *u, u64 src)
{
	size_t left = _user_copy_in(u->_fp, src, x86.xsave ? USER_FPREGS_SIZE : USER_FPREGS_LEGACY);

	fpu_sanitize(u);
	return left;
}
