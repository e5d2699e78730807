// SPDX-License-Identifier: MPL-2.0
// MS_NOEXEC, MS_NODEV, MS_RDONLY, MS_MOVE, and what /proc/self/mounts says of them.
#include "../lib/t.h"

static void find(const char *what)
{
	char *text = t_slurp("/proc/self/mounts");
	char *line = strstr(text, what);
	char *end = line ? strchr(line, '\n') : NULL;

	if (!line) {
		printf("%s: not mounted\n", what);
		return;
	}
	*end = 0;
	char *type = strchr(line + strlen(what) + 1, ' ');
	printf("%s:%s\n", what, strstr(type, " tmpfs ") == type ? " tmpfs" : " other");
	char *opt = strchr(type + 1, ' ') + 1;
	for (char *o = strtok(opt, ", "); o; o = strtok(NULL, ", "))
		if (!strcmp(o, "ro") || !strcmp(o, "rw") || !strncmp(o, "no", 2))
			printf("  %s\n", o);
}

int main(void)
{
	t_start();
	mkdir("m", 0755);
	mkdir("n", 0755);
	T(mount("keeltest1", "m", "tmpfs", MS_NOEXEC | MS_NODEV | MS_NOSUID, NULL));
	find("keeltest1");
	t_file("m/script", "#!/proc/self/exe\n", 0755);
	IN_CHILD("exec", { T(execl("m/script", "script", NULL)); });
	T(access("m/script", X_OK));
	T(mknod("m/null", S_IFCHR | 0666, 0x103));
	T(open("m/null", O_RDWR));
	T(mmap(NULL, 4096, PROT_EXEC, MAP_PRIVATE, open("m/script", O_RDONLY), 0) == MAP_FAILED);
	close(3);
	T(mount("m", "n", NULL, MS_MOVE, NULL));
	t_list("m", "m");
	t_list("n", "n");
	T(mount("m", "n", NULL, MS_MOVE, NULL));
	T(umount("n"));
	find("keeltest1");
	T(mount("keeltest2", "m", "tmpfs", MS_RDONLY, NULL));
	find("keeltest2");
	T(mkdir("m/d", 0700));
	T(umount("m"));
	T(mount("keeltest3", "m", "tmpfs", 0, "size=1x"));
	T(mount("keeltest3", "m", "tmpfs", 0, "nosuchoption"));
	T(mount("keeltest3", "m", "tmpfs", 0, "mode=1777,uid=5,gid=6"));
	struct stat st;
	T(stat("m", &st));
	SHOWO(st.st_mode);
	SHOW(st.st_uid);
	SHOW(st.st_gid);
	T(umount("m"));
	return 0;
}
