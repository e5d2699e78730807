// SPDX-License-Identifier: MPL-2.0
/* Making processes. */
#include "bench.h"

#include <sys/wait.h>

static void wait_for(pid_t pid)
{
	int status;

	NEED(pid > 0 && waitpid(pid, &status, 0) == pid && status == 0);
}
static void fork_exit(void)
{
	pid_t pid = fork();

	if (pid == 0)
		_exit(0);
	wait_for(pid);
}
static void fork_exec(void)
{
	pid_t pid = fork();

	if (pid == 0) {
		execl("/nothing", "nothing", NULL);
		_exit(1);
	}
	wait_for(pid);
}
static void vfork_exec(void)
{
	pid_t pid = vfork();

	if (pid == 0) {
		execl("/nothing", "nothing", NULL);
		_exit(1);
	}
	wait_for(pid);
}
static void shell(void)
{
	pid_t pid = fork();

	if (pid == 0) {
		execl("/bin/sh", "sh", "-c", "/nothing; :", NULL);
		_exit(1);
	}
	wait_for(pid);
}

static u64 run_fork_exit(unsigned n)
{
	TIMED(n, fork_exit());
}
static u64 run_fork_exec(unsigned n)
{
	TIMED(n, fork_exec());
}
static u64 run_vfork_exec(unsigned n)
{
	TIMED(n, vfork_exec());
}
static u64 run_shell(unsigned n)
{
	TIMED(n, shell());
}

const struct row rows_process[] = {
	{ "fork+exit+wait", NULL, run_fork_exit },
	{ "fork+exec+exit+wait", NULL, run_fork_exec },
	{ "vfork+exec+exit+wait", NULL, run_vfork_exec },
	{ "sh -c program", NULL, run_shell },
	{ NULL, NULL, NULL },
};
