// SPDX-License-Identifier: MPL-2.0
// /proc/locks shows each lock of a file with its range, and who waits for it.
#include "../lib/t.h"
#include <sys/file.h>

static ino_t ino;

static int compare(const void *a, const void *b)
{
	return strcmp(a, b);
}

/* The lines about the test's file, sorted, without the number and with words for the pids. */
static int show(pid_t child, int print)
{
	static char lines[16][200];
	char line[256], type[16], mode[16], access[16], dev[64], start[32], end[32];
	FILE *f = fopen("/proc/locks", "r");
	int n = 0, i;

	while (f && fgets(line, sizeof(line), f) && n < 16) {
		char *p = strchr(line, ' ') + 1;
		const char *arrow = !strncmp(p, "-> ", 3) ? "-> " : "";
		long pid, number;
		unsigned major, minor;

		p += strlen(arrow);
		if (sscanf(p, "%15s %15s %15s %ld %63s %31s %31s", type, mode, access, &pid, dev,
			    start, end) != 7 ||
			sscanf(dev, "%x:%x:%ld", &major, &minor, &number) != 3 ||
			number != (long)ino)
			continue;
		snprintf(lines[n++], sizeof(lines[0]), "%s%s %s %s %s %s %s", arrow, type, mode,
			access,
			pid == getpid()        ? "me"
				: pid == child ? "child"
				: pid < 0      ? "none"
					       : "other",
			start, end);
	}
	if (f)
		fclose(f);
	qsort(lines, n, sizeof(lines[0]), compare);
	for (i = 0; print && i < n; i++)
		printf("%s\n", lines[i]);
	return n;
}

static int lock(int fd, int cmd, short type, off_t start, off_t len)
{
	struct flock fl = { .l_type = type, .l_start = start, .l_len = len };

	return fcntl(fd, cmd, &fl);
}

int main(void)
{
	struct stat st;

	t_start();
	t_tmpfs("");
	t_file("f", "", 0600);
	int a = open("f", O_RDWR), b = open("f", O_RDWR);
	CHECK(!fstat(a, &st));
	ino = st.st_ino;
	SHOW(show(0, 1));
	T(lock(a, F_SETLK, F_WRLCK, 0, 10));
	T(lock(a, F_SETLK, F_RDLCK, 4, 2));
	SHOW(show(0, 1));
	T(lock(a, F_SETLK, F_WRLCK, 4, 2));
	SHOW(show(0, 1));
	T(lock(b, F_OFD_SETLK, F_RDLCK, 100, 0));
	T(flock(b, LOCK_SH));
	SHOW(show(0, 1));

	pid_t pid = t_fork();
	if (pid == 0) {
		int d = open("f", O_RDWR);

		lock(d, F_SETLK, F_RDLCK, 200, 1);
		_exit(lock(d, F_SETLKW, F_WRLCK, 5, 1) ? errno : 0);
	}
	UNTIL(show(pid, 0) == 5);
	SHOW(show(pid, 1));
	T(lock(a, F_SETLK, F_UNLCK, 0, 0));
	t_reap("waiter", pid);
	SHOW(show(pid, 1));
	T(flock(b, LOCK_UN));
	T(close(b));
	SHOW(show(0, 1));

	/* many locks in the middle of each other, and away again in pieces */
	for (off_t i = 0; i < 400; i += 2)
		CHECK(!lock(a, F_SETLK, F_WRLCK, i, 1));
	CHECK(!lock(a, F_SETLK, F_UNLCK, 3, 380));
	SHOW(show(0, 1));
	CHECK(!lock(a, F_SETLK, F_WRLCK, 0, 0));
	SHOW(show(0, 1));
	CHECK(!lock(a, F_SETLK, F_UNLCK, 10, 1));
	SHOW(show(0, 1));
	T(close(a));
	SHOW(show(0, 1));
	return 0;
}
