// SPDX-License-Identifier: MPL-2.0
/*
 * The small files of /proc/PID: comm, limits, the scores for when memory is out, io, and others of a
 * line or two. See proc_pid_limits(5), proc_pid_oom_score_adj(5), proc_pid_io(5).
 */
#include <kernel/coredump.h>
#include <kernel/cred.h>
#include <kernel/list.h>
#include <kernel/mm.h>
#include <kernel/text.h>
#include <kernel/thread.h>
#include <kernel/timers.h>
#include <kernel/uaccess.h>
#include <uapi/errno.h>
#include <uapi/fs.h>

#include "procfs.h"

/*
 * No lock: a name that another thread changes at this moment may be seen half changed, and always
 * ends within its bytes.
 */
static int show_comm(struct synth *s, struct fmt *f, u64 *next)
{
	const struct thread *t = proc_thread(s);

	fmt_span(f, text_in(t->comm));
	fmt_char(f, '\n');
	return proc_done(next);
}

/*
 * Only threads of the process itself may change a name. A newline at the end, as echo writes it, is
 * dropped; longer names are cut.
 */
static int write_comm(struct synth *s, struct cspan text)
{
	struct thread *t = proc_thread(s);

	if (t->process != thread_current()->process)
		return -EINVAL;
	span_fill(span_of(t->comm), 0);
	if (cspan_len(text) && span_byte(text, cspan_len(text) - 1) == '\n')
		text = cspan_first(text, cspan_len(text) - 1);
	span_copy(span_first(span_of(t->comm), COMM_LEN - 1), text);
	return 0;
}
const struct synth_node pid_comm = {
	.name = LIT("comm"),
	.mode = S_IFREG | 0644,
	.show = show_comm,
	.write = write_comm,
	.owner = proc_owner,
	.alive = proc_alive,
};

/* The limits are copied under proc_lock, so a soft and a hard limit belong together. */
static int show_limits(struct synth *s, struct fmt *f, u64 *next)
{
	static const struct {
		struct lit name, unit;
	} rows[NR_RLIMITS] = { { LIT("Max cpu time"), LIT("seconds") },
		{ LIT("Max file size"), LIT("bytes") }, { LIT("Max data size"), LIT("bytes") },
		{ LIT("Max stack size"), LIT("bytes") },
		{ LIT("Max core file size"), LIT("bytes") },
		{ LIT("Max resident set"), LIT("bytes") },
		{ LIT("Max processes"), LIT("processes") }, { LIT("Max open files"), LIT("files") },
		{ LIT("Max locked memory"), LIT("bytes") },
		{ LIT("Max address space"), LIT("bytes") }, { LIT("Max file locks"), LIT("locks") },
		{ LIT("Max pending signals"), LIT("signals") },
		{ LIT("Max msgqueue size"), LIT("bytes") }, { LIT("Max nice priority"), LIT("") },
		{ LIT("Max realtime priority"), LIT("") },
		{ LIT("Max realtime timeout"), LIT("us") } };
	struct rlimits l;
	u8 word[24];
	u32 i, k;

	spin_lock(&proc_lock);
	l = proc_thread(s)->process->rlimits;
	spin_unlock(&proc_lock);
	fmt_lit(f,
		LIT("Limit                     Soft Limit           Hard Limit           Units     \n"));
	for (i = 0; i < NR_RLIMITS; i++) {
		fmt_span_pad(f, lit_span(rows[i].name), 26);
		for (k = 0; k < 2; k++) {
			u64 v = k ? l.v[i].max : l.v[i].cur;
			FMT(w, span_of(word));
			if (v == RLIM_INFINITY)
				fmt_lit(&w, LIT("unlimited"));
			else
				fmt_printf(&w, "%lu", v);
			fmt_span_pad(f, fmt_text(&w), 21);
		}
		fmt_span_pad(f, lit_span(rows[i].unit), 10);
		fmt_char(f, '\n');
	}
	return proc_done(next);
}
PID_FILE(limits, limits, 0444, show_limits);

/*
 * The node's arg selects the file: 0: oom_score, 1: oom_score_adj, 2: oom_adj, which is the same in
 * units of a seventeenth. The score is the share of memory in thousandths plus the adjustment, in
 * Linux's scale from 0 to 1333.
 */
static int show_oom(struct synth *s, struct fmt *f, u64 *next)
{
	struct process *p = proc_thread(s)->process;
	struct page_stats m;
	struct mm *mm;
	s64 points;

	if (s->node->arg == 1) {
		fmt_printf(f, "%d\n", p->oom_score_adj);
		return proc_done(next);
	}
	if (s->node->arg == 2) {
		fmt_printf(f, "%d\n", p->oom_score_adj == 1000 ? 15 : p->oom_score_adj * 17 / 1000);
		return proc_done(next);
	}
	page_get_stats(&m);
	mm = thread_mm_use(proc_thread(s));
	points = (mm ? (s64)mm_rss_pages(mm) : 0) * 1000 / (s64)max(m.total, 1ul) +
		p->oom_score_adj;
	mm_end_use(&mm);
	fmt_printf(f, "%ld\n", clamp(points + 1000, 0l, 2000l) * 2 / 3);
	return proc_done(next);
}

