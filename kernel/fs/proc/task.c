// SPDX-License-Identifier: MPL-2.0
/*
 * The files of /proc/PID with many numbers: stat, status, statm, schedstat. See proc_pid_stat(5),
 * proc_pid_status(5). The small ones are in small.c.
 *
 * A thread changes while it is read. snapshot_take copies all that depends on proc_lock or
 * sighand.lock first, and the text is made from the copy, without locks.
 */
#include <frame/cpu.h>
#include <frame/time.h>
#include <kernel/cred.h>
#include <kernel/files.h>
#include <kernel/list.h>
#include <kernel/text.h>
#include <kernel/thread.h>
#include <kernel/tty.h>
#include <kernel/uaccess.h>
#include <kernel/user_limit.h>
#include <uapi/fs.h>

#include "procfs.h"

/* The state of a thread or its process at one moment. */
struct snapshot {
	struct thread *t;
	struct process *p;
	struct cred *cred; /* reference; not NULL after snapshot_take has succeeded */
	struct mm *mm;     /* as a user, so it stays mapped; or NULL */
	s32 ppid, pgid, sid, tty_nr, tpgid, nr_threads, tgid;
	char state;
	bool thread_view;
	bool allowed; /* the caller may see addresses in mm */
	u64 shared_pending, pending, blocked, ignored, caught;
	u32 nr_filters;
	u64 user_ns, system_ns, min_faults, maj_faults, nvcsw, nivcsw;
};

/* The state letter of proc_pid_stat(5). */
static char pid_state_of(const struct thread *t, const struct process *p)
{
	if (t->exited)
		return p->state == PROCESS_DEAD ? 'X' : 'Z';
	if (t->stopped || p->state == PROCESS_STOPPED)
		return 'T';
	if (!t->task || task_is_runnable(t->task))
		return 'R';
	return task_is_uninterruptible(t->task) ? 'D' : 'S';
}

/* The signal sets, under the lock of the handlers. A reaped thread has none; then they stay 0. */
static void take_signals(struct snapshot *n)
{
	u64 irq = 0;
	struct sighand *h = sighand_lock_thread(n->t, &irq);
	u32 i;

	if (!h)
		return;
	n->pending = n->t->pending.set;
	n->shared_pending = n->p->pending.set;
	n->blocked = n->t->blocked;
	for (i = 0; i < NSIG; i++) {
		if (h->action[i].handler == SIG_IGN)
			n->ignored |= bit(i);
		else if (h->action[i].handler != SIG_DFL)
			n->caught |= bit(i);
	}
	sighand_unlock(h, irq);
}

/*
 * Adds the usage of one thread. That of an exited thread is in the counters of its process already.
 */
static void pid_add_usage(struct snapshot *n, struct thread *t)
{
	u64 user = 0, system = 0, v = 0, iv = 0;

	if (!t->task || t->exited)
		return;
	task_cpu_time(t->task, &user, &system);
	task_switches(t->task, &v, &iv);
	n->user_ns += user;
	n->system_ns += system;
	n->min_faults += t->min_faults;
	n->maj_faults += t->maj_faults;
	n->nvcsw += v;
	n->nivcsw += iv;
}

/* The usage of the thread, or of the process with all its threads. proc_lock held. */
static void take_usage_locked(struct snapshot *n)
{
	struct process *p = n->p;
	struct thread *t;

	if (n->thread_view) {
		pid_add_usage(n, n->t);
		return;
	}
	n->user_ns = atomic_load(&p->user_ns);
	n->system_ns = atomic_load(&p->system_ns);
	n->min_faults = atomic_load(&p->min_faults);
	n->maj_faults = atomic_load(&p->maj_faults);
	n->nvcsw = atomic_load(&p->nvcsw);
	n->nivcsw = atomic_load(&p->nivcsw);
	list_for_each(t, &p->threads, group_link)
		pid_add_usage(n, t);
}

/*
 * Fills in *@n. Returns 0, or -ESRCH: the thread has exited. snapshot_drop ends its use. A caller
 * that may not look into the process still gets its sizes, so the address space is taken without
 * the right, too.
 */
