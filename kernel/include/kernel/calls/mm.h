// SPDX-License-Identifier: MPL-2.0
/* System calls: memory (kernel/vm). One line each; see <kernel/syscall.h>. Included several times, no guard. */
