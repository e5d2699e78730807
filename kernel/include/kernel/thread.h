// SPDX-License-Identifier: MPL-2.0
/*
 * Threads and processes.
 *
 * A thread is what Linux calls a task: one flow of user code with its frame task. A process is a
 * thread group. What clone can share apart (address space, descriptors, fs context, signal
 * handlers, credentials) are objects of their own that a thread refers to.
 *
 * References: the pid table holds one on a thread from birth until it is reaped (or, not a leader,
 * until it has exited); the frame task holds one while it runs. A process is held by its threads
 * and, as a zombie, by its leader. `parent` and group links are guarded by proc_lock.
 */
#ifndef KERNEL_THREAD_H
#define KERNEL_THREAD_H

#include <frame/atomic.h>
#include <frame/cpu.h>
#include <frame/obj.h>
#include <frame/sync.h>
#include <frame/task.h>
#include <frame/user.h>
#include <frame/wait.h>
#include <kernel/cred.h>
#include <kernel/list.h>
#include <kernel/rlimit.h>
#include <kernel/sched.h>
#include <kernel/signal.h>

struct mm;
struct files;
struct fs_context;
struct tty;
struct file;
struct posix_timers;

#define COMM_LEN 16

/*
 * A process group and a session, found by id through the pid table; live while they have members.
 * Guarded by proc_lock.
 */
struct session {
	struct obj obj;
	s32 sid;
	u32 nr_groups;
	struct tty *tty; /* controlling terminal, a reference; guarded by proc_lock */
	u32 tty_serial;  /* counts them: a process that has it has the same number */
	/*
	 * Was in the foreground when the terminal hung up: signals are due when the leader exits.
	 */
	s32 hup_group;
};
struct pgrp {
	struct obj obj;
	s32 pgid;
	struct session *session;    /* reference */
	LIST_HEAD(process) members; /* by process.pgrp_link */
	LIST_LINK(pgrp) hash_link;
};
OBJ_TYPE_DECL(session);
OBJ_TYPE_DECL(pgrp);

enum process_state { PROCESS_RUNNING, PROCESS_STOPPED, PROCESS_ZOMBIE, PROCESS_DEAD };

/*
 * pgrp and session: setpgid (also by the parent) and setsid (also by another thread) change them at
 * any moment, so the process itself, too, reads them under proc_lock (process_pgid,
 * process_pgrp_get). pgrp is there from birth until the process is reaped, also while it changes;
 * session until the release.
 */
struct process {
	struct obj obj;
	s32 pid;

	/* Guarded by proc_lock. */
	struct process *parent; /* borrowed: children are re-parented before it goes */
	LIST_HEAD(process) children;
	LIST_LINK(process) sibling;
	LIST_HEAD(thread) threads; /* changed under sighand.lock too */
	LIST_LINK(process) pgrp_link;
	LIST_LINK(process) all_link;
	struct thread *leader;   /* reference; changed under sighand.lock too */
	struct pgrp *pgrp;       /* reference; see below */
	struct session *session; /* reference; see below */
	u32 tty_serial;          /* which of its session's terminals it has (kernel/tty/job.c) */
	u32 nr_threads;          /* that have not exited */
	u32 nr_leaving;          /* of these, how many are on the way out */
	u32 state;               /* enum process_state */
	s32 exit_status;         /* wait status word */
	/* To the parent; SIGCHLD by default, 0: none, -1: clone without a signal. */
	s32 exit_signal;
	bool group_exiting;
	bool execing;
	bool child_subreaper;
	bool did_exec;     /* since fork: setpgid by the parent is EACCES */
	bool wait_stopped; /* a stop / continue that wait has not reported yet */
	bool wait_continued;
	s32 stop_signal;

	struct waitq child_wait; /* parents wait here for children */
	/* The thread of parent that made it (__WNOTHREAD); only compared. */
	struct thread *parent_thread;

	/* Guarded by sighand.lock of its threads. */
	struct sighand *sighand;   /* theirs, borrowed; NULL once reaped */
	struct sigpending pending; /* of the whole process */
	bool group_stop;           /* a group stop is in progress or complete */
	bool stop_dequeued;        /* a stop signal was taken and no SIGCONT has come since */
	bool notify_continued;     /* the parent is to be told of a continue */
	u32 nr_stopping;           /* threads that have WORK_STOP: the stop is complete at zero */

