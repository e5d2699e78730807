// SPDX-License-Identifier: MPL-2.0
// kernel.core_pattern with a program: what it is started with, what it reads, and when the process
// that died is gone. kernel.core_pipe_limit.
#include "../lib/core.h"

#include <sys/resource.h>

#define SELF  "/abi/proc/core_pipes"
#define OUT   "/tmp/core.out"
#define GO    "/tmp/core.go"
#define LIMIT "/proc/sys/kernel/core_pipe_limit"

extern char **environ;

/* ---- the program that gets the core; it has nothing but its standard input ---- */

static size_t read_core(unsigned char *first, size_t n)
{
	static unsigned char buf[65536];
	size_t all = 0;
	ssize_t k;

	while ((k = read(0, buf, sizeof(buf))) > 0) {
		if (!all)
			memcpy(first, buf, n);
		all += (size_t)k;
	}
	return all;
}

static void tell_line(FILE *out, const char *path, const char *name)
{
	char *s = t_slurp(path), *at = s ? strstr(s, name) : NULL;

	fprintf(out, "%s\n", at ? strndup(at, strcspn(at, "\n")) : "no such line");
}

static void tell_about_me(FILE *out, int argc, char **argv)
{
	struct rlimit r;
	char cwd[64];

	for (int i = 0; i < argc; i++)
		fprintf(out, "arg '%s'\n", i == 2 ? "PID" : argv[i]);
	fprintf(out, "environment: %s\n", environ[0] ? environ[0] : "none");
	fprintf(out, "ids %d %d %d %d group %d session %d\n", getuid(), geteuid(), getgid(),
		getegid(), getpgid(0), getsid(0));
	getrlimit(RLIMIT_CORE, &r);
	fprintf(out, "core limit %lu %lu\n", (unsigned long)r.rlim_cur, (unsigned long)r.rlim_max);
	fprintf(out, "cwd %s umask %o\n", getcwd(cwd, sizeof(cwd)), umask(0));
	for (int fd = 0; fd < 10; fd++)
		if (fd != fileno(out) && fcntl(fd, F_GETFD) >= 0)
			fprintf(out, "descriptor %d\n", fd);
	fprintf(out, "flags %x\n", fcntl(0, F_GETFL) & O_ACCMODE);
}

static int helper(int argc, char **argv)
{
	unsigned char first[64] = { 0 };
	const Elf64_Ehdr *eh = (const Elf64_Ehdr *)first;
	char path[64];
	size_t n;
	FILE *out = fopen(OUT ".new", "w");

	if (!strcmp(argv[1], "leave")) /* without a look at the core */
		goto end;
	if (!strcmp(argv[1], "crash"))
		abort();
	tell_about_me(out, argc, argv);
	snprintf(path, sizeof(path), "/proc/%s/status", argv[2]);
	tell_line(out, path, "CoreDumping");
	tell_line(out, path, "Threads");
	n = read_core(first, sizeof(first));
	fprintf(out, "elf: %d, type %d, more than 8 MiB: %d\n", !memcmp(first, ELFMAG, SELFMAG),
		eh->e_type, n > 8 << 20);
	if (!strcmp(argv[1], "wait")) {
		fprintf(out, "still there: %d\n", access(path, F_OK) == 0);
		tell_line(out, path, "CoreDumping");
	}
end:
	fclose(out);
	rename(OUT ".new", OUT);
	while (!strcmp(argv[1], "wait") && access(GO, F_OK))
		usleep(1000);
	return 0;
}

/* ---- the test ---- */

static char *big;

static pid_t die(rlim_t limit)
{
	pid_t pid = t_fork();

	if (pid == 0) {
		core_limit(limit);
		raise(SIGQUIT);
	}
	return pid;
}

static void show_out(void)
{
	IS(UNTIL(access(OUT, F_OK) == 0));
	printf("%s", t_slurp(OUT));
	unlink(OUT);
}

static void dump_to(const char *pattern, rlim_t limit, bool tells)
{
	pid_t pid;

	CHECK(core_set(CORE_PATTERN, pattern) > 0);
	pid = die(limit);
	t_reap(pattern, pid);
	if (tells)
		show_out();
	IS(access(OUT, F_OK) && access("core", F_OK));
}

/* With a limit the process stays until the program is done, and no more than so many do. */
static void limited(void)
{
	pid_t pid, other;
	int st;

	T(core_set(LIMIT, "1"));
	CHECK(core_set(CORE_PATTERN, "|" SELF " wait %P") > 0);
	pid = die(0);
	show_out();
	T(waitpid(pid, &st, WNOHANG));
	other = die(0);
	t_reap("over the limit", other);
	IS(access(OUT, F_OK) != 0);
	t_file(GO, "", 0600);
	t_reap("waited for", pid);
	unlink(GO);
	/* A kill ends the wait. */
	pid = die(0);
	IS(UNTIL(access(OUT, F_OK) == 0));
	kill(pid, SIGTERM);
	T(waitpid(pid, &st, WNOHANG));
	kill(pid, SIGKILL);
	t_reap("killed", pid);
	unlink(OUT);
	t_file(GO, "", 0600);
	/* That program has ended when its place is free. */
	IS(UNTIL(({
		CHECK(core_set(CORE_PATTERN, "|" SELF " leave %P") > 0);
		pid = die(0);
		t_wait(pid);
		access(OUT, F_OK) == 0;
	})));
	unlink(OUT);
	unlink(GO);
	T(core_set(LIMIT, "0"));
}

int main(int argc, char **argv)
{
	if (argc > 1)
		return helper(argc, argv);
	t_start();
	unlink(OUT);
	unlink(GO);
	big = mmap(NULL, 8 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	memset(big, 'b', 8 << 20);
	prctl(PR_SET_NAME, "a b");
	dump_to("|" SELF " tell %P %s %e  %d  ", 0, true);
	dump_to("|" SELF " tell %P %c%%", RLIM_INFINITY, true);
	dump_to("| " SELF " tell %P", 4096, true);
	/* The last argument is empty. */
	dump_to("|" SELF " tell %P %", 0, true);
	dump_to("|" SELF " tell %P %z %y ", 0, true);
	dump_to("|" SELF " tell %P", 1, false);
	dump_to("|/no/such/program", 0, false);
	dump_to("|/tmp", 0, false);
	dump_to("|", RLIM_INFINITY, false);
	dump_to("|" SELF " crash %P", 0, false);
	CHECK(core_set(CORE_PATTERN, "|" SELF " leave %P") > 0);
	t_reap("no reader", die(0));
	show_out();
	limited();
	IN_CHILD("user without a core", t_drop_root(1000); raise(SIGQUIT));
	CHECK(core_set(CORE_PATTERN, "|" SELF " tell %P %u %d") > 0);
	IN_CHILD("user", t_drop_root(1000); prctl(PR_SET_DUMPABLE, 1); raise(SIGQUIT));
	show_out();
	T(core_set(CORE_PATTERN, "core"));
	unlink(OUT ".new");
	return 0;
}
