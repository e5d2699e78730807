// SPDX-License-Identifier: MPL-2.0
// What a core file has of the memory: by /proc/PID/coredump_filter and madvise; and the file itself.
#include "../lib/core.h"

#include <sys/syscall.h>

static char *anon, *shared, *file_private, *file_written, *file_shared, *memfd, *dont, *redo, *elf,
	*elf_text, *text, *text_x, *hidden;

static void *map_file(const char *name, int prot, int flags)
{
	int fd = open(name, O_RDWR);
	void *p = mmap(NULL, 8192, prot, flags, fd, 0);

	CHECK(p != MAP_FAILED);
	close(fd);
	return p;
}

static void make_file(const char *name, const char *begin, mode_t mode)
{
	t_file(name, begin, 0644);
	CHECK(truncate(name, 8192) == 0);
	CHECK(chmod(name, mode) == 0);
}

static void map_things(void)
{
	int anonymous = MAP_ANONYMOUS | MAP_PRIVATE, rw = PROT_READ | PROT_WRITE, fd;

	anon = mmap(NULL, 8192, rw, anonymous, -1, 0);
	shared = mmap(NULL, 8192, rw, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	file_private = map_file("a", PROT_READ, MAP_PRIVATE);
	file_written = map_file("a", rw, MAP_PRIVATE);
	file_shared = map_file("a", rw, MAP_SHARED);
	fd = (int)syscall(SYS_memfd_create, "m", 0);
	CHECK(ftruncate(fd, 8192) == 0);
	memfd = mmap(NULL, 8192, rw, MAP_SHARED, fd, 0);
	close(fd);
	dont = mmap(NULL, 8192, rw, anonymous, -1, 0);
	redo = mmap(NULL, 8192, rw, anonymous, -1, 0);
	elf = map_file("elf", PROT_READ, MAP_PRIVATE);
	elf_text = map_file("elf", rw, MAP_PRIVATE);
	CHECK(mprotect(elf_text, 8192, PROT_NONE) == 0);
	text = map_file("text", PROT_READ, MAP_PRIVATE);
	text_x = map_file("text_x", PROT_READ, MAP_PRIVATE);
	hidden = map_file("a", PROT_NONE, MAP_PRIVATE);
	anon[0] = shared[0] = file_written[4096] = memfd[0] = dont[0] = redo[0] = 'x';
	T(madvise(dont, 8192, MADV_DONTDUMP));
	T(madvise(redo, 8192, MADV_DONTDUMP));
	T(madvise(redo, 8192, MADV_DODUMP));
}

static void show(const struct core *c, const char *name, const char *va)
{
	const Elf64_Phdr *ph = core_map(c, va);
	const char *at = core_at(c, va);

	printf(" %s", name);
	if (ph)
		printf(" %lu/%lu", ph->p_filesz, ph->p_memsz);
	if (at && *at)
		printf("(%c)", *at);
}

/* A child with the same mappings, and the filter @filter if there is one. */
static void dump_with(const char *filter)
{
	struct core c;
	pid_t pid = t_fork();

	if (pid == 0) {
		core_limit(RLIM_INFINITY);
		if (filter)
			TL(filter, core_set("/proc/self/coredump_filter", filter));
		raise(SIGQUIT);
	}
	t_reap(filter ? filter : "default", pid);
	CHECK(core_open("core", &c));
	show(&c, "anon", anon);
	show(&c, "shared", shared);
	show(&c, "file_private", file_private);
	show(&c, "file_written", file_written);
	show(&c, "file_shared", file_shared);
	show(&c, "memfd", memfd);
	show(&c, "dont", dont);
	show(&c, "redo", redo);
	show(&c, "elf", elf);
	show(&c, "elf_text", elf_text);
	show(&c, "text", text);
	show(&c, "text_x", text_x);
	show(&c, "hidden", hidden);
	printf("\n");
	core_close(&c);
	unlink("core");
}

static void the_file(void)
{
	static const char *const values[] = { "0x7f\n", "0x200", "1023", "017", "-1", "x", "",
		"4294967295", "4294967296", "0x33" };
	struct stat st;
	int fd;

	CHECK(stat("/proc/self/coredump_filter", &st) == 0);
	SHOWO(st.st_mode);
	printf("now %s", t_slurp("/proc/self/coredump_filter"));
	for (size_t i = 0; i < T_LEN(values); i++) {
		TL(values[i], core_set("/proc/self/coredump_filter", values[i]));
		printf("now %s", t_slurp("/proc/self/coredump_filter"));
	}
	/* A child has the parent's, also after an exec. */
	core_set("/proc/self/coredump_filter", "0x15");
	IN_CHILD("child", {
		printf("child %s", t_slurp("/proc/self/coredump_filter"));
		core_set("/proc/self/coredump_filter", "0x16");
		fd = open("/proc/self/exe", O_RDONLY);
		char *argv[] = { "self", "again", NULL };
		execv("/proc/self/exe", argv);
	});
	printf("parent %s", t_slurp("/proc/self/coredump_filter"));
	core_set("/proc/self/coredump_filter", "0x33");
	/* One that has ended. */
	fd = t_fork();
	if (fd == 0)
		_exit(0);
	t_wait_state(fd, 'Z');
	char path[64];
	snprintf(path, sizeof(path), "/proc/%d/coredump_filter", fd);
	T(core_set(path, "1"));
	printf("zombie '%s'\n", t_slurp(path));
	t_wait(fd);
	T(access("/proc/self/task/self/coredump_filter", F_OK));
	IN_CHILD("user", {
		t_drop_root(1000);
		snprintf(path, sizeof(path), "/proc/%d/coredump_filter", getppid());
		T(open(path, O_RDONLY) >= 0);
		T(open(path, O_WRONLY));
	});
}

int main(int argc, char **argv)
{
	static const char *const filters[] = { "0", "1", "2", "4", "8", "0x10", "0x33", "0x7f" };

	if (argc > 1) {
		printf("program %s", t_slurp("/proc/self/coredump_filter"));
		return 0;
	}
	t_start();
	make_file("a", "file", 0644);
	make_file("elf", "\177ELF", 0644);
	make_file("text", "text", 0644);
	make_file("text_x", "text", 0755);
	the_file();
	map_things();
	dump_with(NULL);
	for (size_t i = 0; i < T_LEN(filters); i++)
		dump_with(filters[i]);
	return 0;
}
