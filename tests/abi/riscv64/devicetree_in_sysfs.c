// SPDX-License-Identifier: MPL-2.0
// /proc/device-tree is the firmware's devicetree: every node, every property with its size and
// mode, and the bytes of those that do not depend on the number of
// harts, as references do. What is in /chosen differs from kernel to kernel.
#include "../lib/t.h"

static uint32_t hash(const unsigned char *p, size_t n)
{
	uint32_t h = 2166136261u;

	for (size_t i = 0; i < n; i++)
		h = (h ^ p[i]) * 16777619u;
	return h;
}

static bool fixed(const char *name)
{
	static const char *const names[] = { "name", "compatible", "model", "reg", "status",
		"device_type", "#address-cells", "ranges" };

	for (size_t i = 0; i < T_LEN(names); i++)
		if (!strcmp(name, names[i]))
			return true;
	return false;
}

static void property(const char *path, const char *name)
{
	static unsigned char bytes[65536];
	struct stat st;
	int fd = open(path, O_RDONLY);
	ssize_t n = read(fd, bytes, sizeof(bytes));

	fstat(fd, &st);
	printf(" %s(%zd %o %d", name, n, st.st_mode, st.st_size == n);
	if (fixed(name) && n > 0)
		printf(" %u", hash(bytes, n));
	printf(")");
	close(fd);
}

static void node(const char *path, const char *shown)
{
	struct dirent **e;
	int n = scandir(path, &e, NULL, alphasort);
	char below[512], name[512];

	printf("%s:", shown);
	for (int pass = 0; pass < 2; pass++) {
		for (int i = 0; i < n; i++) {
			bool dir = e[i]->d_type == DT_DIR;
			snprintf(below, sizeof(below), "%s/%s", path, e[i]->d_name);
			snprintf(name, sizeof(name), "%s/%s", shown, e[i]->d_name);
			if (e[i]->d_name[0] == '.' || !strcmp(name, "/chosen") ||
				!strcmp(shown, "/cpus") || !strncmp(e[i]->d_name, "pci@0", 5) ||
				!strcmp(e[i]->d_name, "interrupts-extended"))
				continue;
			if (!pass && !dir)
				property(below, e[i]->d_name);
			if (pass && dir)
				node(below, name);
		}
		if (!pass)
			printf("\n");
	}
	for (int i = 0; i < n; i++)
		free(e[i]);
	free(e);
}

int main(void)
{
	char link[256];
	struct stat st;

	t_start();
	ssize_t n = readlink("/proc/device-tree", link, sizeof(link) - 1);
	link[n > 0 ? n : 0] = 0;
	printf("%s\n", link);
	IS(stat("/proc/device-tree/chosen", &st) == 0 && S_ISDIR(st.st_mode));
	IS(access("/proc/device-tree/chosen/bootargs", R_OK) == 0);
	T(access("/proc/device-tree/chosen/rng-seed", F_OK));
	T(access("/proc/device-tree/none", F_OK));
	T(open("/proc/device-tree/model", O_WRONLY | O_CREAT, 0644) < 0 ? -1 : 0);
	T(open("/proc/device-tree/new", O_WRONLY | O_CREAT, 0644));
	T(mkdir("/proc/device-tree/new", 0755));
	T(unlink("/proc/device-tree/model"));
	node("/proc/device-tree", "");
	return 0;
}
