// SPDX-License-Identifier: MPL-2.0
/*
 * The system call table and its dispatch: number -> thunk -> sys_name(thread, typed arguments).
 *
 * The lists of <kernel/calls/all.h> are included twice: once for the thunks, which convert the
 * registers to the types of the arguments, and once for the table. A number without an entry gives
 * ENOSYS.
 *
 * A kind of argument (ARG_, KIND_) says two things: the C type that the thunk converts the register
 * to, and how a trace prints it. The conversion is what makes sign and width right: a program may
 * leave anything in the upper half of a register whose argument has 32 bits.
 *
 * Where a call goes. syscall_dispatch reads one word, entry_work, that is zero for nearly all
 * threads. Only a thread with a filter or with tracing takes the slow way, run_watched_call.
 */
#include <abi/syscall_nr.h>
#include <frame/fmt.h>
#include <frame/log.h>
#include <frame/user.h>
#include <kernel/seccomp.h>
#include <kernel/syscall.h>
#include <kernel/text.h>
#include <kernel/thread.h>

#include "trace.h"

#define ARG_i32(u, i) ((s32)user_syscall_arg(u, i))
#define ARG_u32(u, i) ((u32)user_syscall_arg(u, i))
#define ARG_i64(u, i) ((s64)user_syscall_arg(u, i))
#define ARG_u64(u, i) (user_syscall_arg(u, i))
#define ARG_fd(u, i)  ((s32)user_syscall_arg(u, i))
#define ARG_hex(u, i) ((u32)user_syscall_arg(u, i))
#define ARG_oct(u, i) ((u32)user_syscall_arg(u, i))
#define ARG_ptr(u, i) (UADDR(user_syscall_arg(u, i)))
#define ARG_str(u, i) (UADDR(user_syscall_arg(u, i)))

#define CALL0(call)                                                  \
	static s64 call_##call(struct thread *t, struct user_ctx *u) \
	{                                                            \
		(void)u;                                             \
		return sys_##call(t);                                \
	}
#define CALL1(call, k1, a1)                                          \
	static s64 call_##call(struct thread *t, struct user_ctx *u) \
	{                                                            \
		return sys_##call(t, ARG_##k1(u, 0));                \
	}
#define CALL2(call, k1, a1, k2, a2)                                   \
	static s64 call_##call(struct thread *t, struct user_ctx *u)  \
	{                                                             \
		return sys_##call(t, ARG_##k1(u, 0), ARG_##k2(u, 1)); \
	}
#define CALL3(call, k1, a1, k2, a2, k3, a3)                                           \
	static s64 call_##call(struct thread *t, struct user_ctx *u)                  \
	{                                                                             \
		return sys_##call(t, ARG_##k1(u, 0), ARG_##k2(u, 1), ARG_##k3(u, 2)); \
	}
#define CALL4(call, k1, a1, k2, a2, k3, a3, k4, a4)                                  \
	static s64 call_##call(struct thread *t, struct user_ctx *u)                 \
	{                                                                            \
		return sys_##call(t, ARG_##k1(u, 0), ARG_##k2(u, 1), ARG_##k3(u, 2), \
			ARG_##k4(u, 3));                                             \
	}
#define CALL5(call, k1, a1, k2, a2, k3, a3, k4, a4, k5, a5)                          \
	static s64 call_##call(struct thread *t, struct user_ctx *u)                 \
	{                                                                            \
		return sys_##call(t, ARG_##k1(u, 0), ARG_##k2(u, 1), ARG_##k3(u, 2), \
			ARG_##k4(u, 3), ARG_##k5(u, 4));                             \
	}
#define CALL6(call, k1, a1, k2, a2, k3, a3, k4, a4, k5, a5, k6, a6)                  \
	static s64 call_##call(struct thread *t, struct user_ctx *u)                 \
	{                                                                            \
		return sys_##call(t, ARG_##k1(u, 0), ARG_##k2(u, 1), ARG_##k3(u, 2), \
			ARG_##k4(u, 3), ARG_##k5(u, 4), ARG_##k6(u, 5));             \
	}
#include <kernel/calls/all.h>
#undef CALL0
#undef CALL1
#undef CALL2
#undef CALL3
#undef CALL4
#undef CALL5
#undef CALL6

