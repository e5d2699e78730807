// SPDX-License-Identifier: MPL-2.0
/*
 * /proc itself: its tree, and the directories of processes and threads.
 *
 * A directory /proc/PID refers to the thread object. The pid may be used again after the process
 * has been reaped; proc_alive compares the object in the pid table with the subject, so an old
 * directory never shows the new process.
 *
 * Nothing is registered when a process starts. A look-up of a number finds the thread in the pid
 * table and makes a node for it; the nodes of static files are listed in the tables below. So a
 * process costs /proc nothing until somebody looks.
 */
#include <frame/types.h>
#include <kernel/cred.h>
#include <kernel/list.h>
#include <kernel/pidfd.h>
#include <kernel/super.h>
#include <kernel/thread.h>
#include <uapi/fs.h>

#include "../fs.h"
#include "procfs.h"

bool proc_parse_id(struct cspan name, u64 *id)
{
	size_t n = parse_u64(name, 10, id);

	return n && n == cspan_len(name) && (span_byte(name, 0) != '0' || n == 1);
}

static bool is_space(u8 c)
{
	return c == ' ' || (c >= '\t' && c <= '\r') || !c;
}

/* A NUL counts as white space, because some programs write their text with its end. */
bool proc_parse_signed(struct cspan text, s64 *v)
{
	size_t from = 0, end = cspan_len(text);
	bool negative;
	u64 n;

	while (from < end && is_space(span_byte(text, from)))
		from++;
	while (end > from && is_space(span_byte(text, end - 1)))
		end--;
	negative = from < end && span_byte(text, from) == '-';
	from += negative || (from < end && span_byte(text, from) == '+');
	if (from == end || parse_u64(cspan_sub(text, from, end - from), 0, &n) != end - from ||
		(s64)n < 0)
		return false;
	*v = negative ? -(s64)n : (s64)n;
	return true;
}

bool proc_parse_number(struct cspan text, u64 *v)
{
	s64 n;

	if (!proc_parse_signed(text, &n) || n < 0)
		return false;
	*v = (u64)n;
	return true;
}

/* See the comment at the top: the same object must still have this id. */
bool proc_alive(struct synth *s)
{
	struct thread *t = proc_thread(s);
	struct thread *now = t ? thread_find(t->tid) : NULL;
	bool same = now == t && t;

	obj_put(&now);
	return same;
}

/* ---- permissions ---- */

/* A process that is not dumpable has secrets, so its files belong to root. */
void proc_owner(struct synth *s, u32 *uid, u32 *gid)
{
	struct thread *t = proc_thread(s);
	struct cred *c = t && t->process->dumpable == 1 ? thread_cred_get(t) : NULL;

	*uid = c ? c->euid : 0;
	*gid = c ? c->egid : 0;
	obj_put(&c);
}

/*
 * One rule for all files that show memory, paths or descriptors of a process: that of ptrace. An
 * error of the rule becomes -EACCES, as for a permission that the file's mode refuses.
 */
int proc_access(struct synth *s)
{
	struct thread *t = proc_thread(s);

	if (!t)
		return -ESRCH;
	return thread_may_access(t, false) ? -EACCES : 0;
}

/* ---- /proc/PID/task ---- */

static const struct synth_node task_dir = {
	.mode = S_IFDIR | 0555,
	.owner = proc_owner,
	.alive = proc_alive,
	.children = { &pid_task_stat, &pid_status, &pid_statm, &pid_comm, &pid_cmdline,
		&pid_environ, &pid_auxv, &pid_maps, &pid_smaps, &pid_mem, &pid_exe, &pid_cwd,
		&pid_root, &proc_fd, &proc_fdinfo, &pid_limits, &pid_mounts, &pid_mountinfo,
		&pid_oom_score, &pid_oom_score_adj, &pid_oom_adj, &pid_wchan, &pid_cgroup,
		&pid_personality, &pid_clear_refs, &pid_io, &pid_schedstat, &pid_pagemap,
		&pid_children, &pid_ns, &pid_syscall, &proc_net },
};

