// SPDX-License-Identifier: MPL-2.0
// noatime, nodiratime, relatime, strictatime, O_NOATIME: which reads set the access time; how
// statfs and mountinfo tell the flags, also after a remount.
#include "../lib/t.h"
#include <sys/statfs.h>

static const struct {
	const char *name;
	unsigned long flags;
} kinds[] = {
	{ "none", 0 },
	{ "noatime", MS_NOATIME },
	{ "nodiratime", MS_NODIRATIME },
	{ "relatime", MS_RELATIME },
	{ "strictatime", MS_STRICTATIME },
	{ "strictatime nodiratime", MS_STRICTATIME | MS_NODIRATIME },
	{ "strictatime noatime", MS_STRICTATIME | MS_NOATIME },
	{ "relatime noatime", MS_RELATIME | MS_NOATIME },
	{ "lazytime", MS_LAZYTIME },
	{ "sync", MS_SYNCHRONOUS },
	{ "dirsync", MS_DIRSYNC },
	{ "mand", MS_MANDLOCK },
	{ "ro", MS_RDONLY },
	{ "ro strictatime", MS_RDONLY | MS_STRICTATIME },
};

// Options of tmpfs itself differ between kernels: they begin with the size, or with inode64.
static void cut(char *opts)
{
	char *end = strstr(opts, ",size=");

	if (!end)
		end = strstr(opts, ",inode64");
	if (end)
		*end = 0;
}

static void told(const char *label)
{
	char real[PATH_MAX], point[1024], mount[1024], super[1024], *line;
	struct statfs s;

	CHECK(realpath("m", real));
	line = strtok(t_slurp("/proc/self/mountinfo"), "\n");
	for (; line; line = strtok(NULL, "\n"))
		if (sscanf(line, "%*d %*d %*s %*s %1023s %1023s - %*s %*s %1023s", point, mount,
			    super) == 3 &&
			!strcmp(point, real)) {
			cut(super);
			printf("%s: %s, %s\n", label, mount, super);
		}
	line = strtok(t_slurp("/proc/self/mounts"), "\n");
	for (; line; line = strtok(NULL, "\n"))
		if (sscanf(line, "%*s %1023s %*s %1023s", point, mount) == 2 &&
			!strcmp(point, real)) {
			cut(mount);
			printf("%s: %s\n", label, mount);
		}
	CHECK(statfs("m", &s) == 0);
	printf("%s: statfs %#lx\n", label, (long)s.f_flags & ~0x20L);
}

static void read_it(const char *path, int flags)
{
	char buf[512];
	int fd = open(path, O_RDONLY | flags);

	if (fd < 0)
		return;
	if (read(fd, buf, 4) < 0)
		while (syscall(SYS_getdents64, fd, buf, sizeof(buf)) > 0)
			;
	close(fd);
}

static void follow(const char *path, int flags)
{
	close(open(path, O_RDONLY | flags));
}

static void read_link(const char *path, int flags)
{
	char buf[16];

	readlink(path, buf, sizeof(buf));
}

static void map_it(const char *path, int flags)
{
	int fd = open(path, O_RDONLY | flags);

	mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0);
	close(fd);
}

static void send_it(const char *path, int flags)
{
	int p[2], fd = open(path, O_RDONLY | flags);

	t_pipe(p);
	splice(fd, NULL, p[1], NULL, 3, 0);
	close(fd);
	close(p[0]);
	close(p[1]);
}

static void look(const char *label, const char *how, const char *path,
	void (*use)(const char *path, int flags))
{
	for (int recent = 0; recent < 2; recent++)
		for (int flags = 0; flags < 2; flags++) {
			struct timespec t[2] = { { recent ? time(NULL) + 50 : 1000, 0 },
				{ 2000, 0 } };
			struct stat a, b;

			utimensat(AT_FDCWD, path, t, AT_SYMLINK_NOFOLLOW);
			CHECK(lstat(path, &a) == 0);
			use(path, flags ? O_NOATIME : 0);
			CHECK(lstat(path, &b) == 0);
			printf("%s: %s%s%s: %s\n", label, how, recent ? ", recent" : "",
				flags ? ", O_NOATIME" : "",
				a.st_atime == b.st_atime ? "same" : "new");
		}
}

int main(void)
{
	t_start();
	CHECK(mkdir("m", 0755) == 0);
	for (unsigned i = 0; i < T_LEN(kinds); i++) {
		const char *l = kinds[i].name;

		TL(l, mount("x", "m", "tmpfs", kinds[i].flags, ""));
		told(l);
		if (kinds[i].flags & MS_RDONLY) {
			CHECK(umount("m") == 0);
			continue;
		}
		t_file("m/f", "hello", 0644);
		CHECK(mkdir("m/d", 0755) == 0 && symlink("f", "m/l") == 0);
		look(l, "read", "m/f", read_it);
		look(l, "list", "m/d", read_it);
		look(l, "readlink", "m/l", read_link);
		look(l, "follow", "m/l", follow);
		look(l, "map", "m/f", map_it);
		look(l, "splice", "m/f", send_it);
		CHECK(umount2("m", MNT_DETACH) == 0);
	}
	CHECK(mount("x", "m", "tmpfs", 0, "") == 0);
	for (unsigned i = 0; i < T_LEN(kinds); i++) {
		TL("remount", mount("x", "m", NULL, MS_REMOUNT | kinds[i].flags, ""));
		told(kinds[i].name);
		TL("bind remount",
			mount("x", "m", NULL, MS_REMOUNT | MS_BIND | kinds[i].flags, ""));
		told(kinds[i].name);
	}
	umount("m");
	return 0;
}
