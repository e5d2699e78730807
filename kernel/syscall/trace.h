// SPDX-License-Identifier: MPL-2.0
/* The table's entries, and tracing of calls (keel.strace=1). */
#ifndef KERNEL_SYSCALL_TRACE_H
#define KERNEL_SYSCALL_TRACE_H

#include <abi/syscall_nr.h>
#include <frame/lit.h>
#include <frame/types.h>

struct thread;
struct user_ctx;

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
extern const struct syscall_entry syscall_table[NR_SYSCALLS];

extern bool syscall_tracing;
void syscall_trace_init(void);
/* Dispatches with a line in the log. */
s64 syscall_trace(struct thread *t);

#endif
