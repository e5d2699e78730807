// SPDX-License-Identifier: MPL-2.0
/*
 * Signals: dispositions, pending sets and queues, delivery. See signal(7).
 *
 * sighand.lock guards the dispositions, and the pending sets of all threads that use the sighand
 * and of their processes.
 */
#ifndef KERNEL_SIGNAL_H
#define KERNEL_SIGNAL_H

#include <frame/obj.h>
#include <frame/page.h>
#include <frame/sync.h>
#include <frame/user.h>
#include <kernel/list.h>
#include <uapi/signal.h>

struct thread;
struct process;
struct pgrp;
struct poll_source;

/* Results of system calls inside the kernel; user mode never sees them. */
enum restart_errno {
	ERESTARTSYS = 512,    /* restart if the handler has SA_RESTART (or there is none) */
	ERESTARTNOINTR = 513, /* always restart */
	ERESTARTNOHAND = 514, /* restart only if no handler runs */
	/* No handler: continue through restart_syscall with thread.restart. */
	ERESTART_RESTARTBLOCK = 516,
};

/*
 * How restart_syscall(2) continues a sleep whose timeout was relative: resume reads thread.restart.
 */
struct TABLE restart_ops {
	s64 (*resume)(struct thread *t);
};
struct restart_block {
	const struct restart_ops *ops; /* NULL: nothing to continue */
	u32 clock;
	u64 deadline_ns;
	u64 arg[4];
};

struct siginfo {
	s32 signo, err, code;
	s32 pid;    /* kill, SIGCHLD; timer id */
	u32 uid;    /*                overrun  */
	s32 status; /* SIGCHLD */
	u64 addr;   /* faults */
	u64 value;  /* sigval */
	u64 utime, stime;
};

/* One queued signal. */
struct sigqueue {
	struct obj obj;
	LIST_LINK(sigqueue) link;
	struct siginfo info;
	struct obj *timer; /* the POSIX timer that owns it (a reference), or NULL */
	bool queued;       /* sighand.lock of the target */
	bool charged;      /* charged to user uid: USER_SIGPENDING */
	u32 uid;
};
struct sigpending {
	u64 set;                   /* bit n-1: signal n */
	LIST_HEAD(sigqueue) queue; /* references */
};

struct sigaction_k {
	u64 handler; /* SIG_DFL 0, SIG_IGN 1, or a user address */
	u64 flags;
	u64 restorer;
	u64 mask;
};
struct sighand {
	struct obj obj;
	struct spinlock lock;
	struct poll_source *signalfd_poll; /* signalfds wait here; NULL until used */
	struct sigaction_k action[64];
};
OBJ_TYPE_DECL(sighand);
OBJ_TYPE_DECL(sigqueue);

struct sigaltstack {
	struct uaddr sp;
	u64 size;
	u32 flags;
};

#define sigbit(n) (1ul << (((n) - 1) & 63))

/* Default dispositions; one reference. NULL: no memory. */
struct sighand *sighand_new(void);
/* A copy; one reference. NULL: no memory. Takes from->lock. */
struct sighand *sighand_copy(struct sighand *from);
/* A copy in which ignored signals stay ignored and all others are default: CLONE_CLEAR_SIGHAND. */
struct sighand *sighand_copy_ignored(struct sighand *from);
/*
 * Makes @s (the reference is consumed) the handlers of the calling thread, which is the only one of
 * its process: exec.
 */
void sighand_replace(struct thread *t, struct sighand *s);
/*
 * Locks the handlers of any thread or process, which guard the list of threads and the pending
 * sets. Takes a reference, which sighand_unlock drops. *@irq: the saved interrupt state. NULL: it
 * was reaped.
 */
struct sighand *sighand_lock_thread(struct thread *t, u64 *irq);
struct sighand *sighand_lock_process(struct process *p, u64 *irq);
void sighand_unlock(struct sighand *s, u64 irq);
/* exec: handlers become default, ignored signals stay ignored; the alternate stack is forgotten. */
void signal_exec(struct thread *t);
/*
 * An entry for a signal to @t, charged to its user (RLIMIT_SIGPENDING) until it is freed. NULL:
 * over the limit, or no memory. @always: ignore the limit. Context: any.
 */
struct sigqueue *sigqueue_new(const struct thread *t, bool always);
/* Drops all queued entries. The caller holds the lock, or is the only user. */
void sigpending_flush(struct sigpending *p);

