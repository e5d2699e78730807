// SPDX-License-Identifier: MPL-2.0
/*
 * The signal frame of x86_64: return address, struct ucontext, struct siginfo. Above it, aligned to
 * 64 bytes, is the FP state as XSAVE writes it (FXSAVE, if the CPU has no XSAVE).
 *
 * It is written and read in parts, so that the kernel stack need not hold all of it. Registers are
 * copied straight between the context and the frame if its pages are present, else through a buffer
 * (the slow functions). The FP state is checked here only to fail as Linux does. For safety no
 * check here is needed: the frame loads no state that the CPU would refuse.
 */
#include <abi/sigframe.h>
#include <frame/user.h>
#include <kernel/uaccess.h>

/* The parts before and behind struct user_regs in the frame. */
struct sigframe_head {
	u64 restorer;
	u64 uc_flags, uc_link;
	struct stack64 stack;
};
struct sigframe_tail {
	u16 cs, gs, fs, ss;
	u64 err, trapno, oldmask, cr2;
	u64 fpstate;
	u64 reserved[8];
	u64 mask;
};

#define UC_OFFSET   8ul
#define REGS_OFFSET sizeof(struct sigframe_head)
#define TAIL_OFFSET (REGS_OFFSET + sizeof(struct user_regs))
#define INFO_OFFSET (TAIL_OFFSET + sizeof(struct sigframe_tail))
#define FRAME_SIZE  (INFO_OFFSET + sizeof(struct siginfo64))
static_assert(REGS_OFFSET == 48 && INFO_OFFSET == 312 && FRAME_SIZE == 440, "struct rt_sigframe");
/*
 * The FP state is aligned to 64 bytes, and the frame to 16 less 8, as if a call had pushed the
 * return address. So the state has a fixed place above the frame.
 */
#define FP_OFFSET 456ul

#define UC_FP_XSTATE         1ul
#define UC_SIGCONTEXT_SS     2ul
#define UC_STRICT_RESTORE_SS 4ul
#define USER_CS              0x33
#define USER_SS              0x2b
#define RPL                  3u /* the privilege level in a selector */

#define TRAP_PAGE_FAULT 14
#define RFLAGS_TF       0x100ul
#define RFLAGS_DF       0x400ul
#define RFLAGS_RF       0x10000ul

/* ---- the FP state: FXSAVE's words for software, XSAVE's header, and a marker behind it ---- */

#define FP_XSTATE_MAGIC1 0x46505853u
#define FP_XSTATE_MAGIC2 0x46505845u
#define XFEATURES_LEGACY 3ul /* x87, SSE */
#define XFEATURE_SSE     2ul
#define XFEATURE_AVX     4ul
#define MXCSR_KNOWN      0xffffu

struct xsave_header {
	u64 xstate_bv, xcomp_bv, reserved[6];
};
struct fp_sw {
	u32 magic1, extended_size;
	u64 xfeatures;
	u32 xstate_size, padding[7];
};
#define FP_MXCSR 24ul
#define FP_SW    464ul
#define FP_HDR   512ul
static_assert(FP_SW + sizeof(struct fp_sw) == USER_FPREGS_LEGACY && FP_HDR == USER_FPREGS_LEGACY,
	"FXSAVE");

/* The initial state: control word and MXCSR with all exceptions masked. */
static const struct user_fpregs initial_fp = {
	.bytes = { [0] = 0x7f, [1] = 0x03, [FP_MXCSR] = 0x80, [FP_MXCSR + 1] = 0x1f }
};

/* Size of the state that the CPU has, in bytes. */
static u32 fp_size(void)
{
	u64 have = user_xfeatures();

	return have & XFEATURE_AVX ? USER_FPREGS_SIZE
		: have             ? FP_HDR + sizeof(struct xsave_header)
				   : USER_FPREGS_LEGACY;
}

/*
 * Writes the size of the state and its components. x87 and SSE are always included, for handlers
 * that change them in the frame. 0 or -EFAULT.
 */
static int push_fp_marks(u64 fp)
{
	u64 have = user_xfeatures(), held;
	u32 size = fp_size(), magic2 = FP_XSTATE_MAGIC2;
	struct fp_sw sw = { .magic1 = FP_XSTATE_MAGIC1,
		.extended_size = size + sizeof(magic2),
		.xfeatures = have,
		.xstate_size = size };

	if (user_put(UADDR(fp + FP_SW), &sw))
		return -EFAULT;
	if (!have)
		return 0; /* the size is written all the same, as on Linux */
	if (user_get(&held, UADDR(fp + FP_HDR)))
		return -EFAULT;
	held |= XFEATURES_LEGACY;
	return user_put(UADDR(fp + FP_HDR), &held) || user_put(UADDR(fp + size), &magic2) ? -EFAULT
											  : 0;
}

