// SPDX-License-Identifier: MPL-2.0
/* Shared inside kernel/signal. */
#ifndef KERNEL_SIGNAL_SIG_H
#define KERNEL_SIGNAL_SIG_H

#include <kernel/poll.h>
#include <kernel/thread.h>

#define SIGS_STOP   (sigbit(SIGSTOP) | sigbit(SIGTSTP) | sigbit(SIGTTIN) | sigbit(SIGTTOU))
#define SIGS_FORCED (sigbit(SIGKILL) | sigbit(SIGSTOP))
/* Taken before others: they belong to the instruction that was running. */
#define SIGS_SYNC                                                                               \
	(sigbit(SIGSEGV) | sigbit(SIGBUS) | sigbit(SIGILL) | sigbit(SIGTRAP) | sigbit(SIGFPE) | \
		sigbit(SIGSYS))
/* Default action: ignore; see signal(7). */
#define SIGS_IGNORED (sigbit(SIGCONT) | sigbit(SIGCHLD) | sigbit(SIGURG) | sigbit(SIGWINCH))

static inline bool signo_valid(s32 signo)
{
	return signo >= 1 && signo <= NSIG;
}

/* ---- pending.c; sighand.lock held unless said otherwise ---- */
/* Queues entry @q (its reference is consumed). */
void sigpending_add(struct sigpending *p, struct sigqueue *q);
void sigpending_remove(struct sigpending *p, u64 mask);
/*
 * Takes the next signal of @mask: its number, 0 for none. *@timer becomes a reference to the timer
 * it came from, or stays NULL.
 */
s32 sigpending_take(struct sigpending *p, u64 mask, struct siginfo *info, struct obj **timer);
/* The same over the thread's own and its process's sets. */
s32 signal_take_locked(struct thread *t, u64 mask, struct siginfo *info, struct obj **timer);
/*
 * After unlocking: a timer whose signal was taken starts its next period; its overruns go into
 * @info.
 */
void signal_taken(struct thread *t, s32 signo, struct siginfo *info, struct obj **timer);
/* sigaction: a signal of the calling thread's process is no longer ignored. No locks. */
void signal_heard(struct process *p);
void siginfo_to_user(const struct siginfo *i, struct siginfo64 *out);

/* ---- send.c ---- */
/*
 * Threads other than @t that can take what is pending for the process look at it. sighand.lock
 * held.
 */
void signal_retarget_locked(struct thread *t, u64 set);

/* ---- calls.c ---- */
/* What a signal from the user program @t says of its sender. */
struct siginfo signal_user_info(struct thread *t, s32 signo, s32 code);
/*
 * The sender's own siginfo: the kernel's codes are not for others, -EPERM unless @self; see
 * rt_sigqueueinfo(2).
 */
s64 signal_info_from_user(const struct siginfo64 *si, s32 signo, bool self, struct siginfo *info);
/* To all members of a group (@pgid 0: the caller's). */
s64 signal_kill_group(struct thread *t, s32 pgid, const struct siginfo *info);

/* ---- deliver.c ---- */
bool signal_on_altstack(const struct thread *t, u64 sp);

/* ---- stop.c ---- */
/* SIGCONT or SIGKILL comes: a group stop ends. sighand.lock held. */
void signal_continue_locked(struct process *p, bool killed);
/* The calling thread took a stop signal whose action is the default one. */
void signal_group_stop(struct thread *t, s32 signo);
/* With WORK_STOP: stays here until continued or killed. */
void signal_stop_here(struct thread *t);
void signal_report_continued(struct thread *t);

#endif
