// SPDX-License-Identifier: MPL-2.0
// /proc: links of directories count those in them, fd has the number of descriptors as its size;
// the order of status; tables of terminals, devices and memory have their columns; the marks of an
// inotify descriptor are told with their flags.
#include "../lib/t.h"

#include <sys/inotify.h>

static void folders(const char *path)
{
	DIR *d = opendir(path);
	struct dirent *e;
	struct stat st;
	unsigned n = 0;

	CHECK(d && stat(path, &st) == 0);
	while ((e = readdir(d)))
		n += e->d_type == DT_DIR && strcmp(e->d_name, ".") && strcmp(e->d_name, "..");
	closedir(d);
	printf("%s: 2 and its directories: %s\n", path, st.st_nlink == 2 + n ? "yes" : "no");
}

static void *sleeper(void *arg)
{
	pause();
	return NULL;
}

static void links(void)
{
	pthread_t th;
	struct stat st, more;
	int fd[3];

	folders("/proc/self");
	folders("/proc/1");
	folders("/proc/self/task");
	CHECK(pthread_create(&th, NULL, sleeper, NULL) == 0);
	folders("/proc/self/task");
	folders("/proc/self/fd");
	folders("/proc/self/fdinfo");
	folders("/proc/tty");
	CHECK(stat("/proc", &st) == 0);
	IS(st.st_nlink > 8);
	CHECK(stat("/proc/self/fd", &st) == 0);
	fd[0] = open("/", O_RDONLY);
	fd[1] = dup2(fd[0], 500);
	CHECK(stat("/proc/self/fd", &more) == 0);
	SHOW(more.st_size - st.st_size);
	close(fd[0]);
	close(fd[1]);
	CHECK(stat("/proc/self/fd", &more) == 0);
	SHOW(more.st_size - st.st_size);
	CHECK(stat("/proc/self/fdinfo", &st) == 0);
	SHOW(st.st_size);
}

/* The names of the lines of status, those that both kernels have. */
static void status(void)
{
	static const char *const mine[] = { "Name", "Umask", "State", "Tgid", "Ngid", "Pid", "PPid",
		"TracerPid", "Uid", "Gid", "FDSize", "Groups", "NStgid", "NSpid", "NSpgid", "NSsid",
		"Kthread", "VmPeak", "VmSwap", "CoreDumping", "THP_enabled", "Threads", "SigQ",
		"CapAmb", "NoNewPrivs", "Seccomp", "Seccomp_filters", "Speculation_Store_Bypass",
		"SpeculationIndirectBranch", "Cpus_allowed", "Mems_allowed_list",
		"voluntary_ctxt_switches" };
	char *s = strdup(t_slurp("/proc/self/status")), *at, *line;

	for (line = strtok_r(s, "\n", &at); line; line = strtok_r(NULL, "\n", &at)) {
		char *colon = strchr(line, ':');
		for (size_t i = 0; colon && i < T_LEN(mine); i++)
			if (strlen(mine[i]) == (size_t)(colon - line) &&
				!memcmp(mine[i], line, colon - line))
				printf("%s\n", mine[i]);
	}
	free(s);
	s = t_slurp("/proc/self/status");
	IS(strstr(s, "\nCoreDumping:\t0\n") != NULL);
}

/* The lines of a table that begin so. */
static void lines(const char *path, const char *const begin[], size_t n)
{
	char *s = strdup(t_slurp(path)), *at, *line;

	printf("%s:\n", path);
	for (size_t i = 0; i < n; i++) {
		char *copy = strdup(s);
		for (line = strtok_r(copy, "\n", &at); line; line = strtok_r(NULL, "\n", &at))
			if (!strncmp(line, begin[i], strlen(begin[i])))
				printf("  %s\n", line);
		free(copy);
	}
	free(s);
}

static void tables(void)
{
	static const char *const terminals[] = { "/dev/tty ", "/dev/console", "/dev/ptmx",
		"pty_slave" };
	static const char *const discs[] = { "n_tty" };
	static const char *const misc[] = { "200 ", "183 " };
	unsigned long n[12];
	struct stat st;
	char zone[64];
	char *s;

	lines("/proc/tty/drivers", terminals, T_LEN(terminals));
	lines("/proc/tty/ldiscs", discs, T_LEN(discs));
	lines("/proc/misc", misc, T_LEN(misc));
	SHOWS(t_slurp("/proc/execdomains"));
	s = t_slurp("/proc/buddyinfo");
	SHOW(sscanf(s, "Node 0, zone %15s %lu %lu %lu %lu %lu %lu %lu %lu %lu %lu %lu", zone, n,
		n + 1, n + 2, n + 3, n + 4, n + 5, n + 6, n + 7, n + 8, n + 9, n + 10));
	s = t_slurp("/proc/zoneinfo");
	IS(!strncmp(s, "Node 0, zone ", 13));
	IS(strstr(s, "\n  pages free     ") != NULL);
	IS(strstr(s, "\n        managed  ") != NULL);
	s = t_slurp("/proc/slabinfo");
	IS(!strncmp(s, "slabinfo - version: 2.1\n# name            <active_objs>", 54));
	s = strchr(strchr(s, '\n') + 1, '\n') + 1;
	SHOW(sscanf(s, "%63s %lu %lu %lu %lu %lu : tunables %lu %lu %lu : slabdata %lu %lu %lu",
		zone, n, n + 1, n + 2, n + 3, n + 4, n + 5, n + 6, n + 7, n + 8, n + 9, n + 10));
	IS(n[2] > 0 && n[3] > 0 && n[4] > 0);
	CHECK(stat("/proc/slabinfo", &st) == 0);
	SHOWO(st.st_mode);
	T(stat("/proc/bus", &st));
	T(stat("/proc/fs", &st));
	T(stat("/proc/driver", &st));
	SHOWO(st.st_mode);
	T(mkdir("/proc/driver/x", 0755));
}

static void marks(void)
{
	int in = inotify_init1(0), one, two;
	char path[64], *at;

	CHECK(mkdir("a", 0755) == 0 && mkdir("b", 0755) == 0);
	one = inotify_add_watch(in, "a", IN_CREATE | IN_ONESHOT);
	two = inotify_add_watch(in, "b", IN_MODIFY | IN_DELETE | IN_EXCL_UNLINK | IN_ONLYDIR);
	CHECK(one == 1 && two == 2);
	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", in);
	for (one = 1; one <= 2; one++) {
		char name[32];
		snprintf(name, sizeof(name), "inotify wd:%d ", one);
		at = strstr(t_slurp(path), name);
		at = at ? strstr(at, " mask:") : NULL;
		printf("%s:%.*s\n", name, at ? (int)strcspn(at + 1, " \n") + 1 : 0, at);
	}
}

int main(void)
{
	t_start();
	links();
	status();
	tables();
	marks();
	return 0;
}
