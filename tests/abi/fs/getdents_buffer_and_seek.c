// SPDX-License-Identifier: MPL-2.0
// getdents64: a small buffer, all names once, types, rewinding, seeking back, a removed directory.
#include "../lib/t.h"

struct dirent64_raw {
	uint64_t ino;
	int64_t off;
	unsigned short reclen;
	unsigned char type;
	char name[];
};

static char buf[65536];

static long gd(int fd, size_t n)
{
	return syscall(SYS_getdents64, fd, buf, n);
}

int main(void)
{
	char seen[100] = "";
	int calls = 0, names = 0, bad = 0;
	long n;

	t_start();
	mkdir("d", 0755);
	chdir("d");
	t_file("f", "", 0644);
	mkdir("s", 0755);
	symlink("f", "l");
	mkfifo("p", 0644);
	int fd = T(open(".", O_RDONLY));
	T(gd(fd, 0));
	T(gd(fd, 10));
	n = gd(fd, sizeof(buf));
	char lines[16][80];
	char *order[16];
	int k = 0;
	for (long at = 0; at < n; k++) {
		struct dirent64_raw *e = (void *)(buf + at);

		snprintf(lines[k], sizeof(lines[k]), "%s type %d len%%8 %d ino %s", e->name,
			e->type, e->reclen % 8, e->ino ? "set" : "zero");
		order[k] = lines[k];
		at += e->reclen;
	}
	qsort(order, (size_t)k, sizeof(order[0]), t_compare_strings);
	for (int i = 0; i < k; i++)
		puts(order[i]);
	T(gd(fd, sizeof(buf)));
	T(lseek(fd, 0, SEEK_SET));
	IS(gd(fd, sizeof(buf)) == n);
	T(gd(open("f", O_RDONLY), sizeof(buf)));
	T(gd(99, sizeof(buf)));
	T(mkdir("many", 0755));
	for (int i = 0; i < 100; i++) {
		char name[32];

		snprintf(name, sizeof(name), "many/file%02d", i);
		t_file(name, "", 0600);
	}
	int m = open("many", O_RDONLY);
	while ((n = gd(m, 256)) > 0) {
		calls++;
		for (long at = 0; at < n;) {
			struct dirent64_raw *e = (void *)(buf + at);

			if (!strncmp(e->name, "file", 4)) {
				names++;
				bad += seen[atoi(e->name + 4)]++;
			}
			at += e->reclen;
		}
	}
	IS(calls > 5);
	SHOW(names);
	SHOW(bad);
	DIR *dir = opendir("many");
	long where = 0;
	char name[64] = "";
	for (int i = 0; i < 50; i++) {
		if (i == 20)
			where = telldir(dir);
		struct dirent *e = readdir(dir);
		if (i == 20)
			strcpy(name, e->d_name);
	}
	seekdir(dir, where);
	IS(!strcmp(readdir(dir)->d_name, name));
	names = 0;
	rewinddir(dir);
	struct dirent *e;
	while ((e = readdir(dir))) {
		names++;
		if (e->d_name[0] == 'f')
			unlinkat(dirfd(dir), e->d_name, 0);
	}
	SHOW(names);
	T(rmdir("many"));
	T(gd(m, sizeof(buf)));
	lseek(m, 0, SEEK_SET);
	T(gd(m, sizeof(buf)));
	return 0;
}
