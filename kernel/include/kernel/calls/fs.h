// SPDX-License-Identifier: MPL-2.0
/* System calls: files, directories, file systems (kernel/fs). One line each; see <kernel/syscall.h>. Included several times, no guard. */
