// SPDX-License-Identifier: MPL-2.0
/*
 * Pid 1 on a machine with a disk that is much larger than its memory. Some read it from end to end,
 * by read and through mappings; others write regions of their own in all ways there are, and look
 * whether what they read is what they wrote last. Nobody may be killed for want of memory, and at
 * the end all must be on the disk.
 *
 * A sector that was written says where it is, and which time it was written; one that was not is
 * zero.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/blkpg.h>
#include <linux/fs.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define WRITERS 4
#define REGION  (4l << 20)
#define SECTOR  512l
#define SECTORS (REGION / SECTOR)

static long size; /* of the disk */
static double end;
static uint64_t seed;
/* [WRITERS][SECTORS]: how often each was written; shared with the children. */
static uint32_t *times;

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec + t.tv_nsec / 1e9;
}

static uint32_t any(uint32_t n)
{
	seed = seed * 6364136223846793005ull + 1442695040888963407ull;
	return (uint32_t)(seed >> 33) % n;
}

static void fail(const char *what, long off)
{
	printf("FAIL %s at %ld, errno %d\n", what, off, errno);
	fflush(stdout);
	_exit(1);
}

/* Where a writer's region lies: spread over the disk. */
static long region(int w)
{
	return size / WRITERS * w / 4096 * 4096;
}

static void make(char *s, long off, uint32_t time)
{
	uint64_t v[2] = { (uint64_t)off, time };

	for (int i = 0; i < SECTOR; i += sizeof(v))
		memcpy(s + i, v, sizeof(v));
}

/* Whole of one time, and of this place. Returns the time. */
static uint32_t check(const char *s, long off, const char *what)
{
	uint64_t v[2];

	memcpy(v, s, sizeof(v));
	for (int i = 0; i < SECTOR; i += sizeof(v))
		if (memcmp(s + i, v, sizeof(v)))
			fail(what, off);
	if ((v[0] || v[1]) && v[0] != (uint64_t)off)
		fail(what, off);
	return (uint32_t)v[1];
}

static int open_disk(int flags)
{
	int fd = open("/dev/ram0", flags);

	if (fd < 0)
		fail("open", 0);
	return fd;
}

/* Sectors of others may be written while they are read: only their first word is looked at. */
static void look(const char *s, long off)
{
	uint64_t v;

	memcpy(&v, s, sizeof(v));
	if (v && v != (uint64_t)off)
		fail("reader", off);
}

static void reader(void)
{
	static char b[1 << 17];
	int fd = open_disk(O_RDONLY);

	for (long off = 0; now() < end;
		off = off + (long)sizeof(b) < size ? off + (long)sizeof(b) : 0) {
		ssize_t n = pread(fd, b, sizeof(b), off);
		if (n != (ssize_t)sizeof(b) && off + n != size)
			fail("read", off);
		for (long i = 0; i < n; i += SECTOR)
			look(b + i, off + i);
	}
}

static void mapper(int shared)
{
	int fd = open_disk(O_RDONLY);
	char *m = mmap(NULL, size, shared ? PROT_READ : PROT_READ | PROT_WRITE,
		shared ? MAP_SHARED : MAP_PRIVATE | MAP_NORESERVE, fd, 0);

	if (m == MAP_FAILED)
		fail("mmap", 0);
	/* A private copy here and there must not be lost when the pages around it are. */
	for (long off = 0; !shared && off < size; off += size / 16)
		m[off + 4000] = 'p';
	while (now() < end) {
		for (long off = 0; off < size && now() < end; off += 4096)
			look(m + off, off);
		for (long off = 0; !shared && off < size; off += size / 16)
			if (m[off + 4000] != 'p')
				fail("private copy", off);
	}
}

static void write_some(int fd, int direct, char *map, char *b, int w)
{
	long first = any(SECTORS - 64), n = 1 + any(64), base = region(w), i;
	uint32_t *mine = times + w * SECTORS;

	for (i = 0; i < n; i++)
		make(b + i * SECTOR, base + (first + i) * SECTOR, ++mine[first + i]);
	if (map)
		memcpy(map + first * SECTOR, b, n * SECTOR);
	else if (pwrite(direct ? direct : fd, b, n * SECTOR, base + first * SECTOR) != n * SECTOR)
		fail("write", base + first * SECTOR);
}

static void read_some(int fd, char *b, int w, long first, long n)
{
	long base = region(w), i;

	if (pread(fd, b, n * SECTOR, base + first * SECTOR) != n * SECTOR)
		fail("read back", base + first * SECTOR);
	for (i = 0; i < n; i++)
		if (check(b + i * SECTOR, base + (first + i) * SECTOR, "torn") !=
			times[w * SECTORS + first + i])
			fail("old data", base + (first + i) * SECTOR);
}

