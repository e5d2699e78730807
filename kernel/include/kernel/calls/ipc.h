// SPDX-License-Identifier: MPL-2.0
/* System calls: pipes, sockets, readiness, event descriptors (kernel/ipc). One line each; see <kernel/syscall.h>. Included several times, no guard. */
