// SPDX-License-Identifier: MPL-2.0
// Names of 255 and 256 bytes, paths of 4095 and 4096, slashes, dots, and files used as directories.
#include "../lib/t.h"

static char path[8200];

static const char *slashes(size_t n, const char *end)
{
	memset(path, '/', n);
	strcpy(path + n - strlen(end), end);
	return path;
}

static const char *dots(size_t n)
{
	for (size_t i = 0; i < n; i++)
		path[i] = i % 2 ? '/' : '.';
	path[n] = 0;
	return path;
}

int main(void)
{
	char name[300];
	struct stat st;

	t_start();
	t_file("f", "", 0644);
	mkdir("d", 0755);
	memset(name, 'a', sizeof(name));
	name[255] = 0;
	TL("open 255", open(name, O_RDWR | O_CREAT, 0600));
	TL("unlink 255", unlink(name));
	name[255] = 'a';
	name[256] = 0;
	TL("open 256", open(name, O_RDWR | O_CREAT, 0600));
	TL("stat 256", stat(name, &st));
	TL("mkdir 256", mkdir(name, 0700));
	TL("rename 256", rename("f", name));
	TL("link 256", link("f", name));
	strcpy(path, "d/");
	strcat(path, name);
	TL("stat d/256", stat(path, &st));
	strcpy(path, "none/");
	strcat(path, name);
	TL("stat none/256", stat(path, &st));
	TL("stat 4095 slashes", stat(slashes(4095, ""), &st));
	TL("stat 4096 slashes", stat(slashes(4096, ""), &st));
	TL("chdir 4095", chdir(dots(4095)));
	TL("chdir 4096", chdir(dots(4096)));
	TL("stat 8000", stat(dots(8000), &st));
	T(stat("f/", &st));
	T(stat("f/.", &st));
	T(stat("f/..", &st));
	T(stat("d/", &st));
	T(stat("d//.//..//d", &st));
	T(stat("d/../d/../f", &st));
	T(stat("none/..", &st));
	T(stat("", &st));
	T(stat("///proc///self///", &st));
	T(stat("/../../../proc", &st));
	T(stat("...", &st));
	T(mkdir("...", 0755));
	T(mkdir("with space\tand\nnewline", 0755));
	T(mkdir("\xff\xfe", 0755));
	t_list(".", ".");
	T(openat(99, "f", O_RDONLY));
	int fd = open("f", O_RDONLY);
	T(openat(fd, "x", O_RDONLY));
	T(openat(fd, "", O_RDONLY));
	T(openat(-5, "f", O_RDONLY));
	return 0;
}