/* ---- making a frame ---- */

u64 abi_sigframe_place(u64 sp)
{
	return round_down(sp - (USER_FPREGS_SIZE + 4), 64) - FP_OFFSET;
}

/* For a frame on a page that must be faulted in first. */
static noinline int push_regs_slowly(struct thread *t, u64 to)
{
	struct user_regs regs = { 0 };

	user_get_regs(t->user, &regs);
	return user_put(UADDR(to), &regs);
}
static noinline int push_fp_slowly(struct thread *t, u64 to)
{
	struct user_fpregs fp = { 0 };

	user_get_fpregs(t->user, &fp);
	return user_put(UADDR(to), &fp);
}

static int push_state(struct thread *t, u64 frame)
{
	u64 regs = frame + REGS_OFFSET, fp = frame + FP_OFFSET;

	if (!user_put_state(t->user, UADDR(regs), UADDR(fp)) &&
		(push_regs_slowly(t, regs) || push_fp_slowly(t, fp)))
		return -EFAULT;
	return push_fp_marks(fp);
}

static int push_context(struct thread *t, u64 frame, u64 restorer, u64 mask)
{
	struct user_ctx *u = t->user;
	struct sigframe_head head = { .restorer = restorer };
	struct sigframe_tail tail = { .cs = USER_CS, .ss = USER_SS, .mask = mask, .oldmask = mask };

	head.uc_flags = UC_SIGCONTEXT_SS | UC_STRICT_RESTORE_SS |
		(user_xfeatures() ? UC_FP_XSTATE : 0);
	head.stack = (struct stack64){
		.sp = t->altstack.sp.va, .flags = (s32)t->altstack.flags, .size = t->altstack.size
	};
	tail.err = user_trap_error(u);
	if (user_trap_nr(u) == TRAP_PAGE_FAULT && user_trap_addr(u) >= VM_USER_MAX)
		/*
		 * Whether the kernel has a page at an address is not disclosed: always "present".
		 */
		tail.err |= 1;
	tail.trapno = user_trap_nr(u);
	tail.cr2 = user_trap_addr(u);
	tail.fpstate = frame + FP_OFFSET;
	return user_put(UADDR(frame), &head) || user_put(UADDR(frame + TAIL_OFFSET), &tail)
		? -EFAULT
		: 0;
}

static int push_info(u64 frame, const struct siginfo *info)
{
	struct siginfo64 si;

	siginfo_to_user(info, &si);
	return user_put(UADDR(frame + INFO_OFFSET), &si);
}

/*
 * Registers are changed last, when nothing can fail any more. Without a restorer the handler has no
 * way back: -EFAULT.
 */
int abi_sigframe_push(struct thread *t, u64 frame, const struct sigaction_k *act,
	const struct siginfo *info, u64 mask)
{
	struct user_regs r = { 0 };

	if (!(act->flags & SA_RESTORER))
		return -EFAULT;
	if (push_context(t, frame, act->restorer, mask) || push_state(t, frame) ||
		((act->flags & SA_SIGINFO) && push_info(frame, info)))
		return -EFAULT;
	user_get_regs(t->user, &r);
	r.rip = act->handler;
	r.rsp = frame;
	r.rdi = (u64)info->signo;
	r.rsi = frame + INFO_OFFSET;
	r.rdx = frame + UC_OFFSET;
	r.rax = 0; /* the number of vector arguments, for handlers without a prototype */
	r.rflags &= ~(RFLAGS_DF | RFLAGS_RF | RFLAGS_TF);
	user_set_regs(t->user, &r);
	user_set_fpregs(t->user, &initial_fp);
	return 0;
}

/* ---- restoring from a frame ---- */

/*
 * Reads the markers of the state at @fp: *@size bytes with the components *@holds are valid. With
 * no markers, or wrong ones, the state is the one that FXSAVE writes.
 */
static int read_fp_marks(u64 fp, u32 *size, u64 *holds)
{
	struct fp_sw sw = { 0 };
	u32 magic2;

	*size = USER_FPREGS_LEGACY;
	*holds = XFEATURES_LEGACY;
	if (!user_xfeatures())
		return 0;
	if (user_get(&sw, UADDR(fp + FP_SW)))
		return -EFAULT;
	if (sw.magic1 != FP_XSTATE_MAGIC1 ||
		sw.xstate_size < FP_HDR + sizeof(struct xsave_header) ||
		sw.xstate_size > fp_size() || sw.xstate_size > sw.extended_size)
		return 0;
	if (user_get(&magic2, UADDR(fp + sw.xstate_size)))
		return -EFAULT;
	if (magic2 == FP_XSTATE_MAGIC2) {
		*size = sw.xstate_size;
		*holds = sw.xfeatures & user_xfeatures();
	}
	return 0;
}

