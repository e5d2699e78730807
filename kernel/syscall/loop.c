// SPDX-License-Identifier: MPL-2.0
/*
 * The loop that is a user thread's kernel side: into user mode, and whatever brought the thread back
 * from there. A system call goes to the table, a fault to its address space, an exception becomes a
 * signal. Before each way back, the work bits are looked at: signals, stops, the end.
 */
#include <abi/exception.h>
#include <abi/syscall_nr.h>
#include <frame/log.h>
#include <kernel/mm.h>
#include <kernel/signal.h>
#include <kernel/syscall.h>
#include <kernel/thread.h>
#include <kernel/uaccess.h>

#include "../proc/proc.h"
#include "trace.h"

/* A page fault: mended, or the signal that it means. */
static void user_fault(struct thread *t, u64 addr, u32 access)
{
	enum fault_result r = addr < VM_USER_MAX ? mm_fault(t->mm, addr, access)
						 : FAULT_SEGV_MAPERR;

	t->min_faults++;
	switch (r) {
	case FAULT_DONE:
	case FAULT_READ: /* read, not faulted in yet: it comes again */
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
		/* It is on its way out, or the killer found nobody else: this process goes. */
		process_exit_group(t, SIGKILL);
		break;
	}
}

/* Looks at the work bits; false when the thread has to go. */
static bool thread_do_work(struct thread *t, bool in_syscall)
{
	u32 work;

	while ((work = load_acquire(t->work)) & (WORK_SIGNAL | WORK_STOP | WORK_EXIT)) {
		if (work & WORK_EXIT)
			return false;
		signal_deliver(t, in_syscall);
		in_syscall = false;
	}
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
		if (err) {
			log_err("cannot run init: error %d (pass init=PATH, or an initramfs with "
				"an executable /init)",
				-err);
			process_exit_group(t, 1 << 8);
		}
	}
	if (t->set_child_tid.va) {
		s32 tid = t->tid;
		(void)!user_put(t->set_child_tid, &tid); /* an error is not reported, as on Linux */
	}
	while (!load_once(t->work) || thread_do_work(t, in_syscall)) {
		in_syscall = false;
		switch (user_run(t->vmspace, &ev)) {
		case USER_SYSCALL:
			in_syscall = user_syscall_nr(t->user) != NR_rt_sigreturn;
			(void)syscall_dispatch(t);
			break;
		case USER_FAULT:
			user_fault(t, ev.addr, ev.access);
			break;
		case USER_EXCEPTION:
			info = abi_exception_signal(&ev, t->user);
			signal_force(t, info.signo, info.code, info.addr);
			break;
		case USER_INTERRUPT:
			break;
		}
	}
	thread_finish(t);
}

static const struct task_ops loop_ops = { .run = thread_run };

void syscall_init(void)
{
	syscall_trace_init();
	thread_set_loop(&loop_ops);
}
