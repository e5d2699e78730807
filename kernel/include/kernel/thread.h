// SPDX-License-Identifier: MPL-2.0
/*
 * Threads and processes.
 *
 * A thread is what Linux calls a task: one flow of user code, with its frame task. A process is a
 * thread group. The parts that clone can share (address space, descriptors, fs context, signal
 * handlers, credentials) are objects of their own that a thread refers to.
 *
 * References: the pid table holds one on a thread from its birth until it is reaped (a leader) or
 * has exited (any other thread). The frame task holds one while it runs. The threads of a process
 * hold the process; the leader holds it as a zombie. proc_lock guards `parent` and the links of
 * groups.
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
#include <uapi/errno.h>

/*
 * What a thread has read and written, as proc_pid_io(5) has it: bytes and calls of read(2), write(2)
 * and their kin; then bytes that were fetched from a disk, that were made to be written to one, and
 * those of them that were cut before.
 */
enum io_count {
	IO_RCHAR,
	IO_WCHAR,
	IO_SYSCR,
	IO_SYSCW,
	IO_READ_BYTES,
	IO_WRITE_BYTES,
	IO_CANCELLED,
	NR_IO_COUNTS
};

struct mm;
struct files;
struct fs_context;
struct tty;
struct file;
struct posix_timers;
struct seccomp_filter;

#define COMM_LEN 16

/*
 * A process group and a session. The pid table finds them by id; they live while they have members.
 * Guarded by proc_lock.
 */
struct session {
	struct obj obj;
	s32 sid;
	u32 nr_groups;
	struct tty *tty; /* controlling terminal, a reference; guarded by proc_lock */
	/* counts the terminals; a process that has the present one has the same number */
	u32 tty_serial;
	/*
	 * The group that was in the foreground when the terminal hung up: it gets signals when the
	 * leader exits.
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
 * any moment, so even the process itself reads them under proc_lock (process_pgid,
 * process_pgrp_get). pgrp is not NULL from birth until the process is reaped, not even while it
 * changes; session until the release.
 */
struct process {
	struct obj obj;
	s32 pid;

	/* Guarded by proc_lock. */
	struct process *parent; /* borrowed: children are re-parented before it is freed */
	LIST_HEAD(process) children;
	LIST_LINK(process) sibling;
	LIST_HEAD(thread) threads; /* changed under sighand.lock too */
	LIST_LINK(process) pgrp_link;
	LIST_LINK(process) all_link;
	struct thread *leader;   /* reference; changed under sighand.lock too */
	struct pgrp *pgrp;       /* reference; see above */
	struct session *session; /* reference; see above */
	/* number of the session's terminal that it has (kernel/tty/job.c) */
	u32 tty_serial;
	u32 nr_threads;  /* threads that have not exited */
	u32 nr_leaving;  /* of these, the ones that are exiting */
	u32 state;       /* enum process_state */
	s32 exit_status; /* wait status word */
	/*
	 * The signal to the parent at exit: SIGCHLD by default; 0: none (clone without a signal);
	 * -1: power-off, nobody waits for the process.
	 */
	s32 exit_signal;
	bool group_exiting;
	bool execing;
	bool child_subreaper;
	bool did_exec;     /* since fork: setpgid by the parent is EACCES */
	bool wait_stopped; /* a stop or continue that wait has not reported yet */
	bool wait_continued;
	s32 stop_signal;

	struct waitq child_wait; /* parents wait here for children */
	/*
	 * The thread of the parent that made it (__WNOTHREAD); only compared, never dereferenced.
	 */
	struct thread *parent_thread;

	/* Guarded by sighand.lock of its threads. */
	struct sighand *sighand;   /* of its threads, borrowed; NULL once reaped */
	struct sigpending pending; /* of the whole process */
	bool group_stop;           /* a group stop is in progress or complete */
	bool stop_dequeued;        /* a stop signal was dequeued and no SIGCONT has arrived since */
	bool notify_continued;     /* the parent is to be notified of a continue */
	/* threads that have WORK_STOP; the stop is complete when it is 0 */
	u32 nr_stopping;

