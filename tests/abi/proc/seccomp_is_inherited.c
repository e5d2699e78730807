// SPDX-License-Identifier: MPL-2.0
// Filters pass to children, threads and programs; TSYNC gives them to all threads.
#include "../lib/seccomp.h"
#include "../lib/t.h"

static void status(const char *who)
{
	printf("%s\n", who);
	s_status_line("NoNewPrivs");
	s_status_line("Seccomp");
	TL("PR_GET_SECCOMP", prctl(PR_GET_SECCOMP));
	TL("getsid", syscall(SYS_getsid, 0) > 0);
	TL("getpgid", syscall(SYS_getpgid, 0) > 0);
}

struct turn {
	int to[2], from[2];
	pthread_t th;
	pid_t tid;
	int own; // installs a filter of its own first
};

static void *follower(void *arg)
{
	struct turn *t = arg;
	char c;

	t->tid = (pid_t)syscall(SYS_gettid);
	if (t->own)
		CHECK(s_on(0, SYS_getpgid, SECCOMP_RET_ERRNO | 33) == 0);
	CHECK(write(t->from[1], "r", 1) == 1);
	while (read(t->to[0], &c, 1) == 1 && c == 's') {
		status("thread");
		CHECK(write(t->from[1], "d", 1) == 1);
	}
	return NULL;
}

static void start(struct turn *t, int own)
{
	char c;

	t->own = own;
	CHECK(pipe(t->to) == 0 && pipe(t->from) == 0);
	CHECK(pthread_create(&t->th, NULL, follower, t) == 0);
	CHECK(read(t->from[0], &c, 1) == 1);
}

static void ask(struct turn *t)
{
	char c;

	CHECK(write(t->to[1], "s", 1) == 1 && read(t->from[0], &c, 1) == 1);
}

static void stop(struct turn *t)
{
	CHECK(write(t->to[1], "q", 1) == 1);
	pthread_join(t->th, NULL);
}

static void in_child(void (*f)(void))
{
	pid_t pid = t_fork();
	int st;

	if (pid == 0) {
		f();
		_exit(0);
	}
	CHECK(waitpid(pid, &st, 0) == pid);
	t_status("child", st);
}

static void plain(void)
{
	CHECK(s_on(0, SYS_getsid, SECCOMP_RET_ERRNO | 11) == 0);
	status("after one");
	CHECK(s_on(SECCOMP_FILTER_FLAG_LOG | SECCOMP_FILTER_FLAG_SPEC_ALLOW, SYS_getpgid,
		      SECCOMP_RET_ERRNO | 12) == 0);
	status("after two");
	if (t_fork() == 0) {
		status("child");
		execl("/proc/self/exe", "again", "x", NULL);
	}
	wait(NULL);
	T(prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT));
	T(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, NULL));
}

static void in_step(void)
{
	struct turn a, b;

	start(&a, 0);
	start(&b, 0);
	TL("without TSYNC", s_on(0, SYS_getsid, SECCOMP_RET_ERRNO | 21));
	ask(&a);
	TL("TSYNC", s_on(SECCOMP_FILTER_FLAG_TSYNC, SYS_getpgid, SECCOMP_RET_ERRNO | 22));
	ask(&a);
	ask(&b);
	TL("TSYNC again",
		s_on(SECCOMP_FILTER_FLAG_TSYNC | SECCOMP_FILTER_FLAG_TSYNC_ESRCH, SYS_getpgid,
			SECCOMP_RET_ERRNO | 23));
	ask(&a);
	stop(&a);
	stop(&b);
}

static void out_of_step(void)
{
	struct turn a, b;

	start(&a, 0);
	start(&b, 1);
	IS(s_on(SECCOMP_FILTER_FLAG_TSYNC, SYS_getsid, SECCOMP_RET_ERRNO | 21) == b.tid);
	TL("with ESRCH",
		s_on(SECCOMP_FILTER_FLAG_TSYNC | SECCOMP_FILTER_FLAG_TSYNC_ESRCH, SYS_getsid,
			SECCOMP_RET_ERRNO | 21));
	status("not installed");
	ask(&a);
	stop(&b);
	CHECK(UNTIL(s_threads() == 2));
	TL("after it has gone",
		s_on(SECCOMP_FILTER_FLAG_TSYNC, SYS_getsid, SECCOMP_RET_ERRNO | 21));
	ask(&a);
	stop(&a);
}

int main(int argc, char **argv)
{
	if (argc > 1) {
		status("program");
		return 0;
	}
	t_start();
	status("at first");
	s_no_new_privs();
	in_child(plain);
	in_child(in_step);
	in_child(out_of_step);
	status("untouched");
	return 0;
}
