// SPDX-License-Identifier: MPL-2.0
// sendfile and copy_file_range: offsets kept or moved, ends of files, errors.
#include "../lib/t.h"
#include <sys/sendfile.h>

int main(void)
{
	char buf[64];
	off_t off, out;
	int p[2];

	t_start();
	t_file("src", "0123456789", 0644);
	int in = T(open("src", O_RDWR));
	int to = T(open("dst", O_RDWR | O_CREAT, 0600));
	t_pipe(p);
	T(sendfile(p[1], in, NULL, 4));
	T(lseek(in, 0, SEEK_CUR));
	off = 2;
	T(sendfile(p[1], in, &off, 100));
	SHOW(off);
	T(lseek(in, 0, SEEK_CUR));
	T(read(p[0], buf, sizeof(buf)));
	t_text("pipe", buf, 12);
	T(sendfile(to, in, NULL, 100));
	T(sendfile(to, in, NULL, 100));
	off = -1;
	T(sendfile(to, in, &off, 1));
	T(sendfile(in, p[0], NULL, 1));
	T(sendfile(to, 99, NULL, 1));
	T(sendfile(99, in, NULL, 1));
	int ro = T(open("src", O_RDONLY));
	T(sendfile(ro, in, NULL, 1));
	SHOWS(t_slurp("dst"));
	off = 1;
	out = 20;
	T(copy_file_range(in, &off, to, &out, 5, 0));
	SHOW(off);
	SHOW(out);
	off = 50;
	T(copy_file_range(in, &off, to, &out, 5, 0));
	T(copy_file_range(in, NULL, to, NULL, 5, 1));
	T(copy_file_range(in, NULL, ro, NULL, 5, 0));
	T(copy_file_range(p[0], NULL, to, NULL, 5, 0));
	off = 0;
	out = 2;
	T(copy_file_range(in, &off, in, &out, 5, 0));
	int d = T(open(".", O_RDONLY));
	T(copy_file_range(d, NULL, to, NULL, 5, 0));
	int app = T(open("dst", O_WRONLY | O_APPEND));
	T(copy_file_range(in, NULL, app, NULL, 5, 0));
	off = 0;
	out = 0;
	T(copy_file_range(in, &off, to, &out, 0, 0));
	T(pread(to, buf, sizeof(buf), 0));
	t_text("dst", buf, 25);
	return 0;
}
