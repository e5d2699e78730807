// SPDX-License-Identifier: MPL-2.0
// A partition table is written and read again: the devices it makes, where their data are, and when
// it cannot be done.
#include "../lib/t.h"
#include <linux/fs.h>
#include <sys/sysmacros.h>

static unsigned char mbr[512];

static void entry(int slot, int type, unsigned start, unsigned sectors)
{
	unsigned char *e = mbr + 446 + slot * 16;

	memset(e, 0, 16);
	e[4] = type;
	memcpy(e + 8, &start, 4);
	memcpy(e + 12, &sectors, 4);
	mbr[510] = 0x55;
	mbr[511] = 0xaa;
}

static void show_file(const char *path)
{
	printf("%s: %s", path, t_slurp(path));
}

static int there(const char *path)
{
	return access(path, F_OK);
}

int main(void)
{
	char b[16];
	uint64_t size;
	struct stat st;

	t_start();
	int fd = open("/dev/ram0", O_RDWR), p;
	entry(0, 0x83, 8, 1000);
	entry(1, 0x83, 2000, DISK_KIB * 2 - 2000);
	CHECK(pwrite(fd, mbr, 512, 0) == 512);
	T(ioctl(fd, BLKRRPART, 0));
	T(there("/dev/ram0p1"));
	T(there("/dev/ram0p2"));
	T(there("/dev/ram0p3"));
	show_file("/sys/block/ram0/size");
	show_file("/sys/block/ram0/ro");
	show_file("/sys/block/ram0/removable");
	show_file("/sys/block/ram0/queue/logical_block_size");
	show_file("/sys/block/ram0/ram0p1/start");
	show_file("/sys/block/ram0/ram0p1/size");
	show_file("/sys/class/block/ram0p1/partition");
	show_file("/sys/class/block/ram0p2/size");

	p = open("/dev/ram0p1", O_RDWR);
	IS(p >= 0);
	CHECK(!fstat(p, &st));
	char path[64], text[64];
	snprintf(path, sizeof(path), "/sys/dev/block/%u:%u", major(st.st_rdev), minor(st.st_rdev));
	ssize_t n = readlink(path, text, sizeof(text) - 1);
	text[n < 0 ? 0 : n] = 0;
	printf("/sys/dev/block: %s\n", text);
	T(ioctl(p, BLKGETSIZE64, &size));
	SHOW(size);
	T(lseek(p, 0, SEEK_END));
	T(pwrite(p, "in the part", 11, 1000 * 512 - 5));
	T(pwrite(p, "start", 5, 0));
	T(pwrite(p, "x", 1, 1000 * 512));
	T(ioctl(p, BLKRRPART, 0));
	T(ioctl(fd, BLKRRPART, 0));
	T(open("/dev/ram0", O_RDONLY | O_EXCL) >= 0 ? 0 : -1);
	int ex = open("/dev/ram0p1", O_RDONLY | O_EXCL);
	IS(ex >= 0);
	T(open("/dev/ram0", O_RDONLY | O_EXCL) >= 0 ? 0 : -1);
	int ex2 = open("/dev/ram0p2", O_RDONLY | O_EXCL);
	IS(ex2 >= 0);
	close(ex);
	close(ex2);
	close(p);
	T(ioctl(fd, BLKFLSBUF, 0));
	T(pread(fd, b, 5, 8 * 512));
	t_text("on the disk", b, 5);

	// One goes, one stays.
	entry(0, 0, 0, 0);
	CHECK(pwrite(fd, mbr, 512, 0) == 512);
	close(fd);
	fd = open("/dev/ram0", O_RDWR);
	T(ioctl(fd, BLKRRPART, 0));
	T(there("/dev/ram0p1"));
	T(there("/dev/ram0p2"));
	T(there("/sys/block/ram0/ram0p1"));
	memset(mbr, 0, sizeof(mbr));
	CHECK(pwrite(fd, mbr, 512, 0) == 512);
	T(ioctl(fd, BLKRRPART, 0));
	T(there("/dev/ram0p2"));
	return 0;
}
