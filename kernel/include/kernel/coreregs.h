// SPDX-License-Identifier: MPL-2.0
/*
 * The registers of a thread as a core file has them: the functions of the ABI service
 * (arch/A/abi/coreregs.c). Included by <abi/core.h>, which has the sizes.
 */
#ifndef KERNEL_COREREGS_H
#define KERNEL_COREREGS_H

#include <kernel/thread.h>

/* A note of each thread beside NT_PRSTATUS; its bytes are the first of abi_core_fpregs. */
struct abi_core_note {
	u32 type, size;
	bool is_core; /* its owner is "CORE", else "LINUX" */
};
/*
 * General registers, as pr_reg of struct elf_prstatus. @in_call: a system call is interrupted. The
 * thread is the caller, or has stopped.
 */
void abi_core_gregs(struct thread *t, bool in_call, struct abi_core_gregs *out);
/* Floating-point registers, for the notes of abi_core_note. */
void abi_core_fpregs(struct thread *t, struct user_fpregs *out);
/* The @i-th note; false: there are no more. */
bool abi_core_note(u32 i, struct abi_core_note *out);
/*
 * A note of the machine, the last one in the file: writes its bytes, 64 at most, to @out and its
 * type to *@type. Returns the number of bytes, 0: there is none.
 */
size_t abi_core_machine_note(struct span out, u32 *type);

#endif
