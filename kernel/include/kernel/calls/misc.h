// SPDX-License-Identifier: MPL-2.0
/* System calls: the rest (kernel/syscall, kernel/lib). One line each; see <kernel/syscall.h>. Included several times, no guard. */
CALL4(reboot, hex, magic1, hex, magic2, hex, cmd, ptr, arg)
CALL3(getrandom, ptr, buf, u64, len, hex, flags)
