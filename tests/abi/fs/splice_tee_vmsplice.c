// SPDX-License-Identifier: MPL-2.0
// splice between files and pipes, tee copies without consuming, vmsplice; their errors.
#include "../lib/t.h"

int main(void)
{
	char buf[64];
	int a[2], b[2];
	loff_t off = 2;
	struct iovec v = { "gift", 4 };

	t_start();
	t_file("f", "0123456789", 0644);
	int fd = T(open("f", O_RDWR));
	t_pipe(a);
	t_pipe(b);
	T(splice(fd, &off, a[1], NULL, 4, 0));
	SHOW(off);
	T(splice(fd, NULL, a[1], NULL, 3, 0));
	T(lseek(fd, 0, SEEK_CUR));
	T(tee(a[0], b[1], 100, 0));
	T(read(b[0], buf, sizeof(buf)));
	t_text("tee", buf, 7);
	T(splice(a[0], NULL, b[1], NULL, 5, 0));
	T(read(a[0], buf, sizeof(buf)));
	t_text("rest", buf, 2);
	T(read(b[0], buf, sizeof(buf)));
	t_text("moved", buf, 5);
	T(splice(a[0], NULL, b[1], NULL, 5, SPLICE_F_NONBLOCK));
	T(tee(a[0], b[1], 5, SPLICE_F_NONBLOCK));
	T(vmsplice(a[1], &v, 1, 0));
	int out = T(open("out", O_RDWR | O_CREAT, 0600));
	off = 3;
	T(splice(a[0], NULL, out, &off, 10, 0));
	T(pread(out, buf, 16, 0));
	t_text("file", buf, 7);
	T(splice(fd, NULL, out, NULL, 3, 0));
	T(splice(a[0], &off, b[1], NULL, 3, 0));
	T(splice(a[0], NULL, a[1], NULL, 3, 0));
	T(splice(fd, NULL, a[1], NULL, 3, 0x100));
	T(splice(99, NULL, a[1], NULL, 3, 0));
	T(splice(fd, NULL, a[0], NULL, 3, 0));
	T(splice(fd, NULL, a[1], NULL, 0, 0));
	T(tee(a[0], a[1], 3, 0));
	T(tee(fd, a[1], 3, 0));
	int app = T(open("out", O_WRONLY | O_APPEND));
	T(vmsplice(b[1], &v, 1, 0));
	T(splice(b[0], NULL, app, NULL, 3, 0));
	return 0;
}
