// SPDX-License-Identifier: MPL-2.0
// mincore tells which pages of a file are in memory to its owner and to who may write it; to others
// it says that all are.
#include "../lib/t.h"

#define PAGES 4

static void show(const char *what, const char *path, int flags)
{
	unsigned char v[PAGES] = { 0 };
	int fd = open(path, flags);
	char *m = mmap(NULL, PAGES * 4096, PROT_READ, MAP_SHARED, fd, 0);

	CHECK(fd >= 0 && m != MAP_FAILED);
	T(mincore(m, PAGES * 4096, v));
	printf("%s: %d %d %d %d\n", what, v[0] & 1, v[1] & 1, v[2] & 1, v[3] & 1);
	munmap(m, PAGES * 4096);
	close(fd);
}

static void make(const char *path, mode_t mode, uid_t uid)
{
	int fd = open(path, O_CREAT | O_RDWR, 0600);

	CHECK(fd >= 0 && ftruncate(fd, PAGES * 4096) == 0);
	CHECK(pwrite(fd, "x", 1, 2 * 4096) == 1);
	CHECK(fchmod(fd, mode) == 0 && fchown(fd, uid, uid) == 0);
	close(fd);
}

int main(void)
{
	unsigned char v[PAGES];

	t_start();
	mkdir("a", 0755);
	CHECK(mount("t", "a", "tmpfs", 0, "mode=755") == 0);
	make("a/roots", 0644, 0);
	make("a/open", 0666, 0);
	make("a/mine", 0444, 1000);
	show("root, a file of root", "a/roots", O_RDONLY);
	show("root, a file of a user", "a/mine", O_RDONLY);
	IN_CHILD("user", {
		t_drop_root(1000);
		show("a file of root", "a/roots", O_RDONLY);
		show("that all may write", "a/open", O_RDONLY);
		show("that all may write, opened so", "a/open", O_RDWR);
		show("a file of his", "a/mine", O_RDONLY);
		char *m = mmap(NULL, PAGES * 4096, PROT_READ | PROT_WRITE,
			MAP_SHARED | MAP_ANONYMOUS, -1, 0);
		m[4096] = 1;
		T(mincore(m, PAGES * 4096, v));
		printf("shared memory: %d %d\n", v[0] & 1, v[1] & 1);
		int fd = open("a/roots", O_RDONLY);
		m = mmap(NULL, PAGES * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
		m[4096] = 1;
		T(mincore(m, PAGES * 4096, v));
		printf("private: %d %d %d %d\n", v[0] & 1, v[1] & 1, v[2] & 1, v[3] & 1);
	});
	T(umount("a"));
	return 0;
}
