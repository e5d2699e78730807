// SPDX-License-Identifier: MPL-2.0
/*
 * What an exec that gives rights takes away from others: looking in, a shared fs context, exit
 * signals of its children, its parent's end.
 */
#include "../lib/t.h"
#include <linux/capability.h>

static volatile int secret = 7;

static void capset_only(int cap, int inheritable)
{
	struct __user_cap_header_struct h = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct d[2] = { { 0 } };

	if (cap >= 0) {
		d[0].permitted = d[0].effective = 1u << cap;
		d[0].inheritable = inheritable ? 1u << cap : 0;
	}
	syscall(SYS_capset, &h, d);
}

static void drop_ids(int keep)
{
	prctl(PR_SET_KEEPCAPS, keep);
	setgroups(0, NULL);
	setresgid(1000, 1000, 1000);
	setresuid(1000, 1000, 1000);
}

static void copy_self(const char *to, int mode)
{
	static char b[65536];
	ssize_t n;
	int in = open("/proc/self/exe", O_RDONLY),
	    out = open(to, O_WRONLY | O_CREAT | O_TRUNC, 0700);

	while ((n = read(in, b, sizeof(b))) > 0)
		write(out, b, n);
	close(in);
	close(out);
	chmod(to, mode);
}

/* Tries every way into the process @p as whoever we are. */
static void look_into(int p)
{
	int copy = 0;
	struct iovec l = { &copy, sizeof(copy) }, r = { (void *)&secret, sizeof(secret) };
	char path[64];
	static const char *files[] = { "mem", "maps", "environ", "auxv", "smaps", "exe", "cwd",
		"root" };

	T(process_vm_readv(p, &l, 1, &r, 1, 0));
	T(process_vm_writev(p, &l, 1, &r, 1, 0));
	for (unsigned i = 0; i < T_LEN(files); i++) {
		int fd;
		snprintf(path, sizeof(path), "/proc/%d/%s", p, files[i]);
		fd = open(path, O_RDONLY);
		printf("%s: %s\n", files[i], fd < 0 ? t_errname(errno) : "opens");
		close(fd);
	}
	int pf = syscall(SYS_pidfd_open, p, 0);
	TOK(syscall(SYS_pidfd_getfd, pf, 1, 0));
	close(pf);
}

static int to_child[2], to_parent[2];

/* In the executed program; descriptors 10 (ours to read) and 11 (to write). */
static int target(void)
{
	char c;

	write(11, "x", 1);
	read(10, &c, 1);
	return secret == 7 ? 0 : 1;
}

static pid_t start(void (*prepare)(void), const char *program)
{
	char c;
	pid_t p;

	pipe(to_child);
	pipe(to_parent);
	p = fork();
	if (p == 0) {
		prepare();
		dup2(to_child[0], 10);
		dup2(to_parent[1], 11);
		execl(program, program, "target", (char *)NULL);
		_exit(99);
	}
	read(to_parent[0], &c, 1);
	return p;
}

static void finish(pid_t p)
{
	int st;

	write(to_child[1], "x", 1);
	waitpid(p, &st, 0);
	t_status("target", st);
	close(to_child[0]);
	close(to_child[1]);
	close(to_parent[0]);
	close(to_parent[1]);
}

static void plain(void)
{
	drop_ids(0);
}

static void with_ambient(void)
{
	drop_ids(1);
	capset_only(CAP_SYS_ADMIN, 1);
	prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_SYS_ADMIN, 0, 0);
}

static void look_as_user(pid_t p)
{
	int st;
	pid_t a = fork();

	if (a == 0) {
		drop_ids(0);
		prctl(PR_SET_DUMPABLE, 1);
		look_into(p);
		_exit(0);
	}
	waitpid(a, &st, 0);
}

static void shows(const char *what, int fd)
{
	char b[512];

	lseek(fd, 0, SEEK_SET);
	printf("%s after exec: %s\n", what, read(fd, b, sizeof(b)) > 0 ? "something" : "nothing");
}

/* Descriptors that were opened while the program was the user's own. */
static void old_descriptors(void)
{
	char path[64], c, b[4096];
	int maps, env, mem, go[2], st;
	pid_t a, p;

	fflush(stdout);
	a = fork();
	if (a == 0) {
		drop_ids(0);
		prctl(PR_SET_DUMPABLE, 1);
		pipe(go);
		pipe(to_child);
		pipe(to_parent);
		p = fork();
		if (p == 0) {
			dup2(to_child[0], 10);
			dup2(to_parent[1], 11);
			read(go[0], &c, 1);
			execl("./suid", "suid", "target", (char *)NULL);
			_exit(99);
		}
		snprintf(path, sizeof(path), "/proc/%d/maps", p);
		maps = open(path, O_RDONLY);
		snprintf(path, sizeof(path), "/proc/%d/environ", p);
		env = open(path, O_RDONLY);
		snprintf(path, sizeof(path), "/proc/%d/mem", p);
		mem = open(path, O_RDWR);
		printf("maps before exec: %d\n", read(maps, b, sizeof(b)) > 0);
		write(go[1], "x", 1);
		read(to_parent[0], &c, 1);
		shows("maps", maps);
		shows("environ", env);
		T(pread(mem, b, 4, (off_t)(uintptr_t)&secret));
		T(pwrite(mem, b, 4, (off_t)(uintptr_t)&secret));
		write(to_child[1], "x", 1);
		waitpid(p, &st, 0);
		t_status("set-id program", st);
		fflush(stdout);
		_exit(0);
	}
	waitpid(a, &st, 0);
}

