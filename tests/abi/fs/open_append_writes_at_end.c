// SPDX-License-Identifier: MPL-2.0
// O_APPEND: every write goes to the end, pwrite too, and F_SETFL can switch it.
#include "../lib/t.h"

int main(void)
{
	t_start();
	t_file("f", "12345", 0644);
	int fd = T(open("f", O_RDWR | O_APPEND));
	T(lseek(fd, 0, SEEK_CUR));
	T(write(fd, "ab", 2));
	T(lseek(fd, 0, SEEK_CUR));
	T(lseek(fd, 0, SEEK_SET));
	T(write(fd, "cd", 2));
	T(lseek(fd, 0, SEEK_CUR));
	T(pwrite(fd, "ef", 2, 0));
	T(lseek(fd, 0, SEEK_CUR));
	SHOWS(t_slurp("f"));
	T(fcntl(fd, F_SETFL, 0));
	T(pwrite(fd, "XY", 2, 0));
	SHOWS(t_slurp("f"));
	T(fcntl(fd, F_SETFL, O_APPEND));
	IS((fcntl(fd, F_GETFL) & O_APPEND) != 0);
	int fd2 = T(open("f", O_WRONLY | O_APPEND));
	T(write(fd2, "11", 2));
	T(write(fd, "22", 2));
	T(write(fd2, "33", 2));
	SHOWS(t_slurp("f"));
	struct iovec v[2] = { { "p", 1 }, { "q", 1 } };
	T(pwritev2(fd2, v, 2, 0, RWF_APPEND));
	T(fcntl(fd2, F_SETFL, 0));
	T(pwritev2(fd2, v, 2, 1, RWF_APPEND));
	SHOWS(t_slurp("f"));
	return 0;
}
