// SPDX-License-Identifier: MPL-2.0
/*
 * System calls: sockets (kernel/net). One line each; see <kernel/syscall.h>. Included several
 * times, no guard.
 */
CALL3(socket, i32, family, hex, type, i32, protocol)
CALL4(socketpair, i32, family, hex, type, i32, protocol, ptr, fds)
CALL3(bind, fd, fd, ptr, addr, i32, len)
CALL2(listen, fd, fd, i32, backlog)
CALL3(accept, fd, fd, ptr, addr, ptr, len)
CALL4(accept4, fd, fd, ptr, addr, ptr, len, hex, flags)
CALL3(connect, fd, fd, ptr, addr, i32, len)
CALL3(getsockname, fd, fd, ptr, addr, ptr, len)
CALL3(getpeername, fd, fd, ptr, addr, ptr, len)
CALL6(sendto, fd, fd, ptr, buf, u64, len, hex, flags, ptr, addr, i32, addr_len)
CALL6(recvfrom, fd, fd, ptr, buf, u64, len, hex, flags, ptr, addr, ptr, addr_len)
CALL3(sendmsg, fd, fd, ptr, msg, hex, flags)
CALL3(recvmsg, fd, fd, ptr, msg, hex, flags)
CALL4(sendmmsg, fd, fd, ptr, msgs, u32, n, hex, flags)
CALL5(recvmmsg, fd, fd, ptr, msgs, u32, n, hex, flags, ptr, timeout)
CALL5(setsockopt, fd, fd, i32, level, i32, name, ptr, value, i32, len)
CALL5(getsockopt, fd, fd, i32, level, i32, name, ptr, value, ptr, len)
CALL2(shutdown, fd, fd, i32, how)
