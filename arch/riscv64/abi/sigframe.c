// SPDX-License-Identifier: MPL-2.0
/*
 * The signal frame of riscv64: struct siginfo (128 bytes), then struct ucontext with the registers
 * and the FP state.
 *
 * It is written and read in parts, so that the kernel stack need not hold all 1088 bytes. Registers
 * are copied straight between the context and the frame if its pages are present, else through a
 * buffer (the slow functions). Nothing in the frame is trusted: the frame's setters of registers
 * accept only values that user mode may have.
 */
#include <abi/sigframe.h>
#include <frame/user.h>
#include <kernel/mm.h>
#include <kernel/uaccess.h>

struct ucontext_head {
	u64 flags;
	u64 link;
	struct stack64 stack;
	u64 mask;
	u8 mask_rest[120];
	u64 pad; /* the registers are aligned to 16 bytes */
};
/*
 * The end of the FP state. Its union is as large as the Q state, and the last words are the (empty)
 * list of extensions.
 */
struct fp_tail {
	u64 words[2];
};

#define UC_OFFSET   sizeof(struct siginfo64)
#define REGS_OFFSET (UC_OFFSET + sizeof(struct ucontext_head))
#define FP_OFFSET   (REGS_OFFSET + sizeof(struct user_regs))
#define FRAME_SIZE  (FP_OFFSET + 528)
static_assert(sizeof(struct ucontext_head) == 176, "uc_mcontext");
static_assert(FRAME_SIZE == 1088, "struct rt_sigframe");

static int push_context(struct thread *t, u64 frame, u64 mask)
{
	struct ucontext_head head = { .mask = mask };

	head.stack = (struct stack64){
		.sp = t->altstack.sp.va, .flags = (s32)t->altstack.flags, .size = t->altstack.size
	};
	return user_put(UADDR(frame + UC_OFFSET), &head);
}

/* For a frame on a page that must be faulted in first. */
static noinline int push_state_slowly(struct thread *t, u64 frame)
{
	struct user_regs regs = { 0 };
	struct user_fpregs fp = { 0 };

	user_get_regs(t->user, &regs);
	user_get_fpregs(t->user, &fp);
	return user_put(UADDR(frame + REGS_OFFSET), &regs) ||
			user_put(UADDR(frame + FP_OFFSET), &fp)
		? -EFAULT
		: 0;
}

static int push_state(struct thread *t, u64 frame)
{
	struct fp_tail tail = { 0 };

	/*
	 * Of the rest of the union only the last words are read: a reserved word, and the end of
	 * the extensions.
	 */
	if (user_put(UADDR(frame + FRAME_SIZE - sizeof(tail)), &tail))
		return -EFAULT;
	return user_put_state(t->user, UADDR(frame + REGS_OFFSET), UADDR(frame + FP_OFFSET))
		? 0
		: push_state_slowly(t, frame);
}

u64 abi_sigframe_place(u64 sp)
{
	return round_down(sp - FRAME_SIZE, 16);
}

/* The handler returns to the vDSO, which calls rt_sigreturn. */
int abi_sigframe_push(struct thread *t, u64 frame, const struct sigaction_k *act,
	const struct siginfo *info, u64 mask)
{
	struct user_ctx *u = t->user;
	struct siginfo64 si;

	siginfo_to_user(info, &si);
	if (user_put(UADDR(frame), &si) || push_context(t, frame, mask) || push_state(t, frame))
		return -EFAULT;
	user_set_pc(u, act->handler);
	user_set_sp(u, frame);
	user_set_link(u, t->mm->vdso + ABI_VDSO_SIGRETURN);
	user_set_arg(u, 0, (u64)info->signo);
	user_set_arg(u, 1, frame);
	user_set_arg(u, 2, frame + UC_OFFSET);
	return 0;
}

static noinline int pop_state_slowly(struct thread *t, u64 frame)
{
	struct user_regs regs = { 0 };
	struct user_fpregs fp = { 0 };

	if (user_get(&regs, UADDR(frame + REGS_OFFSET)) || user_get(&fp, UADDR(frame + FP_OFFSET)))
		return -EFAULT;
	user_set_regs(t->user, &regs);
	user_set_fpregs(t->user, &fp);
	return 0;
}

int abi_sigframe_pop(struct thread *t, u64 *mask, struct stack64 *stack)
{
	u64 frame = user_sp(t->user);
	struct ucontext_head head = { 0 };

	if (user_get(&head, UADDR(frame + UC_OFFSET)))
		return -EFAULT;
	if (!user_get_state(t->user, UADDR(frame + REGS_OFFSET), UADDR(frame + FP_OFFSET)) &&
		pop_state_slowly(t, frame))
		return -EFAULT;
	*mask = head.mask;
	*stack = head.stack;
	return 0;
}

/* The arguments are still those of the interrupted call; restart_syscall has none. */
void abi_restart_with(struct user_ctx *u, u64 nr)
{
	struct user_regs r = { 0 };

	user_syscall_restart(u);
	user_get_regs(u, &r);
	r.a7 = nr;
	user_set_regs(u, &r);
}