/* Lowering the score makes other processes the victims, so it requires CAP_SYS_RESOURCE. */
static int write_oom(struct synth *s, struct cspan text)
{
	struct process *p = proc_thread(s)->process;
	s64 v;

	if (!proc_parse_signed(text, &v) || v < -0x7fffffff || v > 0x7fffffff)
		return -EINVAL;
	if (s->node->arg == 2)
		v = v == 15 ? 1000 : v * 1000 / 17;
	if (v < -1000 || v > 1000)
		return -EINVAL;
	if (v < p->oom_score_adj && !cred_capable(thread_current()->cred, CAP_SYS_RESOURCE))
		return -EACCES;
	store_once(p->oom_score_adj, (s32)v);
	return 0;
}
PID_FILE(oom_score, oom_score, 0444, show_oom);
const struct synth_node pid_oom_score_adj = {
	.name = LIT("oom_score_adj"),
	.mode = S_IFREG | 0644,
	.show = show_oom,
	.write = write_oom,
	.owner = proc_owner,
	.alive = proc_alive,
	.arg = 1,
};
const struct synth_node pid_oom_adj = {
	.name = LIT("oom_adj"),
	.mode = S_IFREG | 0644,
	.show = show_oom,
	.write = write_oom,
	.owner = proc_owner,
	.alive = proc_alive,
	.arg = 2,
};

/* Bits of enum core_filter, in hexadecimal. A process without memory has none: nothing is shown. */
static int show_core_filter(struct synth *s, struct fmt *f, u64 *next)
{
	struct mm *mm = thread_mm_use(proc_thread(s));

	if (mm)
		fmt_printf(f, "%08x\n", load_once(mm->core_filter));
	mm_end_use(&mm);
	return proc_done(next);
}
/* Bits that nobody knows are dropped. */
static int write_core_filter(struct synth *s, struct cspan text)
{
	struct mm *mm;
	u64 v;

	if (!proc_parse_number(text, &v))
		return -EINVAL;
	if (v > 0xffffffff)
		return -ERANGE;
	mm = thread_mm_use(proc_thread(s));
	if (!mm)
		return -ESRCH;
	store_once(mm->core_filter, (u32)v & CORE_FILTER_ALL);
	mm_end_use(&mm);
	return 0;
}
const struct synth_node pid_core_filter = {
	.name = LIT("coredump_filter"),
	.mode = S_IFREG | 0644,
	.show = show_core_filter,
	.write = write_core_filter,
	.owner = proc_owner,
	.alive = proc_alive,
};

/* 0: the place where a thread sleeps is not shown. */
static int show_wchan(struct synth *s, struct fmt *f, u64 *next)
{
	(void)s;
	fmt_char(f, '0');
	return proc_done(next);
}
PID_FILE(wchan, wchan, 0444, show_wchan);

/* There are no control groups: all processes are in the root of the unified hierarchy. */
static int show_cgroup(struct synth *s, struct fmt *f, u64 *next)
{
	(void)s;
	fmt_lit(f, LIT("0::/\n"));
	return proc_done(next);
}
PID_FILE(cgroup, cgroup, 0444, show_cgroup);

/* Needs the right to look into the process: it tells whether its layout is random. */
static int show_personality(struct synth *s, struct fmt *f, u64 *next)
{
	fmt_printf(f, "%08x\n", proc_thread(s)->personality);
	return proc_done(next);
}
const struct synth_node pid_personality = {
	.name = LIT("personality"),
	.mode = S_IFREG | 0400,
	.show = show_personality,
	.owner = proc_owner,
	.alive = proc_alive,
	.access = proc_access,
};

/* There is no audit: these are the ids that mean "not set". */
static int show_audit(struct synth *s, struct fmt *f, u64 *next)
{
	(void)s;
	fmt_printf(f, "%u", 0xffffffffu);
	return proc_done(next);
}
PID_FILE(loginuid, loginuid, 0444, show_audit);
PID_FILE(sessionid, sessionid, 0444, show_audit);

/* Of the thread, or of all of the process, those that have exited and waited-for children too. */
static int show_io(struct synth *s, struct fmt *f, u64 *next)
{
	static const struct lit names[NR_IO_COUNTS] = { LIT("rchar"), LIT("wchar"), LIT("syscr"),
		LIT("syscw"), LIT("read_bytes"), LIT("write_bytes"), LIT("cancelled_write_bytes") };
	struct thread *t = proc_thread(s), *each;
	u64 sum[NR_IO_COUNTS];
	u32 i;

	spin_lock(&proc_lock);
	for (i = 0; i < NR_IO_COUNTS; i++) {
		*array_at(sum, i) = load_once(*array_at(t->io, i));
		if (s->key == VIEW_THREAD)
			continue;
		*array_at(sum, i) = atomic_load(array_at(t->process->io, i));
		list_for_each(each, &t->process->threads, group_link)
			*array_at(sum, i) += each->exited ? 0 : load_once(*array_at(each->io, i));
	}
	spin_unlock(&proc_lock);
	for (i = 0; i < NR_IO_COUNTS; i++) {
		fmt_lit(f, *array_at(names, i));
		fmt_printf(f, ": %lu\n", *array_at(sum, i));
	}
	return proc_done(next);
}
const struct synth_node pid_io = {
	.name = LIT("io"),
	.mode = S_IFREG | 0400,
	.show = show_io,
	.owner = proc_owner,
	.alive = proc_alive,
	.access = proc_access,
};

