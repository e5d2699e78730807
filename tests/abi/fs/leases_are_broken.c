// SPDX-License-Identifier: MPL-2.0
// Leases: who may have one, what breaks it, what its holder is told, and what happens in time.
#include "../lib/t.h"

static volatile int signals, code, band, fd_told;

static void on_signal(int sig, siginfo_t *info, void *context)
{
	signals++;
	code = info->si_code;
	band = info->si_band;
	fd_told = info->si_fd;
}

static const char *lease(int fd)
{
	int type = fcntl(fd, F_GETLEASE);

	return type == F_RDLCK    ? "read"
		: type == F_WRLCK ? "write"
		: type == F_UNLCK ? "none"
				  : t_errname(errno);
}

#define LEASE(fd) printf("lease: %s\n", lease(fd))

static void break_time(const char *seconds)
{
	int fd = open("/proc/sys/fs/lease-break-time", O_WRONLY);

	CHECK(fd >= 0);
	CHECK(write(fd, seconds, strlen(seconds)) > 0);
	close(fd);
}

/*
 * The lines of /proc/locks about the file, without number, pid and device; @breakers: also those that
 * wait, which Linux shows of readers only now and then.
 */
static int show_locks(const char *path, int print, int breakers)
{
	struct stat st;
	char line[256];
	FILE *f = fopen("/proc/locks", "r");
	int n = 0, ours = 0;

	CHECK(f && !stat(path, &st));
	while (fgets(line, sizeof(line), f)) {
		char *p = strchr(line, ' ') + 1;
		const char *arrow = !strncmp(p, "-> ", 3) ? "-> " : "";
		char kind[16], state[16], type[16], file[64], start[16], end[16];
		long pid, ino = 0;
		unsigned major, minor;

		if (sscanf(p + strlen(arrow), "%15s %15s %15s %ld %63s %15s %15s", kind, state,
			    type, &pid, file, start, end) != 7)
			continue;
		if (!*arrow)
			ours = sscanf(file, "%x:%x:%ld", &major, &minor, &ino) == 3 &&
				ino == (long)st.st_ino;
		if (!ours || (*arrow && !breakers))
			continue;
		n++;
		if (print)
			printf("%s%s %s %s %s %s %s\n", arrow, kind, state, type,
				*arrow ? file : "file", start, end);
	}
	fclose(f);
	return n;
}

