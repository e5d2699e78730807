// SPDX-License-Identifier: MPL-2.0
// What is written to files with one number is a number and nothing else; files that nobody may
// write cannot be opened for it; those that can be written keep what was written.
#include "../lib/t.h"

static const char *const texts[] = { "5abc", " 7 ", "8\n", "0x10", "010", "-3", "+3", "", " ", "x",
	"-", "1001", "9\n\n" };

static void adjust(void)
{
	for (unsigned i = 0; i < T_LEN(texts); i++) {
		char buf[32] = "";
		int fd = open("/proc/self/oom_score_adj", O_RDWR);

		printf("'%s': ", texts[i]);
		TL("write", write(fd, texts[i], strlen(texts[i])));
		pread(fd, buf, sizeof(buf) - 1, 0);
		printf("%s", buf);
		close(fd);
	}
}

static void numbers(void)
{
	static const char *const text[] = { "5abc", " 7000 ", "0x1000", "x", "-1", "9000\n" };

	for (unsigned i = 0; i < T_LEN(text); i++) {
		int fd = open("/proc/sys/fs/inotify/max_queued_events", O_RDWR);
		char buf[32] = "";

		printf("'%s': ", text[i]);
		TL("write", write(fd, text[i], strlen(text[i])));
		pread(fd, buf, sizeof(buf) - 1, 0);
		printf("%s", buf);
		close(fd);
	}
}

// Sets the number, and returns the old one.
static long set(const char *name, long v)
{
	char path[128], buf[32] = "";
	int fd;

	snprintf(path, sizeof(path), "/proc/sys/%s", name);
	fd = open(path, O_RDWR);
	if (fd < 0 || pread(fd, buf, sizeof(buf) - 1, 0) <= 0)
		return -1;
	dprintf(fd, "%ld\n", v);
	close(fd);
	return atol(buf);
}

static void keeps(const char *name, long v)
{
	long old = set(name, v);

	printf("%s: %s\n", name, set(name, old) == v ? "kept" : "not kept");
}

#include <sys/inotify.h>
#include <sys/socket.h>

static void effects(void)
{
	long old;
	int a, v;
	socklen_t l = sizeof(v);
	struct rlimit r = { 2000, 2000 };
	char *p;

	old = set("fs/inotify/max_user_instances", 1);
	IN_CHILD("instances", t_drop_root(4321); TOK(inotify_init()); TOK(inotify_init()));
	set("fs/inotify/max_user_instances", old);
	old = set("fs/inotify/max_user_watches", 1);
	IN_CHILD("watches", t_drop_root(4322); a = inotify_init();
		TOK(inotify_add_watch(a, "/", IN_OPEN));
		TOK(inotify_add_watch(a, "/proc", IN_OPEN)));
	set("fs/inotify/max_user_watches", old);
	old = set("fs/nr_open", 1024);
	IN_CHILD("nr_open", T(setrlimit(RLIMIT_NOFILE, &r)); r.rlim_cur = r.rlim_max = 1024;
		T(setrlimit(RLIMIT_NOFILE, &r)));
	set("fs/nr_open", old);
	old = set("vm/max_map_count", 200);
	IN_CHILD("maps", p = mmap(NULL, 4096 * 1000, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		for (v = 0;
			v < 1000 && !mprotect(p + v * 4096, 4096, v & 1 ? PROT_READ : PROT_NONE);
			v++);
		IS(v > 100 && v < 200));
	set("vm/max_map_count", old);
	old = set("net/core/wmem_max", 8192);
	a = socket(AF_UNIX, SOCK_STREAM, 0);
	v = 1000000;
	T(setsockopt(a, SOL_SOCKET, SO_SNDBUF, &v, sizeof(v)));
	T(getsockopt(a, SOL_SOCKET, SO_SNDBUF, &v, &l));
	SHOW(v);
	set("net/core/wmem_max", old);
	v = 100000000;
	T(setsockopt(a, SOL_SOCKET, SO_SNDBUF, &v, sizeof(v)));
	T(getsockopt(a, SOL_SOCKET, SO_SNDBUF, &v, &l));
	SHOW(v / 2 == old);
	old = set("vm/overcommit_memory", 1);
	p = mmap(NULL, 1ul << 36, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	IS(p != MAP_FAILED);
	munmap(p, 1ul << 36);
	set("vm/overcommit_memory", old);
	old = set("kernel/randomize_va_space", 0);
	IN_CHILD("layout", execl("/proc/self/exe", "x", "where", NULL));
	IN_CHILD("layout", execl("/proc/self/exe", "x", "where", NULL));
	set("kernel/randomize_va_space", old);
}

int main(int argc, char **argv)
{
	static unsigned long *seen;
	unsigned long here = (unsigned long)&argc & ~4095ul;
	int fd;

	(void)seen;
	if (argc > 1) {
		unsigned long before = 0;

		fd = open("layout", O_RDWR | O_CREAT, 0600);
		if (pread(fd, &before, sizeof(before), 0) == sizeof(before))
			IS(before == here);
		pwrite(fd, &here, sizeof(here), 0);
		return 0;
	}
	t_start();
	adjust();
	numbers();
	for (const char *const *n = (const char *[]){ "kernel/version", "kernel/ostype",
		     "kernel/cap_last_cap", "kernel/ngroups_max", "fs/file-nr",
		     "kernel/random/uuid", "kernel/random/entropy_avail", NULL };
		*n; n++) {
		char path[64];

		snprintf(path, sizeof(path), "/proc/sys/%s", *n);
		TLOK(*n, open(path, O_WRONLY));
		TLOK(*n, open(path, O_RDONLY));
	}
	keeps("fs/inotify/max_user_instances", 99);
	keeps("fs/inotify/max_user_watches", 9999);
	keeps("fs/inotify/max_queued_events", 999);
	keeps("fs/nr_open", 5000);
	keeps("fs/mount-max", 5000);
	keeps("vm/max_map_count", 50000);
	keeps("vm/overcommit_memory", 1);
	keeps("kernel/pid_max", 30000);
	keeps("kernel/threads-max", 3000);
	keeps("kernel/dmesg_restrict", 1);
	keeps("kernel/randomize_va_space", 1);
	keeps("net/core/somaxconn", 100);
	keeps("net/core/wmem_max", 100000);
	keeps("net/core/rmem_default", 100000);
	keeps("net/unix/max_dgram_qlen", 20);
	long most = set("kernel/pid_max", 300); // too few: refused
	IS(set("kernel/pid_max", most) == most);
	fd = open("/proc/sys/kernel/printk", O_RDWR);
	char levels[64] = "";
	pread(fd, levels, sizeof(levels) - 1, 0);
	// The level of the console alone, and all four as sysctl(8) writes them.
	levels[strcspn(levels, " \t")] = 0;
	T(pwrite(fd, levels, strlen(levels), 0) == (ssize_t)strlen(levels));
	strcat(levels, " 4 1 7\n");
	T(pwrite(fd, levels, strlen(levels), 0) == (ssize_t)strlen(levels));
	T(pwrite(fd, "x", 1, 0));
	close(fd);
	effects();
	return 0;
}
