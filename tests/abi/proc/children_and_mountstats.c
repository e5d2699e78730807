// SPDX-License-Identifier: MPL-2.0
// /proc/PID/task/TID/children: those that this thread has made; mountstats: a line a mount, for
// root.
#include "../lib/t.h"

static pid_t kids[4];
static int hold[2];
static pid_t other_tid;

static pid_t kid(void)
{
	char c;
	pid_t pid = fork();

	if (!pid) {
		close(hold[1]);
		_exit(read(hold[0], &c, 1) != 0);
	}
	return pid;
}

/* The numbers of the children in @kids, in the order of the file. */
static void show(const char *who, pid_t tid)
{
	char path[64], text[256] = "", *at = text, *end;
	int i, fd;
	ssize_t n;

	snprintf(path, sizeof(path), "/proc/self/task/%d/children", tid);
	fd = open(path, O_RDONLY);
	CHECK(fd >= 0 && (n = read(fd, text, sizeof(text) - 1)) >= 0);
	close(fd);
	printf("%s:", who);
	for (;; at = end) {
		long pid = strtol(at, &end, 10);
		if (end == at)
			break;
		for (i = 0; i < 4 && kids[i] != pid; i++)
			;
		printf(" %d%s", i, *end == ' ' ? "" : "!");
	}
	printf(" end %s\n", !strcmp(at, " ") || !*at ? "ok" : at);
}

static void *other(void *arg)
{
	other_tid = syscall(SYS_gettid);
	kids[2] = kid();
	kids[3] = kid();
	show("second thread", syscall(SYS_gettid));
	show("first thread", getpid());
	return NULL;
}

static void find(const char *text, const char *line)
{
	printf("%s: %s\n", line, strstr(text, line) ? "yes" : "no");
}

int main(void)
{
	static char text[1 << 16];
	char path[64];
	pthread_t th;
	struct stat st;
	int fd, i;

	t_start();
	CHECK(pipe(hold) == 0);
	show("none", getpid());
	kids[0] = kid();
	kids[1] = kid();
	show("two", getpid());
	CHECK(pthread_create(&th, NULL, other, NULL) == 0);
	pthread_join(th, NULL);
	/* Its children are the first thread's when it is gone. */
	snprintf(path, sizeof(path), "/proc/self/task/%d", other_tid);
	UNTIL(access(path, F_OK) != 0);
	show("all", getpid());
	close(hold[1]);
	/* A zombie is a child until it is waited for. */
	for (i = 0; i < 4; i++)
		t_wait_state(kids[i], 'Z');
	show("zombies", getpid());
	for (i = 0; i < 4; i++)
		waitpid(kids[i], NULL, 0);
	show("waited for", getpid());
	T(stat("/proc/self/children", &st));
	snprintf(path, sizeof(path), "/proc/self/task/%d/children", getpid());
	T(stat(path, &st));
	SHOWO(st.st_mode);

	CHECK(mkdir("m", 0755) == 0 && mkdir("a b", 0755) == 0);
	CHECK(mount("the source", "m", "tmpfs", 0, NULL) == 0);
	CHECK(chdir("m") == 0 && mkdir("a b", 0755) == 0);
	CHECK(mount("x", "a b", "tmpfs", 0, NULL) == 0);
	T(stat("/proc/self/mountstats", &st));
	SHOWO(st.st_mode);
	fd = open("/proc/self/mountstats", O_RDONLY);
	for (i = 0; (size_t)i < sizeof(text) - 1;) {
		ssize_t n = read(fd, text + i, sizeof(text) - 1 - i);
		if (n <= 0)
			break;
		i += n;
	}
	close(fd);
	find(text, "device the\\040source mounted on ");
	find(text, "/m with fstype tmpfs\n");
	find(text, "device x mounted on ");
	find(text, "/m/a\\040b with fstype tmpfs\n");
	CHECK(umount("a b") == 0 && chdir("..") == 0 && umount("m") == 0);
	pid_t pid = fork();
	if (!pid) {
		CHECK(setresgid(1000, 1000, 1000) == 0 && setresuid(1000, 1000, 1000) == 0);
		T(open("/proc/1/mountstats", O_RDONLY));
		_exit(0);
	}
	T(t_wait(pid));
	return 0;
}