static void who_may(void)
{
	int r, w, dir, pipes[2];

	t_file("a", "text", 0644);
	r = open("a", O_RDONLY);
	T(fcntl(r, F_SETLEASE, 7));
	T(fcntl(r, F_SETLEASE, F_UNLCK));
	LEASE(r);
	T(fcntl(r, F_SETLEASE, F_WRLCK));
	LEASE(r);
	T(fcntl(r, F_SETLEASE, F_RDLCK));
	LEASE(r);
	T(fcntl(r, F_SETLEASE, F_WRLCK));
	SHOW(show_locks("a", 1, 0));
	T(fcntl(r, F_GETOWN) == getpid());
	T(fcntl(r, F_GETSIG));
	T(fcntl(r, F_SETSIG, SIGRTMIN));
	T(fcntl(r, F_SETLEASE, F_UNLCK));
	T(fcntl(r, F_GETOWN));
	T(fcntl(r, F_GETSIG));
	T(fcntl(r, F_SETLEASE, F_UNLCK));
	/* The counts of opens. */
	w = open("a", O_RDWR);
	T(fcntl(r, F_SETLEASE, F_RDLCK));
	T(fcntl(r, F_SETLEASE, F_WRLCK));
	T(fcntl(w, F_SETLEASE, F_RDLCK));
	T(fcntl(w, F_SETLEASE, F_WRLCK));
	close(r);
	T(fcntl(w, F_SETLEASE, F_RDLCK));
	T(fcntl(w, F_SETLEASE, F_WRLCK));
	LEASE(w);
	T(fcntl(w, F_SETLEASE, F_RDLCK));
	LEASE(w);
	close(w);
	SHOW(show_locks("a", 1, 0));
	r = open("a", O_RDONLY);
	w = open("a", O_RDONLY);
	T(fcntl(r, F_SETLEASE, F_RDLCK));
	T(fcntl(w, F_SETLEASE, F_RDLCK));
	T(fcntl(r, F_SETLEASE, F_WRLCK));
	SHOW(show_locks("a", 1, 0));
	close(w);
	T(fcntl(r, F_SETLEASE, F_WRLCK));
	/* A duplicate is the same open file. */
	w = dup(r);
	close(r);
	LEASE(w);
	close(w);
	/* O_PATH neither has a lease nor breaks one. */
	r = open("a", O_RDONLY);
	T(fcntl(r, F_SETLEASE, F_WRLCK));
	w = open("a", O_PATH);
	LEASE(r);
	T(fcntl(w, F_SETLEASE, F_RDLCK));
	T(fcntl(w, F_GETLEASE));
	close(w);
	close(r);
	CHECK(!pipe(pipes));
	T(fcntl(pipes[0], F_SETLEASE, F_RDLCK));
	T(fcntl(pipes[0], F_GETLEASE));
	T(fcntl(pipes[0], F_SETLEASE, F_UNLCK));
	close(pipes[0]);
	close(pipes[1]);
	dir = open("/dev/null", O_RDONLY);
	T(fcntl(dir, F_SETLEASE, F_RDLCK));
	close(dir);
	/* Owners and CAP_LEASE. */
	t_file("owned", "", 0666);
	CHECK(!chown("owned", 1000, 1000));
	if (!t_fork()) {
		CHECK(!setresgid(1000, 1000, 1000) && !setresuid(1000, 1000, 1000));
		r = open("a", O_RDONLY);
		T(fcntl(r, F_SETLEASE, F_RDLCK));
		T(fcntl(r, F_SETLEASE, F_UNLCK));
		T(fcntl(r, F_SETLEASE, 7));
		LEASE(r);
		r = open("owned", O_RDONLY);
		T(fcntl(r, F_SETLEASE, F_RDLCK));
		LEASE(r);
		exit(0);
	}
	t_status("owner", t_wait(-1));
}

/* Opens without waiting: the lease is broken all the same. */
static void without_waiting(void)
{
	int r = open("a", O_RDONLY), other;

	signals = 0;
	T(fcntl(r, F_SETLEASE, F_RDLCK));
	other = open("a", O_RDONLY | O_NONBLOCK);
	IS(other >= 0);
	close(other);
	SHOW(signals);
	T(open("a", O_WRONLY | O_NONBLOCK));
	SHOW(signals);
	LEASE(r);
	T(open("a", O_RDWR | O_NONBLOCK));
	SHOW(signals);
	T(fcntl(r, F_SETLEASE, F_RDLCK));
	LEASE(r);
	SHOW(show_locks("a", 1, 0));
	T(fcntl(r, F_SETLEASE, F_UNLCK));
	LEASE(r);
	other = open("a", O_RDWR | O_NONBLOCK);
	IS(other >= 0);
	close(other);
	/* A write lease: readers demand less. SIGRTMIN tells more. */
	T(fcntl(r, F_SETSIG, SIGRTMIN));
	T(fcntl(r, F_SETLEASE, F_WRLCK));
	signals = 0;
	T(open("a", O_RDONLY | O_NONBLOCK));
	SHOW(signals);
	IS(code == POLL_MSG);
	IS(fd_told == r);
	SHOW(band);
	LEASE(r);
	SHOW(show_locks("a", 1, 0));
	T(open("a", O_RDONLY | O_NONBLOCK));
	SHOW(signals);
	T(open("a", O_WRONLY | O_NONBLOCK | O_TRUNC));
	SHOW(signals);
	LEASE(r);
	SHOW(show_locks("a", 1, 0));
	T(lseek(r, 0, SEEK_END) == 4);
	T(fcntl(r, F_SETLEASE, F_RDLCK));
	LEASE(r);
	T(fcntl(r, F_SETLEASE, F_UNLCK));
	/* O_TRUNC with O_RDONLY counts as reading. */
	T(fcntl(r, F_SETLEASE, F_RDLCK));
	other = open("a", O_RDONLY | O_NONBLOCK | O_TRUNC);
	IS(other >= 0);
	LEASE(r);
	SHOW(lseek(r, 0, SEEK_END));
	close(other);
	close(r);
}

