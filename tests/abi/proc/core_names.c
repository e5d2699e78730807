// SPDX-License-Identifier: MPL-2.0
// kernel.core_pattern: each letter, directories, the pid that is appended; what stands in the way of
// a core file, and its owner.
#include "../lib/core.h"

#define USES_PID "/proc/sys/kernel/core_uses_pid"

static long number(const char *path)
{
	char *s = t_slurp(path);

	return s ? atol(s) : -1;
}

/* The names in the directory, with letters for the pid of the child. */
static void show_names(pid_t pid)
{
	char *names[64], id[16], host[80], *at;
	struct dirent *e;
	DIR *d = opendir(".");
	size_t n = 0;

	snprintf(id, sizeof(id), "%d", pid);
	gethostname(host, sizeof(host));
	while ((e = readdir(d)) && n < T_LEN(names))
		if (e->d_name[0] != '.' || e->d_name[1] >= '0')
			names[n++] = strdup(e->d_name);
	closedir(d);
	qsort(names, n, sizeof(names[0]), t_compare_strings);
	for (size_t i = 0; i < n; i++) {
		printf("  ");
		for (at = names[i]; *at; at++) {
			if ((at == names[i] || at[-1] == '.') && !strncmp(at, id, strlen(id)) &&
				!isdigit(at[strlen(id)])) {
				printf("PID");
				at += strlen(id) - 1;
			} else {
				putchar(*at);
			}
		}
		printf("\n");
		unlink(names[i]);
		free(names[i]);
	}
}

static void dump_by(const char *pattern)
{
	pid_t pid;
	char label[160];

	snprintf(label, sizeof(label), "pattern '%.40s'", pattern);
	TL(label, core_set(CORE_PATTERN, pattern));
	pid = t_fork();
	if (pid == 0) {
		core_limit(RLIM_INFINITY);
		raise(SIGQUIT);
	}
	t_reap("dump", pid);
	show_names(pid);
}

static void letters(void)
{
	static const char *const patterns[] = { "core.%p", "c.%P.%i.%I", "c.%u.%g.%d.%s", "c.%e.%f",
		"c.%E", "c.%%.%", "c.%x.%z", "c.%c", "%p", "%%p", "with space %s", "c\nd", "",
		"\n" };
	char long_name[200], *t;
	time_t before = time(NULL);
	struct dirent *e;
	DIR *d;

	for (size_t i = 0; i < T_LEN(patterns); i++)
		dump_by(patterns[i]);
	T(core_set(USES_PID, "1"));
	for (size_t i = 0; i < T_LEN(patterns); i++)
		dump_by(patterns[i]);
	T(core_set(USES_PID, "0"));
	memset(long_name, 'l', sizeof(long_name));
	long_name[199] = 0;
	dump_by(long_name);
	SHOW(strlen(t_slurp(CORE_PATTERN)));
	/* The time, the host, the processor. An empty name would be told as "!". */
	CHECK(sethostname("host", 4) == 0);
	CHECK(core_set(CORE_PATTERN, "t.%t.%h.%C") > 0);
	IN_CHILD("time", core_limit(RLIM_INFINITY); raise(SIGQUIT));
	d = opendir(".");
	while ((e = readdir(d)) != NULL) {
		if (e->d_name[0] != 't')
			continue;
		char host[80];
		gethostname(host, sizeof(host));
		long when = strtol(e->d_name + 2, &t, 10);
		IS(when >= before && when <= time(NULL));
		IS(!strncmp(t + 1, host, strlen(host)));
		IS(isdigit(t[strlen(host) + 2]));
		unlink(e->d_name);
	}
	closedir(d);
}

/* Names of a program's choice lead to no other directory. */
static void names_that_lead_away(void)
{
	static const char *const names[] = { "a/b", ".", "..", "", "../x", "/", "a b" };

	CHECK(core_set(CORE_PATTERN, "n.%e/%e") > 0 || true);
	for (size_t i = 0; i < T_LEN(names); i++) {
		pid_t pid = t_fork();
		if (pid == 0) {
			CHECK(core_set(CORE_PATTERN, i % 2 ? "%e" : "n%e") > 0);
			core_limit(RLIM_INFINITY);
			prctl(PR_SET_NAME, names[i]);
			raise(SIGQUIT);
		}
		t_reap(names[i], pid);
		show_names(pid);
	}
}

