// SPDX-License-Identifier: MPL-2.0
/*
 * Pid 1 of the names run: for the seconds given as last argument, processes on all harts make,
 * link, move, replace and remove names in the same few directories, mount and unmount there, and
 * look at what must be true whoever was faster. In the end no file may be lost: all inodes and
 * pages of the tmpfs are free again.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "stress.h"

#define WORKERS 8
#define DEPTH   300

static int me;
static char mine[64], other[64];

static void touch(const char *name)
{
	int fd = open(name, O_CREAT | O_RDWR, 0600);

	if (fd >= 0)
		close(fd);
}

static const char *name_of(const char *form)
{
	snprintf(mine, sizeof(mine), form, me);
	return mine;
}

/* A link is there with its text or not at all. */
static void links(void)
{
	char b[64];
	ssize_t n;

	symlink("the text of the link", "sl");
	errno = 0;
	n = readlink("sl", b, sizeof(b));
	MUST(n == 20 || (n < 0 && errno == ENOENT));
	MUST(n < 0 || !memcmp(b, "the text of the link", 20));
	unlink("sl");
}

/* What is made in a directory keeps it: rmdir fails, or the file is not made. */
static void dirs(void)
{
	if (rnd(2)) {
		touch("d/f");
		mkdir("d/e", 0700);
		return;
	}
	mkdir("d", 0777);
	rmdir("d/e");
	unlink("d/f");
	rmdir("d");
}

/* A name that others replace all the time is always there. */
static void replaced(void)
{
	struct stat st;

	touch(name_of("own%d"));
	MUST(rename(mine, "replaced") == 0);
	MUST(stat("replaced", &st) == 0);
	MUST(st.st_nlink <= 1);
}

static void counted(void)
{
	if (link("counted", name_of("x/l%d")) == 0)
		MUST(unlink(mine) == 0);
	if (link("counted", name_of("y/l%d")) == 0)
		MUST(unlink(mine) == 0);
}

/* A file that was moved into a directory can be moved out again. */
static void moved(void)
{
	touch(name_of("t%d"));
	snprintf(other, sizeof(other), "v/t%d", me);
	mkdir("v", 0777);
	if (rename(mine, other) == 0)
		MUST(rename(other, mine) == 0);
	rmdir("v");
	mkdir("w", 0777);
	if (rename("w", "v") == 0 || errno == ENOTEMPTY || errno == ENOENT || errno == EBUSY)
		return;
	die("rename of a directory");
}

/* Whole directories change places, and nobody gets out above the one where he has to stay. */
static void confined(void)
{
	static struct stat top, above;
	struct open_how how = { .flags = O_PATH | O_DIRECTORY,
		.resolve = rnd(2) ? RESOLVE_BENEATH : RESOLVE_IN_ROOT };
	struct stat st;
	int in, fd;

	stat(".", &top);
	stat("..", &above);
	if (rnd(2)) {
		rename("in/a/b", "out");
		rename("out", "in/a/b");
		return;
	}
	in = open("in", O_PATH | O_DIRECTORY);
	MUST(in >= 0);
	fd = (int)syscall(SYS_openat2, in, rnd(2) ? "a/b/../.." : "a/b/c/../../..", &how,
		sizeof(how));
	if (fd >= 0) {
		MUST(fstat(fd, &st) == 0);
		MUST(st.st_ino != top.st_ino && st.st_ino != above.st_ino);
		close(fd);
	}
	close(in);
}

/*
 * Two directories change places, one replaces the other, and files move between them: whoever
 * wants both never waits for ever.
 */
static void siblings(void)
{
	static const char *const dir[2][3] = { { "s/a", "s/b", "s/c" },
		{ "s/a/c", "s/b/c", "s/c/c" } };
	int level = (int)rnd(2);
	const char *from = dir[level][rnd(3)], *to = dir[level][rnd(3)];

	snprintf(mine, sizeof(mine), "%s/f%d", from, me);
	snprintf(other, sizeof(other), "%s/f%d", to, me);
	switch (rnd(16)) {
	case 0:
	case 1:
	case 2:
		mkdir(from, 0777);
		touch(mine);
		break;
	case 3:
		unlink(other);
		rmdir(to);
		break;
	case 4:
		rename(from, to);
		break;
	case 5:
	case 6:
	case 7:
	case 8:
		syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 2 /* RENAME_EXCHANGE */);
		break;
	default:
		rename(mine, other);
		break;
	}
}

static void mounts(void)
{
	if (mount("t", "m", "tmpfs", 0, "size=1m"))
		return;
	if (rnd(2))
		sched_yield();
	mkdir("m/below", 0755);
	if (rnd(4) == 0)
		mount("t", "m/below", "tmpfs", 0, "size=1m");
	while (umount2("m", rnd(3) ? MNT_DETACH : rnd(2) ? 4 : 0) && errno != EINVAL)
		sched_yield();
}

