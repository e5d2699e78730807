// SPDX-License-Identifier: MPL-2.0
// /proc/sys/kernel/pty: how many pairs there are and may be.
#include "../lib/t.h"

static int number(const char *name)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/sys/kernel/pty/%s", name);
	char *text = t_slurp(path);
	return text ? atoi(text) : -1;
}

static void set_max(int max)
{
	char text[16];
	int fd = open("/proc/sys/kernel/pty/max", O_WRONLY);

	snprintf(text, sizeof(text), "%d\n", max);
	printf("max %s: %s\n",
		max > 1000        ? "as it was"
			: max < 0 ? "negative"
				  : "lower",
		write(fd, text, strlen(text)) > 0 ? "ok" : t_errname(errno));
	close(fd);
}

int main(void)
{
	t_start();
	int max = number("max");
	SHOW(max);
	SHOW(number("reserve"));
	int before = number("nr");
	int fd[4];
	for (int i = 0; i < 4; i++)
		fd[i] = posix_openpt(O_RDWR | O_NOCTTY);
	SHOW(number("nr") - before);
	set_max(before + 5);
	T(posix_openpt(O_RDWR | O_NOCTTY));
	set_max(before + 6);
	int one = T(posix_openpt(O_RDWR | O_NOCTTY));
	T(posix_openpt(O_RDWR | O_NOCTTY));
	set_max(0);
	T(open("/dev/ptmx", O_RDWR | O_NOCTTY));
	set_max(-1);
	SHOW(number("max"));
	close(one);
	set_max(max);
	for (int i = 0; i < 4; i++)
		close(fd[i]);
	IS(UNTIL(number("nr") == before));
	one = T(posix_openpt(O_RDWR | O_NOCTTY));
	return 0;
}
