// SPDX-License-Identifier: MPL-2.0
// /proc/self: fd, exe, cwd, comm, cmdline, environ, the fields of stat and status.
#include "../lib/t.h"

static void status(const char *key)
{
	char *text = t_slurp("/proc/self/status");
	char *at = text;
	size_t n = strlen(key);

	while (at && strncmp(at, key, n))
		at = (at = strchr(at, '\n')) ? at + 1 : NULL;
	if (!at) {
		printf("%s missing\n", key);
		return;
	}
	printf("%.*s\n", (int)strcspn(at, "\n"), at);
}

int main(int argc, char **argv)
{
	char buf[PATH_MAX], path[64];

	if (argc == 1) {
		t_start();
		CHECK(symlink("/proc/self/exe", "unused") == 0);
		ssize_t n = readlink("/proc/self/exe", buf, sizeof(buf) - 1);
		CHECK(n > 0);
		buf[n] = 0;
		char *const av[] = { "zero", "one two", "", NULL };
		char *const ev[] = { "A=1", "B=", NULL };
		IN_CHILD("again", execve(buf, av, ev));
		return 0;
	}
	setvbuf(stdout, NULL, _IONBF, 0);
	alarm(T_LIMIT_SECONDS);
	int fd = open("/proc/self/cmdline", O_RDONLY);
	t_text("cmdline", buf, read(fd, buf, sizeof(buf)));
	close(fd);
	fd = open("/proc/self/environ", O_RDONLY);
	t_text("environ", buf, read(fd, buf, sizeof(buf)));
	close(fd);
	prctl(PR_SET_NAME, "na)me (x");
	fd = open("/proc/self/comm", O_RDONLY);
	t_text("comm", buf, read(fd, buf, sizeof(buf)));
	close(fd);
	char *stat = t_slurp("/proc/self/stat");
	IS(atoi(stat) == getpid());
	char *end = strrchr(stat, ')');
	printf("%.*s\n", (int)(end - strchr(stat, '(') + 3), strchr(stat, '('));
	int fields = 2;
	for (char *f = strtok(end + 1, " \n"); f; f = strtok(NULL, " \n")) {
		fields++;
		if (fields == 4)
			IS(atoi(f) == getppid());
		if (fields == 5)
			IS(atoi(f) == getpgrp());
		if (fields == 6)
			IS(atoi(f) == getsid(0));
		if (fields == 20)
			printf("threads %s\n", f);
	}
	SHOW(fields);
	status("Name:");
	status("Umask:");
	status("State:");
	status("Uid:");
	status("Gid:");
	status("Threads:");
	t_block(SIG_BLOCK, SIGUSR1);
	signal(SIGUSR2, SIG_IGN);
	raise(SIGUSR1);
	status("SigPnd:");
	status("SigBlk:");
	status("SigIgn:");
	status("SigCgt:");
	fd = open("/dev/null", O_RDWR | O_APPEND);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	ssize_t n = readlink(path, buf, sizeof(buf));
	t_text("fd", buf, n);
	struct stat st;
	T(lstat(path, &st));
	SHOWO(st.st_mode);
	int p[2];
	t_pipe(p);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", p[0]);
	n = readlink(path, buf, sizeof(buf) - 1);
	buf[n] = 0;
	IS(!strncmp(buf, "pipe:[", 6) && buf[n - 1] == ']');
	T(open(path, O_WRONLY) >= 0);
	T(access("/proc/self/fd/99", F_OK));
	snprintf(path, sizeof(path), "/proc/%d/fd", getpid());
	t_list("fds", path);
	snprintf(path, sizeof(path), "%d", getpid());
	n = readlink("/proc/self", buf, sizeof(buf) - 1);
	buf[n] = 0;
	IS(!strcmp(buf, path));
	n = readlink("/proc/thread-self", buf, sizeof(buf) - 1);
	buf[n] = 0;
	IS(strstr(buf, "/task/") != NULL);
	T(open("/proc/self/stat", O_WRONLY));
	T(mkdir("/proc/x", 0700));
	T(open("/proc/x", O_RDWR | O_CREAT, 0600));
	T(unlink("/proc/self/stat"));
	T(access("/proc/999999", F_OK));
	fd = open("/proc/self/stat", O_RDONLY);
	T(read(fd, buf, 3));
	T(lseek(fd, 0, SEEK_SET));
	T(read(fd, buf, sizeof(buf)) > 50);
	T(read(fd, buf, sizeof(buf)));
	return 0;
}
