// SPDX-License-Identifier: MPL-2.0
// /proc/PID/syscall tells the call in which a thread sleeps, with its arguments, or that it runs.
#include "../lib/t.h"

static bool is_in(pid_t pid, const char *name, unsigned long at)
{
	char path[64], *line, *save;
	unsigned long from, to;

	snprintf(path, sizeof(path), "/proc/%d/maps", pid);
	for (line = strtok_r(t_slurp(path), "\n", &save); line; line = strtok_r(NULL, "\n", &save))
		if (strstr(line, name) && sscanf(line, "%lx-%lx", &from, &to) == 2 && at >= from &&
			at < to)
			return true;
	return false;
}

static const struct t_name calls[] = { { SYS_read, "read" }, { SYS_ppoll, "ppoll" },
	{ SYS_nanosleep, "nanosleep" }, { SYS_futex, "futex" }, { SYS_wait4, "wait4" } };

/* The line, with names and without addresses. */
static void tell(pid_t pid, pid_t tid, const char *code)
{
	unsigned long a[6], sp, pc;
	char path[64], *s;
	int nr, n;

	snprintf(path, sizeof(path), "/proc/%d/task/%d/syscall", pid, tid);
	s = t_slurp(path);
	n = sscanf(s, "%d 0x%lx 0x%lx 0x%lx 0x%lx 0x%lx 0x%lx 0x%lx 0x%lx\n", &nr, a, a + 1, a + 2,
		a + 3, a + 4, a + 5, &sp, &pc);
	if (n != 9) {
		printf("%s", s);
		return;
	}
	printf("%s %lx %lx %lx %lx %lx %lx, stack %d, code %d\n",
		t_find_name(calls, T_LEN(calls), nr, "call "), a[0], a[1], a[2], a[3], a[4], a[5],
		pid == tid ? is_in(pid, "[stack]", sp) : !is_in(pid, "[stack]", sp),
		is_in(pid, code, pc));
}

static int fds[2];
static volatile pid_t other;

static void *reader(void *arg)
{
	other = (pid_t)syscall(SYS_gettid);
	syscall(SYS_read, fds[0], 0x1234, 0x77, 4, 5, 6);
	return NULL;
}

int main(int argc, char **argv)
{
	struct stat st;
	pthread_t th;
	pid_t child;
	char path[64];
	int fd;

	t_start();
	CHECK(stat("/proc/self/syscall", &st) == 0);
	printf("mode %o size %ld\n", st.st_mode, (long)st.st_size);
	T(open("/proc/self/syscall", O_WRONLY) >= 0);
	t_pipe(fds);

	child = t_fork();
	if (child == 0) {
		syscall(SYS_read, fds[0], 0x5678, 0x55, 0xffffffffffffffff, 0, 0x80000000);
		_exit(0);
	}
	t_wait_state(child, 'S');
	tell(child, child, "syscall_of_a_thread");
	kill(child, SIGKILL);
	t_wait_state(child, 'Z');
	tell(child, child, "syscall_of_a_thread");
	t_reap("killed", child);

	child = t_fork();
	if (child == 0) {
		syscall(SYS_ppoll, 0, 0, 0, 0, 8, 0x99);
		_exit(0);
	}
	t_wait_state(child, 'S');
	tell(child, child, "syscall_of_a_thread");
	IN_CHILD("user", {
		t_drop_root(1000);
		snprintf(path, sizeof(path), "/proc/%d/syscall", child);
		T(open(path, O_RDONLY));
		T(open("/proc/self/syscall", O_RDONLY));
		prctl(PR_SET_DUMPABLE, 1);
		TOK(open("/proc/self/syscall", O_RDONLY));
	});
	kill(child, SIGKILL);
	t_reap("killed", child);

	child = t_fork();
	for (; child == 0;)
		;
	snprintf(path, sizeof(path), "/proc/%d/syscall", child);
	SHOWS(t_slurp(path));
	kill(child, SIGKILL);
	t_reap("killed", child);

	CHECK(pthread_create(&th, NULL, reader, NULL) == 0);
	while (!other)
		usleep(1000);
	snprintf(path, sizeof(path), "/proc/self/task/%d/syscall", other);
	IS(UNTIL(strncmp(t_slurp(path), "running", 7)));
	tell(getpid(), other, "syscall_of_a_thread");
	write(fds[1], "x", 1);
	pthread_join(th, NULL);

	/* The reader's own is the read itself. */
	fd = open("/proc/self/syscall", O_RDONLY);
	CHECK(dup2(fd, 77) == 77);
	{
		static char buf[256];
		unsigned long nr, a, b, c;
		CHECK(syscall(SYS_read, 77, buf, 255, 1, 2, 3) > 0);
		CHECK(sscanf(buf, "%lu 0x%lx 0x%lx 0x%lx", &nr, &a, &b, &c) == 4);
		IS(nr == SYS_read && a == 77 && b == (unsigned long)buf && c == 255);
		IS(!strncmp(strchr(strchr(buf, ' ') + 1, ' ') + 1, "0x", 2));
	}
	return 0;
}
