// SPDX-License-Identifier: MPL-2.0
/*
 * Threads and processes.
 *
 * A thread is what Linux calls a task: one flow of user code with its frame task. A process is a
 * thread group. The parts that clone can share separately (address space, descriptors, fs context,
 * signal handlers, credentials) are objects of their own, which threads refer to.
 *
 * References: the pid table holds a thread from its birth until it is reaped (or, if it is not a
 * leader, until it has exited). The frame task holds its thread while it runs. A process is held by
 * its threads and, as a zombie, by its leader.
 * Locking: proc_lock guards the tree, the groups and the pid table. Signal state is guarded by
 *          sighand.lock, which is taken inside proc_lock, also in interrupts.
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
 * A process group and a session. A group is found by its id in a hash (kernel/thread/pid.c), a
 * session through its members. Both live while they have members. Guarded by proc_lock.
 */
struct session {
	struct obj obj;
	s32 sid;
	u32 nr_groups;
	struct tty *tty; /* the controlling terminal; a reference */
	/* counts its terminals: a process has the present one if its tty_serial is the same */
	u32 tty_serial;
	/* The foreground group when the terminal hung up. It gets signals when the leader exits. */
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
 * pgrp and session change at any time: setpgid is also called by the parent, setsid also by another
 * thread. So the process itself reads them under proc_lock, too (process_pgid, process_pgrp_get).
 * pgrp is never NULL from birth until the process is reaped, session never until the release.
 */
struct process {
	struct obj obj;
	s32 pid;

	/* Guarded by proc_lock. */
	struct process *parent; /* borrowed: children get a new parent before this one is reaped */
	LIST_HEAD(process) children;
	LIST_LINK(process) sibling;
	LIST_HEAD(thread) threads; /* changed under sighand.lock too */
	LIST_LINK(process) pgrp_link;
	LIST_LINK(process) all_link;
	struct thread *leader;   /* reference; changed under sighand.lock too */
	struct pgrp *pgrp;       /* reference; see above */
	struct session *session; /* reference; see above */
	u32 tty_serial;          /* which of its session's terminals it has (kernel/tty/job.c) */
	u32 nr_threads;          /* threads that have not exited */
	u32 nr_leaving;          /* of these, the threads that are exiting */
	u32 state;               /* enum process_state */
	s32 exit_status;         /* wait status word */
	/*
	 * The signal to the parent at the end. SIGCHLD by default; 0: none; -1: none, and the
	 * process reaps itself.
	 */
	s32 exit_signal;
	bool group_exiting;
	bool execing;
	bool child_subreaper;
	bool did_exec;     /* since fork: setpgid by the parent fails with EACCES */
	bool wait_stopped; /* a stop / continue that wait has not reported yet */
	bool wait_continued;
	s32 stop_signal;

	/* this process's threads wait here for children, and its exec for siblings */
	struct waitq child_wait;
	/* The thread of the parent that made it (__WNOTHREAD). Only compared. */
	struct thread *parent_thread;

	/* Guarded by sighand.lock of its threads. */
	struct sighand *sighand;   /* the threads' handlers, borrowed; NULL once reaped */
	struct sigpending pending; /* signals to the whole process */
	bool group_stop;           /* a group stop is in progress or complete */
	bool stop_dequeued;        /* a stop signal was taken, and no SIGCONT has come since */
	bool notify_continued; /* a thread of the process must notify the parent of a continue */
	u32 nr_stopping;       /* threads that still have WORK_STOP: the stop is complete at zero */

	struct rlimits rlimits; /* guarded by proc_lock; single words are read without */
	/* a timer waits for its signal to be no longer ignored: posix_timers_heard */
	bool timers_unheard;
	bool timers_ended;           /* no more timers can be made; proc_lock */
	struct posix_timers *timers; /* timer_create and setitimer; NULL until used (kernel/time) */
	struct atomic user_ns, system_ns;             /* of exited threads */
	struct atomic child_user_ns, child_system_ns; /* of reaped children */
	struct atomic min_faults, maj_faults, child_min_faults, child_maj_faults;
	struct atomic nvcsw, nivcsw, child_nvcsw, child_nivcsw;
	u64 max_rss_pages, child_max_rss_pages;
	u64 start_ns;
	struct file *exe; /* the program, for /proc/pid/exe; a reference, writes denied */
	struct poll_source *exit_poll; /* pidfds wait here for ends of threads; NULL until used */
	s32 oom_score_adj;
	/*
	 * PR_SET_DUMPABLE: 1 if other processes of the user may read its memory. Changed under
	 * proc_lock.
	 */
	s32 dumpable;
	u32 exec_id; /* counts its programs: one more with each exec; proc_lock */
	/*
	 * The parent's exec_id at the birth. If the parent has executed another program since then,
	 * it gets no signal but SIGCHLD.
	 */
	u32 parent_exec_id;
	/* PR_SET_THP_DISABLE. Only kept: there are no huge pages to disable. */
	bool thp_disabled;
};
OBJ_TYPE_DECL(process);

/*
 * thread.work: the work that a thread does before it returns to user mode. The bits are set and
 * cleared atomically; see thread_set_work.
 */
enum thread_work {
	WORK_SIGNAL = 1, /* a signal that is not blocked may be pending */
	WORK_EXIT = 2,   /* the process is ending, or an exec ends this thread */
	WORK_STOP = 4,   /* group stop in progress */
	WORK_RSEQ = 8,
	WORK_RESTORE_MASK = 16, /* sigsuspend, ppoll...: saved_mask is restored after delivery */
	WORK_FREEZE = 32,       /* power-off: run no more user code */
};

struct thread {
	struct obj obj;
	struct task *task;       /* reference; NULL before thread_create_task */
	struct user_ctx *user;   /* of the task */
	struct process *process; /* reference */
	s32 tid;
	u32 work; /* atomic, enum thread_work */

