// SPDX-License-Identifier: MPL-2.0
/*
 * The loop of a user thread: it runs user mode and handles each return from it. A system call goes
 * to the table, a page fault to the address space, an exception becomes a signal. Before each
 * return to user mode, the work bits are checked: signals, stops, exit.
 *
 * Why no request is missed. A sender sets a work bit first and interrupts the task second
 * (thread_set_work). The loop reads the bits before user_run. If a bit is set after that read, the
 * interrupt makes user_run return at once (frame/task/user.c), and the loop reads the bits again.
 *
 * The loop ends when WORK_EXIT is set. thread_finish is the last function that the thread runs.
 */
#include <abi/exception.h>
#include <frame/log.h>
#include <kernel/mm.h>
#include <kernel/sigio.h>
#include <kernel/signal.h>
#include <kernel/syscall.h>
#include <kernel/thread.h>
#include <kernel/uaccess.h>

#include "../proc/proc.h"
#include "trace.h"

/* A page fault: resolved, or turned into a signal. */
static void user_fault(struct thread *t, u64 addr, u32 access)
{
	enum fault_result r = addr < VM_USER_MAX ? mm_fault(t->mm, addr, access)
						 : FAULT_SEGV_MAPERR;

	t->min_faults++;
	switch (r) {
	case FAULT_DONE:
	case FAULT_READ:
	case FAULT_MKWRITE: /* read, but not mapped yet: the access faults again */
		break;
	case FAULT_SEGV_MAPERR:
		signal_force(t, SIGSEGV, SEGV_MAPERR, addr);
		break;
	case FAULT_SEGV_ACCERR:
		signal_force(t, SIGSEGV, SEGV_ACCERR, addr);
		break;
	case FAULT_BUS:
		signal_force(t, SIGBUS, BUS_ADRERR, addr);
		break;
	case FAULT_OOM:
		/*
		 * The process is being killed already, or the out-of-memory killer found no other:
		 * it ends.
		 */
		process_exit_group(t, SIGKILL);
		break;
	}
}

/*
 * Handles the work bits. false: the thread has to end. Only the first delivery can restart the
 * call; after that the registers are those of a handler.
 */
static bool thread_do_work(struct thread *t, bool in_syscall)
{
	u32 work;

	while ((work = load_acquire(t->work)) &
		(WORK_SIGNAL | WORK_STOP | WORK_EXIT | WORK_SIGIO)) {
		if (work & WORK_EXIT)
			return false;
		store_once(t->in_trap, !in_syscall);
		if (work & WORK_SIGIO) {
			sigio_send_due();
			continue;
		}
		signal_deliver(t, in_syscall);
		in_syscall = false;
	}
	store_once(t->in_trap, false);
	return true;
}

static void thread_run(struct obj *owner)
{
	struct thread *t = obj_cast(thread, owner);
	struct user_event ev = { 0 };
	struct siginfo info;
	bool in_syscall = false;

	user_set_vmspace(t->vmspace);
	if (t->init_exec) {
		int err = process_init_exec(t);
		t->init_exec = false;
		if (err) {
			log_err("cannot run init: error %d (pass init=PATH, or an initramfs with "
				"an executable /init)",
				-err);
			process_exit_group(t, 1 << 8);
		}
	}
	if (t->helper && process_helper_exec(t))
		process_exit_group(t, 1 << 8);
	if (t->set_child_tid.va) {
		s32 tid = t->tid;
		(void)!user_put(t->set_child_tid, &tid); /* an error is not reported, as on Linux */
	}
	while (!load_once(t->work) || thread_do_work(t, in_syscall)) {
		in_syscall = false;
		switch (user_run(t->vmspace, &ev)) {
		case USER_SYSCALL:
			in_syscall = syscall_dispatch(t);
			break;
		case USER_FAULT:
			store_once(t->in_trap, true);
			user_fault(t, ev.addr, ev.access);
			store_once(t->in_trap, false);
			break;
		case USER_EXCEPTION:
			info = abi_exception_signal(&ev, t->user);
			signal_force(t, info.signo, info.code, info.addr);
			break;
		case USER_INTERRUPT:
			break;
		}
	}
	t->ended_in_call = in_syscall;
	thread_finish(t);
}

static const struct task_ops loop_ops = { .run = thread_run };

void syscall_init(void)
{
	thread_set_loop(&loop_ops, syscall_trace_init() ? ENTRY_TRACE : 0);
}