/* Whether the instruction that loads the state would fault. */
static bool fp_is_bad(u64 fp, u32 size)
{
	struct xsave_header h = { 0 };
	u32 mxcsr;

	if ((fp & (size > USER_FPREGS_LEGACY ? 63 : 15)) ||
		user_get(&mxcsr, UADDR(fp + FP_MXCSR)) || (mxcsr & ~MXCSR_KNOWN))
		return true;
	if (size == USER_FPREGS_LEGACY)
		return false;
	return user_get(&h, UADDR(fp + FP_HDR)) || (h.xstate_bv & ~user_xfeatures()) ||
		h.xcomp_bv || h.reserved[0];
}

/* A state that is not complete: components that it does not hold become initial. */
static noinline int pop_fp_slowly(struct thread *t, u64 from, u32 size, u64 holds)
{
	struct user_fpregs fp = initial_fp;
	struct xsave_header h = { .xstate_bv = XFEATURES_LEGACY };

	if (copy_in(span_first(span_of(fp.bytes), size), UADDR(from)))
		return -EFAULT;
	if (size > USER_FPREGS_LEGACY) {
		(void)span_copy(value_span(&h), cspan_sub(cspan_of(fp.bytes), FP_HDR, sizeof(h)));
		h = (struct xsave_header){ .xstate_bv = h.xstate_bv & holds };
	}
	if (!(holds & XFEATURE_SSE))
		(void)span_copy(span_sub(span_of(fp.bytes), FP_MXCSR, sizeof(u32)),
			cspan_sub(cspan_of(initial_fp.bytes), FP_MXCSR, sizeof(u32)));
	(void)span_copy(span_sub(span_of(fp.bytes), FP_HDR, sizeof(h)), value_cspan(&h));
	user_set_fpregs(t->user, &fp);
	return 0;
}

static noinline int pop_regs_slowly(struct thread *t, u64 from)
{
	struct user_regs regs = { 0 };

	if (user_get(&regs, UADDR(from)))
		return -EFAULT;
	user_set_regs(t->user, &regs);
	return 0;
}

/* After an error the FP state is the initial one, as on Linux. */
static int pop_state(struct thread *t, u64 regs, u64 fp)
{
	u32 size;
	u64 holds;

	if (!fp) {
		user_set_fpregs(t->user, &initial_fp);
		return pop_regs_slowly(t, regs);
	}
	if (read_fp_marks(fp, &size, &holds) || fp_is_bad(fp, size)) {
		user_set_fpregs(t->user, &initial_fp);
		return -EFAULT;
	}
	if (size == USER_FPREGS_SIZE && holds == user_xfeatures() &&
		user_get_state(t->user, UADDR(regs), UADDR(fp)))
		return 0;
	return pop_regs_slowly(t, regs) || pop_fp_slowly(t, fp, size, holds) ? -EFAULT : 0;
}

/* Only the flat user segments exist. */
static bool segments_are_good(const struct sigframe_tail *tail, u64 uc_flags)
{
	return (tail->cs | RPL) == USER_CS &&
		(!(uc_flags & UC_STRICT_RESTORE_SS) || (tail->ss | RPL) == USER_SS);
}

int abi_sigframe_pop(struct thread *t, u64 *mask, struct stack64 *stack)
{
	u64 frame = user_sp(t->user) - UC_OFFSET; /* the handler's return has popped the address */
	struct sigframe_head head = { 0 };
	struct sigframe_tail tail = { 0 };

	if (user_get(&head, UADDR(frame)) || user_get(&tail, UADDR(frame + TAIL_OFFSET)) ||
		!segments_are_good(&tail, head.uc_flags))
		return -EFAULT;
	*mask = tail.mask;
	*stack = head.stack;
	return pop_state(t, frame + REGS_OFFSET, tail.fpstate);
}

/* The arguments are still those of the interrupted call; restart_syscall has none. */
void abi_restart_with(struct user_ctx *u, u64 nr)
{
	struct user_regs r = { 0 };

	user_syscall_restart(u);
	user_get_regs(u, &r);
	r.rax = nr;
	user_set_regs(u, &r);
}
