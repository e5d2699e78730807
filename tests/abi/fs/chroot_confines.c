// SPDX-License-Identifier: MPL-2.0
// chroot moves / and .. at it; the current directory stays outside until chdir.
#include "../lib/t.h"

int main(void)
{
	char buf[64];
	struct stat st, in;

	t_start();
	mkdir("jail", 0755);
	mkdir("jail/sub", 0755);
	t_file("jail/inside", "in", 0644);
	t_file("outside", "out", 0644);
	symlink("/inside", "jail/abs");
	symlink("../../../inside", "jail/rel");
	CHECK(stat("jail", &in) == 0);
	IN_CHILD("jail", {
		T(chroot("none"));
		T(chroot("outside"));
		T(chroot(""));
		T(chroot("jail"));
		T(open("outside", O_RDONLY) >= 0);
		T(stat("/", &st));
		IS(st.st_ino == in.st_ino && st.st_dev == in.st_dev);
		IS(syscall(SYS_getcwd, buf, sizeof(buf)) > 0 && !strncmp(buf, "(unreachable)", 13));
		T(chdir("/"));
		T(syscall(SYS_getcwd, buf, sizeof(buf)));
		SHOWS(buf);
		T(open("../outside", O_RDONLY));
		T(open("/../../inside", O_RDONLY) >= 0);
		T(open("/abs", O_RDONLY) >= 0);
		T(open("/sub/../rel", O_RDONLY) >= 0);
		T(chdir("sub"));
		T(syscall(SYS_getcwd, buf, sizeof(buf)));
		SHOWS(buf);
		T(stat("/proc/self", &st));
		t_list("/", "/");
	});
	T(access("/proc/self", F_OK));
	return 0;
}
