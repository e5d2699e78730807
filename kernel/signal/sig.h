// SPDX-License-Identifier: MPL-2.0
/* Inside kernel/signal: sets of signals, and the functions that its files share. */
#ifndef KERNEL_SIGNAL_SIG_H
#define KERNEL_SIGNAL_SIG_H

#include <kernel/poll.h>
#include <kernel/thread.h>

#define SIGS_STOP   (sigbit(SIGSTOP) | sigbit(SIGTSTP) | sigbit(SIGTTIN) | sigbit(SIGTTOU))
#define SIGS_FORCED (sigbit(SIGKILL) | sigbit(SIGSTOP))
/* Delivered before all others: they belong to the instruction that was running. */
#define SIGS_SYNC                                                                               \
	(sigbit(SIGSEGV) | sigbit(SIGBUS) | sigbit(SIGILL) | sigbit(SIGTRAP) | sigbit(SIGFPE) | \
		sigbit(SIGSYS))
/* Default action: end with a core dump. See signal(7). */
#define SIGS_CORE \
	(SIGS_SYNC | sigbit(SIGQUIT) | sigbit(SIGABRT) | sigbit(SIGXCPU) | sigbit(SIGXFSZ))
/* Default action: ignore. See signal(7). */
#define SIGS_IGNORED (sigbit(SIGCONT) | sigbit(SIGCHLD) | sigbit(SIGURG) | sigbit(SIGWINCH))

static inline bool signo_valid(s32 signo)
{
	return signo >= 1 && signo <= NSIG;
}

/* ---- pending.c; sighand.lock held unless said otherwise ---- */
/* Queues entry @q, whose reference is consumed. The caller sets the bit in the set. */
void sigpending_add(struct sigpending *p, struct sigqueue *q);
/* Drops all pending signals of @mask, with their entries. */
void sigpending_remove(struct sigpending *p, u64 mask);
/*
 * Takes the next signal of @mask from the thread's own set, then from its process's: its number, or
 * 0 if there is none. Synchronous ones come first, then the lowest number. *@timer becomes a
 * reference to the timer that sent it, or stays NULL.
 */
s32 signal_take_locked(struct thread *t, u64 mask, struct siginfo *info, struct obj **timer);
/*
 * To be called after unlocking: a timer whose signal was taken starts its next period and writes
 * its overruns to @info. Drops *@timer. Context: task, no locks.
 */
void signal_taken(struct thread *t, s32 signo, struct siginfo *info, struct obj **timer);
/*
 * A signal of the calling thread's process is no longer ignored (sigaction): timers that stopped
 * for that reason resume. Context: task, no locks.
 */
void signal_heard(struct process *p);
/* Whether it tells of a file: addr is the band, value the descriptor (kernel/sigio.h). */
bool siginfo_has_band(const struct siginfo *i);
/* Converts to the layout of user space, siginfo_t. No locks needed. */
void siginfo_to_user(const struct siginfo *i, struct siginfo64 *out);

/* ---- send.c ---- */
/*
 * Sets WORK_SIGNAL at threads other than @t for the signals @set that are pending for the process,
 * if they do not block them. For signals that @t was to take and now cannot. sighand.lock held.
 */
void signal_retarget_locked(struct thread *t, u64 set);

/* ---- calls.c ---- */
/* The siginfo of a signal that the user program @t sends. */
struct siginfo signal_user_info(struct thread *t, s32 signo, s32 code);
/*
 * The sender's own siginfo. Codes of the kernel may be used only for a signal to oneself (@self). 0
 * or -EPERM; see rt_sigqueueinfo(2).
 */
int must_check signal_info_from_user(const struct siginfo64 *si, s32 signo, bool self,
	struct siginfo *info);
/*
 * Sends to all members of a group (@pgid 0: the caller's). 0 if at least one was sent, else the
 * first error, -ESRCH if there are no members. Takes proc_lock.
 */
int must_check signal_kill_group(struct thread *t, s32 pgid, const struct siginfo *info);

/* ---- deliver.c ---- */
/* Whether @sp is on the alternate stack of @t. Never with SS_AUTODISARM. */
bool signal_on_altstack(const struct thread *t, u64 sp);

/* ---- stop.c ---- */
/*
 * A SIGCONT or SIGKILL (@killed) is being sent: a group stop ends. sighand.lock held; also in
 * interrupts.
 */
void signal_continue_locked(struct process *p, bool killed);
/*
 * The calling thread took a stop signal with the default action: starts a group stop. Takes
 * proc_lock.
 */
void signal_group_stop(struct thread *t, s32 signo);
/* The thread has WORK_STOP: sleeps here until it is continued or killed. Takes proc_lock. */
void signal_stop_here(struct thread *t);
/*
 * Notifies the parent of a continue, once. Takes proc_lock, so the sender of SIGCONT cannot do it.
 */
void signal_report_continued(struct thread *t);

#endif
