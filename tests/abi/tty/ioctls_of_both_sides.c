// SPDX-License-Identifier: MPL-2.0
// Terminal ioctls on the master, the slave and what is no terminal: results, bad pointers, rights.
#include "../lib/t.h"
#include <termios.h>

static int m, s;

struct call {
	unsigned nr;
	const char *name;
};
#define C(x) { x, #x }
#ifndef TIOCGPTPEER
#define TIOCGPTPEER 0x5441
#endif
#define UNKNOWN 0x54ff

static const struct call calls[] = { C(TIOCGWINSZ), C(TIOCSWINSZ), C(TIOCINQ), C(TIOCOUTQ),
	C(TIOCGETD), C(TIOCSETD), C(TIOCGPGRP), C(TIOCSPGRP), C(TIOCGSID), C(TIOCGPTN),
	C(TIOCSPTLCK), C(TIOCGPTLCK), C(TIOCPKT), C(TIOCGPKT), C(TIOCSIG), C(TIOCGDEV),
	C(TIOCGEXCL), C(TIOCMGET), C(TIOCMSET), C(TIOCMBIS), C(TIOCGSERIAL), C(TIOCGICOUNT),
	C(TIOCMIWAIT), C(TIOCNOTTY), C(UNKNOWN) };

static void all(const char *what, int fd, void *arg)
{
	for (size_t i = 0; i < T_LEN(calls); i++) {
		char label[64];
		snprintf(label, sizeof(label), "%s %s", what, calls[i].name);
		TL(label, ioctl(fd, calls[i].nr, arg));
	}
}

int main(void)
{
	struct winsize w = { 24, 80, 1, 2 };
	int n;
	char c = 'i';

	t_start();
	m = posix_openpt(O_RDWR | O_NOCTTY);
	unlockpt(m);
	s = open(ptsname(m), O_RDWR | O_NOCTTY);
	all("master, bad pointer", m, (void *)1);
	all("slave, bad pointer", s, (void *)1);
	all("/dev/null", open("/dev/null", O_RDWR), (void *)1);
	// Numbers.
	T(ioctl(s, TIOCGWINSZ, &w));
	SHOW(w.ws_row + w.ws_col + w.ws_xpixel + w.ws_ypixel);
	w = (struct winsize){ 24, 80, 1, 2 };
	T(ioctl(m, TIOCSWINSZ, &w));
	w = (struct winsize){ 0 };
	T(ioctl(s, TIOCGWINSZ, &w));
	printf("%d %d %d %d\n", w.ws_row, w.ws_col, w.ws_xpixel, w.ws_ypixel);
	w.ws_row = 65535;
	T(ioctl(s, TIOCSWINSZ, &w));
	T(ioctl(m, TIOCGWINSZ, &w));
	SHOW(w.ws_row);
	T(ioctl(s, TIOCGETD, &n));
	SHOW(n);
	T(ioctl(s, TIOCSETD, &n));
	n = 77;
	T(ioctl(s, TIOCSETD, &n));
	n = -1;
	T(ioctl(m, TIOCSETD, &n));
	T(ioctl(s, TIOCGDEV, &n));
	SHOW(n >> 8);
	int of_master;
	T(ioctl(m, TIOCGDEV, &of_master));
	IS(n == of_master);
	T(ioctl(m, TIOCGPGRP, &n));
	SHOW(n);
	T(ioctl(m, TIOCGSID, &n));
	T(ioctl(s, TIOCGSID, &n));
	T(ioctl(m, TIOCSIG, SIGINT));
	T(ioctl(m, TIOCSIG, SIGQUIT));
	T(ioctl(m, TIOCSIG, SIGTSTP));
	T(ioctl(m, TIOCSIG, SIGKILL));
	T(ioctl(m, TIOCSIG, 0));
	T(ioctl(s, TIOCSIG, SIGINT));
	// TIOCSTI and its rights.
	T(ioctl(s, TIOCSTI, &c));
	c = '\n';
	T(ioctl(s, TIOCSTI, &c));
	char buf[16];
	ssize_t got = read(s, buf, sizeof(buf));
	t_text("simulated", buf, got);
	T(ioctl(s, TIOCSTI, 1));
	T(ioctl(m, TIOCSTI, &c));
	IN_CHILD("user", {
		t_drop_root(1000);
		T(ioctl(s, TIOCSTI, &c));
		T(ioctl(s, TIOCSTI, 1));
		T(ioctl(s, TIOCVHANGUP));
		T(ioctl(s, TIOCCONS));
		T(ioctl(s, TIOCEXCL));
		T(ioctl(s, TIOCSWINSZ, &w));
		T(syscall(SYS_vhangup));
	});
	T(ioctl(s, TIOCGEXCL, &n));
	SHOW(n);
	T(ioctl(m, TIOCGEXCL, &n));
	SHOW(n);
	T(ioctl(s, TIOCNXCL));
	T(ioctl(m, TIOCEXCL));
	T(ioctl(m, TIOCGEXCL, &n));
	SHOW(n);
	T(ioctl(m, TIOCCONS));
	// FIONBIO is everybody's.
	n = 1;
	T(ioctl(s, FIONBIO, &n));
	T(read(s, buf, 1));
	T(ioctl(m, FIONREAD, &n));
	T(pread(s, buf, 1, 0));
	T(pwrite(m, buf, 1, 0));
	T(lseek(s, 0, SEEK_END));
	T(ftruncate(s, 0));
	T(fsync(s));
	T(mmap(NULL, 4096, PROT_READ, MAP_SHARED, s, 0) == MAP_FAILED);
	return 0;
}
