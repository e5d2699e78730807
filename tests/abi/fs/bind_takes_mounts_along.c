// SPDX-License-Identifier: MPL-2.0
// MS_BIND | MS_REC, unbindable mounts, roots in mountinfo, and which propagation flags are refused.
#include "../lib/t.h"

static void roots(const char *label)
{
	char real[PATH_MAX], root[1024], point[1024], opt[64];
	char *lines[64], *line;
	int n = 0;

	CHECK(realpath("m", real));
	line = strtok(t_slurp("/proc/self/mountinfo"), "\n");
	for (; line; line = strtok(NULL, "\n"))
		if (sscanf(line, "%*d %*d %*s %1023s %1023s %*s %63s", root, point, opt) == 3 &&
			!strncmp(point, real, strlen(real)))
			asprintf(&lines[n++], "%s at %s%s", root, point + strlen(real),
				strcmp(opt, "unbindable") ? "" : ", unbindable");
	qsort(lines, n, sizeof(lines[0]), t_compare_strings);
	printf("%s:\n", label);
	for (int i = 0; i < n; i++)
		printf("  %s\n", lines[i]);
}

int main(void)
{
	t_start();
	CHECK(mkdir("m", 0755) == 0 && mount("x", "m", "tmpfs", 0, "") == 0);
	CHECK(mount(NULL, "m", NULL, MS_PRIVATE, NULL) == 0);
	CHECK(chdir("m") == 0);
	for (const char *const *d = (const char *[]){ "a", "a/b c", "a/b c/d", "at", "at2", "at3",
		     "side", "e", NULL };
		*d; d++)
		CHECK(mkdir(*d, 0755) == 0);
	t_file("file", "", 0644);
	T(mount("a/b c/d", "at", NULL, MS_BIND, NULL));
	T(mount("y", "a/b c/d", "tmpfs", 0, ""));
	T(mount("z", "side", "tmpfs", MS_NOSUID, ""));
	T(mkdir("a/b c/d/deep", 0755));
	T(mount("w", "a/b c/d/deep", "tmpfs", 0, ""));
	T(mkdir("a/b c/d/deep/end", 0755));
	T(mount("a", "at2", NULL, MS_BIND, NULL));
	T(access("at2/b c/d/deep", F_OK));
	T(mount("a", "at3", NULL, MS_BIND | MS_REC, NULL));
	T(access("at3/b c/d/deep/end", F_OK));
	T(access("at/deep", F_OK));
	chdir("..");
	roots("first");
	chdir("m");
	// Into itself: what is there before, once.
	T(mount(".", "e", NULL, MS_BIND | MS_REC, NULL));
	T(access("e/at3/b c/d/deep/end", F_OK));
	T(access("e/e/a", F_OK));
	chdir("..");
	roots("into itself");
	chdir("m");
	T(umount("e"));
	T(umount2("e", MNT_DETACH));
	T(mount("file", "at2", NULL, MS_BIND | MS_REC, NULL));
	T(umount("at2"));
	T(rmdir("a/b c/d/deep"));
	T(umount("at3/b c/d/deep"));
	T(umount2("at3", MNT_DETACH));
	// Unbindable ones are left out, with what is on them.
	T(mount(NULL, "a/b c/d", NULL, MS_UNBINDABLE, NULL));
	T(mount("a/b c/d", "at2", NULL, MS_BIND, NULL));
	T(mount("a/b c/d/deep", "at2", NULL, MS_BIND, NULL));
	T(umount("at2"));
	T(mount("a", "at3", NULL, MS_BIND | MS_REC, NULL));
	chdir("..");
	roots("unbindable");
	chdir("m");
	T(umount("at3"));
	T(mount(NULL, "a/b c/d", NULL, MS_PRIVATE, NULL));
	T(mount("a/b c/d", "at2", NULL, MS_BIND, NULL));
	T(umount("at2"));
	// The root of a bind mount that was moved, and removed.
	T(mount("a/b c", "at2", NULL, MS_BIND, NULL));
	T(rename("a/b c", "side2"));
	chdir("..");
	roots("moved");
	chdir("m");
	T(umount("at2"));
	CHECK(mkdir("gone", 0755) == 0);
	T(mount("gone", "at2", NULL, MS_BIND, NULL));
	T(rmdir("gone"));
	chdir("..");
	roots("removed");
	T(mount(NULL, "m/at", NULL, MS_PRIVATE | MS_REC, NULL));
	T(mount(NULL, "m/at", NULL, MS_PRIVATE | MS_SHARED, NULL));
	T(mount(NULL, "m/at", NULL, MS_PRIVATE | MS_NOSUID, NULL));
	T(mount(NULL, "m/at", NULL, MS_PRIVATE | MS_SILENT, NULL));
	T(mount(NULL, "m/at", NULL, MS_SLAVE, NULL));
	T(mount(NULL, "m/a", NULL, MS_PRIVATE, NULL));
	T(mount(NULL, "m/file", NULL, MS_SHARED, NULL));
	T(umount2("m", MNT_DETACH));
	return 0;
}
