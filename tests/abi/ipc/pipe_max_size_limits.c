// SPDX-License-Identifier: MPL-2.0
// pipe-max-size: only CAP_SYS_RESOURCE goes beyond it, and new pipes of others are no larger.
#include "../lib/t.h"
#include <linux/capability.h>

static void set_max(const char *text)
{
	int fd = open("/proc/sys/fs/pipe-max-size", O_WRONLY);

	T(write(fd, text, strlen(text)) > 0);
	close(fd);
}

static void sizes(void)
{
	int p[2];

	T(pipe(p));
	SHOW(fcntl(p[0], F_GETPIPE_SZ));
	T(fcntl(p[0], F_SETPIPE_SZ, 4096));
	T(fcntl(p[0], F_SETPIPE_SZ, 8192));
	T(fcntl(p[0], F_SETPIPE_SZ, 2097152));
	close(p[0]);
	close(p[1]);
}

int main(void)
{
	struct __user_cap_header_struct h = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct d[2];

	t_start();
	sizes();
	if (fork() == 0) {
		syscall(SYS_capget, &h, d);
		d[0].effective &= ~(1u << CAP_SYS_RESOURCE);
		syscall(SYS_capset, &h, d);
		sizes();
		_exit(0);
	}
	wait(NULL);
	set_max("4096");
	sizes();
	if (fork() == 0) {
		t_drop_root(1000);
		sizes();
		_exit(0);
	}
	wait(NULL);
	set_max("1048576");
	return 0;
}
