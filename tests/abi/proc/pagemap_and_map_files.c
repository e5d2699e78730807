// SPDX-License-Identifier: MPL-2.0
// /proc/PID/pagemap tells which pages are present and of files; map_files links to mapped files.
#include "../lib/t.h"
#include <dirent.h>
#include <sys/mman.h>

/* Present, of a file, mapped once: what does not depend on how the kernel was built. */
static void words(const char *what, int fd, char *at, int n)
{
	uint64_t w[8] = { 0 };
	ssize_t got = pread(fd, w, n * 8, (uintptr_t)at / 4096 * 8);

	printf("%s: %zd", what, got);
	for (int i = 0; i < n; i++)
		printf(" %c%c%c", w[i] >> 63 ? 'p' : '-', w[i] >> 61 & 1 ? 'f' : '-',
			w[i] >> 56 & 1 ? 'x' : '-');
	printf("\n");
}

static int links(const char *path)
{
	int n = 0;
	DIR *d = opendir(path);

	for (struct dirent *e; d && (e = readdir(d));)
		n += e->d_type == DT_LNK;
	if (d)
		closedir(d);
	return n;
}

int main(void)
{
	char name[100], text[100] = { 0 };
	uint64_t w[4];

	t_start();
	t_tmpfs("");
	t_file("f", "", 0600);
	int fd = open("/proc/self/pagemap", O_RDONLY), f = open("f", O_RDWR);
	CHECK(!ftruncate(f, 16384));
	char *anon = mmap(NULL, 16384, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char *shared = mmap(NULL, 16384, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	char *file = mmap(NULL, 16384, PROT_READ | PROT_WRITE, MAP_PRIVATE, f, 0);

	madvise(anon, 16384, MADV_NOHUGEPAGE);
	words("untouched", fd, anon, 4);
	anon[4096] = 1;
	words("one page", fd, anon, 4);
	shared[0] = shared[8192] = 1;
	words("shared memory", fd, shared, 4);
	file[0] = 1;
	words("a private copy", fd, file, 1);
	munmap(anon + 4096, 4096);
	words("a hole", fd, anon, 4);
	T(pread(fd, w, 7, 0));
	T(pread(fd, w, 8, 4));
	T(pread(fd, w, 0, 0));
	T(pread(fd, w, 8, 1L << 62));
	T(pread(fd, w, 8, 0));
	T(write(fd, w, 8));
	T(pread(fd, (void *)8, 8, (uintptr_t)anon / 4096 * 8));
	fflush(stdout);
	pid_t pid = t_fork();
	if (pid == 0) {
		munmap(shared, 16384); /* fork may map its pages or not */
		words("of the parent", fd, shared, 4);
		fflush(stdout);
		_exit(0);
	}
	t_reap("child", pid);

	snprintf(name, sizeof(name), "/proc/self/map_files/%lx-%lx", (long)file,
		(long)file + 16384);
	T(readlink(name, text, 99) > 0);
	IS(!strcmp(text + strlen(text) - 2, "/f"));
	int again = open(name, O_RDWR);
	T(again >= 0);
	struct stat a, b;
	CHECK(!fstat(again, &a) && !fstat(f, &b));
	IS(a.st_ino == b.st_ino);
	T(lstat(name, &a));
	SHOWO(a.st_mode & 07777);
	int before = links("/proc/self/map_files");
	IS(before > 0);
	snprintf(name, sizeof(name), "/proc/self/map_files/%lx-%lx", (long)file, (long)file + 4096);
	T(open(name, O_RDONLY));
	snprintf(name, sizeof(name), "/proc/self/map_files/0%lx-%lx", (long)file,
		(long)file + 16384);
	T(open(name, O_RDONLY));
	T(open("/proc/self/map_files/x", O_RDONLY));
	T(open("/proc/self/map_files/1-2-", O_RDONLY));
	munmap(file, 16384);
	SHOW(before - links("/proc/self/map_files"));
	fflush(stdout);
	pid = t_fork();
	if (pid == 0) {
		T(setresuid(1000, 1000, 1000));
		T(open("/proc/1/pagemap", O_RDONLY));
		SHOW(links("/proc/1/map_files"));
		fflush(stdout);
		_exit(0);
	}
	t_reap("another user", pid);
	return 0;
}
