// SPDX-License-Identifier: MPL-2.0
/* The entries of the system call table, and tracing (keel.strace). */
#ifndef KERNEL_SYSCALL_TRACE_H
#define KERNEL_SYSCALL_TRACE_H

#include <abi/syscall_nr.h>
#include <frame/lit.h>
#include <frame/types.h>

struct thread;
struct user_ctx;

/* How an argument is printed; the kinds of <kernel/syscall.h>. */
enum arg_kind {
	KIND_none,
	KIND_i32,
	KIND_u32,
	KIND_i64,
	KIND_u64,
	KIND_fd,
	KIND_hex,
	KIND_oct,
	KIND_ptr,
	KIND_str
};

struct TABLE syscall_entry {
	s64 (*fn)(struct thread *t, struct user_ctx *u);
	struct lit name;
	u8 nr_args;
	u8 kinds[6];
};
/* By number; fn is NULL where no call exists. */
extern const struct syscall_entry syscall_table[NR_SYSCALLS];

/* Reads the option at start-up; whether calls are traced. */
bool syscall_trace_init(void);
/* Runs call @nr as syscall_dispatch does, with a line in the log. */
void syscall_trace(struct thread *t, u64 nr);

#endif
