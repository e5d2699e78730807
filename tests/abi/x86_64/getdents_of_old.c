// SPDX-License-Identifier: MPL-2.0
// getdents by its own number: records with the type in the last byte, small buffers, errors.
#include "../lib/t.h"

struct record {
	unsigned long ino, off;
	unsigned short len;
	char name[];
};

#define getdents_(fd, buf, n) syscall(78, fd, buf, n)

static int compare(const void *a, const void *b)
{
	return strcmp(a, b);
}

static void read_all(int fd, size_t room)
{
	char buf[4096], lines[16][64];
	int n = 0, aligned = 1, inos = 1, calls = 0;
	long got;

	lseek(fd, 0, SEEK_SET);
	while ((got = getdents_(fd, buf, room)) > 0) {
		calls++;
		for (long at = 0; at < got;) {
			struct record *r = (void *)(buf + at);

			aligned &= r->len % 8 == 0 && r->len >= 18 + strlen(r->name) + 2;
			inos &= r->ino != 0;
			CHECK(n < 16);
			snprintf(lines[n++], 64, "%s %d", r->name, buf[at + r->len - 1]);
			at += r->len;
		}
	}
	qsort(lines, (size_t)n, 64, compare);
	printf("room %zu, ends with %ld %s, %s:", room, got, got < 0 ? t_errname(errno) : "",
		got == 0 && calls > 1 ? "several calls"
			: calls       ? "some"
				      : "none");
	// What came before an error depends on the order.
	for (int i = 0; i < n && got == 0; i++)
		printf(" [%s]", lines[i]);
	printf("\naligned %d, inode numbers %d\n", aligned, inos);
}

int main(void)
{
	char buf[256];

	t_start();
	t_tmpfs("");
	mkdir("d", 0755);
	t_file("d/file", "x", 0644);
	t_file("d/a-name-that-is-somewhat-longer", "x", 0644);
	mkdir("d/folder", 0755);
	symlink("x", "d/link");
	mkfifo("d/fifo", 0644);
	int fd = open("d", O_RDONLY);
	read_all(fd, 4096);
	read_all(fd, 80);
	read_all(fd, 24);
	read_all(fd, 23);
	read_all(fd, 0);
	lseek(fd, 0, SEEK_SET);
	T(getdents_(fd, (void *)8, 4096));
	T(getdents_(fd, NULL, 0));
	T(getdents_(99, buf, 256));
	T(getdents_(0, buf, 256));
	T(getdents_(open("d/file", O_RDONLY), buf, 256));
	T(getdents_(open("d", O_PATH), buf, 256));
	rmdir("d/folder");
	mkdir("gone", 0755);
	int gone = open("gone", O_RDONLY);
	rmdir("gone");
	T(getdents_(gone, buf, 256));
	int proc = open("/proc/self", O_RDONLY);
	T(getdents_(proc, buf, 256) > 0);
	return 0;
}