/*
 * PR_SET_TIMERSLACK of the thread, in nanoseconds. The mode lets anybody open it; that of another
 * thread is for those with CAP_SYS_NICE.
 */
static bool may_see_slack(struct synth *s)
{
	struct thread *me = thread_current();

	return proc_thread(s) == me || cred_capable(me->cred, CAP_SYS_NICE);
}

static int show_timerslack(struct synth *s, struct fmt *f, u64 *next)
{
	if (!may_see_slack(s))
		return -EPERM;
	fmt_printf(f, "%lu\n", load_once(proc_thread(s)->timer_slack_ns));
	return proc_done(next);
}

/* 0: the one that the thread began with. */
static int write_timerslack(struct synth *s, struct cspan text)
{
	struct thread *t = proc_thread(s);
	u64 v;

	if (!proc_parse_number(text, &v))
		return -EINVAL;
	if (!may_see_slack(s))
		return -EPERM;
	store_once(t->timer_slack_ns, v ? v : t->default_slack_ns);
	return 0;
}
const struct synth_node pid_timerslack = {
	.name = LIT("timerslack_ns"),
	.mode = S_IFREG | 0666,
	.show = show_timerslack,
	.write = write_timerslack,
	.owner = proc_owner,
	.alive = proc_alive,
};

/* One timer of timer_create a record, the newest first; the number of a record is FIRST - id. */
#define FIRST_TIMER (1ul << 31)
static int show_timers(struct synth *s, struct fmt *f, u64 *next)
{
	static const struct lit kinds[] = { LIT("signal"), LIT("none"), LIT("thread") };
	struct process *p = proc_thread(s)->process;
	struct posix_timer_info t;

	if (!posix_timer_describe(p, FIRST_TIMER - *next, &t))
		return proc_done(next);
	fmt_printf(f, "ID: %d\nsignal: %d/%016lx\nnotify: ", t.id, t.signo, t.value);
	fmt_lit(f, *array_at(kinds, t.notify));
	fmt_lit(f, t.tid ? LIT("/tid.") : LIT("/pid."));
	fmt_printf(f, "%d\nClockID: %d\n", t.tid ? t.tid : p->pid, t.clock);
	*next = FIRST_TIMER - (u64)t.id;
	return 0;
}
PID_FILE(timers, timers, 0444, show_timers);

/* There is one user name space: each id is mapped to itself. */
static int show_id_map(struct synth *s, struct fmt *f, u64 *next)
{
	if (s->node->arg)
		fmt_lit(f, LIT("allow\n"));
	else
		fmt_printf(f, "%10u %10u %10u\n", 0u, 0u, 0xffffffffu);
	return proc_done(next);
}
PID_FILE(uid_map, uid_map, 0444, show_id_map);
PID_FILE(gid_map, gid_map, 0444, show_id_map);
const struct synth_node pid_setgroups = {
	.name = LIT("setgroups"),
	.mode = S_IFREG | 0444,
	.show = show_id_map,
	.owner = proc_owner,
	.alive = proc_alive,
	.arg = 1,
};

/*
 * Only 5, which has the peak of resident memory counted anew. 1 to 4 clear bits that nobody tracks
 * here.
 */
static int write_clear_refs(struct synth *s, struct cspan text)
{
	struct mm *mm;
	u64 v;

	if (!proc_parse_number(text, &v) || v != 5)
		return -EINVAL;
	mm = thread_mm_use(proc_thread(s));
	if (mm)
		mm_reset_peak_rss(mm);
	mm_end_use(&mm);
	return 0;
}
const struct synth_node pid_clear_refs = {
	.name = LIT("clear_refs"),
	.mode = S_IFREG | 0200,
	.write = write_clear_refs,
	.owner = proc_owner,
	.alive = proc_alive,
};

/*
 * The children that the thread has made, or got when others ended: process ids, each followed by a
 * space. One child a record; a record's number is the lowest id that it may have, so children that
 * come and go between two do no harm.
 */
static int show_children(struct synth *s, struct fmt *f, u64 *next)
{
	struct process *c;
	s32 from = (s32)*next;
	bool mine;

	for (c = process_next(from); c; c = process_next(from)) {
		spin_lock(&proc_lock);
		mine = c->parent_thread == proc_thread(s) && c->state != PROCESS_DEAD;
		spin_unlock(&proc_lock);
		from = c->pid + 1;
		obj_put(&c);
		if (mine) {
			fmt_printf(f, "%d ", from - 1);
			*next = (u64)from;
			return 0;
		}
		task_cond_resched();
	}
	return proc_done(next);
}
PID_FILE(children, children, 0444, show_children);
