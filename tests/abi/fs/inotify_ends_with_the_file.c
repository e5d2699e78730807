// SPDX-License-Identifier: MPL-2.0
// inotify: a watch ends with the last name of its file, or when the file system is unmounted.
#include "../lib/t.h"
#include <sys/inotify.h>

static int in;

static void events(const char *what)
{
	static char buf[65536];
	ssize_t n = read(in, buf, sizeof(buf));

	printf("%s:%s\n", what, n < 0 ? " none" : "");
	for (ssize_t at = 0; at < n;) {
		struct inotify_event *e = (void *)(buf + at);

		printf("  %d %#x%s%s\n", e->wd, e->mask, e->len ? " " : "", e->len ? e->name : "");
		at += (ssize_t)(sizeof(*e) + e->len);
	}
}

static int opened(const char *path)
{
	return open(path, O_RDWR | O_CREAT, 0644);
}

int main(void)
{
	struct pollfd p = { .events = POLLIN };
	char path[64];
	int f, g;

	t_start();
	t_tmpfs("");
	in = p.fd = T(inotify_init1(IN_NONBLOCK));
	// An open file without names.
	f = opened("a");
	T(inotify_add_watch(in, "a", IN_DELETE_SELF | IN_ATTRIB | IN_MODIFY));
	T(unlink("a"));
	events("unlinked");
	write(f, "x", 1);
	events("written");
	close(f);
	events("closed");
	// Two names, both open: the last one that is closed.
	f = opened("b");
	T(link("b", "c"));
	g = opened("c");
	T(inotify_add_watch(in, "b", IN_DELETE_SELF | IN_CLOSE_WRITE));
	T(unlink("b"));
	T(unlink("c"));
	events("both unlinked");
	close(f);
	events("one closed");
	write(g, "x", 1);
	// Watched again, by the other one.
	snprintf(path, sizeof(path), "/proc/self/fd/%d", g);
	T(inotify_add_watch(in, path, IN_DELETE_SELF | IN_MODIFY | IN_MASK_ADD));
	write(g, "x", 1);
	events("by the other");
	close(g);
	events("other closed");
	// Renamed over, and a directory that somebody is in.
	close(opened("d"));
	close(opened("e"));
	T(inotify_add_watch(in, "e", IN_DELETE_SELF));
	T(rename("d", "e"));
	events("renamed over");
	T(mkdir("dir", 0755));
	f = open("dir", O_RDONLY);
	T(inotify_add_watch(in, "dir", IN_DELETE_SELF));
	T(rmdir("dir"));
	events("removed");
	close(f);
	events("left");
	// Unmounting: a lazy one, at its last close, and file systems whose names come and go.
	T(mkdir("m", 0755));
	CHECK(mount("tmpfs", "m", "tmpfs", 0, "") == 0);
	f = opened("m/x");
	T(inotify_add_watch(in, "m/x", IN_OPEN));
	T(umount2("m", MNT_DETACH));
	events("detached");
	close(f);
	CHECK(poll(&p, 1, 20000) == 1);
	events("last close");
	CHECK(mount("proc", "m", "proc", 0, "") == 0);
	T(inotify_add_watch(in, "m/sys/kernel", IN_CREATE));
	T(inotify_add_watch(in, "m/version", IN_MODIFY));
	T(umount("m"));
	events("proc");
	CHECK(mount("tmpfs", "m", "tmpfs", 0, "") == 0);
	CHECK(mount("m", "m", NULL, MS_BIND, NULL) == 0);
	T(mkdir("m/dir", 0755));
	T(inotify_add_watch(in, "m/dir", IN_CREATE));
	T(umount("m"));
	events("one of two mounts");
	T(umount("m"));
	events("the other");
	T(inotify_rm_watch(in, 6));
	return T(close(in));
}