static int snapshot_take(struct synth *s, struct snapshot *n)
{
	struct thread *t = proc_thread(s);
	struct process *p;

	*n = (struct snapshot){ .t = t };
	if (!t || !proc_alive(s))
		return -ESRCH;
	p = n->p = t->process;
	n->thread_view = s->key == VIEW_THREAD;
	spin_lock(&proc_lock);
	n->cred = t->cred ? obj_get(t->cred) : NULL;
	n->tgid = p->pid;
	n->nr_filters = t->seccomp_count;
	n->ppid = p->parent ? p->parent->pid : 0;
	n->pgid = p->pgrp ? p->pgrp->pgid : 0;
	n->sid = p->session ? p->session->sid : 0;
	n->tpgid = -1;
	if (process_tty_locked(p)) {
		n->tty_nr = (s32)p->session->tty->dev;
		n->tpgid = p->session->tty->foreground;
	}
	n->nr_threads = (s32)p->nr_threads;
	n->state = pid_state_of(t, p);
	take_usage_locked(n);
	spin_unlock(&proc_lock);
	if (!n->cred)
		return -ESRCH;
	take_signals(n);
	/*
	 * One step for the check and the address space: an exec in between could make it that of
	 * another program with more rights.
	 */
	n->allowed = thread_mm_access(t, false, &n->mm) != -EPERM;
	if (!n->allowed)
		n->mm = thread_mm_use(t);
	return 0;
}

static void snapshot_drop(struct snapshot *n)
{
	obj_put(&n->cred);
	mm_end_use(&n->mm);
}

/* Another thread may change the name at the same time; then a mixture of both is shown. */
static void put_comm(struct fmt *f, const struct thread *t)
{
	fmt_span(f, text_in(t->comm));
}

/* In status a line is a record, so a newline in the name is escaped. */
static void put_comm_escaped(struct fmt *f, const struct thread *t)
{
	u32 i;

	for (i = 0; i < COMM_LEN && t->comm[i]; i++) {
		if (t->comm[i] == '\n')
			fmt_lit(f, LIT("\\n"));
		else if (t->comm[i] == '\\')
			fmt_lit(f, LIT("\\\\"));
		else
			fmt_char(f, t->comm[i]);
	}
}

/* ---- stat ---- */

/*
 * A caller without the right to look into the process gets the sizes, but no addresses: those would
 * help to defeat address space randomization.
 */
static void stat_memory(struct fmt *f, const struct snapshot *n, bool allowed)
{
	struct mm *mm = n->mm;

	fmt_printf(f, "%lu %lu %lu ", mm ? mm->total_pages * PAGE_SIZE : 0,
		mm ? mm_rss_pages(mm) : 0, load_once(n->p->rlimits.v[RLIMIT_RSS].cur));
	if (mm && allowed)
		fmt_printf(f, "%lu %lu %lu 0 0 ", mm->code_start, mm->code_end, mm->stack_start);
	else
		fmt_lit(f, mm ? LIT("1 1 0 0 0 ") : LIT("0 0 0 0 0 "));
}

/*
 * The order of the fields is that of proc_pid_stat(5). Fields that this kernel does not have are 0.
 * Signal masks show the lowest 31 signals only, as on Linux.
 */
static int show_stat(struct synth *s, struct fmt *f, u64 *next)
{
	struct snapshot n;
	struct process *p;
	s32 prio;
	bool rt, allowed;
	int err = snapshot_take(s, &n);

	if (err)
		return err;
	p = n.p;
	allowed = n.allowed;
	rt = n.t->sched.policy == SCHED_FIFO || n.t->sched.policy == SCHED_RR;
	prio = rt ? -1 - (s32)n.t->sched.rt_priority : 20 + n.t->sched.nice;
	fmt_printf(f, "%d (", s->key == VIEW_THREAD ? n.t->tid : n.tgid);
	put_comm(f, n.t);
	fmt_printf(f, ") %c %d %d %d %d %d %u ", n.state, n.ppid, n.pgid, n.sid, n.tty_nr, n.tpgid,
		p->did_exec ? 4194304u : 4194368u);
	fmt_printf(f, "%lu %lu %lu %lu ", n.min_faults, atomic_load(&p->child_min_faults),
		n.maj_faults, atomic_load(&p->child_maj_faults));
	fmt_printf(f, "%lu %lu %lu %lu ", n.user_ns / NSEC_PER_TICK, n.system_ns / NSEC_PER_TICK,
		atomic_load(&p->child_user_ns) / NSEC_PER_TICK,
		atomic_load(&p->child_system_ns) / NSEC_PER_TICK);
	fmt_printf(f, "%d %d %d 0 %lu ", prio, n.t->sched.nice, n.nr_threads,
		(n.thread_view ? n.t->start_ns : p->start_ns) / NSEC_PER_TICK);
	stat_memory(f, &n, allowed);
	fmt_printf(f, "%lu %lu %lu %lu ", n.pending & 0x7fffffff, n.blocked & 0x7fffffff,
		n.ignored & 0x7fffffff, n.caught & 0x7fffffff);
	fmt_printf(f, "%u 0 0 %d %u %u %u 0 0 0 ", n.state == 'S' || n.state == 'D',
		s->key == VIEW_THREAD && n.t != p->leader ? -1 : p->exit_signal,
		n.t->task ? task_cpu(n.t->task) : 0, n.t->sched.rt_priority, n.t->sched.policy);
	if (n.mm && allowed)
		fmt_printf(f, "%lu %lu %lu %lu %lu %lu %lu %d\n", n.mm->data_start, n.mm->data_end,
			n.mm->brk_start, n.mm->arg_start, n.mm->arg_end, n.mm->env_start,
			n.mm->env_end, allowed ? p->exit_status : 0);
	else
		fmt_printf(f, "0 0 0 0 0 0 0 %d\n", allowed ? p->exit_status : 0);
	snapshot_drop(&n);
	return proc_done(next);
}
PID_FILE(stat, stat, 0444, show_stat);
PID_FILE(task_stat, stat, 0444, show_stat);

