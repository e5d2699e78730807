// SPDX-License-Identifier: MPL-2.0
/*
 * Signals: dispositions, pending sets and queues, delivery. See signal(7).
 *
 * sighand.lock guards the dispositions and the pending sets of every thread that uses it (and of
 * their processes).
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

/* Results that a system call returns inside the kernel; never seen by user mode. */
enum restart_errno {
	ERESTARTSYS = 512,    /* restart if the handler has SA_RESTART (or there is none) */
	ERESTARTNOINTR = 513, /* always restart */
	ERESTARTNOHAND = 514, /* restart only if no handler runs */
	/* No handler: continue through restart_syscall with thread.restart. */
	ERESTART_RESTARTBLOCK = 516,
};

/* What restart_syscall(2) continues with thread.restart: sleeps whose timeout was relative. */
struct TABLE restart_ops {
	s64 (*resume)(struct thread *t);
};
struct restart_block {
	const struct restart_ops *ops; /* NULL: there is nothing to continue */
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
	struct obj *timer; /* the POSIX timer it belongs to (a reference), or NULL */
	bool queued;       /* sighand.lock of the target */
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

struct sighand *sighand_new(void);
struct sighand *sighand_copy(struct sighand *from);
/* Only what is ignored stays so; the rest is default. */
struct sighand *sighand_copy_ignored(struct sighand *from);
/*
 * Makes @s (its reference) the handlers of the calling thread, the only one of its process: exec.
 */
void sighand_replace(struct thread *t, struct sighand *s);
/*
 * Locks the handlers of a thread / process: what guards the list of threads and the pending sets.
 * NULL: reaped. unlock drops the reference that lock takes.
 */
struct sighand *sighand_lock_thread(struct thread *t, u64 *irq);
struct sighand *sighand_lock_process(struct process *p, u64 *irq);
void sighand_unlock(struct sighand *s, u64 irq);
/* exec: handlers become default, ignored ones stay; the alternate stack goes. */
void signal_exec(struct thread *t);
/*
 * An entry for signals to @t, which its user is charged for (RLIMIT_SIGPENDING) until it goes; NULL:
 * over the limit, or no memory. @always: whatever the limit. Context: any.
 */
struct sigqueue *sigqueue_new(const struct thread *t, bool always);
/* Drops what is queued. */
void sigpending_flush(struct sigpending *p);

/*
 * Sends. Context: any (task or interrupt). 0 or -EAGAIN (queue limit of a real-time signal).
 * Permission is the caller's business.
 */
int signal_send_thread(struct thread *t, const struct siginfo *info);
int signal_send_process(struct process *p, const struct siginfo *info);
/* To all members, from the kernel (terminal); caller may hold proc_lock iff _locked. */
void signal_send_pgrp(struct pgrp *g, s32 signo);
void signal_send_pgrp_locked(struct pgrp *g, s32 signo);
/*
 * A timer's own entry @q to a thread of @p (@t) or, @t NULL, to the process. 0: queued, or nobody
 * is there any more to take it, 1: it is still queued (an overrun), -ESRCH: ignored.
 */
int signal_send_timer(struct process *p, struct thread *t, struct sigqueue *q);
/* A fault or trap of the calling thread: cannot be blocked or ignored away (then it kills). */
void signal_force(struct thread *t, s32 signo, s32 code, u64 addr);
/* Kernel-made signal without details (SI_KERNEL) to a thread or process. */
void signal_kernel(struct process *p, s32 signo);
/*
 * Whether the caller may send @signo to @target or, the leader, its process (kill(2) rules): 0,
 * -EPERM.
 */
int signal_may_send(struct thread *sender, struct thread *target, s32 signo);
/* NULL: -ESRCH. proc_lock held. */
int signal_may_send_locked(struct thread *sender, struct thread *target, s32 signo);

/* Whether a signal that is not blocked waits for the thread, so that a sleep should end. Cheap. */
bool signal_pending(struct thread *t);
/* Same, for a signal that kills. */
bool signal_fatal_pending(struct thread *t);
/*
 * Recomputes WORK_SIGNAL and the interrupt flag after a change of mask or pending sets.
 * sighand.lock held.
 */
void signal_recalc_locked(struct thread *t);
/* Replaces the mask of the calling thread. */
void signal_set_mask(struct thread *t, u64 mask);

/*
 * Before the return to user mode with WORK_SIGNAL (or STOP, EXIT): delivers: pushes a frame, stops,
 * or ends the process. @in_syscall: an interrupted call may be restarted by the result in the
 * return register.
 */
void signal_deliver(struct thread *t, bool in_syscall);
/*
 * Clone: child is told to inherit masks etc. Exit: what the thread had pending that others can take
 * is handed on.
 */
void signal_thread_exit(struct thread *t);
/*
 * Parent notification of a child's stop, continue or exit; proc_lock held. Returns whether the
 * child is to be auto-reaped (SIGCHLD ignored or SA_NOCLDWAIT).
 */
bool signal_notify_parent_locked(struct process *child, s32 code, s32 status);

/* Timers that send signals: what is due when such a signal has been taken. kernel/time registers. */
struct TABLE signal_timer_ops {
	/*
	 * The signal of @timer was taken: the next period starts, missed ones go into @info.
	 * Context: task, no locks.
	 */
	void (*timer_taken)(struct obj *timer, struct siginfo *info);
	/* SIGALRM was taken: ITIMER_REAL starts its next period. */
	void (*alarm_taken)(struct process *p);
	/*
	 * A signal of @p has become one that is not ignored: timers that wait for that go on.
	 * Context: task of @p, no locks.
	 */
	void (*heard)(struct process *p);
};
void signal_timers_register(const struct signal_timer_ops *ops);

#endif
