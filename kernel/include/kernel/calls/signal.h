// SPDX-License-Identifier: MPL-2.0
/*
 * System calls: signals (kernel/signal). One line each; see <kernel/syscall.h>. Included several
 * times, no guard.
 */
CALL4(rt_sigaction, i32, signo, ptr, act, ptr, old, u64, size)
CALL4(rt_sigprocmask, i32, how, ptr, set, ptr, old, u64, size)
CALL2(rt_sigpending, ptr, set, u64, size)
CALL2(rt_sigsuspend, ptr, set, u64, size)
CALL4(rt_sigtimedwait, ptr, set, ptr, info, ptr, timeout, u64, size)
CALL3(rt_sigqueueinfo, i32, pid, i32, signo, ptr, info)
CALL4(rt_tgsigqueueinfo, i32, tgid, i32, tid, i32, signo, ptr, info)
CALL4(pidfd_send_signal, fd, fd, i32, signo, ptr, info, hex, flags)
CALL2(kill, i32, pid, i32, signo)
CALL2(tkill, i32, tid, i32, signo)
CALL3(tgkill, i32, tgid, i32, tid, i32, signo)
CALL2(sigaltstack, ptr, stack, ptr, old)
CALL0(rt_sigreturn)
CALL0(restart_syscall)
CALL4(signalfd4, fd, fd, ptr, set, u64, size, hex, flags)