	/*
	 * Read by other threads while this one runs, executes a program or exits. All are
	 * references, and only the thread itself changes them.
	 *
	 * mm and cred change under proc_lock; others read them under it. exec changes them,
	 * process.dumpable and process.exec_id in one hold. So if a check of the credentials and
	 * the access that it allows are in one hold, they belong to the same program. mm is NULL
	 * after the exit.
	 *
	 * files, fs and sighand change by one store and are never NULL before the exit (sighand:
	 * before the release). Other threads take a reference with obj_tryget, then check that the
	 * pointer is still the same (files_pin, sighand_lock_thread).
	 */
	struct mm *mm;
	struct cred *cred; /* never changed in place */
	/* the mm's, kept here for user_run; only the thread itself reads it */
	struct vmspace *vmspace;
	struct files *files;
	struct fs_context *fs;
	struct sighand *sighand;

	/* Changed under both proc_lock and sighand.lock: either is enough to walk. */
	LIST_LINK(thread) group_link;

	char comm[COMM_LEN];
	struct sigpending pending; /* guarded by sighand.lock */
	/* the thread is exiting: no more signals are queued to it; sighand.lock */
	bool signals_ended;
	u64 blocked;     /* signal mask; written by the thread itself, under sighand.lock */
	u64 saved_mask;  /* see WORK_RESTORE_MASK */
	u64 waiting_for; /* blocked signals that sigtimedwait waits for; sighand.lock */
	struct sigaltstack altstack;
	struct restart_block restart; /* for ERESTART_RESTARTBLOCK */
	s32 exit_code;
	struct thread *reap_next; /* chain of reaped leaders, released after the unlock (exit.c) */
	bool init_exec;           /* pid 1 before its program is loaded */
	bool exited;
	bool stopped; /* sleeps in a group stop; sighand.lock */
	struct waitq stop_wait;

	/*
	 * set_child_tid is written by a new thread before its first instruction, clear_child_tid at
	 * its end. va 0: none.
	 */
	struct uaddr set_child_tid;
	struct uaddr clear_child_tid;
	struct uaddr robust_list;
	u64 robust_list_len;
	struct uaddr rseq;
	u32 rseq_len, rseq_sig;
	s32 pdeath_signal;
	bool no_new_privs;
	u32 personality;
	/* the parent of a vfork waits here for this thread's exec or exit */
	struct waitq vfork_wait;
	bool vfork_done;
	/*
	 * PR_SET_TIMERSLACK, in ns. Setting 0 restores the default, the parent's value at the
	 * birth.
	 */
	u64 timer_slack_ns, default_slack_ns;

