// SPDX-License-Identifier: MPL-2.0
/*
 * /proc/PID/syscall: the system call in which a thread sleeps, its arguments, stack pointer and
 * program counter. See proc_pid_syscall(5).
 *
 * The registers of a thread that sleeps do not change. Nothing holds it asleep while they are read:
 * so they are read twice, and the count of its switches with them. If anything differs, the thread
 * has run since, and is shown as running. The count leaves out a sleep that ends before the switch.
 * A thread that runs on after that can be shown in the call that it slept in, or in its next one.
 * The frame's accessors only load; what they read of a thread that runs is some number.
 */
#include <frame/sched.h>
#include <frame/task.h>
#include <frame/user.h>
#include <kernel/cred.h>
#include <uapi/errno.h>
#include <uapi/fs.h>

#include "procfs.h"

struct call_state {
	bool in_call;
	u64 nr, arg[6], sp, pc;
};

static void call_read(const struct thread *t, struct call_state *c)
{
	u32 i;

	c->in_call = !load_once(t->in_trap);
	c->nr = user_syscall_nr(t->user);
	for (i = 0; i < ARRAY_LEN(c->arg); i++)
		*array_at(c->arg, i) = user_syscall_arg(t->user, i);
	c->sp = user_sp(t->user);
	c->pc = user_pc(t->user);
}

static bool call_is_same(const struct call_state *a, const struct call_state *b)
{
	bool same = a->in_call == b->in_call && a->nr == b->nr && a->sp == b->sp && a->pc == b->pc;
	u32 i;

	for (i = 0; i < ARRAY_LEN(a->arg); i++)
		same = same && *array_at(a->arg, i) == *array_at(b->arg, i);
	return same;
}

/* False: the thread runs, or has run meanwhile. The barriers keep the readings in their order. */
static bool call_read_asleep(struct thread *t, struct call_state *c)
{
	struct call_state again = { 0 };
	u64 before, after, forced;

	task_switches(t->task, &before, &forced);
	if (task_is_runnable(t->task))
		return false;
	memory_barrier();
	call_read(t, c);
	memory_barrier();
	call_read(t, &again);
	memory_barrier();
	task_switches(t->task, &after, &forced);
	return !task_is_runnable(t->task) && after == before && call_is_same(c, &again);
}

static int show_call(struct synth *s, struct fmt *f, u64 *next)
{
	struct thread *t = proc_thread(s);
	struct call_state c = { 0 };
	u32 i, exec_id = load_acquire(t->process->exec_id);

	if (thread_may_access(t, false))
		return -EPERM;
	if (t == thread_current()) {
		call_read(t, &c);
	} else if (!load_once(t->exited) && !call_read_asleep(t, &c)) {
		fmt_lit(f, LIT("running\n"));
		return proc_done(next);
	}
	/* The registers may be those of a set-user-ID program that was executed since the check. */
	if (thread_may_access_again(t, false, exec_id))
		return -EPERM;
	if (c.in_call) {
		fmt_printf(f, "%ld", (s64)c.nr);
		for (i = 0; i < ARRAY_LEN(c.arg); i++)
			fmt_printf(f, " 0x%lx", *array_at(c.arg, i));
	} else {
		fmt_lit(f, LIT("-1"));
	}
	fmt_printf(f, " 0x%lx 0x%lx\n", c.sp, c.pc);
	return proc_done(next);
}
PID_FILE(syscall, syscall, 0400, show_call);