	struct rlimits rlimits;      /* guarded by proc_lock; single words read without */
	bool timers_unheard;         /* a timer's signal is ignored: posix_timers_heard */
	bool timers_ended;           /* no more timers are made; proc_lock */
	struct posix_timers *timers; /* timer_create and setitimer; NULL until used (kernel/time) */
	struct atomic user_ns, system_ns;             /* of exited threads */
	struct atomic child_user_ns, child_system_ns; /* of reaped children */
	struct atomic min_faults, maj_faults, child_min_faults, child_maj_faults;
	struct atomic nvcsw, nivcsw, child_nvcsw, child_nivcsw;
	u64 max_rss_pages, child_max_rss_pages;
	u64 start_ns;
	struct file *exe;              /* for /proc/pid/exe; a reference */
	struct poll_source *exit_poll; /* pidfds wait here for ends of threads; NULL until used */
	s32 oom_score_adj;
	/* PR_SET_DUMPABLE: 1: others of the user may look into it; changed under proc_lock. */
	s32 dumpable;
	u32 exec_id; /* counts its programs; proc_lock */
	/* Its parent's at the birth: another program now gets no signal but SIGCHLD. */
	u32 parent_exec_id;
	/* PR_SET_THP_DISABLE; there are no huge pages to disable, it is only kept. */
	bool thp_disabled;
};
OBJ_TYPE_DECL(process);

/* thread.work: reasons to look before going back to user mode. Atomic bits. */
enum thread_work {
	WORK_SIGNAL = 1, /* a deliverable signal may be pending */
	WORK_EXIT = 2,   /* the group is exiting or an exec wants this thread gone */
	WORK_STOP = 4,   /* group stop in progress */
	WORK_RSEQ = 8,
	WORK_RESTORE_MASK = 16, /* sigsuspend, ppoll...: saved_mask comes back after delivery */
	WORK_FREEZE = 32,       /* power-off: do not run user code again */
};

struct thread {
	struct obj obj;
	struct task *task;       /* reference; NULL before the start */
	struct user_ctx *user;   /* of the task */
	struct process *process; /* reference */
	s32 tid;
	u32 work; /* atomic, enum thread_work */

	/*
	 * What others look at while the thread runs, exec's and exits. All are references and
	 * changed by the thread itself alone. mm and cred: under proc_lock, by others read under
	 * it. exec changes them, process.dumpable and process.exec_id in one hold, so a check of
	 * the credentials and what it allows belong together if one hold has both. mm is NULL after
	 * the exit. files, fs, sighand: changed by one store, never NULL before the exit (sighand:
	 * the release). Others take a reference with obj_tryget, then look whether the pointer is
	 * still that (files_pin, sighand_lock_thread).
	 */
	struct mm *mm;
	struct cred *cred;       /* never changed in place */
	struct vmspace *vmspace; /* mm's, kept here for user_run; for the thread itself */
	struct files *files;
	struct fs_context *fs;
	struct sighand *sighand;

	/* Changed under proc_lock and sighand.lock: either is enough to walk. */
	LIST_LINK(thread) group_link;

	char comm[COMM_LEN];
	struct sigpending pending; /* guarded by sighand.lock */
	bool signals_ended;        /* it takes no more: nothing is queued; sighand.lock */
	u64 blocked;               /* signal mask; written by the thread under sighand.lock */
	u64 saved_mask;            /* see WORK_RESTORE_MASK */
	u64 waiting_for;           /* blocked signals that sigtimedwait takes; sighand.lock */
	struct sigaltstack altstack;
	struct restart_block restart; /* for ERESTART_RESTARTBLOCK */
	s32 exit_code;
	struct thread *reap_next; /* chain of reaped leaders on their way to release */
	bool init_exec;           /* pid 1 before its program is loaded */
	bool exited;
	bool stopped; /* parked in a group stop */
	struct waitq stop_wait;

	/* Written by a new thread before its first instruction; va 0: not. */
	struct uaddr set_child_tid;
	struct uaddr clear_child_tid;
	struct uaddr robust_list;
	u64 robust_list_len;
	struct uaddr rseq;
	u32 rseq_len, rseq_sig;
	s32 pdeath_signal;
	bool no_new_privs;
	u32 personality;
	struct waitq vfork_wait; /* the parent of a vfork waits for this thread's exec or exit */
	bool vfork_done;
	/* PR_SET_TIMERSLACK; 0 sets the default, its parent's value at the birth. */
	u64 timer_slack_ns, default_slack_ns;

	struct sched_state sched;   /* kernel/sched */
	struct futex_waiter *futex; /* kernel/futex/futex.c: kept between waits */
	bool futex_ended;           /* owns no PI futex any more: kernel/futex/pi.c */
	struct poll_waiter *poll;   /* kernel/event/poll.c: kept between waits */
	u64 start_ns;
	u64 min_faults, maj_faults;
	u64 user_ns_seen, system_ns_seen;
};
OBJ_TYPE_DECL(thread);

