// SPDX-License-Identifier: MPL-2.0
// A block special file: what stat says, that every node of a number is the same device, exclusive
// opens, numbers without a device.
#include "../lib/t.h"
#include <sys/sysmacros.h>

static int opens(const char *path, int flags)
{
	int fd = open(path, flags);

	if (fd >= 0)
		close(fd);
	return fd >= 0 ? 0 : -1;
}

int main(void)
{
	struct stat st;
	char b[16];

	t_start();
	int fd = open("/dev/ram0", O_RDWR), other, third;
	CHECK(!fstat(fd, &st));
	IS(S_ISBLK(st.st_mode));
	SHOWO(st.st_mode & 07777);
	SHOW(major(st.st_rdev));
	SHOW(minor(st.st_rdev));
	SHOW(st.st_size);
	SHOW(st.st_blocks);

	T(mknod("node", S_IFBLK | 0600, makedev(1, 0)));
	T(mknod("none", S_IFBLK | 0666, makedev(241, 7)));
	T(opens("none", O_RDONLY));
	T(opens("none", O_RDWR | O_EXCL));
	TOK(open("none", O_PATH));
	T(opens("node", O_RDONLY | O_DIRECTORY));
	T(opens("node", O_RDONLY | O_TRUNC));
	T(opens("node", O_RDWR | O_CREAT | O_EXCL));

	other = open("node", O_RDONLY);
	T(pwrite(fd, "seen by all", 11, 5000));
	T(pread(other, b, 11, 5000));
	t_text("read", b, 11);
	T(pwrite(other, "x", 1, 0));
	T(ftruncate(fd, 0));
	T(truncate("node", 10));

	third = open("node", O_RDONLY | O_EXCL);
	IS(third >= 0);
	T(opens("/dev/ram0", O_RDWR | O_EXCL));
	T(opens("/dev/ram0", O_RDWR));
	close(third);
	T(opens("/dev/ram0", O_RDWR | O_EXCL));
	third = open("node", O_RDONLY | O_EXCL);
	int twin = dup(third);
	close(third);
	T(opens("/dev/ram0", O_RDONLY | O_EXCL));
	close(twin);
	T(opens("/dev/ram0", O_RDONLY | O_EXCL));

	IN_CHILD("an ordinary user", {
		t_drop_root(1000);
		T(opens("/dev/ram0", O_RDONLY));
		T(mknod("mine", S_IFBLK | 0666, makedev(1, 0)));
	});
	// Data are still there when it is opened again.
	close(fd);
	close(other);
	fd = open("node", O_RDONLY);
	T(pread(fd, b, 11, 5000));
	t_text("read again", b, 11);
	struct pollfd p = { fd, POLLIN | POLLOUT, 0 };
	T(poll(&p, 1, 0));
	SHOWX(p.revents);
	return 0;
}
