// SPDX-License-Identifier: MPL-2.0
// A set-user-id program changes the effective and saved ids, sets AT_SECURE; not under no_new_privs
// or MS_NOSUID.
#include "../lib/t.h"
#include <sys/auxv.h>

static void copy_self(const char *name, mode_t mode, uid_t u, gid_t g)
{
	static char buf[65536];
	int in = open("/proc/self/exe", O_RDONLY);
	int out = open(name, O_WRONLY | O_CREAT | O_TRUNC, 0700);
	ssize_t n;

	while ((n = read(in, buf, sizeof(buf))) > 0)
		CHECK(write(out, buf, (size_t)n) == n);
	CHECK(fchown(out, u, g) == 0 && fchmod(out, mode) == 0);
	close(in);
	close(out);
}

int main(int argc, char **argv)
{
	uid_t r, e, s;
	gid_t rg, eg, sg;

	if (argc > 1) {
		getresuid(&r, &e, &s);
		getresgid(&rg, &eg, &sg);
		printf("%s: uids %d %d %d, gids %d %d %d, secure %ld, dumpable %d\n", argv[1], r, e,
			s, rg, eg, sg, getauxval(AT_SECURE), prctl(PR_GET_DUMPABLE));
		return 0;
	}
	t_start();
	t_tmpfs("");
	copy_self("suid", 04755, 1001, 1001);
	copy_self("sgid", 02755, 1001, 1002);
	copy_self("sgid_nox", 02745, 1001, 1002);
	copy_self("both", 06755, 1001, 1002);
	copy_self("root", 04755, 0, 0);
	IN_CHILD("suid", {
		t_drop_root(1000);
		execl("suid", "x", "suid", NULL);
	});
	IN_CHILD("sgid", {
		t_drop_root(1000);
		execl("sgid", "x", "sgid", NULL);
	});
	IN_CHILD("sgid without g+x", {
		t_drop_root(1000);
		execl("sgid_nox", "x", "sgid_nox", NULL);
	});
	IN_CHILD("both", {
		t_drop_root(1000);
		execl("both", "x", "both", NULL);
	});
	IN_CHILD("to root", {
		t_drop_root(1000);
		execl("root", "x", "root", NULL);
	});
	IN_CHILD("owner", {
		t_drop_root(1001);
		execl("suid", "x", "own", NULL);
	});
	IN_CHILD("no_new_privs", {
		T(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
		T(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0));
		T(prctl(PR_SET_NO_NEW_PRIVS, 0, 0, 0, 0));
		t_drop_root(1000);
		execl("root", "x", "nnp", NULL);
	});
	CHECK(mount(NULL, ".", NULL, MS_REMOUNT | MS_NOSUID, NULL) == 0);
	IN_CHILD("nosuid mount", {
		t_drop_root(1000);
		execl("root", "x", "nosuid", NULL);
	});
	return 0;
}