/* The calling thread; NULL in a kernel task. */
static inline struct thread *thread_current(void)
{
	return obj_cast(thread, task_current_owner());
}

/* The soft limit of the thread's process. */
static inline u64 rlimit_get(const struct thread *t, u32 which)
{
	return load_once(t->process->rlimits.v[which].cur);
}

/* Guards the process tree, groups, sessions, the pid table's writers. */
extern struct spinlock proc_lock;

/* Looks up by id; a reference, or NULL. */
struct thread *thread_find(s32 tid);
struct process *process_find(s32 pid);
struct pgrp *pgrp_find(s32 pgid);
/* The process group of @p: its number (0: reaped), or a reference (NULL: reaped). */
s32 process_pgid(struct process *p);
struct pgrp *process_pgrp_get(struct process *p);
/* The thread @tid of process @p, a reference, or NULL. */
struct thread *process_thread(struct process *p, s32 tid);
/* The next process with pid >= @from, a reference, or NULL: for /proc and kill(-1). */
struct process *process_next(s32 from);
/* The next thread with tid >= @from, of any process. */
struct thread *thread_next(s32 from);
u64 process_count(void);
u64 thread_count(void);
/* Processes and threads made since the start; the last id given out. For /proc. */
u64 fork_count(void);
s32 pid_last(void);
/*
 * Whether no member has a parent in another group of the session (@ignored does not count): stop
 * signals of the terminal have no effect then. proc_lock held.
 */
bool pgrp_is_orphaned_locked(struct pgrp *g, struct process *ignored);
/* ---- kernel/proc/cred/access.c ---- */
/*
 * The address space of any thread: a reference, proc_lock held; or as a user of it (mm_tryjoin),
 * ended by mm_end_use. NULL: it has none any more.
 */
struct mm *thread_mm_get_locked(struct thread *t);
struct mm *thread_mm_use(struct thread *t);
/* The same if thread_may_access allows it, in one step: 0, -EPERM, -ESRCH. */
int thread_mm_access(struct thread *t, bool real_ids, struct mm **out);
/* The credentials of any thread, a reference, or NULL. */
struct cred *thread_cred_get(struct thread *t);
/*
 * May the caller look into @t, by the access check of ptrace(2), with its real ids (to attach) or
 * its fs ids (to read)? 0, -EPERM.
 */
int thread_may_access(struct thread *t, bool real_ids);
/* The same with proc_lock held. */
bool thread_may_access_locked(const struct thread *t, bool real_ids);
/*
 * For what cannot be taken under proc_lock: note process.exec_id, ask thread_may_access, take it,
 * and ask here whether the process is still the same program. -EPERM: not.
 */
int thread_may_access_again(struct thread *t, bool real_ids, u32 exec_id);
/* The init process (pid 1), borrowed. */
struct process *process_init(void);

/* The call clone, whose arguments stand in another order on each architecture: <abi/calls.h>. */
s64 clone_call(struct thread *t, u64 flags, u64 stack, struct uaddr parent_tid, u64 tls,
	struct uaddr child_tid);

/*
 * For loops that a user can make long, once in a turn of some microseconds: others run if it is
 * their turn, and true tells that the caller is being killed, so that the loop ends with what it
 * has. Nothing else ends such a loop: there is no preemption in the kernel. Context: task, no
 * spinlock held. Not on the way out of a thread, which is always killed: task_cond_resched alone.
 */
bool loop_should_end(void);

/* What the tasks of user threads run: kernel/syscall/loop.c says it, before the first thread. */
void thread_set_loop(const struct task_ops *ops);

/*
 * Sets work bits of @t and makes it look at them soon (leaves user mode, ends interruptible
 * sleeps).
 */
void thread_set_work(struct thread *t, u32 bits);

/*
 * Asks the thread's whole process to end with @status as wait reports it (code << 8, or signal |
 * 0x80 if dumped). The first status counts. Each thread goes when it next looks at its work bits,
 * the caller too. Context: task; takes proc_lock.
 */
void process_exit_group(struct thread *t, s32 status);
/* As above for another process, proc_lock held. */
void process_exit_group_locked(struct process *p, s32 status);
/* Power-off: kills all processes and waits until they are gone. */
void process_kill_all(void);

struct TABLE init_ops {
	void (*died)(u32 status); /* pid 1 has ended with this wait status */
};
/* The bootstrap: starts pid 1 with the program @path and the words of @args. */
int process_start_init(struct cspan path, struct cspan args, const struct init_ops *ops);

#endif
