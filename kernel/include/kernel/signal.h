// SPDX-License-Identifier: MPL-2.0
/*
 * Signals: dispositions, pending sets and queues, delivery. See signal(7).
 *
 * How a signal travels. A sender (send.c) takes the target's sighand.lock, drops the signal if it
 * is ignored, adds it to the pending set of a thread or of the whole process, and sets WORK_SIGNAL
 * at one thread that can take it. That thread leaves user mode or its sleep. On its way back to
 * user mode it takes the signals one by one and does the default action or starts the handler
 * (deliver.c). Stops and the notification of parents are in stop.c.
 *
 * Locking: sighand.lock guards the dispositions and the pending sets of all threads that use them,
 *          and of their processes. It is an irqsave lock, because timers send in interrupts.
 *          proc_lock is taken before it.
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

/*
 * Results of system calls inside the kernel, never seen by user mode: what a signal does to the
 * call.
 */
enum restart_errno {
	ERESTARTSYS = 512,    /* restart if the handler has SA_RESTART, or if no handler runs */
	ERESTARTNOINTR = 513, /* always restart */
	ERESTARTNOHAND = 514, /* restart only if no handler runs */
	/* No handler: continue through restart_syscall with thread.restart. With one: EINTR. */
	ERESTART_RESTARTBLOCK = 516,
};

/*
 * How restart_syscall(2) continues a sleep whose timeout was relative: with the deadline that is
 * kept in thread.restart.
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
	s32 pid;    /* kill, SIGCHLD: sender; POSIX timer: id */
	u32 uid;    /* sender's uid; POSIX timer: overrun */
	s32 status; /* SIGCHLD: exit status or signal */
	u64 addr;   /* faults: address */
	u64 value;  /* sigval */
	u64 utime, stime;
};

