// SPDX-License-Identifier: MPL-2.0
// Hundreds of mounts, on as many directories and on each other: each is found, and goes in any
// order. A mount is not moved below itself.
#include "../lib/t.h"

#define MANY 300

static const char *name(const char *format, int i)
{
	static char text[4][64];
	static int next;
	char *s = text[next++ % 4];

	snprintf(s, sizeof(text[0]), format, i);
	return s;
}

/* How many of the directories show the file that was made in the mount on them. */
static int found(const char *format)
{
	int n = 0;

	for (int i = 0; i < MANY; i++)
		n += access(name(format, i), F_OK) == 0;
	return n;
}

static int mount_all(void)
{
	int n = 0;

	for (int i = 0; i < MANY; i++) {
		mkdir(name("d%d", i), 0755);
		n += mount("x", name("d%d", i), "tmpfs", 0, "size=64k") == 0;
		t_file(name("d%d/in", i), "", 0644);
		mkdir(name("d%d/sub", i), 0755);
	}
	return n;
}

int main(void)
{
	int n = 0;

	t_start();
	SHOW(mount_all());
	SHOW(found("d%d/in"));
	/* The same directory below many mounts: bind mounts of one place. */
	mkdir("place", 0755);
	mkdir("place/sub", 0755);
	for (int i = 0; i < MANY; i++)
		n += mount("place", name("d%d/sub", i), NULL, MS_BIND, NULL) == 0;
	SHOW(n);
	n = 0;
	for (int i = 0; i < MANY; i++) {
		n += mount("x", name("d%d/sub/sub", i), "tmpfs", 0, "size=64k") == 0;
		if (i % 3 == 0)
			t_file(name("d%d/sub/sub/mine", i), "", 0644);
	}
	SHOW(n);
	SHOW(found("d%d/sub/sub/mine"));
	T(access("place/sub/mine", F_OK));
	T(umount("d7"));
	T(umount("d7/sub"));
	/* The last one leads on to what was below. */
	for (int i = 0; i < MANY; i += 2)
		umount(name("d%d/sub/sub", i));
	SHOW(found("d%d/sub/sub/mine"));
	/* A stack on one directory: the latest is seen. */
	for (int i = 0; i < 20; i++) {
		mount("x", "d1", "tmpfs", 0, "size=64k");
		t_file(name("d1/layer%d", i), "", 0644);
	}
	t_list("top", "d1");
	for (int i = 0; i < 19; i++)
		umount("d1");
	t_list("first", "d1");
	T(umount("d1"));
	T(access("d1/in", F_OK));
	/* A mount moves with what is on it, but not below itself, nor a directory to a file. */
	mkdir("to", 0755);
	t_file("file", "", 0644);
	T(mount("d3", "d3/sub", NULL, MS_MOVE, NULL));
	T(mount("d3", "d3/sub/sub", NULL, MS_MOVE, NULL));
	T(mount("d3", "file", NULL, MS_MOVE, NULL));
	T(mount("d3", "to", NULL, MS_MOVE, NULL));
	T(access("to/sub/sub/mine", F_OK));
	T(access("d3/in", F_OK));
	T(umount2("to", MNT_DETACH));
	n = 0;
	for (int i = 0; i < MANY; i++)
		n += umount2(name("d%d", i), MNT_DETACH) == 0;
	SHOW(n);
	SHOW(found("d%d/in"));
	return 0;
}
