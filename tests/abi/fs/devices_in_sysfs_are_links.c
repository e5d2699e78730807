// SPDX-License-Identifier: MPL-2.0
// /sys/class and /sys/dev have links to the directories of devices, and those to their class.
#include "../lib/t.h"

static void link_of(const char *path)
{
	char to[256];
	ssize_t n = readlink(path, to, sizeof(to) - 1);

	if (n < 0) {
		printf("%s: %s\n", path, t_errname(errno));
		return;
	}
	to[n] = 0;
	printf("%s -> %s\n", path, to);
}

static void read_all(const char *path)
{
	char *s = t_slurp(path);

	printf("%s:\n%s", path, s ? s : t_errname(errno));
}

static int type_in(const char *folder, const char *name)
{
	DIR *d = opendir(folder);
	struct dirent *e;
	int type = -1;

	CHECK(d);
	while ((e = readdir(d)))
		if (!strcmp(e->d_name, name))
			type = e->d_type;
	closedir(d);
	return type;
}

int main(void)
{
	t_start();
	link_of("/sys/dev/char/1:3");
	link_of("/sys/dev/char/1:9");
	link_of("/sys/dev/char/5:0");
	link_of("/sys/dev/block/1:0");
	link_of("/sys/class/mem/null");
	link_of("/sys/class/mem/kmsg");
	link_of("/sys/class/tty/tty");
	link_of("/sys/class/tty/console");
	link_of("/sys/class/tty/ptmx");
	link_of("/sys/class/block/ram0");
	link_of("/sys/block/ram0");
	link_of("/sys/devices/virtual/mem/null/subsystem");
	link_of("/sys/devices/virtual/tty/tty/subsystem");
	link_of("/sys/devices/virtual/block/ram0/subsystem");
	link_of("/sys/devices/virtual/mem/null");
	read_all("/sys/class/mem/null/dev");
	read_all("/sys/dev/char/5:1/dev");
	read_all("/sys/devices/virtual/tty/tty/dev");
	read_all("/sys/dev/char/1:8/subsystem/null/dev");
	SHOW(type_in("/sys/class/mem", "zero"));
	SHOW(type_in("/sys/dev/char", "1:5"));
	SHOW(type_in("/sys/devices/virtual/mem", "zero"));
	T(rmdir("/sys/class/mem/zero"));
	return 0;
}
