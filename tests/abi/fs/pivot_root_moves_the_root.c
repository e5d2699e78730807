// SPDX-License-Identifier: MPL-2.0
// pivot_root within a chroot into a mount: the new root, where the old one went, who follows; what
// is refused.
#include "../lib/t.h"

static int pivot(const char *new, const char *old)
{
	return (int)syscall(SYS_pivot_root, new, old);
}

int main(void)
{
	int go[2], back[2];

	t_start();
	t_pipe(go);
	t_pipe(back);
	mkdir("m", 0755);
	CHECK(mount("one", "m", "tmpfs", 0, "") == 0);
	CHECK(mount(NULL, "m", NULL, MS_PRIVATE, NULL) == 0);
	mkdir("m/in", 0755);
	mkdir("m/dir", 0755);
	t_file("m/name", "one", 0644);
	CHECK(mount("two", "m/in", "tmpfs", 0, "") == 0);
	CHECK(mount(NULL, "m/in", NULL, MS_PRIVATE, NULL) == 0);
	mkdir("m/in/put", 0755);
	t_file("m/in/name", "two", 0644);
	pid_t pid = t_fork();
	if (pid == 0) {
		CHECK(chroot("m") == 0 && chdir("/") == 0);
		pid_t other = t_fork();
		if (other == 0) {
			// Has the old root as its own: is moved along.
			t_put(back[1]);
			t_get(go[0]);
			SHOWS(t_slurp("/name"));
			SHOWS(t_slurp("name"));
			_exit(0);
		}
		t_get(back[0]);
		T(pivot("/", "/dir"));
		T(pivot("/dir", "/dir"));
		T(pivot("/in", "/dir"));
		T(pivot("/in", "/"));
		T(pivot("/in/put", "/in/put"));
		T(pivot("/in", "/in/put"));
		SHOWS(t_slurp("/name"));
		SHOWS(t_slurp("name"));
		SHOWS(t_slurp("/put/name"));
		t_list("/", "/");
		t_put(go[1]);
		t_reap("other", other);
		T(chdir("/"));
		T(umount2("/put", MNT_DETACH));
		t_list("/put", "/put");
		_exit(0);
	}
	t_reap("chrooted", pid);
	umount2("m/in", MNT_DETACH);
	umount2("m", MNT_DETACH);
	return 0;
}