/* One queued signal with its details. */
struct sigqueue {
	struct obj obj;
	LIST_LINK(sigqueue) link;
	struct siginfo info;
	struct obj *timer; /* the POSIX timer that owns the entry (a reference), or NULL */
	bool queued;       /* guarded by sighand.lock of the target */
	bool charged;      /* counts for user uid: USER_SIGPENDING */
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

/*
 * New handlers, all default, or a copy of @from's, made under its lock. A reference, or NULL (no
 * memory).
 */
struct sighand *sighand_new(void);
struct sighand *sighand_copy(struct sighand *from);
/* A copy in which ignored signals stay ignored and all others are default. A reference, or NULL. */
struct sighand *sighand_copy_ignored(struct sighand *from);
/*
 * Makes @s (whose reference is consumed) the handlers of the calling thread, the only one of its
 * process. For exec.
 */
void sighand_replace(struct thread *t, struct sighand *s);
/*
 * Locks the handlers of any thread or process: the lock guards the pending sets and the list of
 * threads. Returns the handlers, or NULL if the target has been reaped; sighand_unlock drops the
 * reference that lock takes. Context: any.
 */
struct sighand *sighand_lock_thread(struct thread *t, u64 *irq);
struct sighand *sighand_lock_process(struct process *p, u64 *irq);
void sighand_unlock(struct sighand *s, u64 irq);
/*
 * For exec: handlers become default, ignored signals stay ignored, the alternate stack is disabled.
 */
void signal_exec(struct thread *t);
/*
 * A queue entry for a signal to @t, charged to its user (RLIMIT_SIGPENDING) until the release.
 * NULL: over the limit, or no memory. @always: without the limit. Context: any.
 */
struct sigqueue *sigqueue_new(const struct thread *t, bool always);
/* Drops all that is pending. sighand.lock held, or nobody else uses @p. */
void sigpending_flush(struct sigpending *p);

/*
 * Send @info to one thread, or to a process. Context: any (task or interrupt). 0, also if the
 * target has ended or ignores the signal; -EAGAIN: the queue limit, for a real-time signal. The
 * caller has checked the permission.
 */
int signal_send_thread(struct thread *t, const struct siginfo *info);
int signal_send_process(struct process *p, const struct siginfo *info);
/*
 * From the kernel (a terminal) to all members of a group. signal_send_pgrp takes proc_lock; for
 * _locked the caller holds it.
 */
void signal_send_pgrp(struct pgrp *g, s32 signo);
void signal_send_pgrp_locked(struct pgrp *g, s32 signo);
/*
 * Sends a timer's own entry @q to a thread of @p (@t), or to the process (@t NULL). 0: queued, or
 * the thread no longer takes signals; 1: it is still queued from before (an overrun); -ESRCH:
 * ignored, or the process has been reaped. Context: any.
 */
int signal_send_timer(struct process *p, struct thread *t, struct sigqueue *q);
/*
 * A fault or trap of the calling thread. If the signal is blocked or ignored, it gets the default
 * action, which kills.
 */
void signal_force(struct thread *t, s32 signo, s32 code, u64 addr);
/* A signal of the kernel without details (SI_KERNEL) to a process. Context: any. */
void signal_kernel(struct process *p, s32 signo);
/*
 * Whether @sender may send @signo to @target, or to its process if it is the leader (kill(2)): 0 or
 * -EPERM. Takes proc_lock.
 */
int signal_may_send(struct thread *sender, struct thread *target, s32 signo);
/* The same with proc_lock held. @target NULL, or reaped: -ESRCH. */
int signal_may_send_locked(struct thread *sender, struct thread *target, s32 signo);

/*
 * Whether a signal that is not blocked, a stop or an exit is due for the thread, so that a sleep
 * should end. One load: cheap.
 */
bool signal_pending(struct thread *t);
/* The same for a signal that kills. */
bool signal_fatal_pending(struct thread *t);
/*
 * Recomputes WORK_SIGNAL and the interrupt flag of the calling thread @t, after a change of its
 * mask or pending sets. sighand.lock held.
 */
void signal_recalc_locked(struct thread *t);
/*
 * Replaces the mask of the calling thread; SIGKILL and SIGSTOP are never blocked. Signals of the
 * process that it now blocks are passed to other threads.
 */
void signal_set_mask(struct thread *t, u64 mask);

/*
 * Called before the return to user mode with work bits set. Takes signals until one has a handler
 * (pushes a frame), the process ends, or none is left. @in_syscall: an interrupted call, whose
 * result is in the return register, may be restarted. Context: the thread itself, no locks.
 */
void signal_deliver(struct thread *t, bool in_syscall);
/*
 * The thread exits: it counts itself off a group stop, hands signals of the process to other
 * threads, and takes no more signals.
 */
void signal_thread_exit(struct thread *t);
/*
 * Notifies the parent of a child's stop, continue or exit: SIGCHLD (or the child's exit signal) and
 * a wake-up of child_wait. proc_lock held. Returns whether the child is to be reaped at once (exit,
 * and SIGCHLD is ignored or has SA_NOCLDWAIT, or there is no parent).
 */
bool signal_notify_parent_locked(struct process *child, s32 code, s32 status);

/*
 * Timers that send signals: called when such a signal has been taken. kernel/time registers the
 * table.
 */
struct TABLE signal_timer_ops {
	/*
	 * The signal of @timer was taken: the next period starts, and the count of missed ones is
	 * stored in @info. Context: task, no locks.
	 */
	void (*timer_taken)(struct obj *timer, struct siginfo *info);
	/* SIGALRM was taken: ITIMER_REAL starts its next period. */
	void (*alarm_taken)(struct process *p);
	/*
	 * A signal of @p is no longer ignored: timers that stopped for that reason resume. Context:
	 * task of @p, no locks.
	 */
	void (*heard)(struct process *p);
};
/* To be called once, before the first thread. */
void signal_timers_register(const struct signal_timer_ops *ops);

#endif