static void in_mount(void)
{
	char a[32], b[32];
	int fd;

	snprintf(a, sizeof(a), "m/f%d", me);
	snprintf(b, sizeof(b), "m/g%d", (int)rnd(WORKERS));
	fd = open(a, O_CREAT | O_RDWR, 0600);
	if (fd >= 0)
		write(fd, a, sizeof(a));
	link(a, b);
	mkdir("m/dir", 0777);
	rename(b, "m/dir/g");
	symlink(a, "m/dir/s");
	unlink("m/dir/s");
	unlink("m/dir/g");
	rmdir("m/dir");
	unlink(b);
	unlink(a);
	if (fd >= 0)
		close(fd);
}

static void deep(void)
{
	int i, fd, home = open(".", O_PATH | O_DIRECTORY);

	MUST(mkdir(name_of("deep%d"), 0777) == 0 && chdir(mine) == 0);
	for (i = 0; i < DEPTH; i++)
		MUST(mkdir("d", 0777) == 0 && chdir("d") == 0);
	fd = open(".", O_RDONLY | O_DIRECTORY);
	for (i = 0; i < DEPTH; i++)
		MUST(chdir("..") == 0 && rmdir("d") == 0);
	MUST(fchdir(home) == 0 && rmdir(mine) == 0);
	close(fd);
	close(home);
}

static void work(int id, time_t end)
{
	static void (*const job[])(void) = { links, dirs, replaced, counted, moved, confined,
		mounts, in_mount };
	int i;

	me = id;
	rng = (uint64_t)(id + 1) * 0x9e3779b97f4a7c15;
	for (i = 0; i < 20000; i++)
		siblings();
	while (time(NULL) < end) {
		void (*now)(void) = job[rnd(sizeof(job) / sizeof(job[0]))];
		for (i = 0; i < 50; i++)
			now();
		if (rnd(20) == 0)
			deep();
	}
	_exit(0);
}

/* A directory and all below it. */
static void clean_siblings(const char *dir, int depth)
{
	static const char names[] = "abc";
	char path[128];
	int i;

	for (i = 0; depth < 2 && i < 3; i++) {
		snprintf(path, sizeof(path), "%s/%c", dir, names[i]);
		if (access(path, F_OK) == 0)
			clean_siblings(path, depth + 1);
	}
	for (i = 0; i < WORKERS; i++) {
		snprintf(path, sizeof(path), "%s/f%d", dir, i);
		unlink(path);
	}
	MUST(rmdir(dir) == 0);
}

/* All names that may have been left. */
static void clean(void)
{
	static const char *const files[] = { "sl", "d/f", "replaced" },
				 *const dirs_left[] = { "d/e", "d", "v/w", "v", "w", "m" };
	struct stat st;
	size_t i;

	/* Also what was mounted below the place of a mount that had just gone. */
	while (umount2("m", MNT_DETACH) == 0 || umount2("m/below", MNT_DETACH) == 0)
		;
	for (i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		unlink(files[i]);
	for (me = 0; me < WORKERS; me++) {
		unlink(name_of("t%d"));
		unlink(name_of("own%d"));
		unlink(name_of("m/f%d"));
		unlink(name_of("m/g%d"));
	}
	unlink("m/dir/g");
	unlink("m/dir/s");
	rmdir("m/dir");
	rmdir("m/below");
	for (i = 0; i < sizeof(dirs_left) / sizeof(dirs_left[0]); i++)
		rmdir(dirs_left[i]);
	clean_siblings("s", 0);
	MUST(stat("counted", &st) == 0 && st.st_nlink == 1);
	rename("out", "in/a/b");
	MUST(unlink("counted") == 0 && rmdir("x") == 0 && rmdir("y") == 0);
	MUST(rmdir("in/a/b/c") == 0 && rmdir("in/a/b") == 0 && rmdir("in/a") == 0 &&
		rmdir("in") == 0);
}

int main(int argc, char **argv)
{
	time_t end = time(NULL) + atoi(argv[argc - 1]);
	struct statfs before, after;
	int i, st;

	mkdir("/tmp", 01777);
	MUST(mount("tmp", "/tmp", "tmpfs", 0, "size=32m") == 0);
	MUST(statfs("/tmp", &before) == 0);
	MUST(mkdir("/tmp/n", 0777) == 0 && chdir("/tmp/n") == 0);
	mkdir("x", 0777);
	mkdir("y", 0777);
	mkdir("m", 0777);
	mkdir("s", 0777);
	MUST(mkdir("in", 0777) == 0 && mkdir("in/a", 0777) == 0 && mkdir("in/a/b", 0777) == 0 &&
		mkdir("in/a/b/c", 0777) == 0);
	touch("counted");
	touch("replaced");
	for (i = 0; i < WORKERS; i++)
		if (fork() == 0)
			work(i, end);
	for (i = 0; i < WORKERS; i++)
		MUST(wait(&st) > 0 && WIFEXITED(st) && WEXITSTATUS(st) == 0);
	clean();
	MUST(chdir("/") == 0 && rmdir("/tmp/n") == 0);
	MUST(statfs("/tmp", &after) == 0);
	if (after.f_ffree != before.f_ffree || after.f_bfree != before.f_bfree)
		fprintf(stderr, "STRESS FAIL lost %ld files, %ld pages\n",
			(long)(before.f_ffree - after.f_ffree),
			(long)(before.f_bfree - after.f_bfree));
	printf("STRESS done\n");
	fflush(stdout);
	reboot(RB_POWER_OFF);
	return 0;
}