static void writer(int w)
{
	char *b = mmap(NULL, 1 << 16, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int fd = open_disk(O_RDWR), direct = open_disk(O_RDWR | O_DIRECT);
	char *map = mmap(NULL, REGION, PROT_READ | PROT_WRITE, MAP_SHARED, fd, region(w));

	if (map == MAP_FAILED)
		fail("mmap", 0);
	while (now() < end) {
		write_some(fd, any(8) ? 0 : direct, any(2) ? map : NULL, b, w);
		read_some(any(4) ? fd : direct, b, w, any(SECTORS - 64), 64);
		switch (any(60)) {
		case 0:
			if (fsync(fd))
				fail("fsync", 0);
			break;
		case 1:
			if (msync(map, REGION, MS_SYNC))
				fail("msync", 0);
			break;
		case 2:
			posix_fadvise(fd, region(w), REGION, POSIX_FADV_DONTNEED);
			break;
		case 3:
			if (ioctl(fd, BLKFLSBUF, 0))
				fail("BLKFLSBUF", 0);
			break;
		case 4:
			munmap(map, REGION);
			map = mmap(NULL, REGION, PROT_READ | PROT_WRITE, MAP_SHARED, fd, region(w));
			break;
		case 5:
			close(direct);
			direct = open_disk(O_RDWR | O_DIRECT);
			break;
		}
	}
}

/* Anonymous memory that comes and goes. */
static void eater(void)
{
	while (now() < end) {
		size_t n = (4 + any(12)) << 20;
		char *m = mmap(NULL, n, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		for (size_t i = 0; i < n; i += 4096)
			m[i] = 1;
		munmap(m, n);
		sync();
	}
}

/* A partition that comes and goes, between two regions. */
#define PART_SIZE (1l << 20)
static int change(int fd, int op, long length)
{
	struct blkpg_partition p = {
		.start = size / WRITERS / 2 / 4096 * 4096, .length = length, .pno = 9
	};
	struct blkpg_ioctl_arg a = { .op = op, .datalen = sizeof(p), .data = &p };

	return ioctl(fd, BLKPG, &a);
}

static void changer(void)
{
	int fd = open_disk(O_RDWR);

	while (now() < end) {
		change(fd, BLKPG_ADD_PARTITION, PART_SIZE);
		usleep(any(3000));
		if (!any(4))
			change(fd, BLKPG_RESIZE_PARTITION, PART_SIZE + 512 * any(64));
		if (!any(4) ? ioctl(fd, BLKRRPART, 0) : change(fd, BLKPG_DEL_PARTITION, 0))
			if (errno != EBUSY && errno != ENXIO)
				fail("change", 0);
	}
}

static void opener(void)
{
	static char b[8192], c[8192];
	long base = size / WRITERS / 2 / 4096 * 4096, off;

	while (now() < end) {
		int fd = open("/dev/ram0p9", O_RDWR | (any(4) ? 0 : O_EXCL));
		if (fd < 0) {
			if (errno != ENOENT && errno != ENXIO && errno != EBUSY)
				fail("open partition", 0);
			continue;
		}
		off = any((PART_SIZE - sizeof(b)) / SECTOR) * SECTOR;
		for (size_t i = 0; i < sizeof(b); i += SECTOR)
			make(b + i, base + off + (long)i, any(1000));
		if (pwrite(fd, b, sizeof(b), off) != sizeof(b) ||
			pread(fd, c, sizeof(c), off) != sizeof(c) || memcmp(b, c, sizeof(b)))
			fail("partition", off);
		char *m = mmap(NULL, PART_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
		close(fd);
		if (memcmp(m + off, b, sizeof(b)))
			fail("mapped partition", off);
		m[off] = m[off];
		munmap(m, PART_SIZE);
	}
}

static pid_t child(int which)
{
	pid_t pid = fork();

	if (pid)
		return pid;
	seed = 1000 + which;
	if (which < WRITERS)
		writer(which);
	else if (which == WRITERS)
		reader();
	else if (which == WRITERS + 1)
		mapper(1);
	else if (which == WRITERS + 2)
		mapper(0);
	else if (which == WRITERS + 3)
		changer();
	else if (which == WRITERS + 4)
		opener();
	else
		eater();
	_exit(0);
}

int main(int argc, char **argv)
{
	static char b[1 << 16];
	int fd, status, failed = 0;
	pid_t pid;

	setvbuf(stdout, NULL, _IOLBF, 0);
	mkdir("/dev", 0755);
	mount("devtmpfs", "/dev", "devtmpfs", 0, NULL);
	end = now() + (argc > 1 ? atoi(argv[argc - 1]) : 30);
	fd = open_disk(O_RDONLY);
	size = lseek(fd, 0, SEEK_END);
	close(fd);
	times = mmap(NULL, WRITERS * SECTORS * sizeof(*times), PROT_READ | PROT_WRITE,
		MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	for (int i = 0; i < WRITERS + 6; i++)
		child(i);
	while ((pid = wait(&status)) > 0) {
		if (status)
			printf("FAIL child %d: status %#x\n", (int)pid, status);
		failed |= status;
	}
	/* Nobody has it open: what is read now comes from the disk. */
	fd = open_disk(O_RDONLY);
	for (int w = 0; w < WRITERS; w++)
		for (long s = 0; s < SECTORS; s += 128)
			read_some(fd, b, w, s, 128);
	close(fd);
	printf("STRESS done%s\n", failed ? ", FAIL" : "");
	reboot(RB_POWER_OFF);
	return 0;
}
