// SPDX-License-Identifier: MPL-2.0
// FIGETBSZ and the flags of chattr on tmpfs, as far as both kernels agree; roots of mounts in
// statx.
#include "../lib/t.h"
#include <linux/fs.h>

#define KNOWN                                                                                  \
	(STATX_ATTR_IMMUTABLE | STATX_ATTR_APPEND | STATX_ATTR_NODUMP | STATX_ATTR_AUTOMOUNT | \
		STATX_ATTR_MOUNT_ROOT | STATX_ATTR_ENCRYPTED)

static unsigned long attributes_mask(const char *path)
{
	struct statx s;

	CHECK(statx(AT_FDCWD, path, 0, STATX_BASIC_STATS, &s) == 0);
	return s.stx_attributes_mask;
}

static unsigned long attributes(int fd, const char *path, int flags)
{
	struct statx s = { 0 };

	CHECK(statx(fd, path, flags, STATX_BASIC_STATS, &s) == 0);
	return s.stx_attributes;
}

static void look(const char *path)
{
	int fd = open(path, O_RDONLY), v = -1;

	T(ioctl(fd, FIGETBSZ, &v));
	SHOW(v);
	T(ioctl(fd, FIGETBSZ, NULL));
	T(ioctl(fd, FS_IOC_GETFLAGS, &v));
	SHOW(v);
	v = 0;
	T(ioctl(fd, FS_IOC_SETFLAGS, &v));
	v = FS_SYNC_FL;
	T(ioctl(fd, FS_IOC_SETFLAGS, &v));
	v = FS_NOATIME_FL | FS_NODUMP_FL;
	T(ioctl(fd, FS_IOC_SETFLAGS, &v));
	v = 0;
	T(ioctl(fd, FS_IOC_GETFLAGS, &v));
	SHOWX(v);
	IS(utimensat(AT_FDCWD, path, (struct timespec[]){ { 1000, 0 }, { 2000, 0 } }, 0) == 0);
	char buf[512];
	if (read(fd, buf, 1) < 0)
		syscall(SYS_getdents64, fd, buf, sizeof(buf));
	struct stat st;
	CHECK(fstat(fd, &st) == 0);
	SHOW(st.st_atime);
	v = FS_NODUMP_FL;
	T(ioctl(fd, FS_IOC_SETFLAGS, &v));
	T(ioctl(fd, FS_IOC_GETFLAGS, &v));
	SHOWX(v);
	SHOWX(attributes(fd, "", AT_EMPTY_PATH) & KNOWN);
	T(ioctl(fd, FS_IOC_SETFLAGS, NULL));
	close(fd);
}

int main(void)
{
	int p[2], v;

	t_start();
	t_pipe(p);
	t_tmpfs("");
	t_file("f", "x", 0644);
	CHECK(mkdir("d", 0755) == 0);
	look("f");
	look("d");
	T(ioctl(p[0], FS_IOC_GETFLAGS, &v));

	/* blocks that a file shares, or has by number: not in memory */
	int f = open("f", O_RDWR), g = open("g", O_RDWR | O_CREAT, 0600), r = open("f", O_RDONLY);
	struct file_clone_range range = { .src_fd = f };
	T(ioctl(g, FICLONE, f));
	T(ioctl(g, FICLONE, 99));
	T(ioctl(r, FICLONE, f));
	T(ioctl(g, FICLONE, open("d", O_RDONLY)));
	T(ioctl(g, FICLONE, p[0]));
	T(ioctl(g, FICLONE, open("/proc/self/status", O_RDONLY)));
	T(ioctl(g, FICLONERANGE, &range));
	T(ioctl(g, FICLONERANGE, NULL));
	v = 0;
	T(ioctl(f, FIBMAP, &v));
	T(ioctl(f, FIBMAP, NULL));
	T(ioctl(p[0], FIBMAP, &v));
	IN_CHILD("user without blocks", t_drop_root(1000); T(ioctl(f, FIBMAP, &v)));
	SHOWX(attributes(AT_FDCWD, ".", 0) & STATX_ATTR_MOUNT_ROOT);
	SHOWX(attributes(AT_FDCWD, "", AT_EMPTY_PATH) & STATX_ATTR_MOUNT_ROOT);
	SHOWX(attributes(AT_FDCWD, "d", 0) & STATX_ATTR_MOUNT_ROOT);
	CHECK(mount("f", "f", NULL, MS_BIND, NULL) == 0);
	SHOWX(attributes(AT_FDCWD, "f", 0) & STATX_ATTR_MOUNT_ROOT);
	SHOWX(attributes(AT_FDCWD, "/", 0) & STATX_ATTR_MOUNT_ROOT);
	SHOWX(attributes_mask("f") & KNOWN);
	SHOWX(attributes_mask("/proc/self/status") & KNOWN);
	IN_CHILD("user", t_drop_root(1000); v = 0;
		T(ioctl(open("f", O_RDONLY), FS_IOC_SETFLAGS, &v)));
	CHECK(umount("f") == 0);
	return 0;
}
