// SPDX-License-Identifier: MPL-2.0
/*
 * seccomp: a thread restricts its own system calls, for good. See seccomp(2), seccomp_unotify(2).
 *
 * Source: kernel/seccomp.
 */
#ifndef KERNEL_SECCOMP_H
#define KERNEL_SECCOMP_H

#include <frame/obj.h>
#include <frame/span.h>
#include <uapi/seccomp.h>

struct fmt;
struct seccomp_filter;
struct thread;

/* What becomes of a system call. */
enum seccomp_verdict {
	SECCOMP_RUN,    /* it runs */
	SECCOMP_ANSWER, /* it does not run; its result is in the return register */
	SECCOMP_GONE,   /* it does not run and has no result: a signal, or the end of the thread */
};

/*
 * Asks the filters of the calling thread about the call that its registers request. May sleep for a
 * supervisor's answer. Context: entry of a system call, no locks.
 */
enum seccomp_verdict seccomp_enter(struct thread *t);

/* prctl(PR_SET_SECCOMP): as seccomp(2) without flags. */
s64 must_check seccomp_prctl(struct thread *t, u64 mode, u64 fprog);

/*
 * The new thread @c gets the mode and the filters of its parent @t, and no_new_privs with them.
 * proc_lock held: another thread of @t's process may be installing a filter for all of them.
 */
void seccomp_inherit_locked(const struct thread *t, struct thread *c);
/* Drops a reference; *@fp becomes NULL. Context: task. */
void seccomp_put(struct seccomp_filter **fp);

/*
 * The actions that may be logged, as a set and as the text of
 * /proc/sys/kernel/seccomp/actions_logged: names with blanks between. _show with @all: every
 * action. _set: 0, -EINVAL (unknown names, or "allow").
 */
void seccomp_logged_show(struct fmt *f, bool all);
int must_check seccomp_logged_set(struct cspan text);

#endif