/* Only threads of this process are found here. */
static int task_lookup(struct synth *s, struct cspan name, struct synth_found *out)
{
	struct thread *t = proc_thread(s);
	struct thread *found;
	u64 tid;

	if (!proc_parse_id(name, &tid) || tid > 0x7fffffff)
		return -ENOENT;
	found = process_thread(t->process, (s32)tid);
	if (!found)
		return -ENOENT;
	*out = (struct synth_found){ &task_dir, &found->obj, VIEW_THREAD };
	return 0;
}

/*
 * Positions are thread ids: finds the lowest id above *@pos. Threads that start or exit between two
 * calls do no harm.
 */
static bool task_list(struct synth *s, u64 *pos, struct fmt *name, u32 *type)
{
	struct process *p = proc_thread(s)->process;
	struct thread *t;
	s32 best = 0;

	spin_lock(&proc_lock);
	list_for_each(t, &p->threads, group_link) {
		if ((u64)t->tid > *pos && (!best || t->tid < best))
			best = t->tid;
	}
	spin_unlock(&proc_lock);
	if (!best)
		return false;
	fmt_printf(name, "%d", best);
	*pos = (u64)best;
	*type = S_IFDIR;
	return true;
}

/* A directory for each thread. */
static u64 task_links(struct synth *s)
{
	return load_once(proc_thread(s)->process->nr_threads);
}

static const struct synth_node pid_task = {
	.name = LIT("task"),
	.mode = S_IFDIR | 0555,
	.owner = proc_owner,
	.alive = proc_alive,
	.lookup = task_lookup,
	.list = task_list,
	.links = task_links,
};

/* ---- /proc/PID ---- */

/* A path that leads through the directory of a process that was reaped. */
static int pid_dir_access(struct synth *s)
{
	return proc_alive(s) ? 0 : -ESRCH;
}

static const struct synth_node pid_dir = {
	.mode = S_IFDIR | 0555,
	.access = pid_dir_access,
	.owner = proc_owner,
	.alive = proc_alive,
	.children = { &pid_stat, &pid_status, &pid_statm, &pid_comm, &pid_cmdline, &pid_environ,
		&pid_auxv, &pid_maps, &pid_smaps, &pid_smaps_rollup, &pid_mem, &pid_exe, &pid_cwd,
		&pid_root, &proc_fd, &proc_fdinfo, &pid_task, &pid_limits, &pid_mounts,
		&pid_mountinfo, &pid_oom_score, &pid_oom_score_adj, &pid_oom_adj, &pid_wchan,
		&pid_cgroup, &pid_personality, &pid_clear_refs, &pid_loginuid, &pid_sessionid,
		&pid_io, &pid_schedstat, &pid_timerslack, &pid_timers, &pid_uid_map, &pid_gid_map,
		&pid_setgroups, &pid_pagemap, &pid_map_files, &pid_mountstats, &pid_core_filter,
		&pid_ns, &pid_syscall, &proc_net },
};

static int pid_lookup(struct synth *s, struct cspan name, struct synth_found *out)
{
	struct thread *t;
	u64 pid;

	(void)s;
	if (!proc_parse_id(name, &pid) || pid > 0x7fffffff)
		return -ENOENT;
	t = thread_find((s32)pid);
	if (!t)
		return -ENOENT;
	/*
	 * Also a thread that is no leader can be looked up, although it is not listed, as on Linux.
	 */
	*out = (struct synth_found){ &pid_dir, &t->obj, VIEW_PROCESS };
	return 0;
}

/* Positions are process ids. */
static bool pid_list(struct synth *s, u64 *pos, struct fmt *name, u32 *type)
{
	struct process *p = *pos < 0x7fffffff ? process_next((s32)*pos + 1) : NULL;

	(void)s;
	if (!p)
		return false;
	fmt_printf(name, "%d", p->pid);
	*pos = (u64)p->pid;
	*type = S_IFDIR;
	obj_put(&p);
	return true;
}

