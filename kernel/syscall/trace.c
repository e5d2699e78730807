// SPDX-License-Identifier: MPL-2.0
/*
 * System call tracing in strace's form, on the kernel log. `keel.strace=1` traces all processes,
 * `keel.strace=NAME` those whose name begins so.
 *
 * Each call is one line, logged when it returns, so that a line has the result too. Calls that may
 * not return (exit, exit_group, execve) are also logged when they start.
 *
 * The trace costs nothing while it is off: it is a bit of thread.entry_work, set for new threads if
 * the option is given (loop.c). With a name all threads have the bit, and each call compares the
 * name, because an exec changes it.
 */
#include <frame/boot.h>
#include <frame/fmt.h>
#include <frame/log.h>
#include <frame/user.h>
#include <kernel/signal.h>
#include <kernel/syscall.h>
#include <kernel/thread.h>
#include <kernel/uaccess.h>

#include "trace.h"

static char trace_comm[COMM_LEN];
static u32 trace_comm_len;

bool syscall_trace_init(void)
{
	bool found;
	struct cspan v = boot_option(LIT("keel.strace"), &found);

	if (!found || cspan_equal(v, STR("0")))
		return false;
	if (!cspan_equal(v, STR("1")))
		trace_comm_len = (u32)span_copy(span_of(trace_comm), v);
	return true;
}

/*
 * A string argument in quotes, with control characters escaped, at most 40 bytes. What cannot be
 * read is shown as an address. The call itself reads the memory a second time, so a program that
 * changes it meanwhile can make the line wrong, but not the call.
 */
static void trace_string(struct fmt *f, struct uaddr a)
{
	u8 text[41];
	ssize_t n = copy_in_str(span_of(text), a);
	size_t i;

	if (n == -EFAULT) {
		fmt_printf(f, "0x%lx", a.va);
		return;
	}
	fmt_char(f, '"');
	for (i = 0; i < (n < 0 ? sizeof(text) - 1 : (size_t)n); i++) {
		u8 c = text[i];
		if (c == '\n')
			fmt_lit(f, LIT("\\n"));
		else if (c < ' ' || c > '~')
			fmt_printf(f, "\\x%02x", c);
		else
			fmt_char(f, (char)c);
	}
	fmt_char(f, '"');
	if (n < 0)
		fmt_lit(f, LIT("..."));
}

/* Prints an argument by its kind. */
static void trace_arg(struct fmt *f, u8 kind, u64 v)
{
	switch (kind) {
	case KIND_i32:
	case KIND_fd:
		fmt_printf(f, "%d", (s32)v);
		break;
	case KIND_u32:
		fmt_printf(f, "%u", (u32)v);
		break;
	case KIND_i64:
		fmt_printf(f, "%ld", (s64)v);
		break;
	case KIND_u64:
		fmt_printf(f, "%lu", v);
		break;
	case KIND_oct:
		fmt_printf(f, "0%o", (u32)v);
		break;
	case KIND_str:
		trace_string(f, UADDR(v));
		break;
	default:
		fmt_printf(f, "0x%lx", v);
		break;
	}
}

/*
 * The user's strings are read before the call: afterwards they may have changed. A line that is too
 * long is cut.
 */
void syscall_trace(struct thread *t, u64 nr)
{
	struct user_ctx *u = t->user;
	char line[240];
	FMT(f, span_of(line));
	bool known = nr < NR_SYSCALLS && syscall_table[nr].fn;
	bool wanted = !trace_comm_len ||
		cspan_equal(cspan_first(cspan_of(t->comm), trace_comm_len),
			cspan_first(cspan_of(trace_comm), trace_comm_len));
	u32 nr_args = known ? syscall_table[nr].nr_args : 6;
	s64 ret = -ENOSYS;
	u32 i;

	if (wanted) {
		fmt_printf(&f, "[%d] ", t->tid);
		if (known)
			fmt_lit(&f, syscall_table[nr].name);
		else
			fmt_printf(&f, "syscall_%lu", nr);
		fmt_char(&f, '(');
		for (i = 0; i < nr_args; i++) {
			if (i)
				fmt_lit(&f, LIT(", "));
			trace_arg(&f, known ? syscall_table[nr].kinds[i] : (u8)KIND_hex,
				user_syscall_arg(u, i));
		}
		/* These may not return: the line is logged before the call. */
		if (nr == NR_exit || nr == NR_exit_group || nr == NR_execve)
			log_text(LOG_INFO, fmt_text(&f));
	}
	if (known)
		ret = syscall_table[nr].fn(t, u);
	user_set_ret(u, (u64)ret);
	if (wanted) {
		if (ret < 0 && ret > -4096)
			fmt_printf(&f, ") = %ld", ret);
		else
			fmt_printf(&f, ") = 0x%lx", (u64)ret);
		log_text(LOG_INFO, fmt_text(&f));
	}
}
