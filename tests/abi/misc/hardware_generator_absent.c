// SPDX-License-Identifier: MPL-2.0
// /dev/hwrng on a machine without such a generator: it is there and opens, and reads say ENODEV.
#include "../lib/t.h"
#include <poll.h>
#include <sys/random.h>
#include <sys/sysmacros.h>

static void show_file(const char *path)
{
	char text[100] = "";
	int fd = open(path, O_RDONLY);
	ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);

	printf("%s: %zd '%s'\n", path, n, text);
	close(fd);
}

int main(void)
{
	char buf[16];
	struct stat st;

	t_start();
	CHECK(stat("/dev/hwrng", &st) == 0);
	printf("%s %u:%u mode %o owner %u:%u\n", S_ISCHR(st.st_mode) ? "char" : "other",
		major(st.st_rdev), minor(st.st_rdev), st.st_mode & 07777, st.st_uid, st.st_gid);
	T(open("/dev/hwrng", O_WRONLY));
	T(open("/dev/hwrng", O_RDWR));
	int fd = open("/dev/hwrng", O_RDONLY);
	CHECK(fd >= 0);
	T(read(fd, buf, sizeof(buf)));
	T(read(fd, buf, 0));
	T(read(fd, NULL, 16));
	T(pread(fd, buf, 4, 100));
	T(write(fd, buf, 4));
	T(lseek(fd, 100, SEEK_SET));
	T(lseek(fd, 0, SEEK_CUR));
	T(lseek(fd, 0, 77));
	T(ioctl(fd, FIONREAD, buf));
	T(fsync(fd));
	TOK(mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, fd, 0));
	struct pollfd p = { .fd = fd, .events = POLLIN | POLLOUT };
	T(poll(&p, 1, 0));
	SHOWX(p.revents);
	T(fcntl(fd, F_SETFL, O_NONBLOCK));
	T(read(fd, buf, sizeof(buf)));
	close(fd);
	T(mknod("mine", S_IFCHR | 0600, makedev(10, 183)));
	fd = open("mine", O_RDONLY);
	T(read(fd, buf, 4));
	close(fd);
	IN_CHILD("another user", (setuid(1000), T(open("/dev/hwrng", O_RDONLY))));
	show_file("/sys/class/misc/hw_random/rng_current");
	show_file("/sys/class/misc/hw_random/rng_available");
	show_file("/sys/class/misc/hw_random/dev");
	show_file("/sys/class/misc/hw_random/uevent");
	show_file("/sys/dev/char/10:183/uevent");
	T(access("/sys/class/tty/hwrng", F_OK));
	T(access("/sys/class/tty/hw_random", F_OK));
	T(getrandom(buf, sizeof(buf), 0));
	return 0;
}
