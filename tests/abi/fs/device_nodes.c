// SPDX-License-Identifier: MPL-2.0
// /dev/null, zero, full, random, urandom, tty, kmsg: what reads, writes, seeks and maps of them do.
#include "../lib/t.h"

int main(void)
{
	char buf[16];
	static const char *const names[] = { "/dev/null", "/dev/zero", "/dev/full", "/dev/urandom",
		"/dev/random" };

	t_start();
	for (size_t i = 0; i < T_LEN(names); i++) {
		struct stat st;
		int fd = open(names[i], O_RDWR);

		CHECK(fd >= 0 && fstat(fd, &st) == 0);
		printf("%s: %s %ld:%ld mode %o\n", names[i], S_ISCHR(st.st_mode) ? "char" : "other",
			(long)st.st_rdev >> 8, (long)st.st_rdev & 255, st.st_mode & 0777);
		memset(buf, 'x', sizeof(buf));
		TL("  read", read(fd, buf, 4));
		if (i < 3)
			t_hex("  bytes", buf, 4);
		TL("  write", write(fd, "abcd", 4));
		TL("  seek", lseek(fd, 100, SEEK_SET));
		TL("  pread", pread(fd, buf, 4, 1000));
		TL("  truncate", ftruncate(fd, 0));
		TL("  fsync", fsync(fd));
		TL("  FIONREAD", ioctl(fd, FIONREAD, buf));
		TLOK("  map shared", mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0));
		TLOK("  map private", mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0));
		close(fd);
	}
	int z = open("/dev/zero", O_RDWR);
	char *s = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, z, 0);
	SHOW(s[0]);
	IN_CHILD("shared over fork", s[0] = 's');
	SHOW(s[0]);
	T(open("/dev/null", O_RDWR | O_CREAT | O_TRUNC, 0600) >= 0);
	T(open("/dev/null", O_RDWR | O_DIRECTORY));
	T(mkdir("/dev/null/x", 0700));
	struct stat st;
	T(stat("/dev/console", &st));
	SHOWX(st.st_rdev);
	T(stat("/dev/tty", &st));
	SHOWX(st.st_rdev);
	T(stat("/dev/ptmx", &st));
	SHOWX(st.st_rdev);
	T(stat("/dev/kmsg", &st));
	SHOWX(st.st_rdev);
	return 0;
}
