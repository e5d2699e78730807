// SPDX-License-Identifier: MPL-2.0
// prctl: what each option answers, its limits, and what fork and exec keep of it.
#include "../lib/t.h"
#include <linux/capability.h>

#define EACH(label, op, ...)                                          \
	do {                                                          \
		static const long v_[] = { __VA_ARGS__ };             \
		for (size_t i_ = 0; i_ < T_LEN(v_); i_++) {           \
			errno = 0;                                    \
			long r_ = prctl(op, v_[i_], 0, 0, 0);         \
			int e_ = errno;                               \
			printf("%s %ld: %ld %s\n", label, v_[i_], r_, \
				r_ == -1 ? t_errname(e_) : "");       \
		}                                                     \
	} while (0)

static void options(void)
{
	char name[32] = "";
	int i = -1;

	EACH("set pdeathsig", PR_SET_PDEATHSIG, 0, 1, 15, 64, 65, -1);
	T(prctl(PR_GET_PDEATHSIG, &i, 0, 0, 0));
	SHOW(i);
	EACH("set dumpable", PR_SET_DUMPABLE, 0, 2, 3, -1, 1);
	T(prctl(PR_GET_DUMPABLE, 0, 0, 0, 0));
	EACH("set keepcaps", PR_SET_KEEPCAPS, 0, 1, 2, -1);
	T(prctl(PR_GET_KEEPCAPS, 0, 0, 0, 0));
	EACH("set timing", PR_SET_TIMING, 0, 1, 2);
	T(prctl(PR_GET_TIMING, 0, 0, 0, 0));
	T(prctl(PR_SET_NAME, "a name that is longer than fifteen bytes", 0, 0, 0));
	T(prctl(PR_GET_NAME, name, 0, 0, 0));
	SHOWS(name);
	T(prctl(PR_SET_NAME, "", 0, 0, 0));
	T(prctl(PR_GET_NAME, name, 0, 0, 0));
	SHOWS(name);
	EACH("capbset read", PR_CAPBSET_READ, 0, 5, 40, 41, 63, 64, 1000, -1);
	EACH("capbset drop", PR_CAPBSET_DROP, 64, 1000, -1);
	T(prctl(PR_GET_SECUREBITS, 0, 0, 0, 0));
	EACH("set timerslack", PR_SET_TIMERSLACK, 1, 70000, 0, -1);
	T(prctl(PR_SET_TIMERSLACK, 50000, 0, 0, 0));
	T(prctl(PR_GET_TIMERSLACK, 0, 0, 0, 0));
	EACH("no new privs", PR_SET_NO_NEW_PRIVS, 0, 2, -1);
	T(prctl(PR_SET_NO_NEW_PRIVS, 1, 1, 0, 0));
	T(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0));
	T(prctl(PR_GET_NO_NEW_PRIVS, 1, 0, 0, 0));
	EACH("subreaper", PR_SET_CHILD_SUBREAPER, 0, 1, 2, -1);
	T(prctl(PR_GET_CHILD_SUBREAPER, &i, 0, 0, 0));
	SHOW(i);
	T(prctl(PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0));
	T(prctl(PR_GET_THP_DISABLE, 0, 0, 0, 0));
	T(prctl(PR_GET_THP_DISABLE, 1, 0, 0, 0));
	T(prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0));
	T(prctl(PR_GET_THP_DISABLE, 0, 0, 0, 0));
	T(prctl(PR_SET_THP_DISABLE, 0, 0, 0, 0));
	T(prctl(PR_SET_THP_DISABLE, 0, 0, 1, 0));
	T(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, CAP_CHOWN, 0, 0));
	T(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, 64, 0, 0));
	T(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_CHOWN, 0, 0));
	T(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_LOWER, CAP_CHOWN, 0, 0));
	T(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0));
	T(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 1, 0, 0));
	T(prctl(PR_CAP_AMBIENT, 9, 0, 0, 0));
	T(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, CAP_CHOWN, 1, 0));
	T(prctl(PR_GET_SECCOMP, 0, 0, 0, 0));
	T(prctl(PR_GET_UNALIGN, &i, 0, 0, 0));
	T(prctl(PR_GET_FPEMU, &i, 0, 0, 0));
	T(prctl(PR_GET_ENDIAN, &i, 0, 0, 0));
	T(prctl(0, 0, 0, 0, 0));
	T(prctl(999, 0, 0, 0, 0));
	T(prctl(-1, 0, 0, 0, 0));
}

static void kept(const char *where)
{
	char name[32] = "";
	int sig = -1, reaper = -1;

	prctl(PR_GET_PDEATHSIG, &sig, 0, 0, 0);
	prctl(PR_GET_NAME, name, 0, 0, 0);
	prctl(PR_GET_CHILD_SUBREAPER, &reaper, 0, 0, 0);
	printf("%s: pdeathsig %d name %s reaper %d slack %d nnp %d keepcaps %d dumpable %d thp %d\n",
		where, sig, name, reaper, prctl(PR_GET_TIMERSLACK, 0, 0, 0, 0),
		prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0), prctl(PR_GET_KEEPCAPS, 0, 0, 0, 0),
		prctl(PR_GET_DUMPABLE, 0, 0, 0, 0), prctl(PR_GET_THP_DISABLE, 0, 0, 0, 0));
}

int main(int argc, char **argv)
{
	if (argc > 1) {
		kept("after exec");
		return 0;
	}
	t_start();
	options();
	IN_CHILD("an ordinary user", {
		t_drop_root(1000);
		options();
	});
	prctl(PR_SET_PDEATHSIG, SIGUSR1, 0, 0, 0);
	prctl(PR_SET_NAME, "shown", 0, 0, 0);
	prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
	prctl(PR_SET_TIMERSLACK, 123456, 0, 0, 0);
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0);
	prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0);
	kept("here");
	IN_CHILD("forked", kept("in the child"));
	fflush(stdout);
	IN_CHILD("executed", execl("/proc/self/exe", "prctl", "again", NULL));
	return 0;
}