/* ---- status ---- */

/* The letter and its name. */
static void state_line(struct fmt *f, char state)
{
	static const struct {
		char letter;
		struct lit text;
	} names[] = { { 'R', LIT("running") }, { 'S', LIT("sleeping") }, { 'D', LIT("disk sleep") },
		{ 'T', LIT("stopped") }, { 'Z', LIT("zombie") }, { 'X', LIT("dead") } };
	u32 i;

	for (i = 0; i < ARRAY_LEN(names); i++) {
		if (names[i].letter != state)
			continue;
		fmt_printf(f, "State:\t%c (", state);
		fmt_lit(f, names[i].text);
		fmt_lit(f, LIT(")\n"));
	}
}

static void pid_kb(struct fmt *f, struct lit name, u64 pages)
{
	fmt_lit(f, name);
	fmt_printf(f, ":\t%8lu kB\n", pages * (PAGE_SIZE / 1024));
}

/* There is no account by kind of page, so all resident pages are shown as RssAnon. */
static void status_memory(struct fmt *f, struct mm *mm, bool dumping)
{
	u64 rss = mm_rss_pages(mm);

	pid_kb(f, LIT("VmPeak"), max(mm->max_pages, mm->total_pages));
	pid_kb(f, LIT("VmSize"), mm->total_pages);
	pid_kb(f, LIT("VmLck"), mm->locked_pages);
	pid_kb(f, LIT("VmPin"), 0);
	pid_kb(f, LIT("VmHWM"), max(mm_peak_rss_pages(mm), rss));
	pid_kb(f, LIT("VmRSS"), rss);
	pid_kb(f, LIT("RssAnon"), rss);
	pid_kb(f, LIT("RssFile"), 0);
	pid_kb(f, LIT("RssShmem"), 0);
	pid_kb(f, LIT("VmData"), mm->data_pages);
	pid_kb(f, LIT("VmStk"), mm->stack_pages);
	pid_kb(f, LIT("VmExe"), (mm->code_end - mm->code_start + PAGE_SIZE - 1) / PAGE_SIZE);
	pid_kb(f, LIT("VmLib"), 0);
	pid_kb(f, LIT("VmPTE"), vmspace_nr_tables(mm->vmspace));
	pid_kb(f, LIT("VmSwap"), 0);
	/* There are no huge pages. */
	fmt_printf(f, "CoreDumping:\t%u\nTHP_enabled:\t0\n", dumping);
}

/* Each line: real, effective, saved and fs id. The caller ends the line of the groups. */
static void status_ids(struct fmt *f, const struct cred *c, u32 fd_size)
{
	u32 i;

	fmt_printf(f, "Uid:\t%u\t%u\t%u\t%u\n", c->uid, c->euid, c->suid, c->fsuid);
	fmt_printf(f, "Gid:\t%u\t%u\t%u\t%u\n", c->gid, c->egid, c->sgid, c->fsgid);
	fmt_printf(f, "FDSize:\t%u\nGroups:\t", fd_size);
	for (i = 0; i < min(c->nr_groups, (u32)NGROUPS); i++)
		fmt_printf(f, "%u ", c->groups[i]);
}

/* The affinity as a mask and as a list of ranges. */
static void status_cpus(struct fmt *f, const struct thread *t)
{
	u64 all = cpu_count() >= 64 ? ~0ul : (1ul << cpu_count()) - 1;
	u64 mask = t->sched.affinity ? t->sched.affinity & all : all;
	bool first = true;
	u32 i, last;

	fmt_printf(f, "Cpus_allowed:\t%lx\nCpus_allowed_list:\t", mask);
	for (i = 0; i < cpu_count(); i++) {
		if (!(mask >> i & 1))
			continue;
		for (last = i; last + 1 < cpu_count() && (mask >> (last + 1) & 1); last++)
			;
		if (!first)
			fmt_char(f, ',');
		fmt_printf(f, "%u", i);
		if (last > i)
			fmt_printf(f, "-%u", last);
		first = false;
		i = last;
	}
	fmt_lit(f, LIT("\nMems_allowed:\t1\nMems_allowed_list:\t0\n"));
}

