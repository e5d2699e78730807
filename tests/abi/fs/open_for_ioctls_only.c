// SPDX-License-Identifier: MPL-2.0
// Access mode 3: needs the rights to read and to write, and gives neither, only ioctls.
#include "../lib/t.h"
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/sendfile.h>

#define BOTH (O_WRONLY | O_RDWR)

static void use(int fd)
{
	char c = 'y';
	struct stat st;
	struct flock fl = { .l_type = F_RDLCK };

	SHOWX(fcntl(fd, F_GETFL) & O_ACCMODE);
	T(read(fd, &c, 1));
	T(pread(fd, &c, 1, 0));
	T(write(fd, &c, 1));
	T(pwrite(fd, &c, 1, 0));
	T(lseek(fd, 0, SEEK_END));
	T(ftruncate(fd, 0));
	T(fallocate(fd, 0, 0, 1));
	T(fstat(fd, &st));
	T(fchmod(fd, 0644));
	T(fsync(fd));
	IS(mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, fd, 0) == MAP_FAILED && errno == EACCES);
	IS(mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0) == MAP_FAILED && errno == EACCES);
	T(fcntl(fd, F_SETLK, &fl));
	fl.l_type = F_WRLCK;
	T(fcntl(fd, F_SETLK, &fl));
	T(flock(fd, LOCK_SH));
	T(flock(fd, LOCK_EX | LOCK_NB));
	T(flock(fd, LOCK_UN));
	T(sendfile(1, fd, NULL, 1));
}

/* As the user 1000: one of the two permissions is not enough. */
static void ordinary(void)
{
	pid_t pid = fork();

	if (!pid) {
		CHECK(setresgid(1000, 1000, 1000) == 0 && setresuid(1000, 1000, 1000) == 0);
		T(open("r", BOTH));
		T(open("w", BOTH));
		TOK(open("rw", BOTH));
		T(open("r", O_RDONLY | O_TRUNC));
		_exit(0);
	}
	T(t_wait(pid));
}

int main(void)
{
	int fd;
	char c;
	struct stat st;
	struct winsize w;

	t_start();
	t_file("f", "x", 0644);
	t_file("r", "x", 0644);
	t_file("w", "x", 0622);
	t_file("rw", "x", 0666);
	chmod("w", 0622);
	chmod("rw", 0666);
	fd = TOK(open("f", BOTH));
	use(fd);
	close(fd);
	fd = TOK(open("f", O_RDONLY));
	T(read(fd, &c, 1));
	close(fd);
	ordinary();
	T(open(".", BOTH));
	/* It creates, and it truncates. */
	fd = TOK(open("new", BOTH | O_CREAT | O_EXCL, 0600));
	T(write(fd, "x", 1));
	close(fd);
	fd = TOK(open("f", BOTH | O_TRUNC));
	close(fd);
	T(stat("f", &st));
	SHOW(st.st_size);
	/* Not counted as a writer, so the program may run; but what is truncated is written. */
	fd = TOK(open("/proc/self/exe", BOTH));
	close(fd);
	T(open("/proc/self/exe", BOTH | O_TRUNC));
	T(open("/proc/self/exe", O_RDONLY | O_TRUNC));
	T(truncate("/proc/self/exe", 0));
	CHECK(mkfifo("p", 0600) == 0);
	T(open("p", BOTH));
	T(open("p", BOTH | O_NONBLOCK));
	fd = TOK(open("/dev/null", BOTH));
	T(read(fd, &c, 1));
	T(write(fd, "x", 1));
	close(fd);
	fd = TOK(open("/dev/ptmx", BOTH | O_NOCTTY));
	T(ioctl(fd, TIOCGWINSZ, &w));
	T(read(fd, &c, 1));
	T(write(fd, "x", 1));
	close(fd);
	return 0;
}