/* clone(CLONE_FS), clone(SIGKILL) and a parent-death signal before a set-user-id exec. */
static void shared_fs(void)
{
	int st;
	pid_t k, a = fork();

	if (a == 0) {
		drop_ids(0);
		k = syscall(SYS_clone, CLONE_FS | SIGCHLD, 0, 0, 0, 0);
		if (k == 0) {
			execl("./suid", "suid", "ids", (char *)NULL);
			_exit(99);
		}
		waitpid(k, &st, 0);
		_exit(0);
	}
	waitpid(a, &st, 0);
}

#define READY 9 /* a descriptor */

static void foreign_exit_signal(void)
{
	int st, p[2];
	char c;
	pid_t k, a = fork();

	if (a == 0) {
		drop_ids(0);
		pipe(p);
		k = syscall(SYS_clone, (long)SIGKILL, 0, 0, 0, 0);
		if (k == 0) {
			/*
			 * Comes from the new program: Linux closes files before all of exec is
			 * done.
			 */
			read(p[0], &c, 1);
			_exit(0);
		}
		dup2(p[1], READY);
		prctl(PR_SET_PDEATHSIG, SIGUSR1);
		execl("./suid", "suid", "waits", (char *)NULL);
		_exit(99);
	}
	waitpid(a, &st, 0);
	t_status("set-id program with a child that signals", st);
}

static int in_program(const char *what)
{
	int s = -1, st;

	if (!strcmp(what, "target"))
		return target();
	prctl(PR_GET_PDEATHSIG, &s);
	printf("uid %d euid %d dumpable %d pdeathsig %d\n", getuid(), geteuid(),
		prctl(PR_GET_DUMPABLE), s);
	if (!strcmp(what, "waits")) {
		write(READY, "", 1);
		printf("its child: %d\n", waitpid(-1, &st, __WALL) > 0);
	}
	fflush(stdout);
	return 0;
}

static void securebits(void)
{
	pid_t a = fork();
	int st;

	if (a == 0) {
		T(prctl(PR_SET_SECUREBITS, 3));
		T(prctl(PR_SET_SECUREBITS, 0));
		T(prctl(PR_SET_SECUREBITS, 2));
		T(prctl(PR_SET_SECUREBITS, 1));
		T(prctl(PR_GET_SECUREBITS));
		T(prctl(PR_SET_SECUREBITS, 3 | 1 << 6));
		T(prctl(PR_SET_SECUREBITS, 3 | 1 << 20));
		T(prctl(PR_GET_SECUREBITS));
		capset_only(CAP_CHOWN, 1);
		T(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_CHOWN, 0, 0));
		T(prctl(PR_SET_SECUREBITS, 0));
		fflush(stdout);
		_exit(0);
	}
	waitpid(a, &st, 0);
	a = fork();
	if (a == 0) {
		T(prctl(PR_SET_SECUREBITS, 1 << 4 | 1 << 5));
		T(prctl(PR_SET_KEEPCAPS, 0));
		T(prctl(PR_GET_KEEPCAPS));
		fflush(stdout);
		_exit(0);
	}
	waitpid(a, &st, 0);
}

static void dumpable_after(const char *what, void (*change)(void))
{
	int st;
	pid_t a;

	fflush(stdout);
	a = fork();
	if (a == 0) {
		prctl(PR_SET_DUMPABLE, 1);
		prctl(PR_SET_PDEATHSIG, SIGUSR1);
		change();
		int s = -1;
		prctl(PR_GET_PDEATHSIG, &s);
		printf("%s: dumpable %d pdeathsig %d\n", what, prctl(PR_GET_DUMPABLE), s);
		fflush(stdout);
		_exit(0);
	}
	waitpid(a, &st, 0);
}

static void change_fsuid(void)
{
	syscall(SYS_setfsuid, 1000);
}
static void change_fsgid(void)
{
	syscall(SYS_setfsgid, 1000);
}
static void change_egid(void)
{
	setegid(1000);
}
static void change_suid(void)
{
	setresuid(-1, -1, 1000);
}
static void change_caps(void)
{
	capset_only(CAP_CHOWN, 0);
}
static void change_groups(void)
{
	setgroups(0, NULL);
}
static void change_bits(void)
{
	prctl(PR_SET_SECUREBITS, 1 << 4);
}

int main(int argc, char **argv)
{
	pid_t p;

	if (argc > 1)
		return in_program(argv[1]);
	t_start();
	setvbuf(stdout, NULL, _IONBF, 0);
	chmod(".", 0755);
	copy_self("plain", 0755);
	copy_self("x711", 0711);
	copy_self("suid", 04755);

	printf("a program of the same user\n");
	p = start(plain, "./plain");
	look_as_user(p);
	finish(p);
	printf("one with a capability\n");
	p = start(with_ambient, "./plain");
	look_as_user(p);
	finish(p);
	printf("one that may not be read\n");
	p = start(plain, "./x711");
	look_as_user(p);
	finish(p);
	printf("a set-user-id program\n");
	p = start(plain, "./suid");
	look_as_user(p);
	finish(p);
	old_descriptors();
	shared_fs();
	foreign_exit_signal();
	securebits();
	dumpable_after("setfsuid", change_fsuid);
	dumpable_after("setfsgid", change_fsgid);
	dumpable_after("setegid", change_egid);
	dumpable_after("saved uid", change_suid);
	dumpable_after("capset", change_caps);
	dumpable_after("setgroups", change_groups);
	dumpable_after("secure bits", change_bits);
	return 0;
}
