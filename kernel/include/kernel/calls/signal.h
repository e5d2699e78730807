// SPDX-License-Identifier: MPL-2.0
/* System calls: signals (kernel/signal). One line each; see <kernel/syscall.h>. Included several times, no guard. */
