// SPDX-License-Identifier: MPL-2.0
// F_NOTIFY: which changes of a directory send a signal, once or each time, and until when.
#include "../lib/t.h"

static volatile int signals, code, band, fd_told;

static void on_signal(int sig, siginfo_t *info, void *context)
{
	signals++;
	code = info->si_code;
	band = info->si_band;
	fd_told = info->si_fd;
}

/* How many signals a statement sends. */
#define TELLS(statement)                                 \
	do {                                             \
		signals = 0;                             \
		statement;                               \
		printf("%s: %d\n", #statement, signals); \
	} while (0)

static int use(const char *path, int flags, char what)
{
	int fd = open(path, flags, 0600);
	char c = 'x';

	CHECK(fd >= 0);
	if (what == 'r')
		CHECK(read(fd, &c, 1) >= 0);
	if (what == 'w')
		CHECK(write(fd, &c, 1) == 1);
	if (what == 't')
		CHECK(!ftruncate(fd, 3));
	close(fd);
	return 0;
}

static int read_dir(const char *path)
{
	DIR *d = opendir(path);

	CHECK(d && readdir(d));
	closedir(d);
	return 0;
}

/* The same changes for each mask. */
static void changes(unsigned mask)
{
	int fd = open("d", O_RDONLY | O_DIRECTORY);

	printf("-- %x\n", mask);
	T(fcntl(fd, F_NOTIFY, mask | DN_MULTISHOT));
	TELLS(use("d/f", O_CREAT | O_RDWR, 0));
	TELLS(use("d/f", O_RDWR, 'w'));
	TELLS(use("d/f", O_RDWR, 'r'));
	TELLS(use("d/f", O_RDWR, 't'));
	TELLS(use("d/f", O_RDWR | O_TRUNC, 0));
	TELLS(chmod("d/f", 0640));
	TELLS(chmod("d", 0750));
	TELLS(link("d/f", "d/g"));
	TELLS(rename("d/g", "d/h"));
	TELLS(rename("d/f", "d/h"));
	TELLS(unlink("d/h"));
	TELLS(rename("d/f", "e/f"));
	TELLS(rename("e/f", "d/f"));
	TELLS(rename("d/f", "f"));
	TELLS(unlink("f"));
	TELLS(mkdir("d/s", 0700));
	TELLS(use("d/s/f", O_CREAT | O_RDWR, 'w'));
	TELLS(unlink("d/s/f"));
	TELLS(chmod("d/s", 0750));
	TELLS(read_dir("d"));
	TELLS(read_dir("d/s"));
	TELLS(rmdir("d/s"));
	TELLS(symlink("x", "d/l"));
	TELLS(unlink("d/l"));
	close(fd);
	TELLS(mkdir("d/s", 0700));
	TELLS(rmdir("d/s"));
}

static void ends(void)
{
	int fd = open("d", O_RDONLY | O_DIRECTORY), other, file, pair[2];
	pid_t child;

	/* Once, then no more. */
	T(fcntl(fd, F_NOTIFY, DN_CREATE));
	T(fcntl(fd, F_GETOWN) == getpid());
	TELLS(mkdir("d/1", 0700));
	TELLS(mkdir("d/2", 0700));
	/* Masks are added; 0 ends the watch. */
	T(fcntl(fd, F_NOTIFY, DN_CREATE | DN_MULTISHOT));
	T(fcntl(fd, F_NOTIFY, DN_DELETE));
	TELLS(mkdir("d/3", 0700));
	TELLS(rmdir("d/3"));
	T(fcntl(fd, F_NOTIFY, 0));
	TELLS(mkdir("d/3", 0700));
	T(fcntl(fd, F_NOTIFY, DN_DELETE | DN_MULTISHOT));
	T(fcntl(fd, F_NOTIFY, DN_MULTISHOT));
	TELLS(rmdir("d/3"));
	/* What is told with F_SETSIG. */
	T(fcntl(fd, F_SETSIG, SIGRTMIN));
	T(fcntl(fd, F_NOTIFY, DN_DELETE | DN_MULTISHOT));
	TELLS(rmdir("d/2"));
	IS(code == POLL_MSG);
	IS(fd_told == fd);
	SHOW(band);
	/* Two files, one directory. */
	other = open("d", O_RDONLY | O_DIRECTORY);
	T(fcntl(other, F_NOTIFY, DN_DELETE | DN_MULTISHOT));
	TELLS(rmdir("d/1"));
	close(other);
	/* A duplicate's close ends it. */
	other = dup(fd);
	CHECK(!mkdir("d/1", 0700));
	close(other);
	TELLS(rmdir("d/1"));
	T(fcntl(fd, F_NOTIFY, DN_CREATE | DN_MULTISHOT));
	/* A child has the file, but no watch. */
	CHECK(!pipe(pair));
	child = t_fork();
	if (!child) {
		close(fd);
		mkdir("d/4", 0700);
		exit(0);
	}
	t_status("child", t_wait(child));
	UNTIL(signals);
	SHOW(signals);
	TELLS(mkdir("d/5", 0700));
	child = t_fork();
	if (!child) {
		t_get(pair[0]);
		exit(0);
	}
	close(fd);
	TELLS(mkdir("d/6", 0700));
	t_put(pair[1]);
	t_wait(child);
	/* Not of files, and not by a path alone. */
	file = open("plain", O_CREAT | O_RDWR, 0600);
	T(fcntl(file, F_NOTIFY, DN_MODIFY));
	T(fcntl(file, F_NOTIFY, 0));
	T(fcntl(pair[0], F_NOTIFY, DN_MODIFY));
	close(file);
	file = open("d", O_PATH);
	T(fcntl(file, F_NOTIFY, DN_CREATE));
	close(file);
	T(fcntl(file, F_NOTIFY, DN_CREATE));
	rmdir("d/4");
	rmdir("d/5");
	rmdir("d/6");
	/* Of a directory that is removed. */
	mkdir("gone", 0700);
	fd = open("gone", O_RDONLY | O_DIRECTORY);
	T(fcntl(fd, F_NOTIFY, DN_DELETE | DN_ATTRIB | DN_MULTISHOT));
	TELLS(rmdir("gone"));
	close(fd);
}

int main(void)
{
	static const unsigned masks[] = { DN_ACCESS, DN_MODIFY, DN_CREATE, DN_DELETE, DN_RENAME,
		DN_ATTRIB, 0x40,
		DN_ACCESS | DN_MODIFY | DN_CREATE | DN_DELETE | DN_RENAME | DN_ATTRIB };
	struct sigaction sa = { .sa_sigaction = on_signal, .sa_flags = SA_SIGINFO | SA_RESTART };

	t_start();
	t_tmpfs("");
	sigaction(SIGIO, &sa, NULL);
	sigaction(SIGRTMIN, &sa, NULL);
	CHECK(!mkdir("d", 0700) && !mkdir("e", 0700));
	for (size_t i = 0; i < T_LEN(masks); i++)
		changes(masks[i]);
	ends();
	return 0;
}
