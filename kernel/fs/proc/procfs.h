// SPDX-License-Identifier: MPL-2.0
/* Declarations that the files of kernel/fs/proc share. See proc(5). */
#ifndef KERNEL_PROCFS_H
#define KERNEL_PROCFS_H

#include <kernel/clock.h>
#include <kernel/files.h>
#include <kernel/mm.h>
#include <kernel/synth.h>
#include <kernel/thread.h>

#define USER_HZ       100ul
#define NSEC_PER_TICK (NSEC_PER_SEC / USER_HZ)

/*
 * The subject of an entry below /proc/PID is the leader's thread, below /proc/PID/task/TID that
 * thread. The key of the entry says which of both views it is.
 */
enum proc_view { VIEW_PROCESS = 0, VIEW_THREAD = 1 };
/* The thread of an entry, borrowed from the synth; NULL for entries of /proc itself. */
static inline struct thread *proc_thread(struct synth *s)
{
	return obj_cast(thread, s->subject);
}
/* Whether the thread is still in the pid table. */
bool proc_alive(struct synth *s);
/* The owner of an entry: the effective ids of the process, or root if it is not dumpable. */
void proc_owner(struct synth *s, u32 *uid, u32 *gid);
/*
 * Whether the calling thread may look into the process, by the rules of ptrace(2),
 * PTRACE_MODE_READ: 0, -EACCES, -ESRCH.
 */
int must_check proc_access(struct synth *s);
/* For show functions of files that have one record only. */
static inline int must_check proc_done(u64 *next)
{
	*next = SYNTH_END;
	return 0;
}
/* Parses a decimal number without leading zeros that is the whole @name. False: it is not. */
bool proc_parse_id(struct cspan name, u64 *id);
/*
 * Parse a number as Linux does (decimal, 0x..., 0..., with a sign), with white space around it.
 * False: the text is something else, or (proc_parse_number) negative.
 */
bool proc_parse_signed(struct cspan text, s64 *v);
bool proc_parse_number(struct cspan text, u64 *v);
/*
 * Writes the path as the calling thread sees it, with " (deleted)" and "name:[inode]" as on Linux.
 * Returns the length or -errno.
 */
ssize_t must_check proc_path_text(const struct path *p, struct span out);
/*
 * The readlink and the follow of a link that stands for an open file: consume the reference. NULL:
 * -ENOENT.
 */
ssize_t must_check proc_file_text(struct file *f, struct span out);
int must_check proc_file_follow(struct file *f, struct mount **mnt, struct dentry **d);
/* Appends a name to a text; white space and backslashes are escaped in octal. */
void proc_escape(struct fmt *f, struct cspan name);

/*
 * A text file of /proc/PID. V: name of the variable; N: name of the file; M: its permissions; S:
 * its show function. There is no access check: show itself hides what the caller may not see.
 */
#define PID_FILE(V, N, M, S)                                 \
	const struct synth_node pid_##V = { .name = LIT(#N), \
		.mode = S_IFREG | (M),                       \
		.show = S,                                   \
		.owner = proc_owner,                         \
		.alive = proc_alive }

extern const struct synth_node proc_sys, proc_sys_pty, proc_sys_dev, proc_sys_net, proc_net,
	proc_fd, proc_fdinfo;
extern const struct synth_node proc_meminfo, proc_uptime, proc_loadavg, proc_stat, proc_version,
	proc_cmdline, proc_cpuinfo, proc_filesystems, proc_interrupts, proc_softirqs, proc_devices,
	proc_vmstat, proc_swaps, proc_partitions, proc_diskstats, proc_modules, proc_consoles,
	proc_kmsg, proc_locks, proc_misc, proc_execdomains, proc_buddyinfo, proc_zoneinfo,
	proc_slabinfo, proc_tty, proc_bus, proc_driver, proc_fs;
extern const struct synth_node pid_stat, pid_task_stat, pid_status, pid_statm, pid_comm, pid_limits,
	pid_oom_score, pid_oom_score_adj, pid_oom_adj, pid_wchan, pid_cgroup, pid_personality,
	pid_clear_refs, pid_loginuid, pid_sessionid, pid_io, pid_schedstat, pid_timerslack,
	pid_timers, pid_uid_map, pid_gid_map, pid_setgroups, pid_core_filter;
extern const struct synth_node pid_cmdline, pid_environ, pid_auxv, pid_maps, pid_smaps,
	pid_smaps_rollup, pid_mem, pid_pagemap, pid_map_files;
extern const struct synth_node pid_exe, pid_cwd, pid_root, pid_ns, pid_syscall;
extern const struct synth_node pid_mounts, pid_mountinfo, pid_mountstats, pid_children;

#endif
