// SPDX-License-Identifier: MPL-2.0
// The ioctls that tell of a disk and change it, who may, and what they do with bad arguments.
#include "../lib/t.h"
#include <linux/fs.h>
#ifndef BLKRASET
#define BLKRASET _IO(0x12, 98)
#endif

int main(void)
{
	unsigned long ul = 0;
	unsigned int u = 0;
	uint64_t q = 0;
	int i = 0, r;

	t_start();
	int fd = open("/dev/ram0", O_RDWR), ro = open("/dev/ram0", O_RDONLY);
	T(ioctl(fd, BLKGETSIZE, &ul));
	SHOW(ul);
	T(ioctl(fd, BLKGETSIZE64, &q));
	SHOW(q);
	T(ioctl(fd, BLKSSZGET, &i));
	SHOW(i);
	T(ioctl(fd, BLKPBSZGET, &u));
	SHOW(u);
	T(ioctl(fd, BLKIOMIN, &u));
	SHOW(u);
	T(ioctl(fd, BLKIOOPT, &u));
	SHOW(u);
	T(ioctl(fd, BLKALIGNOFF, &i));
	SHOW(i);
	T(ioctl(fd, BLKROGET, &i));
	SHOW(i);
	T(ioctl(fd, BLKGETSIZE64, NULL));
	T(ioctl(fd, BLKGETSIZE, 1));
	T(ioctl(fd, BLKROGET, 1));
	T(ioctl(fd, BLKRAGET, NULL));
	T(ioctl(99, BLKGETSIZE64, &q));
	T(ioctl(fd, _IO(0x12, 200), 0));
	T(ioctl(fd, TCGETS, &q));

	T(ioctl(fd, BLKRASET, 64));
	T(ioctl(fd, BLKRAGET, &ul));
	SHOW(ul);
	T(ioctl(ro, BLKFRAGET, &ul));
	SHOW(ul);
	T(ioctl(ro, BLKRASET, 256));

	for (int size = 256; size <= 8192; size *= 2) {
		printf("%d: ", size);
		T(ioctl(fd, BLKBSZSET, &size));
	}
	i = 1000;
	T(ioctl(fd, BLKBSZSET, &i));
	T(ioctl(fd, BLKBSZSET, NULL));
	T(ioctl(fd, BLKBSZSET, 1));
	i = 1024;
	T(ioctl(fd, BLKBSZSET, &i));
	size_t size = 0;
	T(ioctl(fd, BLKBSZGET, &size));
	SHOW((int)size);
	i = 4096;

	T(ioctl(fd, BLKFLSBUF, 0));
	T(ioctl(ro, BLKFLSBUF, 0));

	// Read-only by order.
	i = 1;
	T(ioctl(fd, BLKROSET, &i));
	T(ioctl(fd, BLKROSET, 1));
	T(ioctl(fd, BLKROGET, &r));
	SHOW(r);
	T(pwrite(fd, "x", 1, 0));
	T(pwrite(fd, "x", 0, 0));
	IS(mmap(NULL, 4096, PROT_READ, MAP_SHARED, ro, 0) != MAP_FAILED);
	i = 0;
	T(ioctl(fd, BLKROSET, &i));
	T(pwrite(fd, "x", 1, 0));

	IN_CHILD("an ordinary user who was given it", {
		t_drop_root(1000);
		i = 0;
		T(ioctl(fd, BLKROSET, &i));
		T(ioctl(fd, BLKFLSBUF, 0));
		T(ioctl(fd, BLKRASET, 0));
		T(ioctl(fd, BLKBSZSET, &i));
		T(ioctl(fd, BLKGETSIZE64, &q));
		T(ioctl(fd, BLKRRPART, 0));
	});
	return 0;
}
