// SPDX-License-Identifier: MPL-2.0
// Files and directories of /proc/PID that were opened before the process was reaped; signals by a
// descriptor of /proc/PID.
#include "../lib/t.h"

static const char *const names[] = { "status", "stat", "statm", "maps", "smaps", "smaps_rollup",
	"cmdline", "mounts", "mountinfo", "limits", "comm", "environ", "auxv", "oom_score",
	"oom_score_adj", "schedstat", "wchan", "cgroup", "personality", "io", "timerslack_ns",
	"loginuid" };

static const char *const folders[] = { ".", "fd", "fdinfo", "task" };

int main(void)
{
	int fd[T_LEN(names)], dir[T_LEN(folders)], proc, thread, at, oom;
	char buf[4096], path[64];
	struct stat st;
	pid_t c;

	t_start();
	c = t_fork();
	if (c == 0)
		for (;;)
			pause();
	snprintf(path, sizeof(path), "/proc/%d", c);
	at = open(path, O_RDONLY | O_DIRECTORY);
	CHECK(at >= 0);
	for (unsigned i = 0; i < T_LEN(names); i++)
		fd[i] = openat(at, names[i], O_RDONLY);
	for (unsigned i = 0; i < T_LEN(folders); i++)
		dir[i] = openat(at, folders[i], O_RDONLY);
	oom = openat(at, "oom_score_adj", O_RDWR);
	snprintf(path, sizeof(path), "/proc/%d/task/%d", c, c);
	thread = open(path, O_RDONLY);
	proc = open("/proc", O_RDONLY);
	T(syscall(SYS_pidfd_send_signal, at, 0, NULL, 0));
	T(syscall(SYS_pidfd_send_signal, at, 77, NULL, 0));
	T(syscall(SYS_pidfd_send_signal, proc, 0, NULL, 0));
	T(syscall(SYS_pidfd_send_signal, thread, 0, NULL, 0));
	T(syscall(SYS_pidfd_send_signal, dir[1], 0, NULL, 0));
	T(syscall(SYS_pidfd_send_signal, fd[0], 0, NULL, 0));
	T(syscall(SYS_pidfd_send_signal, openat(at, ".", O_PATH), 0, NULL, 0));
	T(syscall(SYS_pidfd_send_signal, at, SIGKILL, NULL, 0));
	t_reap("child", c);
	T(syscall(SYS_pidfd_send_signal, at, 0, NULL, 0));
	for (unsigned i = 0; i < T_LEN(names); i++)
		TLOK(names[i], pread(fd[i], buf, sizeof(buf), 0));
	for (unsigned i = 0; i < T_LEN(folders); i++)
		TLOK(folders[i], syscall(SYS_getdents64, dir[i], buf, sizeof(buf)));
	TOK(syscall(SYS_getdents64, thread, buf, sizeof(buf)));
	T(write(oom, "3", 1));
	TOK(openat(at, "status", O_RDONLY));
	TOK(openat(at, "nothing", O_RDONLY));
	TOK(openat(at, "fd", O_RDONLY));
	TOK(openat(dir[1], "0", O_RDONLY));
	TOK(openat(thread, "status", O_RDONLY));
	TOK(readlinkat(dir[1], "0", buf, 100));
	TOK(readlinkat(at, "exe", buf, 100));
	T(fstat(at, &st));
	T(fstat(fd[0], &st));
	return 0;
}
