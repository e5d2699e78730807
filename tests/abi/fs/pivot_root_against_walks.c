// SPDX-License-Identifier: MPL-2.0
// pivot_root changes the root of processes that are looking up a path from it; the old root is
// unmounted at once.
#include "../lib/t.h"

#define PIVOTS  40
#define WALKERS 3

static void make_root(const char *at)
{
	char path[64];
	static const char *const dirs[] = { "old", "next", "m" };
	size_t i;

	CHECK(mount("t", at, "tmpfs", 0, NULL) == 0);
	for (i = 0; i < T_LEN(dirs); i++) {
		snprintf(path, sizeof(path), "%s/%s", at, dirs[i]);
		CHECK(mkdir(path, 0755) == 0);
	}
}

/* A long way in a mount that is not the root's, then a link to the root. */
static void walk(int dir)
{
	char path[4096] = "";
	struct stat st;
	size_t n;

	for (n = 0; n + 5 < 3800; n += 5)
		memcpy(path + n, "s/../", 5);
	strcpy(path + n, "link/next");
	CHECK(fchdir(dir) == 0);
	for (;;)
		CHECK(stat(path, &st) == 0);
}

static void pivots(void)
{
	int i;

	for (i = 0; i < PIVOTS; i++) {
		make_root("/next");
		CHECK(chdir("/next") == 0);
		CHECK(syscall(SYS_pivot_root, ".", "old") == 0);
		CHECK(chdir("/") == 0);
		CHECK(umount2("/old", MNT_DETACH) == 0);
	}
}

int main(void)
{
	pid_t pid[WALKERS], main_pid;
	int i, dir;

	t_start();
	main_pid = t_fork();
	if (main_pid == 0) {
		mkdir("root", 0755);
		make_root("root");
		CHECK(chroot("root") == 0 && chdir("/") == 0);
		CHECK(mount("m", "/m", "tmpfs", 0, NULL) == 0);
		CHECK(mkdir("/m/s", 0755) == 0 && symlink("/", "/m/link") == 0);
		dir = open("/m", O_DIRECTORY);
		for (i = 0; i < WALKERS; i++) {
			pid[i] = t_fork();
			if (pid[i] == 0)
				walk(dir);
		}
		pivots();
		for (i = 0; i < WALKERS; i++) {
			kill(pid[i], SIGKILL);
			t_reap("walker", pid[i]);
		}
		_exit(0);
	}
	t_reap("pivots", main_pid);
	umount2("root", MNT_DETACH);
	return 0;
}