const struct syscall_entry syscall_table[NR_SYSCALLS] = {
#define CALL0(call) [NR_##call] = { .fn = call_##call, .name = LIT(#call), .nr_args = 0 },
#define CALL1(call, k1, a1)                                                                 \
	[NR_##call] = {                                                                     \
		.fn = call_##call, .name = LIT(#call), .nr_args = 1, .kinds = { KIND_##k1 } \
	},
#define CALL2(call, k1, a1, k2, a2)        \
	[NR_##call] = { .fn = call_##call, \
		.name = LIT(#call),        \
		.nr_args = 2,              \
		.kinds = { KIND_##k1, KIND_##k2 } },
#define CALL3(call, k1, a1, k2, a2, k3, a3) \
	[NR_##call] = { .fn = call_##call,  \
		.name = LIT(#call),         \
		.nr_args = 3,               \
		.kinds = { KIND_##k1, KIND_##k2, KIND_##k3 } },
#define CALL4(call, k1, a1, k2, a2, k3, a3, k4, a4) \
	[NR_##call] = { .fn = call_##call,          \
		.name = LIT(#call),                 \
		.nr_args = 4,                       \
		.kinds = { KIND_##k1, KIND_##k2, KIND_##k3, KIND_##k4 } },
#define CALL5(call, k1, a1, k2, a2, k3, a3, k4, a4, k5, a5) \
	[NR_##call] = { .fn = call_##call,                  \
		.name = LIT(#call),                         \
		.nr_args = 5,                               \
		.kinds = { KIND_##k1, KIND_##k2, KIND_##k3, KIND_##k4, KIND_##k5 } },
#define CALL6(call, k1, a1, k2, a2, k3, a3, k4, a4, k5, a5, k6, a6) \
	[NR_##call] = { .fn = call_##call,                          \
		.name = LIT(#call),                                 \
		.nr_args = 6,                                       \
		.kinds = { KIND_##k1, KIND_##k2, KIND_##k3, KIND_##k4, KIND_##k5, KIND_##k6 } },
#include <kernel/calls/all.h>
};

/* The names of all numbers, also of calls that do not exist here. */
#define CALL_NAME(call, nr) [nr] = LIT(#call),
static const struct lit call_names[NR_SYSCALLS] = { ABI_SYSCALLS(CALL_NAME) };
#undef CALL_NAME

/*
 * Logs that a program uses a call that does not exist, as a hint to the cause of an ENOSYS: once
 * for each process and call, roughly. Two CPUs may store to the table at a time; then a line is
 * logged once too often.
 */
static s64 unknown_call(struct thread *t, u64 nr)
{
	/* The process that was logged last for each number; numbers out of range share one. */
	static s32 told[NR_SYSCALLS + 1];
	struct user_ctx *u = t->user;
	s32 pid = t->process->pid;
	char line[200];
	FMT(f, span_of(line));
	u32 i;

	if (told[min(nr, (u64)NR_SYSCALLS)] == pid)
		return -ENOSYS;
	told[min(nr, (u64)NR_SYSCALLS)] = pid;
	fmt_printf(&f, "pid %d (", pid);
	fmt_span(&f, text_in(t->comm));
	fmt_printf(&f, "): no system call %ld ", (s64)nr);
	if (nr < NR_SYSCALLS)
		fmt_lit(&f, call_names[nr]);
	fmt_printf(&f, "(%lx", user_syscall_arg(u, 0));
	for (i = 1; i < 6; i++)
		fmt_printf(&f, ", %lx", user_syscall_arg(u, i));
	fmt_char(&f, ')');
	log_text(LOG_DEBUG, fmt_text(&f));
	return -ENOSYS;
}

static always_inline void run_call(struct thread *t, u64 nr)
{
	struct user_ctx *u = t->user;
	s64 ret;

	if (likely(nr < NR_SYSCALLS && syscall_table[nr].fn))
		ret = syscall_table[nr].fn(t, u);
	else
		ret = unknown_call(t, nr);
	user_set_ret(u, (u64)ret);
}

/*
 * The call of a thread with entry_work. Returns as syscall_dispatch. The filters come before the
 * trace, so a call that a filter refuses is not traced.
 */
static noinline bool run_watched_call(struct thread *t, u64 nr)
{
	u32 work = load_acquire(t->entry_work);
	enum seccomp_verdict v = work & ENTRY_SECCOMP ? seccomp_enter(t) : SECCOMP_RUN;

	if (v != SECCOMP_RUN)
		return v == SECCOMP_ANSWER;
	if (work & ENTRY_SECCOMP)
		nr = (u32)nr; /* what runs is what the filters have seen: see seccomp_data.nr */
	if (work & ENTRY_TRACE)
		syscall_trace(t, nr);
	else
		run_call(t, nr);
	return nr != NR_rt_sigreturn;
}

/*
 * Returns whether the result may be restarted after a signal: after rt_sigreturn the registers are
 * those of the interrupted code, and its result register holds no result of a call.
 */
bool syscall_dispatch(struct thread *t)
{
	u64 nr = user_syscall_nr(t->user);

	if (unlikely(load_once(t->entry_work)))
		return run_watched_call(t, nr);
	run_call(t, nr);
	return nr != NR_rt_sigreturn;
}
