// SPDX-License-Identifier: MPL-2.0
// memfd_create: names, flags, seals that stop writing, growing and shrinking.
#include "../lib/t.h"
#ifndef F_SEAL_FUTURE_WRITE
#define F_SEAL_FUTURE_WRITE 0x10
#endif

int main(void)
{
	char name[300], link[300] = "", path[64];

	t_start();
	memset(name, 'n', sizeof(name));
	name[249] = 0;
	T(memfd_create(name, 0) >= 0);
	name[249] = 'n';
	name[250] = 0;
	T(memfd_create(name, 0));
	T(memfd_create("x", 0x1000));
	T(memfd_create((char *)8, 0));
	int fd = T(memfd_create("hello", MFD_CLOEXEC | MFD_ALLOW_SEALING));
	T(fcntl(fd, F_GETFD));
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	readlink(path, link, sizeof(link) - 1);
	SHOWS(link);
	struct stat st;
	T(fstat(fd, &st));
	SHOWO(st.st_mode);
	SHOW(st.st_size);
	SHOW(st.st_nlink);
	T(fcntl(fd, F_GET_SEALS));
	T(ftruncate(fd, 8192));
	T(write(fd, "data", 4));
	char *m = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	t_text("mapped", m, 4);
	T(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE));
	T(munmap(m, 4096));
	T(fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK));
	T(ftruncate(fd, 4096));
	T(ftruncate(fd, 8192 + 4096));
	T(fcntl(fd, F_ADD_SEALS, F_SEAL_GROW));
	T(ftruncate(fd, 5 * 4096));
	T(pwrite(fd, "x", 1, 5 * 4096));
	T(pwrite(fd, "x", 1, 0));
	T(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE));
	T(pwrite(fd, "x", 1, 0));
	TOK(mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0));
	TOK(mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0));
	TOK(mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0));
	T(fcntl(fd, F_ADD_SEALS, F_SEAL_SEAL));
	T(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE));
	T(fcntl(fd, F_GET_SEALS));
	int n = T(memfd_create("noseal", 0));
	T(fcntl(n, F_GET_SEALS));
	T(fcntl(n, F_ADD_SEALS, F_SEAL_WRITE));
	t_file("f", "", 0600);
	int ro = T(open("/proc/self/fd/1", O_RDONLY | O_PATH));
	T(fcntl(ro, F_GET_SEALS));
	int w = T(memfd_create("future", MFD_ALLOW_SEALING));
	ftruncate(w, 4096);
	char *old = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, w, 0);
	T(fcntl(w, F_ADD_SEALS, F_SEAL_FUTURE_WRITE));
	old[0] = 'o';
	T(pwrite(w, "x", 1, 0));
	TOK(mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, w, 0));
	T(fcntl(w, F_ADD_SEALS, 0x1000));
	return 0;
}
