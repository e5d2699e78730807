// SPDX-License-Identifier: MPL-2.0
// posix_openpt, the lock, TIOCGPTN, TIOCGPTPEER, /dev/pts entries, isatty, ttyname, two masters.
#include "../lib/t.h"

int main(void)
{
	char name[64];
	int n = -1, lock = -1;
	struct stat st;

	t_start();
	int m = T(open("/dev/ptmx", O_RDWR | O_NOCTTY));
	T(ioctl(m, TIOCGPTN, &n));
	IS(n >= 0);
	snprintf(name, sizeof(name), "/dev/pts/%d", n);
	IS(!strcmp(ptsname(m), name));
	T(ioctl(m, TIOCGPTLCK, &lock));
	SHOW(lock);
	T(open(name, O_RDWR | O_NOCTTY));
	T(unlockpt(m));
	T(ioctl(m, TIOCGPTLCK, &lock));
	SHOW(lock);
	int s = T(open(name, O_RDWR | O_NOCTTY));
	T(isatty(m));
	T(isatty(s));
	IS(ttyname(s) && !strcmp(ttyname(s), name));
	T(fstat(s, &st));
	IS(S_ISCHR(st.st_mode));
	SHOW(st.st_rdev >> 8);
	IS((int)(st.st_rdev & 0xff) == n);
	SHOWO(st.st_mode & 0777);
	int p = T(ioctl(m, TIOCGPTPEER, O_RDWR | O_NOCTTY));
	IS(fstat(p, &st) == 0 && (int)(st.st_rdev & 0xff) == n);
	int m2 = T(open("/dev/ptmx", O_RDWR | O_NOCTTY));
	int n2;
	T(ioctl(m2, TIOCGPTN, &n2));
	IS(n2 != n);
	T(ioctl(s, TIOCGPTN, &n2));
	T(lseek(s, 0, SEEK_SET));
	T(lseek(m, 0, SEEK_CUR));
	T(isatty(0));
	T(ioctl(open("/dev/null", O_RDWR), TIOCGPTN, &n2));
	IN_CHILD("no controlling terminal", {
		setsid();
		T(open("/dev/tty", O_RDWR));
	});
	close(m);
	T(access(name, F_OK));
	T(isatty(s));
	char c;
	T(read(s, &c, 1));
	T(write(s, "x", 1));
	close(s);
	close(p);
	return 0;
}
