// SPDX-License-Identifier: MPL-2.0
// open, creat, access, stat and lstat by their own numbers: flags, modes, links, errors.
#include "../lib/t.h"

#define open_(path, flags, mode) syscall(2, path, flags, mode)
#define stat_(path, st)          syscall(4, path, st)
#define lstat_(path, st)         syscall(6, path, st)
#define access_(path, mode)      syscall(21, path, mode)
#define creat_(path, mode)       syscall(85, path, mode)

static void show(const char *label, const struct stat *st)
{
	printf("%s: mode %o nlink %ld uid %u gid %u size %ld blksize %ld\n", label, st->st_mode,
		(long)st->st_nlink, st->st_uid, st->st_gid,
		S_ISDIR(st->st_mode) ? 0 : (long)st->st_size, (long)st->st_blksize);
}

static void opens(void)
{
	char buf[8];

	T(open_("none", O_RDONLY, 0));
	int fd = (int)T(open_("f", O_RDWR | O_CREAT | O_EXCL, 0777));
	T(write(fd, "abcdef", 6));
	SHOWO(fcntl(fd, F_GETFL));
	SHOW(fcntl(fd, F_GETFD));
	T(open_("f", O_RDWR | O_CREAT | O_EXCL, 0777));
	T(open_("f", O_RDONLY | O_DIRECTORY, 0));
	T(open_(".", O_RDWR, 0));
	T(open_("f", O_RDONLY | O_CLOEXEC, 0));
	SHOW(fcntl(4, F_GETFD));
	SHOWO(fcntl(4, F_GETFL));
	T(open_("f/x", O_RDONLY, 0));
	T(open_("", O_RDONLY, 0));
	T(open_((char *)8, O_RDONLY, 0));
	T(open_("new", O_WRONLY | O_CREAT, 01777));
	struct stat st;
	T(stat_("new", &st));
	SHOWO(st.st_mode);
	T(open_("f", O_WRONLY | O_TRUNC, 0));
	T(pread(fd, buf, 8, 0));
	// Bits above the flags that exist mean nothing to open.
	T(open_("f", 0x40000000 | O_RDONLY, 0));
	// The upper half of the arguments is not looked at.
	T(open_("f", 1l << 40 | O_RDONLY, 1l << 40) > 0);
	T(syscall(1l << 32 | 2, "f", O_RDONLY, 0) > 0);
}

static void creats(void)
{
	T(write((int)T(creat_("c", 0640)), "xyz", 3));
	int fd = (int)T(creat_("c", 0600));
	SHOWO(fcntl(fd, F_GETFL));
	struct stat st;
	T(stat_("c", &st));
	show("creat keeps the mode, not the bytes", &st);
	T(creat_(".", 0600));
	T(creat_("none/c", 0600));
	T(creat_((char *)8, 0600));
}

static void stats(void)
{
	struct stat st;

	mkdir("d", 0750);
	symlink("f", "l");
	symlink("none", "dangling");
	symlink("loop", "loop");
	memset(&st, 0xff, sizeof(st));
	T(stat_("f", &st));
	show("f", &st);
	IS(st.st_rdev == 0 && st.st_ino != 0);
	T(stat_("l", &st));
	show("through l", &st);
	T(lstat_("l", &st));
	show("l", &st);
	T(stat_("d", &st));
	show("d", &st);
	T(stat_("dangling", &st));
	T(lstat_("dangling", &st));
	T(stat_("loop", &st));
	T(lstat_("loop", &st));
	T(stat_("f/", &st));
	T(lstat_("l/", &st));
	T(stat_("", &st));
	T(stat_("f", NULL));
	T(lstat_("f", (void *)-8));
	T(stat_((char *)8, &st));
	T(stat_("/dev/null", &st));
	IS(S_ISCHR(st.st_mode) && st.st_rdev == 0x103);
	// The layout: bytes between the fields and at the end are zeroes.
	unsigned char raw[144];
	memset(raw, 0xff, sizeof(raw));
	T(stat_("f", raw));
	IS(*(unsigned *)(raw + 24) == (S_IFREG | 0755) && *(long *)(raw + 16) == 1);
	t_hex("padding", raw + 36, 4);
	t_hex("unused", raw + 120, 24);
}

static void accesses(void)
{
	T(access_("f", F_OK));
	T(access_("f", R_OK | W_OK | X_OK));
	T(access_("f", 8));
	T(access_("f", -1));
	T(access_("none", F_OK));
	T(access_("dangling", F_OK));
	T(access_("f/x", F_OK));
	T(access_((char *)8, F_OK));
	chmod("c", 0040);
	IN_CHILD("the real user asks", {
		CHECK(setresuid(1000, 0, 0) == 0);
		T(access_("c", R_OK));
		T(access_("f", W_OK));
		T(access_("f", X_OK));
		T(open_("c", O_RDONLY, 0) >= 0);
	});
}

int main(void)
{
	t_start();
	opens();
	creats();
	stats();
	accesses();
	return 0;
}
