// SPDX-License-Identifier: MPL-2.0
// fs.protected_symlinks, _hardlinks, _fifos, _regular: what is refused in directories that
// everybody may write to, to whom, and at which values.
#include "../lib/t.h"

#define PROC "/proc/sys/fs/protected_"

static void put(const char *name, const char *text)
{
	char path[64], b[16] = "";
	int fd, n, e;

	snprintf(path, sizeof(path), PROC "%s", name);
	fd = open(path, O_RDWR);
	n = fd < 0 ? -1 : write(fd, text, strlen(text));
	e = errno;
	if (fd >= 0)
		pread(fd, b, sizeof(b) - 1, 0);
	close(fd);
	printf("%s = %s: %s, now %s", name, text, n < 0 ? t_errname(e) : "written", b);
}

static void make(const char *path, int uid, int mode)
{
	int fd = open(path, O_CREAT | O_EXCL | O_WRONLY, 0600);

	CHECK(fd >= 0);
	CHECK(fchown(fd, uid, uid) == 0 && fchmod(fd, mode) == 0);
	close(fd);
}

static void link_of(const char *to, const char *path, int uid)
{
	CHECK(symlink(to, path) == 0);
	CHECK(lchown(path, uid, uid) == 0);
}

static void opens(const char *path, int flags)
{
	int fd = open(path, flags, 0600);

	printf("  %s %s: %s\n", path, flags & O_CREAT ? "O_CREAT" : "",
		fd < 0 ? t_errname(errno) : "open");
	if (fd >= 0)
		close(fd);
}

/* As user 1000 what user 2000 and root have left. */
static void as_user(void (*what)(void))
{
	pid_t p;

	fflush(stdout);
	p = t_fork();
	if (!p) {
		CHECK(setgroups(0, NULL) == 0);
		CHECK(setresgid(1000, 1000, 1000) == 0 && setresuid(1000, 1000, 1000) == 0);
		what();
		fflush(stdout);
		_exit(0);
	}
	waitpid(p, NULL, 0);
}

static void links(void)
{
	struct stat st;

	opens("tmp/own", O_RDONLY);
	opens("tmp/other", O_RDONLY);
	opens("tmp/roots", O_RDONLY);
	opens("tmp/other", O_RDONLY | O_CREAT);
	opens("tmp/other", O_RDONLY | O_NOFOLLOW);
	opens("tmp/dir/file", O_RDONLY);
	opens("tmp/dir", O_RDONLY);
	opens("tmp/dir/", O_RDONLY);
	opens("plain/other", O_RDONLY);
	opens("plain/chain", O_RDONLY); // its end is in tmp
	opens("plain/through/file", O_RDONLY);
	opens("plain/through", O_RDONLY);
	T(stat("tmp/other", &st));
	T(lstat("tmp/other", &st));
	T(chdir("tmp/dir"));
}

static void hard(void)
{
	static const char *const files[] = { "mine", "theirs", "readable", "writable", "setuid",
		"setgid", "fifo", "dir" };
	char from[64], to[64];

	for (size_t i = 0; i < T_LEN(files); i++) {
		snprintf(from, sizeof(from), "src/%s", files[i]);
		snprintf(to, sizeof(to), "plain/hard-%s", files[i]);
		TL(files[i], link(from, to));
		unlink(to);
	}
}

static void creates(void)
{
	static const char *const dirs[] = { "tmp", "group", "plain" };
	static const char *const files[] = { "regular-2000", "regular-0", "regular-1000",
		"fifo-2000" };
	char path[64];

	for (size_t d = 0; d < T_LEN(dirs); d++)
		for (size_t i = 0; i < T_LEN(files); i++) {
			snprintf(path, sizeof(path), "%s/%s", dirs[d], files[i]);
			opens(path, O_RDWR | O_CREAT);
			opens(path, O_RDWR);
		}
}

static void prepare(void)
{
	static const char *const dirs[] = { "tmp", "group", "plain" };
	char path[64];

	CHECK(mkdir("tmp", 0) == 0 && chmod("tmp", 01777) == 0);
	CHECK(mkdir("group", 0) == 0 && chmod("group", 01775) == 0);
	CHECK(mkdir("plain", 0) == 0 && chmod("plain", 0777) == 0);
	CHECK(mkdir("src", 0) == 0 && chmod("src", 0777) == 0);
	CHECK(mkdir("real", 0) == 0 && chmod("real", 0755) == 0);
	make("real/file", 0, 0644);
	link_of("../real/file", "tmp/own", 1000);
	link_of("../real/file", "tmp/other", 2000);
	link_of("../real/file", "tmp/roots", 0);
	link_of("../real", "tmp/dir", 2000);
	link_of("../real/file", "plain/other", 2000);
	link_of("../tmp/other", "plain/chain", 1000);
	link_of("../tmp/dir", "plain/through", 1000);
	make("src/mine", 1000, 0000);
	make("src/theirs", 2000, 0600);
	make("src/readable", 2000, 0644);
	make("src/writable", 2000, 0666);
	make("src/setuid", 2000, 04666);
	make("src/setgid", 2000, 02676);
	CHECK(mkfifo("src/fifo", 0666) == 0 && chmod("src/fifo", 0666) == 0);
	CHECK(mkdir("src/dir", 0777) == 0);
	for (size_t d = 0; d < T_LEN(dirs); d++) {
		snprintf(path, sizeof(path), "%s/regular-2000", dirs[d]);
		make(path, 2000, 0666);
		snprintf(path, sizeof(path), "%s/regular-0", dirs[d]);
		make(path, 0, 0666);
		snprintf(path, sizeof(path), "%s/regular-1000", dirs[d]);
		make(path, 1000, 0666);
		snprintf(path, sizeof(path), "%s/fifo-2000", dirs[d]);
		CHECK(mkfifo(path, 0) == 0 && chown(path, 2000, 2000) == 0 &&
			chmod(path, 0666) == 0);
	}
}

int main(void)
{
	t_start();
	CHECK(chmod(".", 0755) == 0);
	prepare();
	put("symlinks", "2");
	put("hardlinks", "2");
	put("fifos", "3");
	put("regular", "3");
	as_user(links);
	as_user(hard);
	as_user(creates);
	put("symlinks", "0");
	put("hardlinks", "0");
	put("fifos", "1");
	put("regular", "1");
	as_user(links);
	as_user(hard);
	as_user(creates);
	put("fifos", "2");
	put("regular", "2");
	as_user(creates);
	put("symlinks", "1");
	put("hardlinks", "1");
	put("fifos", "0");
	put("regular", "0");
	links(); // root is no exception
	return 0;
}
