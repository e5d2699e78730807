// SPDX-License-Identifier: MPL-2.0
// setuid, setreuid, setresuid, setgid and setgroups as root and after root is dropped.
#include "../lib/t.h"

static void ids(const char *what)
{
	uid_t r, e, s;
	gid_t rg, eg, sg;
	gid_t groups[8];
	int n = getgroups(8, groups);

	getresuid(&r, &e, &s);
	getresgid(&rg, &eg, &sg);
	printf("%s: uid %d %d %d gid %d %d %d groups", what, r, e, s, rg, eg, sg);
	for (int i = 0; i < n; i++)
		printf(" %d", groups[i]);
	printf("\n");
}

int main(void)
{
	gid_t list[] = { 30, 10, 20, 10 };

	t_start();
	IN_CHILD("setuid", {
		T(setgroups(4, list));
		T(getgroups(0, NULL));
		T(getgroups(2, list));
		T(syscall(SYS_setgroups, 65537, list));
		T(syscall(SYS_setgroups, -1, list));
		T(syscall(SYS_setgroups, 2, NULL));
		T(setgid(100));
		T(setuid(1000));
		ids("after setuid as root");
		T(setuid(0));
		T(setuid(1001));
		T(setuid(1000));
		T(setgid(0));
		T(setgid(100));
		T(setgroups(0, NULL));
		T(setresuid(-1, -1, -1));
		T(setresuid(1000, 1000, 0));
		T(setreuid(1000, -1));
		T(setreuid(-1, 0));
	});
	IN_CHILD("setresuid", {
		T(setresuid(1, 2, 3));
		ids("1 2 3");
		T(setresuid(2, 3, 1));
		ids("2 3 1");
		T(setuid(2));
		ids("setuid 2");
		T(setreuid(-1, 1));
		ids("effective 1");
		T(setresuid(9, -1, -1));
	});
	IN_CHILD("setreuid", {
		T(setreuid(5, 6));
		ids("5 6");
		T(setreuid(6, 5));
		ids("6 5");
		T(setreuid(-1, 7));
	});
	IN_CHILD("effective only", {
		T(seteuid(1000));
		ids("effective 1000");
		T(setgroups(0, NULL));
		T(open("/dev/kmsg", O_RDWR | O_DIRECTORY));
		T(setuid(0));
		ids("back");
		T(setuid(1000));
		ids("setuid as root again");
		T(seteuid(0));
	});
	IN_CHILD("groups", {
		T(setresgid(1, 2, 3));
		T(setregid(4, 5));
		ids("4 5");
		T(setresuid(1000, 1000, 1000));
		T(setresgid(5, 4, 4));
		T(setresgid(6, -1, -1));
		T(setgid(6));
	});
	chmod(".", 0777);
	IN_CHILD("fsuid", {
		SHOW(syscall(SYS_setfsuid, -1));
		SHOW(syscall(SYS_setfsuid, 1000));
		SHOW(syscall(SYS_setfsuid, -1));
		SHOW(open("mine", O_WRONLY | O_CREAT, 0600) >= 0);
		struct stat st;
		stat("mine", &st);
		SHOW(st.st_uid);
	});
	IN_CHILD("-1", {
		T(setuid(-1));
		T(setgid(-1));
	});
	return 0;
}
