// SPDX-License-Identifier: MPL-2.0
/* struct rusage, and the part of siginfo that waitid fills. See getrusage(2), waitid(2). */
#ifndef UAPI_RESOURCE_H
#define UAPI_RESOURCE_H

#include <frame/types.h>

struct timeval64 {
	s64 sec, usec;
};
struct rusage64 {
	struct timeval64 utime, stime;
	s64 maxrss, ixrss, idrss, isrss, minflt, majflt, nswap, inblock, oublock, msgsnd, msgrcv,
		nsignals, nvcsw, nivcsw;
};
struct waitid_info {
	s32 signo, err, code, pad;
	s32 pid;
	u32 uid;
	s32 status;
};

struct process;
struct thread;
/* Usage of a process: of its exited and its living threads. proc_lock held. */
void rusage_of_process(const struct process *p, struct rusage64 *out);
/* Adds a reaped child's usage (and its children's) to the parent's account. proc_lock held. */
void rusage_add_child_locked(struct process *parent, struct process *child);

#endif
