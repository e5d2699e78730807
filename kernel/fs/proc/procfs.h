// SPDX-License-Identifier: MPL-2.0
/* Inside kernel/fs/proc: what its files share. See proc(5). */
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
 * The subject of everything below /proc/PID is the leader's thread, below /proc/PID/task/TID that
 * thread; the directory's key says which.
 */
enum proc_view { VIEW_PROCESS = 0, VIEW_THREAD = 1 };
/* Borrowed, for as long as the synth lives. */
static inline struct thread *proc_thread(struct synth *s)
{
	return obj_cast(thread, s->subject);
}
/* Whether the thread is still in the pid table. */
bool proc_alive(struct synth *s);
void proc_owner(struct synth *s, u32 *uid, u32 *gid);
/* May the caller look into it: 0, -EACCES. The rules of ptrace(2), PTRACE_MODE_READ. */
int proc_access(struct synth *s);
/* One record is the whole file. */
static inline int proc_done(u64 *next)
{
	*next = SYNTH_END;
	return 0;
}
/* A decimal number that fills @name; false otherwise. */
bool proc_parse_id(struct cspan name, u64 *id);
/*
 * The path as the calling thread sees it, " (deleted)" and "name:[inode]" forms included. The
 * length, or -errno.
 */
ssize_t proc_path_text(const struct path *p, struct span out);
/* A name in a text file: blanks and backslashes escaped in octal. */
void proc_escape(struct fmt *f, struct cspan name);

extern const struct synth_node proc_sys, proc_sys_pty, proc_sys_dev, proc_net, proc_fd, proc_fdinfo;
extern const struct synth_node proc_meminfo, proc_uptime, proc_loadavg, proc_stat, proc_version,
	proc_cmdline, proc_cpuinfo, proc_filesystems, proc_interrupts, proc_devices, proc_vmstat,
	proc_swaps, proc_partitions, proc_diskstats, proc_modules, proc_consoles, proc_kmsg;
extern const struct synth_node pid_stat, pid_task_stat, pid_status, pid_statm, pid_comm, pid_limits,
	pid_oom_score, pid_oom_score_adj, pid_oom_adj, pid_wchan, pid_cgroup, pid_personality,
	pid_loginuid, pid_sessionid, pid_io, pid_schedstat, pid_timerslack, pid_uid_map,
	pid_gid_map, pid_setgroups;
extern const struct synth_node pid_cmdline, pid_environ, pid_auxv, pid_maps, pid_smaps,
	pid_smaps_rollup, pid_mem;
extern const struct synth_node pid_exe, pid_cwd, pid_root;
extern const struct synth_node pid_mounts, pid_mountinfo;

#endif
