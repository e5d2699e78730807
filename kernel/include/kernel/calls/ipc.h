// SPDX-License-Identifier: MPL-2.0
/*
 * System calls: pipes, readiness, event descriptors (kernel/ipc, kernel/event). One line each; see
 * <kernel/syscall.h>. Included several times, no guard.
 */
CALL2(eventfd2, u32, count, hex, flags)
CALL1(epoll_create1, hex, flags)
CALL4(epoll_ctl, fd, epfd, i32, op, fd, fd, ptr, event)
CALL6(epoll_pwait, fd, epfd, ptr, events, i32, nr, i32, timeout, ptr, sigmask, u64, size)
CALL6(epoll_pwait2, fd, epfd, ptr, events, i32, nr, ptr, timeout, ptr, sigmask, u64, size)
CALL6(splice, fd, in, ptr, in_off, fd, out, ptr, out_off, u64, len, hex, flags)
CALL4(tee, fd, in, fd, out, u64, len, hex, flags)
CALL4(vmsplice, fd, fd, ptr, iov, u64, count, hex, flags)
CALL2(pipe2, ptr, fds, hex, flags)
CALL5(ppoll, ptr, fds, u32, n, ptr, timeout, ptr, sigmask, u64, size)
CALL6(pselect6, i32, n, ptr, in, ptr, out, ptr, ex, ptr, timeout, ptr, sig)
