// SPDX-License-Identifier: MPL-2.0
/*
 * Pid 1 of an ABI test boot, on Linux and on Keel alike: runs the programs named in /abi/list, from
 * the number given as first argument on, each in an empty directory of its own, and prints what
 * they print between marks that tests/abi/run looks for.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define OUTPUT_MAX (1 << 20)

static char output[OUTPUT_MAX];

/*
 * Whether the console says that program @number hangs: tests/abi/run writes its number then, because
 * no clock in here knows whether the host has time for this machine.
 */
static int must_end(int number)
{
	char line[32];
	ssize_t n = read(0, line, sizeof(line) - 1);

	if (n <= 0)
		return 0;
	line[n] = 0;
	return atoi(line) == number;
}

static int remove_entry(const char *path, const struct stat *st, int type, struct FTW *f)
{
	(void)st, (void)type, (void)f;
	return remove(path) && errno != ENOENT ? 0 : 0;
}

static void run_child(const char *path, const char *dir, int out)
{
	int null = open("/dev/null", O_RDONLY);
	char *argv[] = { (char *)path, NULL };
	char *envp[] = { "PATH=/bin:/sbin:/usr/bin", "HOME=/root", NULL };

	setsid();
	if (chdir(dir))
		_exit(98);
	dup2(null, 0);
	dup2(out, 1);
	dup2(out, 2);
	for (int fd = 3; fd < 20; fd++)
		close(fd);
	execve(path, argv, envp);
	_exit(97);
}

/* Reads the program's output until it has ended, and kills what is left of its session's group. */
static int collect(int number, pid_t pid, int in, size_t *len)
{
	int status = 0, done = 0;

	*len = 0;
	fcntl(in, F_SETFL, O_NONBLOCK);
	while (!done) {
		struct pollfd p[2] = { { in, POLLIN, 0 }, { 0, POLLIN, 0 } };
		ssize_t n;

		done = waitpid(pid, &status, WNOHANG) == pid;
		if (!done && poll(p, 2, 5) > 0 && p[1].revents & POLLIN && must_end(number)) {
			kill(-1,
				SIGKILL); /* all but this one: children may have left the session */
			waitpid(pid, &status, 0);
			status = -1;
			done = 1;
		}
		while ((n = read(in, output + *len, OUTPUT_MAX - *len)) > 0)
			*len += n;
		/* The other end is closed: the exit status comes at once. */
		if (n == 0 && !done)
			usleep(1000);
	}
	kill(-pid, SIGKILL);
	while (waitpid(-1, NULL, WNOHANG) > 0)
		;
	return status;
}

static void run_test(int number, const char *name)
{
	char path[256], dir[64];
	int fds[2], status;
	size_t len;
	pid_t pid;

	snprintf(path, sizeof(path), "/abi/%s", name);
	snprintf(dir, sizeof(dir), "/tmp/t%d", number);
	mkdir(dir, 0755);
	if (pipe2(fds, O_CLOEXEC))
		return;
	printf("\n=== BEGIN %d %s\n", number, name);
	fflush(stdout);
	pid = fork();
	if (pid == 0)
		run_child(path, dir, fds[1]);
	close(fds[1]);
	status = collect(number, pid, fds[0], &len);
	close(fds[0]);
	fwrite(output, 1, len, stdout);
	printf("\n=== END %d %s %d\n", number, name, status);
	fflush(stdout);
	chdir("/");
	nftw(dir, remove_entry, 16, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
}

/* Keel was asked for a RAM disk by its command line; Linux has a module for it. */
static void make_disk(void)
{
	int fd = open("/abi/brd.ko", O_RDONLY);
	char options[64];

	snprintf(options, sizeof(options), "rd_nr=1 rd_size=%d", DISK_KIB);
	if (fd >= 0 && access("/dev/ram0", F_OK) && syscall(SYS_finit_module, fd, options, 0))
		perror("brd.ko");
	close(fd);
}

/* /dev/net/tun; Keel has it built in. */
static void make_tun(void)
{
	int fd = open("/abi/tun.ko", O_RDONLY);

	if (fd >= 0 && access("/sys/class/misc/tun", F_OK) && access("/dev/net/tun", F_OK) &&
		syscall(SYS_finit_module, fd, "", 0))
		perror("tun.ko");
	close(fd);
}

/* sock_diag(7), which Linux has in modules and Keel has built in. */
static void make_diag(void)
{
	static const char *const names[] = { "inet", "tcp", "udp", "raw", "unix", "netlink" };
	char path[40];

	for (unsigned i = 0; i < sizeof(names) / sizeof(*names); i++) {
		int fd;

		snprintf(path, sizeof(path), "/abi/%s_diag.ko", names[i]);
		fd = open(path, O_RDONLY);
		if (fd >= 0 && syscall(SYS_finit_module, fd, "", 0) && errno != ENOSYS)
			perror(path);
		close(fd);
	}
}

/* Devices that programs make (ip link add), and what their modules need. */
static void make_links(void)
{
	static const char *const names[] = { "llc", "stp", "garp", "mrp", "dummy", "veth", "8021q",
		"bridge" };
	char path[40];

	for (unsigned i = 0; i < sizeof(names) / sizeof(*names); i++) {
		int fd;

		snprintf(path, sizeof(path), "/abi/%s.ko", names[i]);
		fd = open(path, O_RDONLY);
		/* It makes a device by itself unless it is told not to. */
		if (fd >= 0 && syscall(SYS_finit_module, fd, i == 4 ? "numdummies=0" : "", 0) &&
			errno != ENOSYS && errno != EEXIST)
			perror(path);
		close(fd);
	}
}

int main(int argc, char **argv)
{
	int from = argc > 1 ? atoi(argv[argc - 1]) : 0;
	char name[200];
	FILE *list;

	setvbuf(stdout, NULL, _IOFBF, 65536);
	mkdir("/proc", 0755);
	mkdir("/sys", 0755);
	mkdir("/tmp", 01777);
	mount("proc", "/proc", "proc", 0, NULL);
	mount("sysfs", "/sys", "sysfs", 0, NULL);
	mount("devtmpfs", "/dev", "devtmpfs", 0, NULL);
	mkdir("/dev/pts", 0755);
	mkdir("/dev/shm", 01777);
	mount("devpts", "/dev/pts", "devpts", 0, "mode=620,gid=5,ptmxmode=666");
	mount("tmpfs", "/dev/shm", "tmpfs", 0, "mode=1777");
	mount("tmpfs", "/tmp", "tmpfs", 0, "mode=1777");
	make_disk();
	make_tun();
	make_diag();
	make_links();
	list = fopen("/abi/list", "r");
	for (int i = 0; list && fgets(name, sizeof(name), list); i++) {
		name[strcspn(name, "\n")] = 0;
		if (i >= from)
			run_test(i, name);
	}
	printf("\n=== DONE\n");
	fflush(stdout);
	usleep(300000);
	reboot(RB_POWER_OFF);
	return 0;
}