/* A breaker sleeps until the holder has answered by @answer, or closed if that is -1. */
static void waits(const char *how, int lease_type, int answer)
{
	int r = open("a", O_RDONLY), turn[2], go[2];
	pid_t child;

	printf("-- %s\n", how);
	CHECK(!pipe(turn) && !pipe(go));
	T(fcntl(r, F_SETLEASE, lease_type));
	signals = 0;
	child = t_fork();
	if (!child) {
		int ok;

		close(r);
		if (!strcmp(how, "truncate"))
			ok = !truncate("a", 3);
		else
			ok = open("a", !strcmp(how, "read") ? O_RDONLY : O_RDWR) >= 0;
		t_put(turn[1]);
		t_get(go[0]);
		SHOW(ok);
		exit(0);
	}
	UNTIL(signals);
	t_wait_state(child, 'S');
	SHOW(signals);
	LEASE(r);
	if (strcmp(how, "read"))
		UNTIL(show_locks("a", 0, 1) == 2);
	SHOW(show_locks("a", 1, strcmp(how, "read")));
	if (answer < 0)
		close(r);
	else
		T(fcntl(r, F_SETLEASE, answer));
	SHOW(t_get(turn[0]) >= 0);
	if (answer >= 0) {
		LEASE(r);
		SHOW(show_locks("a", 1, 0));
		close(r);
	}
	t_put(go[1]);
	t_status("child", t_wait(child));
	close(turn[0]);
	close(turn[1]);
	close(go[0]);
	close(go[1]);
}

/* A holder that does not answer loses the lease, or the part of it that was in the way. */
static void in_time(int lease_type, int flags)
{
	int r = open("a", O_RDONLY), other;

	T(fcntl(r, F_SETLEASE, lease_type));
	signals = 0;
	other = open("a", flags);
	IS(other >= 0);
	SHOW(signals);
	LEASE(r);
	T(fcntl(r, F_GETOWN) == getpid());
	close(other);
	close(r);
}

static void interrupted(void)
{
	int r = open("a", O_RDONLY);
	struct sigaction sa = { .sa_sigaction = on_signal, .sa_flags = SA_SIGINFO };
	pid_t child;

	T(fcntl(r, F_SETLEASE, F_WRLCK));
	signals = 0;
	child = t_fork();
	if (!child) {
		sigaction(SIGUSR1, &sa, NULL);
		close(r);
		T(open("a", O_WRONLY));
		exit(0);
	}
	UNTIL(signals);
	t_wait_state(child, 'S');
	kill(child, SIGUSR1);
	t_status("child", t_wait(child));
	LEASE(r);
	close(r);
}

int main(void)
{
	struct sigaction sa = { .sa_sigaction = on_signal, .sa_flags = SA_SIGINFO | SA_RESTART };

	t_start();
	t_tmpfs("");
	sigaction(SIGIO, &sa, NULL);
	sigaction(SIGRTMIN, &sa, NULL);
	who_may();
	without_waiting();
	t_file("a", "text", 0644);
	waits("read", F_WRLCK, F_RDLCK);
	waits("read", F_WRLCK, F_UNLCK);
	waits("write", F_RDLCK, F_UNLCK);
	waits("write", F_WRLCK, -1);
	waits("truncate", F_RDLCK, F_UNLCK);
	interrupted();
	break_time("1");
	in_time(F_RDLCK, O_RDWR);
	in_time(F_WRLCK, O_RDONLY);
	in_time(F_WRLCK, O_RDWR);
	break_time("45");
	return 0;
}
