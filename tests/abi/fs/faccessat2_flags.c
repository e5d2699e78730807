// SPDX-License-Identifier: MPL-2.0
// access, faccessat and faccessat2: real against effective ids, flags, bad modes.
#include "../lib/t.h"

static long fa2(int dfd, const char *p, int mode, int flags)
{
	return syscall(SYS_faccessat2, dfd, p, mode, flags);
}

int main(void)
{
	t_start();
	t_file("secret", "", 0600);
	t_file("plain", "", 0644);
	t_file("prog", "", 0755);
	symlink("nowhere", "l");
	T(access("secret", R_OK | W_OK));
	T(access("secret", X_OK));
	T(access("prog", X_OK));
	T(access("secret", 8));
	T(access("secret", -1));
	T(access("none", F_OK));
	T(access("l", F_OK));
	T(fa2(AT_FDCWD, "l", F_OK, AT_SYMLINK_NOFOLLOW));
	T(fa2(AT_FDCWD, "plain", F_OK, 0x8000));
	T(fa2(AT_FDCWD, "", F_OK, 0));
	T(fa2(AT_FDCWD, "", F_OK, AT_EMPTY_PATH));
	int fd = T(open("plain", O_RDONLY));
	T(fa2(fd, "", R_OK, AT_EMPTY_PATH));
	T(fa2(fd, "x", R_OK, 0));
	T(fa2(99, "plain", R_OK, 0));
	T(fa2(99, "/", R_OK, 0));
	CHECK(syscall(SYS_setgroups, 0, NULL) == 0);
	CHECK(setresgid(1000, 1000, 0) == 0 && setresuid(1000, 0, 0) == 0);
	printf("real user 1000, effective 0\n");
	T(access("secret", R_OK));
	T(fa2(AT_FDCWD, "secret", R_OK, AT_EACCESS));
	T(open("secret", O_RDONLY));
	T(access("plain", W_OK));
	CHECK(setresuid(0, 1000, 0) == 0);
	printf("real user 0, effective 1000\n");
	T(access("secret", R_OK));
	T(fa2(AT_FDCWD, "secret", R_OK, AT_EACCESS));
	T(open("secret", O_RDONLY));
	return 0;
}