/*
 * Sends a signal to a thread or a process. Returns 0, or -EAGAIN (queue limit of a real-time
 * signal). The caller has checked the permission. Context: any (task or interrupt).
 */
int must_check signal_send_thread(struct thread *t, const struct siginfo *info);
int must_check signal_send_process(struct process *p, const struct siginfo *info);
/*
 * Sends @signo from the kernel (terminal) to all members of a group. _locked: the caller holds
 * proc_lock; else it must not.
 */
void signal_send_pgrp(struct pgrp *g, s32 signo);
void signal_send_pgrp_locked(struct pgrp *g, s32 signo);
/*
 * Sends the timer's own entry @q to the thread @t of @p or, if @t is NULL, to the process. Returns
 * 0: queued, or the target has exited; 1: the entry is still queued (an overrun); -ESRCH: the
 * signal is ignored.
 */
int must_check signal_send_timer(struct process *p, struct thread *t, struct sigqueue *q);
/*
 * Sends the signal of a fault or trap to the calling thread. If the thread blocks or ignores the
 * signal, the signal is unblocked and its action becomes default, so it kills.
 */
void signal_force(struct thread *t, s32 signo, s32 code, u64 addr);
void signal_force_info(struct thread *t, const struct siginfo *info);
/* Sends a signal without details (SI_KERNEL) to a process. */
void signal_kernel(struct process *p, s32 signo);
/*
 * Whether @sender may send @signo to the thread @target or, if that is a leader, to its process
 * (the rules of kill(2)): 0, -EPERM.
 */
int must_check signal_may_send(struct thread *sender, struct thread *target, s32 signo);
/* The same with proc_lock held; @target NULL: -ESRCH. */
int must_check signal_may_send_locked(struct thread *sender, struct thread *target, s32 signo);

/* Whether an unblocked signal is pending for the thread, so that a sleep should end. Cheap. */
bool signal_pending(struct thread *t);
/* The same for a fatal signal. */
bool signal_fatal_pending(struct thread *t);
/*
 * Recomputes WORK_SIGNAL and the interrupt flag of the task after a change of the mask or of a
 * pending set. sighand.lock held.
 */
void signal_recalc_locked(struct thread *t);
/* Replaces the signal mask of the calling thread. Takes sighand.lock. */
void signal_set_mask(struct thread *t, u64 mask);

/*
 * Called before the return to user mode with WORK_SIGNAL, WORK_STOP or WORK_EXIT: pushes a frame
 * for a handler, stops, or ends the process. @in_syscall: the thread is in a system call, which may
 * be restarted according to the value in the return register.
 */
void signal_deliver(struct thread *t, bool in_syscall);
/*
 * Exit: the thread takes no more signals. Pending signals of the process that it would have taken
 * are left to another thread, which is woken; a group stop in progress does not wait for the
 * thread. Takes proc_lock and sighand.lock.
 */
void signal_thread_exit(struct thread *t);
/*
 * Notifies the parent of a child's stop, continue or exit: sends SIGCHLD (@code: CLD_*) and wakes
 * wait. proc_lock held. Returns whether the child is to be reaped at once (SIGCHLD ignored or
 * SA_NOCLDWAIT).
 */
bool signal_notify_parent_locked(struct process *child, s32 code, s32 status);

/*
 * The end of the calling thread's process by the signal @info without a handler, with a core dump if
 * the signal's action has one. The thread exits when it next looks at its work bits. Context: task,
 * no locks; may take long.
 */
void signal_end_process(struct thread *t, const struct siginfo *info);
struct TABLE signal_dump_ops {
	/*
	 * Writes a core dump, if the process may have one: then the process is ending afterwards.
	 * Context: the calling thread @t, no locks.
	 */
	void (*dump)(struct thread *t, const struct siginfo *info);
};
void signal_dump_register(const struct signal_dump_ops *ops);

/* What timers do when their signal has been taken; kernel/time registers this. */
struct TABLE signal_timer_ops {
	/*
	 * The signal of @timer was taken: starts the next period and stores the overruns in @info.
	 * Context: task, no locks.
	 */
	void (*timer_taken)(struct obj *timer, struct siginfo *info);
	/* SIGALRM was taken: ITIMER_REAL starts its next period. */
	void (*alarm_taken)(struct process *p);
	/*
	 * A signal of @p is no longer ignored: timers that were suspended for that resume. Context:
	 * task of @p, no locks.
	 */
	void (*heard)(struct process *p);
};
void signal_timers_register(const struct signal_timer_ops *ops);

#endif
