// SPDX-License-Identifier: MPL-2.0
/* Files and folders on tmpfs. */
#include "bench.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

static char data[KIB64 + 64] __attribute__((aligned(64)));
static int fd;

static int big_file(void)
{
	fd = open("big", O_RDWR | O_CREAT, 0644);
	NEED(fd >= 0 && write(fd, data, KIB64) == KIB64);
	return 0;
}
static int folder_of_100(void)
{
	char name[32];
	int i;

	mkdir("hundred", 0755);
	for (i = 0; i < 98; i++) {
		snprintf(name, sizeof name, "hundred/file%d", i);
		close(open(name, O_CREAT | O_WRONLY, 0644));
	}
	fd = open("hundred", O_RDONLY | O_DIRECTORY);
	NEED(fd >= 0);
	return 0;
}

static u64 run_read(unsigned n)
{
	TIMED(n, NEED(pread(fd, data, KIB64, 0) == KIB64));
}
static u64 run_read_odd(unsigned n)
{
	TIMED(n, NEED(pread(fd, data + 1, KIB64, 0) == KIB64));
}
static u64 run_write(unsigned n)
{
	TIMED(n, NEED(pwrite(fd, data, KIB64, 0) == KIB64));
}

static void create_delete(size_t size)
{
	int f = open("created", O_CREAT | O_WRONLY, 0644);

	NEED(f >= 0);
	if (size)
		NEED(write(f, data, size) == (ssize_t)size);
	close(f);
	NEED(unlink("created") == 0);
}
static u64 run_create_0(unsigned n)
{
	TIMED(n, create_delete(0));
}
static u64 run_create_10(unsigned n)
{
	TIMED(n, create_delete(10240));
}
static u64 run_mkdir(unsigned n)
{
	TIMED(n, {
		NEED(mkdir("made", 0755) == 0);
		NEED(rmdir("made") == 0);
	});
}
static u64 run_rename(unsigned n)
{
	close(open("here", O_CREAT | O_WRONLY, 0644));
	TIMED(n, {
		NEED(rename("here", "there") == 0);
		NEED(rename("there", "here") == 0);
	});
}
static u64 run_getdents(unsigned n)
{
	TIMED(n, {
		lseek(fd, 0, SEEK_SET);
		NEED(syscall(SYS_getdents64, fd, data, sizeof data) > 2400);
		NEED(syscall(SYS_getdents64, fd, data, sizeof data) == 0);
	});
}

const struct row rows_file[] = {
	{ "file read, 64 KiB", big_file, run_read },
	{ "file read, 64 KiB, odd address", big_file, run_read_odd },
	{ "file write, 64 KiB", big_file, run_write },
	{ "create+delete, 0k", NULL, run_create_0 },
	{ "create+delete, 10k", NULL, run_create_10 },
	{ "mkdir+rmdir", NULL, run_mkdir },
	{ "rename twice", NULL, run_rename },
	{ "getdents of 100 entries", folder_of_100, run_getdents },
	{ NULL, NULL, NULL },
};