	struct rlimits rlimits;      /* guarded by proc_lock; single words are read without */
	bool timers_unheard;         /* a timer's signal is ignored: posix_timers_heard */
	bool timers_ended;           /* no more timers may be made; proc_lock */
	struct posix_timers *timers; /* timer_create and setitimer; NULL until used (kernel/time) */
	struct atomic user_ns, system_ns;             /* of exited threads */
	struct atomic child_user_ns, child_system_ns; /* of reaped children */
	struct atomic min_faults, maj_faults, child_min_faults, child_maj_faults;
	struct atomic nvcsw, nivcsw, child_nvcsw, child_nivcsw;
	struct atomic io[NR_IO_COUNTS]; /* of exited threads and reaped children, as on Linux */
	u64 max_rss_pages, child_max_rss_pages;
	u64 start_ns;
	struct file *exe;              /* the program's file, for /proc/pid/exe; a reference */
	struct poll_source *exit_poll; /* pidfds wait here for exits; NULL until used */
	s32 oom_score_adj;
	/*
	 * PR_SET_DUMPABLE: 1: other processes of the user may look into it; changed under
	 * proc_lock.
	 */
	s32 dumpable;
	u32 exec_id; /* counts its execs; proc_lock */
	/*
	 * The parent's exec_id at birth: if the parent runs another program, it gets no signal but
	 * SIGCHLD.
	 */
	u32 parent_exec_id;
	/*
	 * A core dump (kernel/signal/dump.c): the thread that writes it, borrowed, NULL: none;
	 * changed under proc_lock and sighand.lock. The threads that have stopped for it, and how
	 * many are still to come; proc_lock.
	 */
	struct thread *dumper;
	LIST_HEAD(thread) dump_threads;
	u32 nr_dump_waits;
	struct waitq dump_wait;
	/* PR_SET_THP_DISABLE; only stored, since there are no huge pages. */
	bool thp_disabled;
};
OBJ_TYPE_DECL(process);

/* thread.work: work to do before the return to user mode. Atomic bits. */
enum thread_work {
	WORK_SIGNAL = 1, /* a signal may be pending that can be delivered */
	WORK_EXIT = 2,   /* the group is exiting, or another thread's exec ends this thread */
	WORK_STOP = 4,   /* group stop in progress */
	WORK_RSEQ = 8,
	WORK_RESTORE_MASK = 16, /* sigsuspend, ppoll...: restore saved_mask after delivery */
	WORK_FREEZE = 32,       /* power-off: do not run user code again */
	WORK_SIGIO = 64,        /* signals about files are due: sigio_send_due */
};

/* thread.entry_work: what each of its system calls does before anything else. Atomic bits. */
enum entry_work { ENTRY_TRACE = 1, ENTRY_SECCOMP = 2 };

struct thread {
	struct obj obj;
	struct task *task;       /* reference; NULL before the start */
	struct user_ctx *user;   /* of the task */
	struct process *process; /* reference */
	s32 tid;
	u32 work; /* atomic, enum thread_work */

	/*
	 * Other tasks look at these while the thread runs, executes a program and exits. All are
	 * references, and only the thread itself changes them.
	 *
	 * mm and cred: changed under proc_lock, and other tasks read them under it. exec changes
	 * them, process.dumpable and process.exec_id in one critical section. So a check of the
	 * credentials and the access that it allows are consistent if one critical section has
	 * both. mm is NULL after the exit.
	 *
	 * files, fs, sighand: changed by one store, and not NULL before the exit (sighand: before
	 * the release). Other tasks take a reference with obj_tryget, then check that the pointer
	 * has not changed (files_pin, sighand_lock_thread).
	 */
	struct mm *mm;
	struct cred *cred;       /* immutable: a change installs a new one */
	struct vmspace *vmspace; /* that of mm, for user_run; used by the thread itself only */
	struct files *files;
	struct fs_context *fs;
	struct sighand *sighand;

	/* Changed under proc_lock and sighand.lock together: holding either is enough to walk. */
	LIST_LINK(thread) group_link;