	struct sched_state sched;   /* kernel/sched */
	struct futex_waiter *futex; /* kernel/futex/futex.c; kept between waits */
	bool futex_ended;           /* the thread has released its PI futexes: kernel/futex/pi.c */
	struct poll_waiter *poll;   /* kernel/event/poll.c; kept between waits */
	u64 start_ns;
	u64 min_faults, maj_faults;
	u64 user_ns_seen, system_ns_seen;
};
OBJ_TYPE_DECL(thread);

/* The calling thread, borrowed; NULL in a kernel task. Context: task. */
static inline struct thread *thread_current(void)
{
	return obj_cast(thread, task_current_owner());
}

/* The soft limit @which of the thread's process. One word, so it is read without proc_lock. */
static inline u64 rlimit_get(const struct thread *t, u32 which)
{
	return load_once(t->process->rlimits.v[which].cur);
}

/* Guards the process tree, groups, sessions, and the pid table. */
extern struct spinlock proc_lock;

/*
 * Finds a thread, a process (by its leader's id) or a group: a reference, or NULL. Takes proc_lock.
 */
struct thread *thread_find(s32 tid);
struct process *process_find(s32 pid);
struct pgrp *pgrp_find(s32 pgid);
/*
 * The process group of @p: its number (0: reaped), or a reference (NULL: reaped). Takes proc_lock.
 */
s32 process_pgid(struct process *p);
struct pgrp *process_pgrp_get(struct process *p);
/* The thread @tid of process @p: a reference, or NULL. Takes proc_lock. */
struct thread *process_thread(struct process *p, s32 tid);
/* The process with the lowest pid >= @from: a reference, or NULL. For /proc and kill(-1). */
struct process *process_next(s32 from);
/* The same for threads, of any process. */
struct thread *thread_next(s32 from);
/* The numbers of processes and threads that exist. Not locked: true at some moment. */
u64 process_count(void);
u64 thread_count(void);
/* Processes and threads made since the start; the last id given out. For /proc. */
u64 fork_count(void);
s32 pid_last(void);
/*
 * Whether the group is orphaned: no member, @ignored and zombies aside, has a parent in another
 * group of the same session. Stop signals of the terminal have no effect then. proc_lock held.
 */
bool pgrp_is_orphaned_locked(struct pgrp *g, struct process *ignored);
/* ---- kernel/proc/cred/access.c ---- */
/*
 * The address space of any thread: a reference (proc_lock held), or as one of its users
 * (mm_tryjoin; ended by mm_end_use). NULL: the thread has exited.
 */
struct mm *thread_mm_get_locked(struct thread *t);
struct mm *thread_mm_use(struct thread *t);
/*
 * thread_mm_use, if thread_may_access allows it; check and use are in one hold of proc_lock. 0,
 * -EPERM, -ESRCH.
 */
int thread_mm_access(struct thread *t, bool real_ids, struct mm **out);
/* The credentials of any thread: a reference, or NULL. Takes proc_lock. */
struct cred *thread_cred_get(struct thread *t);
/*
 * Whether the caller may access @t, by the access check of ptrace(2): by its real ids (to attach)
 * or its fs ids (to read). 0 or -EPERM. Takes proc_lock.
 */
int thread_may_access(struct thread *t, bool real_ids);
/* The same with proc_lock held; true if it may. */
bool thread_may_access_locked(const struct thread *t, bool real_ids);
/*
 * For objects that cannot be taken under proc_lock. Note process.exec_id, call thread_may_access,
 * take the object, then call this: it repeats the check and makes sure that the process still runs
 * the same program. 0 or -EPERM.
 */
int thread_may_access_again(struct thread *t, bool real_ids, u32 exec_id);
/* The init process (pid 1), borrowed: it exists until power-off. */
struct process *process_init(void);

/* The call clone, whose arguments have another order on each architecture: <abi/calls.h>. */
s64 clone_call(struct thread *t, u64 flags, u64 stack, struct uaddr parent_tid, u64 tls,
	struct uaddr child_tid);

/*
 * For loops that a user can make long; to be called once in a turn of some microseconds. It lets
 * other tasks run if it is their turn. True: the caller is being killed, so the loop should end
 * with the result so far. Nothing else ends such a loop, since the kernel is not preemptive.
 * Context: task, no spinlock held. Not in the exit of a thread, where it would always be true: use
 *          task_cond_resched there.
 */
bool loop_should_end(void);

/*
 * Sets the operations of the tasks of user threads. kernel/syscall/loop.c calls it, before the
 * first thread.
 */
void thread_set_loop(const struct task_ops *ops);

/*
 * Sets work bits of @t and interrupts it: it leaves user mode, and interruptible sleeps end
 * (WORK_EXIT and WORK_FREEZE: killable ones too). Context: any.
 */
void thread_set_work(struct thread *t, u32 bits);

/*
 * Makes the thread's whole process end, with @status as wait reports it (code << 8, or signal |
 * 0x80 if dumped). The first status counts. Each thread ends when it next checks its work bits, the
 * caller too. Context: task; takes proc_lock.
 */
void process_exit_group(struct thread *t, s32 status);
/* The same for any process, proc_lock held. */
void process_exit_group_locked(struct process *p, s32 status);
/* Power-off: kills all processes and waits until none is left. Context: kernel task, may sleep. */
void process_kill_all(void);

struct TABLE init_ops {
	void (*died)(u32 status); /* pid 1 has ended with this wait status */
};
/*
 * The bootstrap: starts pid 1 with the program @path and the blank-separated options @args. 0 or
 * -ENOMEM. The program is loaded in the new thread; if that fails, ops->died is called.
 */
int process_start_init(struct cspan path, struct cspan args, const struct init_ops *ops);

#endif
