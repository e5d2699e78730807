// SPDX-License-Identifier: MPL-2.0
// inotify: arguments, flags of watches, buffers, queue limits, removal, unmount, poll and
// SIGIO-free blocking reads.
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

static void touch(const char *path)
{
	close(open(path, O_WRONLY | O_CREAT, 0644));
}

int main(void)
{
	char buf[512];
	int n;

	t_start();
	t_tmpfs("");
	T(inotify_init1(1));
	in = T(inotify_init1(IN_NONBLOCK | IN_CLOEXEC));
	T(fcntl(in, F_GETFD));
	T(fcntl(in, F_GETFL) & O_NONBLOCK);
	mkdir("d", 0755);
	touch("f");
	symlink("d", "l");
	T(inotify_add_watch(in, "d", 0));
	T(inotify_add_watch(in, "d", 0x1000));
	T(inotify_add_watch(99, "d", IN_OPEN));
	T(inotify_add_watch(0, "d", IN_OPEN));
	T(inotify_add_watch(in, "none", IN_OPEN));
	T(inotify_add_watch(in, (char *)8, IN_OPEN));
	T(inotify_add_watch(in, "f", IN_OPEN | IN_ONLYDIR));
	T(inotify_add_watch(in, "d", IN_OPEN | IN_MASK_ADD | IN_MASK_CREATE));
	T(inotify_rm_watch(in, 1));
	T(inotify_rm_watch(99, 1));
	T(inotify_rm_watch(0, 1));
	T(read(in, buf, sizeof(buf)));
	T(write(in, buf, 16));
	T(inotify_add_watch(in, "d", IN_CREATE));
	T(inotify_add_watch(in, "l", IN_CREATE | IN_MASK_CREATE));
	T(inotify_add_watch(in, "l", IN_DELETE | IN_MASK_ADD));
	touch("d/a");
	unlink("d/a");
	events("mask added");
	T(inotify_add_watch(in, "l", IN_DELETE));
	touch("d/a");
	unlink("d/a");
	events("mask replaced");
	T(inotify_add_watch(in, "l", IN_ATTRIB | IN_DONT_FOLLOW));
	lchown("l", 1, 1);
	events("the link itself");
	T(inotify_rm_watch(in, 1));
	T(inotify_rm_watch(in, 1));
	events("removed");
	T(inotify_add_watch(in, "d", IN_CREATE | IN_ONESHOT));
	touch("d/b");
	touch("d/c");
	events("one shot");
	T(inotify_add_watch(in, "d", IN_MODIFY | IN_CLOSE_WRITE | IN_EXCL_UNLINK));
	int f = open("d/b", O_WRONLY);
	write(f, "x", 1);
	unlink("d/b");
	write(f, "x", 1);
	close(f);
	events("not after unlink");
	// Buffers: a name is padded; too small a buffer is an error; as many as fit.
	T(inotify_add_watch(in, "d", IN_CREATE));
	touch("d/123456789012345");
	touch("d/1234567890123456");
	T(ioctl(in, FIONREAD, &n));
	SHOW(n);
	T(read(in, buf, 16));
	T(read(in, buf, 31));
	T(read(in, buf, 79));
	T(read(in, buf, 48));
	struct pollfd p = { in, POLLIN | POLLOUT, 0 };
	T(poll(&p, 1, 0));
	touch("d/z");
	T(poll(&p, 1, 0));
	SHOWX(p.revents);
	T(read(in, (char *)8, 100));
	// Equal events that follow each other are one.
	int g = open("d/g", O_RDWR | O_CREAT, 0600);
	int w = T(inotify_add_watch(in, "d/g", IN_MODIFY | IN_ACCESS));
	events("before");
	for (int i = 0; i < 5; i++)
		write(g, "x", 1);
	pread(g, buf, 1, 0);
	write(g, "x", 1);
	events("merged");
	T(inotify_rm_watch(in, w));
	IN_CHILD("user", {
		t_drop_root(1000);
		T(inotify_add_watch(in, "d/g", IN_OPEN));
		T(inotify_add_watch(in, "d", IN_OPEN));
	});
	events("user");
	// Unmounting.
	mkdir("m", 0755);
	CHECK(mount("tmpfs", "m", "tmpfs", 0, "") == 0);
	touch("m/x");
	T(inotify_add_watch(in, "m", IN_OPEN));
	T(inotify_add_watch(in, "m/x", IN_DELETE_SELF));
	T(umount("m"));
	events("unmounted");
	// A reader that sleeps.
	fcntl(in, F_SETFL, 0);
	pid_t pid = t_fork();
	if (pid == 0)
		_exit((int)read(in, buf, sizeof(buf)));
	t_wait_state(pid, 'S');
	touch("d/wake");
	t_reap("reader", pid);
	// /proc files can be watched; they just stay silent.
	fcntl(in, F_SETFL, O_NONBLOCK);
	T(inotify_add_watch(in, "/proc/self/mounts",
		  IN_ALL_EVENTS & ~(IN_OPEN | IN_ACCESS | IN_CLOSE)) > 0);
	events("proc");
	T(close(in));
	return 0;
}