/* A zombie has no memory lines and no Umask, as on Linux. */
static int show_status(struct synth *s, struct fmt *f, u64 *next)
{
	struct snapshot n;
	struct files *fs;
	int err = snapshot_take(s, &n);

	if (err)
		return err;
	fmt_lit(f, LIT("Name:\t"));
	put_comm_escaped(f, n.t);
	fmt_char(f, '\n');
	if (!n.t->exited)
		fmt_printf(f, "Umask:\t%04o\n", thread_umask(n.t));
	state_line(f, n.state);
	fmt_printf(f, "Tgid:\t%d\nNgid:\t0\nPid:\t%d\nPPid:\t%d\nTracerPid:\t0\n", n.tgid, n.t->tid,
		n.ppid);
	fs = files_pin(n.t);
	status_ids(f, n.cred, fs ? files_limit(fs) : 0);
	files_unpin(&fs);
	fmt_printf(f, "\nNStgid:\t%d\nNSpid:\t%d\nNSpgid:\t%d\nNSsid:\t%d\nKthread:\t0\n", n.tgid,
		n.t->tid, n.pgid, n.sid);
	if (n.mm && !n.t->exited)
		status_memory(f, n.mm, load_once(n.p->dumper) != NULL);
	fmt_printf(f, "Threads:\t%d\nSigQ:\t%lu/%lu\n", n.nr_threads,
		user_charge_always(USER_SIGPENDING, n.cred->uid, 0),
		load_once(n.p->rlimits.v[RLIMIT_SIGPENDING].cur));
	fmt_printf(f,
		"SigPnd:\t%016lx\nShdPnd:\t%016lx\nSigBlk:\t%016lx\nSigIgn:\t%016lx\nSigCgt:\t%016lx\n",
		n.pending, n.shared_pending, n.blocked, n.ignored, n.caught);
	fmt_printf(f,
		"CapInh:\t%016lx\nCapPrm:\t%016lx\nCapEff:\t%016lx\nCapBnd:\t%016lx\nCapAmb:\t%016lx\n",
		n.cred->cap_inheritable, n.cred->cap_permitted, n.cred->cap_effective,
		n.cred->cap_bounding, n.cred->cap_ambient);
	fmt_printf(f, "NoNewPrivs:\t%u\nSeccomp:\t%u\nSeccomp_filters:\t%u\n", n.t->no_new_privs,
		n.t->seccomp_mode, n.nr_filters);
	/* No measure against speculation can be switched: prctl gives EINVAL. */
	fmt_lit(f,
		LIT("Speculation_Store_Bypass:\tunknown\nSpeculationIndirectBranch:\tunsupported\n"));
	status_cpus(f, n.t);
	fmt_printf(f, "voluntary_ctxt_switches:\t%lu\nnonvoluntary_ctxt_switches:\t%lu\n", n.nvcsw,
		n.nivcsw);
	snapshot_drop(&n);
	return proc_done(next);
}
PID_FILE(status, status, 0444, show_status);

/* Sizes in pages. Shared pages, libraries and dirty pages are not counted: 0. */
static int show_statm(struct synth *s, struct fmt *f, u64 *next)
{
	struct mm *mm = thread_mm_use(proc_thread(s));

	if (mm && !proc_thread(s)->exited)
		fmt_printf(f, "%lu %lu 0 %lu 0 %lu 0\n", mm->total_pages, mm_rss_pages(mm),
			(mm->code_end - mm->code_start + PAGE_SIZE - 1) / PAGE_SIZE,
			mm->data_pages + mm->stack_pages);
	else
		fmt_lit(f, LIT("0 0 0 0 0 0 0\n"));
	mm_end_use(&mm);
	return proc_done(next);
}
PID_FILE(statm, statm, 0444, show_statm);

/* Time on a CPU, time waiting for one (not measured), and the number of switches. */
static int show_schedstat(struct synth *s, struct fmt *f, u64 *next)
{
	struct snapshot n;
	int err = snapshot_take(s, &n);

	if (err)
		return err;
	fmt_printf(f, "%lu 0 %lu\n", n.user_ns + n.system_ns, n.nvcsw + n.nivcsw);
	snapshot_drop(&n);
	return proc_done(next);
}
PID_FILE(schedstat, schedstat, 0444, show_schedstat);