/* self and (arg 1) thread-self: made for the thread that reads them. */
static ssize_t self_readlink(struct synth *s, struct span out)
{
	struct thread *t = thread_current();
	FMT(f, out);

	fmt_printf(&f, "%d", t->process->pid);
	if (s->node->arg)
		fmt_printf(&f, "/task/%d", t->tid);
	return (ssize_t)fmt_len(&f);
}
static const struct synth_node self_link = {
	.name = LIT("self"), .mode = S_IFLNK | 0777, .readlink = self_readlink
};
static const struct synth_node thread_self_link = {
	.name = LIT("thread-self"), .mode = S_IFLNK | 0777, .readlink = self_readlink, .arg = 1
};

/*
 * /proc/mounts and (arg 1) /proc/net are links to the reader's own, since mounts and networks
 * belong to processes on Linux.
 */
static ssize_t mounts_readlink(struct synth *s, struct span out)
{
	return (ssize_t)span_copy(out, s->node->arg ? STR("self/net") : STR("self/mounts"));
}
static const struct synth_node mounts_link = {
	.name = LIT("mounts"), .mode = S_IFLNK | 0777, .readlink = mounts_readlink
};
static const struct synth_node net_link = {
	.name = LIT("net"), .mode = S_IFLNK | 0777, .readlink = mounts_readlink, .arg = 1
};

static ssize_t devicetree_readlink(struct synth *s, struct span out)
{
	(void)s;
	return (ssize_t)span_copy(out, STR("/sys/firmware/devicetree/base"));
}
static const struct synth_node devicetree_link = {
	.name = LIT("device-tree"), .mode = S_IFLNK | 0777, .readlink = devicetree_readlink
};

/* A directory for each process. */
static u64 root_links(struct synth *s)
{
	(void)s;
	return process_count();
}

static const struct synth_node root = {
	.mode = S_IFDIR | 0555,
	.lookup = pid_lookup,
	.list = pid_list,
	.links = root_links,
	.children = { &self_link, &thread_self_link, &mounts_link, &net_link, &proc_meminfo,
		&proc_uptime, &proc_loadavg, &proc_stat, &proc_version, &proc_cmdline,
		&proc_cpuinfo, &proc_filesystems, &proc_interrupts, &proc_softirqs, &proc_devices,
		&proc_vmstat, &proc_swaps, &proc_partitions, &proc_diskstats, &proc_modules,
		&proc_consoles, &proc_kmsg, &proc_locks, &proc_misc, &proc_execdomains,
		&proc_buddyinfo, &proc_zoneinfo, &proc_slabinfo, &proc_tty, &proc_bus, &proc_driver,
		&proc_fs, &devicetree_link, &proc_sys },
};

static int procfs_mount(const struct fs_type *type, struct cspan source, u32 flags,
	struct cspan data, struct super **out)
{
	int err = synth_mount(type, &root, out);

	(void)source;
	(void)flags;
	(void)data;
	if (!err)
		(*out)->magic = 0x9fa0;
	return err;
}
static const struct fs_type procfs_type = {
	.name = LIT("proc"), .nodev = true, .mount = procfs_mount
};

/* An open /proc/PID serves as a pidfd for pidfd_send_signal. */
static struct process *process_of_dir(struct file *f)
{
	struct synth *s = S_IS(f->inode->mode, S_IFDIR) && f->inode->sb->type == &procfs_type
		? synth_of(f->inode)
		: NULL;

	return s && s->node == &pid_dir ? proc_thread(s)->process : NULL;
}
static const struct pidfd_dir_ops pidfd_dir = { .process = process_of_dir };

void procfs_init(void)
{
	pidfd_dir_register(&pidfd_dir);
	fs_register(&procfs_type);
}
