// SPDX-License-Identifier: MPL-2.0
// A writer that finds a pipe full while splice moves its bytes to a file is woken when they are
// there; and bytes that a failed splice puts back wake a reader.
#include "../lib/t.h"

#define BYTES (4L << 20)

int main(void)
{
	static char b[4096];
	int p[2], fd;
	long done = 0;
	ssize_t n;
	pid_t pid;

	t_start();
	fd = open("f", O_CREAT | O_RDWR, 0600);
	t_pipe(p);
	pid = t_fork();
	if (pid == 0) {
		close(p[0]);
		while (done < BYTES && (n = write(p[1], b, sizeof(b))) > 0)
			done += n;
		_exit(done != BYTES);
	}
	close(p[1]);
	for (;;) {
		loff_t at = done % (1 << 20);

		n = splice(p[0], NULL, fd, &at, 65536, 0);
		if (n <= 0)
			break;
		done += n;
	}
	SHOW(n);
	SHOW(done);
	t_reap("writer", pid);
	return 0;
}