	char comm[COMM_LEN];
	struct sigpending pending; /* guarded by sighand.lock */
	bool signals_ended;        /* it is exiting: no more signals are queued; sighand.lock */
	u64 blocked;               /* signal mask; written by the thread under sighand.lock */
	u64 saved_mask;            /* see WORK_RESTORE_MASK */
	u64 waiting_for;           /* blocked signals that sigtimedwait takes; sighand.lock */
	struct sigaltstack altstack;
	struct restart_block restart; /* for ERESTART_RESTARTBLOCK */
	s32 exit_code;
	struct thread *reap_next;    /* chain of reaped leaders that are about to be released */
	bool init_exec;              /* pid 1 before its program is loaded */
	bool leaving;                /* it runs no more calls; proc_lock */
	struct obj *helper;          /* kernel/proc/helper.c: before its program is loaded */
	bool dump_counted;           /* it has to stop for a core dump; proc_lock */
	bool ended_in_call;          /* what ended it came in a system call: for its core */
	LIST_LINK(thread) dump_link; /* process.dump_threads */
	bool in_trap;                /* the kernel works for it, but not in a system call */
	bool exited;
	bool stopped; /* parked in a group stop */
	struct waitq stop_wait;

	/* A new thread writes its tid here before its first instruction; va 0: it does not. */
	struct uaddr set_child_tid;
	struct uaddr clear_child_tid;
	struct uaddr robust_list;
	u64 robust_list_len;
	struct uaddr rseq;
	u32 rseq_len, rseq_sig;
	s32 pdeath_signal;
	/* Set for good; by another thread of the process too (kernel/seccomp), under proc_lock. */
	bool no_new_privs;
	/*
	 * seccomp(2): its mode, the newest filter (a reference; NULL: none, or the thread is
	 * leaving), and how many there are. Changed under proc_lock, by other threads of the
	 * process too.
	 */
	u8 seccomp_mode;
	struct seccomp_filter *seccomp;
	u32 seccomp_count;
	u32 entry_work; /* atomic, enum entry_work */
	u32 personality;
	u16 ioprio;              /* ioprio_set(2); proc_lock */
	struct waitq vfork_wait; /* the parent of a vfork waits for this thread's exec or exit */
	bool vfork_done;
	/* PR_SET_TIMERSLACK; 0 restores the default, which is the parent's value at birth. */
	u64 timer_slack_ns, default_slack_ns;

