// SPDX-License-Identifier: MPL-2.0
// O_DIRECTORY, O_NOFOLLOW and O_PATH: which opens fail and what an O_PATH descriptor can do.
#include "../lib/t.h"

int main(void)
{
	char buf[64];
	struct stat st;

	t_start();
	t_file("f", "text", 0644);
	mkdir("d", 0755);
	symlink("f", "lf");
	symlink("d", "ld");
	T(open("f", O_RDONLY | O_DIRECTORY));
	T(open("d", O_RDONLY | O_DIRECTORY));
	T(open("ld", O_RDONLY | O_DIRECTORY));
	T(open("ld", O_RDONLY | O_DIRECTORY | O_NOFOLLOW));
	T(open("lf", O_RDONLY | O_NOFOLLOW));
	T(open("ld/.", O_RDONLY | O_NOFOLLOW));
	T(open("f", O_RDONLY | O_NOFOLLOW));
	T(open("x", O_RDWR | O_CREAT | O_DIRECTORY, 0600));
	T(access("x", F_OK));
	T(open("lf", O_PATH | O_NOFOLLOW));
	int l = 7;
	T(fstat(l, &st));
	IS(S_ISLNK(st.st_mode));
	T(readlinkat(l, "", buf, sizeof(buf)));
	T(read(l, buf, 1));
	T(write(l, buf, 1));
	T(fcntl(l, F_GETFL) == (O_PATH | O_NOFOLLOW));
	T(fcntl(l, F_GETFD));
	T(ioctl(l, FIONREAD, buf));
	T(lseek(l, 0, SEEK_SET));
	T(fchmod(l, 0600));
	T(fchown(l, 0, 0));
	T(fsync(l));
	T(ftruncate(l, 0));
	T(dup(l));
	T(open("d", O_PATH));
	T(fchdir(9));
	T(openat(9, "../f", O_RDONLY));
	T(mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, 7, 0) == MAP_FAILED);
	T(open("../f", O_PATH | O_RDWR | O_TRUNC));
	T(stat("../f", &st));
	SHOW(st.st_size);
	T(close(l));
	return 0;
}
