// SPDX-License-Identifier: MPL-2.0
// inotify: what open, read, write, chmod, truncate, link, rename and removal report for a file and
// in its directory.
#include "../lib/t.h"
#include <sys/inotify.h>
#include <sys/xattr.h>

static int in, cookie_seen[16], nr_cookies;

static void mask_names(unsigned m)
{
	static const struct t_name tab[] = { T_N(IN_ACCESS), T_N(IN_MODIFY), T_N(IN_ATTRIB),
		T_N(IN_CLOSE_WRITE), T_N(IN_CLOSE_NOWRITE), T_N(IN_OPEN), T_N(IN_MOVED_FROM),
		T_N(IN_MOVED_TO), T_N(IN_CREATE), T_N(IN_DELETE), T_N(IN_DELETE_SELF),
		T_N(IN_MOVE_SELF), T_N(IN_UNMOUNT), T_N(IN_Q_OVERFLOW), T_N(IN_IGNORED),
		T_N(IN_ISDIR) };

	for (size_t i = 0; i < T_LEN(tab); i++)
		if (m & (unsigned)tab[i].value)
			printf(" %s", tab[i].name);
}

static int cookie_number(unsigned c)
{
	for (int i = 0; i < nr_cookies; i++)
		if (cookie_seen[i] == (int)c)
			return i + 1;
	cookie_seen[nr_cookies++ % 16] = (int)c;
	return nr_cookies;
}

static void events(const char *what)
{
	static char buf[8192];
	ssize_t n = read(in, buf, sizeof(buf));

	printf("%s:%s\n", what, n < 0 ? " none" : "");
	for (ssize_t at = 0; at < n;) {
		struct inotify_event *e = (void *)(buf + at);

		printf("  %d", e->wd);
		mask_names(e->mask);
		if (e->cookie)
			printf(" #%d", cookie_number(e->cookie));
		if (e->len)
			printf(" \"%s\" %u", e->name[0] == '#' ? "#" : e->name, e->len);
		printf("\n");
		at += (ssize_t)(sizeof(*e) + e->len);
	}
}

int main(void)
{
	char c;

	t_start();
	t_tmpfs("");
	in = inotify_init1(IN_NONBLOCK);
	mkdir("d", 0755);
	mkdir("e", 0755);
	T(inotify_add_watch(in, "d", IN_ALL_EVENTS));
	T(inotify_add_watch(in, "e", IN_MOVED_TO | IN_CREATE | IN_DELETE));
	int f = open("d/f", O_RDWR | O_CREAT, 0644);
	events("created");
	T(inotify_add_watch(in, "d/f", IN_ALL_EVENTS));
	write(f, "x", 1);
	write(f, "x", 1);
	events("written twice");
	write(f, "", 0);
	read(f, &c, 1);
	pread(f, &c, 1, 0);
	events("read");
	fchmod(f, 0600);
	events("chmod");
	fchown(f, 1, 1);
	fchown(f, -1, -1);
	events("chown");
	ftruncate(f, 10);
	truncate("d/f", 5);
	events("truncate");
	fallocate(f, 0, 0, 100);
	events("fallocate");
	struct timespec ts[2] = { { 1, 0 }, { 2, 0 } };
	futimens(f, ts);
	events("both times");
	ts[0].tv_nsec = UTIME_OMIT;
	futimens(f, ts);
	events("mtime");
	ts[0].tv_nsec = 0;
	ts[1].tv_nsec = UTIME_OMIT;
	futimens(f, ts);
	events("atime");
	fsetxattr(f, "trusted.a", "v", 1, 0);
	fremovexattr(f, "trusted.a");
	events("xattr");
	close(f);
	events("closed");
	close(open("d/f", O_RDONLY));
	close(open("d/f", O_WRONLY | O_TRUNC));
	events("opened, truncated");
	int p = open("d/f", O_PATH);
	close(p);
	events("O_PATH");
	link("d/f", "d/g");
	events("link");
	link("d/f", "e/g");
	events("link elsewhere");
	close(open("e/g", O_RDONLY));
	events("through another name");
	unlink("d/g");
	events("one name removed");
	rename("d/f", "d/h");
	events("renamed");
	rename("d/h", "e/g2");
	events("moved");
	rename("e/g2", "d/f");
	events("moved back");
	t_file("d/k", "", 0600);
	events("another file");
	rename("d/k", "d/f");
	events("renamed over");
	unlink("e/g");
	events("last name removed");
	mkdir("d/sub", 0755);
	rmdir("d/sub");
	events("mkdir, rmdir");
	symlink("x", "d/l");
	mknod("d/p", S_IFIFO | 0600, 0);
	events("symlink, fifo");
	renameat2(AT_FDCWD, "d/l", AT_FDCWD, "d/p", RENAME_EXCHANGE);
	events("exchanged");
	t_list("list", "d");
	events("listed");
	chdir("d");
	chdir("..");
	events("chdir");
	f = open("d/f", O_RDWR);
	unlink("d/f");
	events("unlinked while open");
	write(f, "x", 1);
	close(f);
	events("used and closed");
	f = open("d", O_TMPFILE | O_RDWR, 0600);
	if (f >= 0) {
		write(f, "x", 1);
		char path[64];
		snprintf(path, sizeof(path), "/proc/self/fd/%d", f);
		T(linkat(AT_FDCWD, path, AT_FDCWD, "d/t", AT_SYMLINK_FOLLOW));
		close(f);
	}
	events("O_TMPFILE");
	IN_CHILD("exec", { execl("/bin/busybox", "true", NULL); });
	events("elsewhere");
	return 0;
}
