// SPDX-License-Identifier: MPL-2.0
/*
 * x86_64: floating-point and vector state of user contexts, and the bases of fs and gs, which
 * travel with it. The kernel itself uses none of them.
 *
 * The state stays in the registers over system calls and switches to kernel tasks; it is saved when
 * the task leaves the CPU, and loaded only when the registers hold somebody else's (cpu.fpu_owner,
 * user_ctx._fp_cpu).
 *
 * Trust: whatever image a program or a service gives, xrstor either takes it or faults, and then
 * the initial state is loaded; bases lie in the user half.
 */
#include "backend.h"

#define FX_MXCSR        24
#define XS_BV           512 /* header: which components are there; then 56 bytes that must be zero */
#define XS_END          576
#define CONTROL_INITIAL 0x37fu
#define MXCSR_INITIAL   0x1f80u
#define MXCSR_DEFINED   0xffffu

/* What exec and a zeroed context start with. */
static const struct {
	u16 control;
	u8 rest[FX_MXCSR - 2];
	u32 mxcsr;
	u8 zero[USER_FPREGS_SIZE - FX_MXCSR - 4];
} __attribute__((aligned(64))) initial = { .control = CONTROL_INITIAL, .mxcsr = MXCSR_INITIAL };
static_assert(sizeof(initial) == round_up(USER_FPREGS_SIZE, 64), "an image");

static u64 user_base(u64 va)
{
	return va < VM_USER_MAX ? va : 0;
}

/*
 * Each base is read once: what was looked at is what is loaded, whatever a service writes
 * meanwhile.
 */
static void load_bases(const struct user_ctx *u)
{
	wrmsr(MSR_FS_BASE, user_base(load_once(u->_fs_base)));
	wrmsr(MSR_KERNEL_GS_BASE, user_base(load_once(u->_gs_base)));
}

/*
 * The selectors that the last user of this CPU loaded are not told to the next. Before load_bases,
 * which they disturb; interrupts off.
 */
static void clear_selectors(void)
{
	u32 ds, es, fs, gs;

	__asm__ volatile("movl %%ds, %0\n\tmovl %%es, %1\n\tmovl %%fs, %2\n\tmovl %%gs, %3"
		: "=r"(ds), "=r"(es), "=r"(fs), "=r"(gs));
	if (likely(!(ds | es | fs | gs)))
		return;
	/*
	 * TRUST: the kernel needs none of them. gs changes its base with the selector, so it is the
	 * user's that is changed; an NMI in between looks at the base.
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
		load_bases(u);
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
	clear_selectors();
	load_bases(u);
	c->fpu_owner = u;
	u->_fp_cpu = c->id + 1;
}

/*
 * The saved copy is the state now: whatever registers held of it is void, and must not be saved
 * over it.
 */
void arch_fpu_reset(struct user_ctx *u)
{
	struct cpu *c = arch_this_cpu();

	u->_fp_cpu = 0;
	if (c->fpu_owner == u)
		c->fpu_owner = NULL;
}

static const void *image(const struct user_ctx *u)
{
	return u->_fp_used ? (const void *)u->_fp : (const void *)&initial;
}

/* Takes out of an image what the CPU would refuse. */
static void clean(struct user_ctx *u)
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
	__builtin_memcpy(out->bytes, image(u), USER_FPREGS_SIZE);
}

/*
 * Through the registers, so that what is told afterwards is what they keep of it. The running
 * task's own state goes to its place first.
 */
void arch_fpu_set(struct user_ctx *u, const struct user_fpregs *in)
{
	arch_fpu_save((struct user_ctx *)((u8 *)_arch_current() + _TASK_USER_OFFSET));
	arch_this_cpu()->fpu_owner = NULL;
	__builtin_memcpy(u->_fp, in->bytes, USER_FPREGS_SIZE);
	clean(u);
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
	return _user_copy_out(dst, image(u), x86.xsave ? USER_FPREGS_SIZE : USER_FPREGS_LEGACY);
}

size_t arch_fpu_from_user(struct user_ctx *u, u64 src)
{
	size_t left = _user_copy_in(u->_fp, src, x86.xsave ? USER_FPREGS_SIZE : USER_FPREGS_LEGACY);

	clean(u);
	return left;
}
