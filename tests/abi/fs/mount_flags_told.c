// SPDX-License-Identifier: MPL-2.0
// The flags of a mount: kept, told by statfs and mounts, changed by remount, and what they forbid:
// links, writing, becoming read-only while files are written.
#include "../lib/t.h"
#include <sys/statfs.h>

#define NOSYMFOLLOW 256

static void told(const char *what)
{
	char line[1024], *p;
	struct statfs s;
	FILE *f = fopen("/proc/self/mounts", "r");

	CHECK(statfs("m", &s) == 0);
	printf("%s: flags %#lx", what, (long)s.f_flags);
	while (fgets(line, sizeof(line), f)) {
		if (strncmp(line, "keeltest ", 9) || !(p = strstr(line, " tmpfs ")))
			continue;
		p[strcspn(p, "\n")] = 0;
		printf(" %s", p + 7);
	}
	printf("\n");
	fclose(f);
}

static void flags(unsigned long f, const char *name)
{
	T(mount("keeltest", "m", "tmpfs", f, "size=64k"));
	told(name);
	T(umount2("m", 0));
}

static void options(void)
{
	static const char *const each[] = { "", "mode=700", "uid=5", "gid=6",
		"size=128k,uid=1,gid=2", "nr_inodes=100,mode=0", "inode64", "inode64=1",
		"size=0,nr_inodes=0" };

	for (size_t i = 0; i < T_LEN(each); i++) {
		if (TL(each[i], mount("keeltest", "m", "tmpfs", 0, each[i])))
			continue;
		told(each[i]);
		T(umount2("m", 0));
	}
}

static void remounts(void)
{
	T(mount("keeltest", "m", "tmpfs", MS_NOATIME, "size=64k,nr_inodes=20"));
	T(mount("", "m", NULL, MS_REMOUNT | MS_NOSUID, NULL));
	told("atime flags stay");
	int fd = open("m/f", O_CREAT | O_RDWR, 0600), rd = open("m/f", O_RDONLY);
	static char b[40000];
	T(write(fd, b, sizeof(b)));
	T(mount("", "m", NULL, MS_REMOUNT | MS_RDONLY, NULL));
	T(mount("", "m", NULL, MS_REMOUNT | MS_BIND | MS_RDONLY, NULL));
	told("still writable");
	T(mount("", "m", NULL, MS_REMOUNT, "nonsense"));
	T(mount("", "m", NULL, MS_REMOUNT, "nonsense=1"));
	T(mount("", "m", NULL, MS_REMOUNT, "size=8k"));
	T(mount("", "m", NULL, MS_REMOUNT, "size=32k"));
	T(mount("", "m", NULL, MS_REMOUNT, "nr_inodes=1"));
	T(mount("", "m", NULL, MS_REMOUNT, "size=128k,nr_inodes=30"));
	struct statfs s;
	statfs("m", &s);
	printf("blocks of 4k %ld files %ld\n", (long)(s.f_blocks * s.f_bsize / 4096),
		(long)s.f_files);
	close(fd);
	T(mount("", "m", NULL, MS_REMOUNT | MS_RDONLY, NULL));
	T(access("m/f", W_OK));
	TOK(open("m/f", O_RDWR));
	T(mkdir("m/d", 0755));
	T(mount("", "m", NULL, MS_REMOUNT | MS_STRICTATIME, NULL));
	TOK(open("m/f", O_RDWR));
	told("writable again");
	close(rd);
	T(umount2("m", MNT_DETACH));
}

static void no_links(void)
{
	T(mount("keeltest", "m", "tmpfs", NOSYMFOLLOW, ""));
	mkdir("m/d", 0755);
	close(open("m/d/f", O_CREAT | O_RDWR, 0600));
	T(symlink("d", "m/l"));
	T(symlink("d/f", "m/lf"));
	T(access("m/l/f", F_OK));
	TOK(open("m/lf", O_RDONLY));
	TOK(open("m/lf", O_RDWR | O_CREAT, 0600));
	TOK(open("m/lf", O_PATH | O_NOFOLLOW));
	T(readlink("m/lf", (char[16]){ 0 }, 16));
	T(symlink("m/d/f", "to"));
	TOK(open("to", O_RDONLY));
	T(umount2("m", MNT_DETACH));
}

int main(void)
{
	t_start();
	t_tmpfs("");
	mkdir("m", 0755);
	flags(0, "none");
	flags(MS_RDONLY, "ro");
	flags(MS_NOSUID | MS_NODEV | MS_NOEXEC, "nosuid nodev noexec");
	flags(MS_NOATIME, "noatime");
	flags(MS_NODIRATIME, "nodiratime");
	flags(MS_STRICTATIME, "strictatime");
	flags(MS_RELATIME | MS_NOATIME, "relatime noatime");
	flags(NOSYMFOLLOW, "nosymfollow");
	options();
	remounts();
	no_links();
	return 0;
}