/* What stands in the place of the file. */
static void in_the_way(void)
{
	struct stat st;

	CHECK(core_set(CORE_PATTERN, "core") > 0);
	t_file("core", "old", 0600);
	CHECK(link("core", "other") == 0);
	IN_CHILD("a file with two links", core_limit(RLIM_INFINITY); raise(SIGQUIT));
	SHOWS(t_slurp("other"));
	CHECK(stat("core", &st) == 0);
	IS(st.st_size > 4096 && st.st_nlink == 1);
	unlink("core");
	CHECK(symlink("other", "core") == 0);
	IN_CHILD("a link", core_limit(RLIM_INFINITY); raise(SIGQUIT));
	SHOWS(t_slurp("other"));
	CHECK(lstat("core", &st) == 0);
	IS(S_ISREG(st.st_mode));
	unlink("core");
	unlink("other");
	CHECK(mkfifo("core", 0600) == 0);
	IN_CHILD("a fifo", core_limit(RLIM_INFINITY); raise(SIGQUIT));
	CHECK(lstat("core", &st) == 0);
	IS(S_ISREG(st.st_mode));
	unlink("core");
	CHECK(mkdir("core", 0700) == 0);
	IN_CHILD("a directory", core_limit(RLIM_INFINITY); raise(SIGQUIT));
	CHECK(rmdir("core") == 0);
	IN_CHILD("umask", core_limit(RLIM_INFINITY); umask(0777); raise(SIGQUIT));
	if (stat("core", &st) == 0)
		printf("mode %o, size %ld\n", st.st_mode, (long)st.st_size);
	unlink("core");
	IN_CHILD("umask 077", core_limit(RLIM_INFINITY); umask(077); raise(SIGQUIT));
	unlink("core");
	CHECK(core_set(CORE_PATTERN, "no/such/place") > 0);
	IN_CHILD("no directory", core_limit(RLIM_INFINITY); raise(SIGQUIT));
	CHECK(mkdir("dir", 0777) == 0);
	CHECK(core_set(CORE_PATTERN, "dir/core.%s") > 0);
	IN_CHILD("directory", core_limit(RLIM_INFINITY); raise(SIGQUIT));
	t_list("dir", "dir");
	unlink("dir/core.3");
	CHECK(rmdir("dir") == 0);
	CHECK(core_set(CORE_PATTERN, "/dev/null") > 0);
	IN_CHILD("unlinkable", t_drop_root(1000); core_limit(RLIM_INFINITY); raise(SIGQUIT));
	SHOW(access("/dev/null", F_OK));
}

static void users(void)
{
	struct stat st;

	CHECK(core_set(CORE_PATTERN, "core") > 0);
	T(number("/proc/sys/fs/suid_dumpable"));
	CHECK(chmod(".", 01777) == 0);
	IN_CHILD("user", core_limit(RLIM_INFINITY); t_drop_root(1000); raise(SIGQUIT));
	T(access("core", F_OK));
	IN_CHILD("user again", core_limit(RLIM_INFINITY); t_drop_root(1000);
		prctl(PR_SET_DUMPABLE, 1); raise(SIGQUIT));
	CHECK(stat("core", &st) == 0);
	printf("uid %u gid %u mode %o\n", st.st_uid, st.st_gid, st.st_mode);
	/* Another user's is not removed here: the directory is sticky. */
	IN_CHILD("another user", core_limit(RLIM_INFINITY); t_drop_root(1001);
		prctl(PR_SET_DUMPABLE, 1); raise(SIGQUIT));
	CHECK(stat("core", &st) == 0);
	SHOW(st.st_uid);
	unlink("core");
	IN_CHILD("not dumpable", core_limit(RLIM_INFINITY); prctl(PR_SET_DUMPABLE, 0);
		raise(SIGQUIT));
	T(access("core", F_OK));
	/* As root, to an absolute path. */
	CHECK(core_set("/proc/sys/fs/suid_dumpable", "2") > 0);
	IN_CHILD("changed ids, relative", core_limit(RLIM_INFINITY); t_drop_root(1000);
		raise(SIGQUIT));
	T(access("core", F_OK));
	CHECK(core_set(CORE_PATTERN, "/tmp/core.%d.%u") > 0);
	IN_CHILD("changed ids", core_limit(RLIM_INFINITY); umask(077); t_drop_root(1000);
		raise(SIGQUIT));
	if (stat("/tmp/core.2.1000", &st) == 0)
		printf("uid %u gid %u mode %o\n", st.st_uid, st.st_gid, st.st_mode);
	IN_CHILD("there already", core_limit(RLIM_INFINITY); t_drop_root(1000); raise(SIGQUIT));
	T(unlink("/tmp/core.2.1000"));
	/* Its root is not the process's. */
	IN_CHILD("chroot", core_limit(RLIM_INFINITY); CHECK(chroot(".") == 0); t_drop_root(1000);
		raise(SIGQUIT));
	T(unlink("/tmp/core.2.1000"));
	/* Its umask is. */
	IN_CHILD("umask", core_limit(RLIM_INFINITY); umask(0777); t_drop_root(1000);
		raise(SIGQUIT));
	T(unlink("/tmp/core.2.1000"));
	CHECK(core_set("/proc/sys/fs/suid_dumpable", "0") > 0);
}

int main(void)
{
	t_start();
	T(number(USES_PID));
	T(number("/proc/sys/kernel/core_pipe_limit"));
	T(number("/proc/sys/kernel/core_file_note_size_limit"));
	T(core_set("/proc/sys/kernel/core_file_note_size_limit", "4194303"));
	T(core_set("/proc/sys/kernel/core_file_note_size_limit", "16777217"));
	T(core_set(USES_PID, "x"));
	letters();
	names_that_lead_away();
	in_the_way();
	users();
	T(core_set(CORE_PATTERN, "core"));
	IN_CHILD("user", t_drop_root(1000); T(open(CORE_PATTERN, O_WRONLY)));
	return 0;
}
