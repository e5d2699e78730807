// SPDX-License-Identifier: MPL-2.0
/*
 * System calls, declared once: a line `CALLn(name, kind, arg, ...)` in
 * kernel/include/kernel/calls/FAMILY.h makes the prototype of sys_name, its entry in the table, and
 * its name and arguments for tracing. Numbers are per architecture: <abi/syscall_nr.h>; the build
 * fails for a call without a number there.
 *
 *	CALL3(read, fd, fd, ptr, buf, u64, count)
 *	s64 sys_read(struct thread *t, s32 fd, struct uaddr buf, u64 count);
 *
 * Kinds: i32 u32 i64 u64 fd (s32), hex (u32 flags), oct (u32 mode), ptr (struct uaddr), str (struct
 * uaddr, traced as text). The handler returns the result or a negative errno, which may be an
 * internal restart code of <kernel/signal.h>. It reads like the man page; the work is done by the
 * functions that it calls.
 */
#ifndef KERNEL_SYSCALL_H
#define KERNEL_SYSCALL_H

#include <frame/page.h>
#include <frame/types.h>

struct thread;
struct user_ctx;

#define CALL_TYPE_i32 s32
#define CALL_TYPE_u32 u32
#define CALL_TYPE_i64 s64
#define CALL_TYPE_u64 u64
#define CALL_TYPE_fd  s32
#define CALL_TYPE_hex u32
#define CALL_TYPE_oct u32
#define CALL_TYPE_ptr struct uaddr
#define CALL_TYPE_str struct uaddr

#define CALL0(name)         s64 sys_##name(struct thread *t);
#define CALL1(name, k1, a1) s64 sys_##name(struct thread *t, CALL_TYPE_##k1 a1);
#define CALL2(name, k1, a1, k2, a2) \
	s64 sys_##name(struct thread *t, CALL_TYPE_##k1 a1, CALL_TYPE_##k2 a2);
#define CALL3(name, k1, a1, k2, a2, k3, a3) \
	s64 sys_##name(struct thread *t, CALL_TYPE_##k1 a1, CALL_TYPE_##k2 a2, CALL_TYPE_##k3 a3);
#define CALL4(name, k1, a1, k2, a2, k3, a3, k4, a4)                                               \
	s64 sys_##name(struct thread *t, CALL_TYPE_##k1 a1, CALL_TYPE_##k2 a2, CALL_TYPE_##k3 a3, \
		CALL_TYPE_##k4 a4);
#define CALL5(name, k1, a1, k2, a2, k3, a3, k4, a4, k5, a5)                                       \
	s64 sys_##name(struct thread *t, CALL_TYPE_##k1 a1, CALL_TYPE_##k2 a2, CALL_TYPE_##k3 a3, \
		CALL_TYPE_##k4 a4, CALL_TYPE_##k5 a5);
#define CALL6(name, k1, a1, k2, a2, k3, a3, k4, a4, k5, a5, k6, a6)                               \
	s64 sys_##name(struct thread *t, CALL_TYPE_##k1 a1, CALL_TYPE_##k2 a2, CALL_TYPE_##k3 a3, \
		CALL_TYPE_##k4 a4, CALL_TYPE_##k5 a5, CALL_TYPE_##k6 a6);
#include <kernel/calls/all.h>
#include <kernel/calls/legacy.h>
#undef CALL0
#undef CALL1
#undef CALL2
#undef CALL3
#undef CALL4
#undef CALL5
#undef CALL6

/*
 * Runs the system call that the thread's user context requests and stores the result there. Returns
 * whether the return register holds the result of a call, which may be a restart code: not after
 * rt_sigreturn, nor if a filter ended the call by a signal; then it is the program's. Context: the
 * calling thread. With keel.strace=1 each call is logged in the form of strace.
 */
bool syscall_dispatch(struct thread *t);
/* Start-up: sets the loop that threads run, and reads whether calls are traced (keel.strace). */
void syscall_init(void);

#endif