	struct sched_state sched;   /* kernel/sched */
	struct futex_waiter *futex; /* kernel/futex/futex.c: kept between waits */
	/* exiting: it can own no PI futex any more: kernel/futex/pi.c */
	bool futex_ended;
	struct poll_waiter *poll; /* kernel/event/poll.c: kept between waits */
	u64 start_ns;
	u64 min_faults, maj_faults;
	u64 io[NR_IO_COUNTS]; /* enum io_count; written by the thread itself */
	u64 user_ns_seen, system_ns_seen;
};
OBJ_TYPE_DECL(thread);

/* The calling thread; NULL in a kernel task. */
static inline struct thread *thread_current(void)
{
	return obj_cast(thread, task_current_owner());
}

/* Counts @n of the calling thread's input or output; nothing in a kernel task. */
static inline void thread_count_io(enum io_count what, u64 n)
{
	struct thread *t = thread_current();

	if (t)
		*array_at(t->io, what) += n;
}

/* The soft limit of the thread's process. One load, no lock. Context: any. */
static inline u64 rlimit_get(const struct thread *t, u32 which)
{
	return load_once(t->process->rlimits.v[which].cur);
}

/* Guards the process tree, groups, sessions, and changes of the pid table. */
extern struct spinlock proc_lock;

/* Look up by id: a reference, or NULL. Take proc_lock. */
struct thread *thread_find(s32 tid);
struct process *process_find(s32 pid);
struct pgrp *pgrp_find(s32 pgid);
/*
 * The process group of @p: its id (0: @p was reaped), or a reference (NULL: reaped). Take
 * proc_lock.
 */
s32 process_pgid(struct process *p);
struct pgrp *process_pgrp_get(struct process *p);
/* The thread @tid of process @p, a reference, or NULL. */
struct thread *process_thread(struct process *p, s32 tid);
/* The next process with pid >= @from, a reference; NULL: none. For /proc and kill(-1). */
struct process *process_next(s32 from);
/* The next thread of any process with tid >= @from, a reference; NULL: none. */
struct thread *thread_next(s32 from);
u64 process_count(void);
u64 thread_count(void);
/* The number of processes and threads made since boot, and the last id allocated. For /proc. */
u64 fork_count(void);
s32 pid_last(void);
/*
 * Whether no member has a parent in another group of the session (@ignored is not counted as a
 * member). Stop signals from the terminal are ignored then. proc_lock held.
 */
bool pgrp_is_orphaned_locked(struct pgrp *g, struct process *ignored);
/* ---- kernel/proc/cred/access.c ---- */
/*
 * The address space of any thread. _get_locked: a reference, with proc_lock held. _use: as a user
 * (mm_tryjoin), which mm_end_use ends. NULL: the thread has none any more.
 */
struct mm *thread_mm_get_locked(struct thread *t);
struct mm *thread_mm_use(struct thread *t);
/*
 * The check of thread_may_access and mm_use in one step, so the check is for the address space that
 * is returned: 0, -EPERM, -ESRCH. Takes proc_lock.
 */
int must_check thread_mm_access(struct thread *t, bool real_ids, struct mm **out);
/* The credentials of any thread, a reference; NULL: none. Takes proc_lock. */
struct cred *thread_cred_get(struct thread *t);
/*
 * Whether the calling thread may look into @t: the access check of ptrace(2), with its real ids (to
 * attach) or its fs ids (to read). 0, -EPERM. Takes proc_lock.
 */
int must_check thread_may_access(struct thread *t, bool real_ids);
/* The same with proc_lock held. */
bool thread_may_access_locked(const struct thread *t, bool real_ids);
/*
 * For objects that cannot be taken under proc_lock. The caller notes process.exec_id, calls
 * thread_may_access, takes the object, and calls this function to check that the process still runs
 * the same program. 0, -EPERM: it does not.
 */
int must_check thread_may_access_again(struct thread *t, bool real_ids, u32 exec_id);
/* The init process (pid 1), borrowed. */
struct process *process_init(void);

/* The clone system call; the order of its arguments depends on the architecture: <abi/calls.h>. */
s64 must_check clone_call(struct thread *t, u64 flags, u64 stack, struct uaddr parent_tid, u64 tls,
	struct uaddr child_tid);

/*
 * For loops that a user can make long: called once in a turn of some microseconds. Lets other tasks
 * run if it is their turn. Returns true if the calling thread is being killed; then the loop ends
 * with the partial result. Nothing else ends such a loop, since the kernel is not preemptible.
 * Context: task, no spinlock held. Not for the exit path of a thread, where the result is always
 * true: use task_cond_resched there.
 */
bool loop_should_end(void);

/*
 * Sets what the tasks of user threads run, and the entry_work that all threads have:
 * kernel/syscall/loop.c calls it before the first thread.
 */
void thread_set_loop(const struct task_ops *ops, u32 entry_work);

/*
 * Sets work bits of @t and makes it look at them soon: it leaves user mode, and an interruptible
 * sleep ends. Context: any.
 */
void thread_set_work(struct thread *t, u32 bits);

/*
 * Makes the whole process of @t exit with @status as wait reports it (code << 8, or signal | 0x80
 * if dumped). The first status counts; SIGKILL also ends a core dump in progress. Each thread, the calling one too, exits when it next looks
 * at its work bits. Context: task; takes proc_lock.
 */
void process_exit_group(struct thread *t, s32 status);
/* As above for another process, proc_lock held. */
void process_exit_group_locked(struct process *p, s32 status);
/*
 * Power-off: kills all processes and waits, for a limited time, until they have exited. Context:
 * kernel task.
 */
void process_kill_all(void);

struct TABLE init_ops {
	void (*died)(u32 status); /* pid 1 has ended with this wait status */
};
/*
 * Start-up: starts pid 1 with the program @path; @args has its arguments, separated by spaces.
 * Returns 0 or -errno.
 */
int must_check process_start_init(struct cspan path, struct cspan args, const struct init_ops *ops);

#endif
