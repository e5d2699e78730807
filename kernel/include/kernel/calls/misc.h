// SPDX-License-Identifier: MPL-2.0
/*
 * System calls: all others (kernel/syscall, kernel/lib). One line each; see <kernel/syscall.h>.
 * Included several times, no guard.
 */
CALL3(syslog, i32, type, ptr, buf, i32, len)
CALL2(swapon, str, path, hex, flags)
CALL1(swapoff, str, path)
CALL4(quotactl, hex, cmd, str, special, u32, id, ptr, addr)
CALL5(name_to_handle_at, fd, dirfd, str, path, ptr, handle, ptr, mount_id, hex, flags)
CALL2(setns, fd, fd, hex, type)
CALL4(reboot, hex, magic1, hex, magic2, hex, cmd, ptr, arg)
CALL3(getrandom, ptr, buf, u64, len, hex, flags)
