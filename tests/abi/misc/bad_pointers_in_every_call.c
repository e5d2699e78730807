// SPDX-License-Identifier: MPL-2.0
// Every pointer argument of every call, alone, with every kind of bad pointer; the other arguments
// are good. Then all of them at once.
#include "../lib/t.h"
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/timerfd.h>

#define PAGE 4096ul

// For arguments that stay good: zeros, "f\0", and a struct with a size in front.
static char *good[3];
static char *bad_hole, *bad_none, *bad_ro, *bad_edge, *bad_odd;

static const char *const kinds[] = { "null", "one", "hole", "none", "ro", "edge", "odd", "top",
	"kernel", "beyond", "wraps" };

static char *bad(unsigned kind)
{
	switch (kind) {
	case 0:
		return NULL;
	case 1:
		return (char *)1;
	case 2:
		return bad_hole;
	case 3:
		return bad_none;
	case 4:
		return bad_ro;
	case 5:
		return bad_edge; // three bytes, then nothing
	case 6:
		return bad_odd; // good, but not aligned
	case 7:
		return (char *)0x7ffffffffffff000ul;
	case 8:
		return (char *)0xffffffff80200000ul;
	case 9:
		return (char *)0x4000000000000000ul;
	default:
		return (char *)-5001l; // what lies behind it wraps round
	}
}

// What a plain argument stands for; the descriptors are open in each child.
enum {
	FILE_FD = 10,
	DIR_FD,
	PIPE_R,
	PIPE_W,
	EPOLL_FD,
	EVENT_FD,
	TIMER_FD,
	SIGNAL_FD,
	STREAM_FD,
	DGRAM_FD,
	INOTIFY_FD,
	PTY_FD,
	LISTEN_FD,
	ZERO_FD,
	RANDOM_FD,
	FULL_FD,
	PROC_FD
};
// A pointer argument: Z zeros, G the name of a file that stays good, N the name of a file, S a
// struct that starts with its length.
#define Z 0x7001000000000000ul
#define N 0x7002000000000000ul
#define S 0x7003000000000000ul
#define G 0x7004000000000000ul

struct row {
	const char *name;
	long nr;
	unsigned long a[6];
};
#define R(n, ...)                   \
	{                           \
		#n, SYS_##n,        \
		{                   \
			__VA_ARGS__ \
		}                   \
	}

static const struct row rows[] = {
	R(setxattr, N, N, Z, 4, 0),
	R(lsetxattr, N, N, Z, 4, 0),
	R(fsetxattr, FILE_FD, N, Z, 4, 0),
	R(getxattr, N, G, Z, 64),
	R(lgetxattr, N, G, Z, 64),
	R(fgetxattr, FILE_FD, N, Z, 64),
	R(listxattr, N, Z, 64),
	R(llistxattr, N, Z, 64),
	R(flistxattr, FILE_FD, Z, 64),
	R(removexattr, N, N),
	R(lremovexattr, N, N),
	R(fremovexattr, FILE_FD, N),
	R(inotify_add_watch, INOTIFY_FD, N, IN_MODIFY),
	R(openat, DIR_FD, N, O_RDONLY, 0),
	R(openat2, DIR_FD, N, Z, 24),
	R(read, ZERO_FD, Z, 64),
	R(read, FILE_FD, Z, 64),
	R(read, EVENT_FD, Z, 8),
	R(read, TIMER_FD, Z, 8),
	R(read, SIGNAL_FD, Z, 128),
	R(read, INOTIFY_FD, Z, 256),
	R(read, PIPE_R, Z, 64),
	R(read, STREAM_FD, Z, 64),
	R(read, DIR_FD, Z, 64),
	R(write, FILE_FD, Z, 64),
	R(write, PIPE_W, Z, 64),
	R(write, EVENT_FD, Z, 8),
	R(write, STREAM_FD, Z, 8),
	R(write, ZERO_FD, Z, 8),
	R(write, PTY_FD, Z, 8),
	R(read, RANDOM_FD, Z, 8),
	R(write, RANDOM_FD, Z, 8),
	R(read, FULL_FD, Z, 8),
	R(write, FULL_FD, Z, 8),
	R(read, PROC_FD, Z, 8),
	R(write, PROC_FD, Z, 8),
	R(readv, FILE_FD, Z, 2),
	R(writev, FILE_FD, Z, 2),
	R(readv, PIPE_R, Z, 2),
	R(writev, PIPE_W, Z, 2),
	R(readv, FILE_FD, Z, 0),
	R(readv, FILE_FD, Z, 1025),
	R(pread64, FILE_FD, Z, 64, 0),
	R(pwrite64, FILE_FD, Z, 64, 0),
	R(pread64, PIPE_R, Z, 64, 0),
	R(preadv, FILE_FD, Z, 2, 0, 0),
	R(pwritev, FILE_FD, Z, 2, 0, 0),
	R(preadv2, FILE_FD, Z, 2, 0, 0, 0),
	R(pwritev2, FILE_FD, Z, 2, 0, 0, 0),
	R(sendfile, PIPE_W, FILE_FD, Z, 16),
	R(copy_file_range, FILE_FD, Z, FILE_FD, Z, 0, 0),
	R(copy_file_range, FILE_FD, Z, FILE_FD, Z, 16, 0),
	R(newfstatat, DIR_FD, N, Z, 0),
	R(newfstatat, FILE_FD, N, Z, AT_EMPTY_PATH),
	R(fstat, FILE_FD, Z),
	R(fstat, 99, Z),
	R(statx, DIR_FD, N, 0, 0x7ff, Z),
	R(statx, DIR_FD, N, 0x4000000, 0x7ff, Z),
	R(statfs, N, Z),
	R(fstatfs, FILE_FD, Z),
	R(getdents64, DIR_FD, Z, 256),
	R(getdents64, FILE_FD, Z, 256),
	R(getcwd, Z, 256),
	R(getcwd, Z, 0),
	R(getcwd, Z, 1),
	R(chdir, N),
	R(chroot, N),
	R(mkdirat, DIR_FD, N, 0777),
	R(mknodat, DIR_FD, N, 0644, 0),
	R(unlinkat, 99, N, 0),
	R(symlinkat, N, DIR_FD, N),
	R(linkat, DIR_FD, N, DIR_FD, N, 0),
	R(renameat2, DIR_FD, N, DIR_FD, N, 0),
	R(readlinkat, DIR_FD, N, Z, 64),
	R(readlinkat, DIR_FD, N, Z, 0),
	R(faccessat, DIR_FD, N, 4),
	{ "faccessat2", 439, { DIR_FD, N, 4, 0 } },
	R(fchmodat, DIR_FD, N, 0644),
	{ "fchmodat2", 452, { DIR_FD, N, 0644, 0 } },
	R(fchownat, DIR_FD, N, 0, 0, 0),
	R(fchownat, FILE_FD, N, 0, 0, AT_EMPTY_PATH),
	R(linkat, FILE_FD, N, DIR_FD, N, AT_EMPTY_PATH),
	{ "faccessat2", 439, { FILE_FD, N, 4, AT_EMPTY_PATH } },
	{ "fchmodat2", 452, { FILE_FD, N, 0644, AT_EMPTY_PATH } },
	R(utimensat, FILE_FD, N, Z, AT_EMPTY_PATH),
	R(execveat, FILE_FD, N, Z, Z, AT_EMPTY_PATH),
	R(statx, FILE_FD, N, AT_EMPTY_PATH, 0x7ff, Z),
	R(utimensat, DIR_FD, N, Z, 0),
	R(utimensat, FILE_FD, 0, Z, 0),
	R(truncate, N, 100),
	R(mount, N, N, N, 0, N),
	R(umount2, N, 0),
	R(pivot_root, N, N),
	R(memfd_create, N, 0),
	R(epoll_ctl, EPOLL_FD, EPOLL_CTL_ADD, EVENT_FD, Z),
	R(epoll_ctl, EPOLL_FD, EPOLL_CTL_MOD, EVENT_FD, Z),
	R(epoll_ctl, EPOLL_FD, EPOLL_CTL_DEL, TIMER_FD, Z),
	R(epoll_pwait, EPOLL_FD, Z, 4, 0, Z, 8),
	R(epoll_pwait, EPOLL_FD, Z, 4, 0, Z, 4),
	{ "epoll_pwait2", 441, { EPOLL_FD, Z, 4, Z, Z, 8 } },
	R(splice, FILE_FD, Z, PIPE_W, 0, 8, 0),
	R(splice, PIPE_R, 0, FILE_FD, Z, 8, 2),
	R(splice, PIPE_R, Z, FILE_FD, 0, 8, 2),
	R(vmsplice, PIPE_W, Z, 1, 2),
	R(pipe2, Z, 0),
	R(pipe2, Z, 1),
	R(ppoll, Z, 2, Z, Z, 8),
	R(ppoll, Z, 0, Z, Z, 8),
	R(ppoll, Z, 2000, Z, 0, 0),
	R(pselect6, 3, Z, Z, Z, Z, Z),
	R(pselect6, 0, Z, Z, Z, Z, Z),
	R(pselect6, 1024, Z, Z, Z, Z, 0),
	R(syslog, 3, Z, 1024),
	R(syslog, 10, Z, 64),
	R(getrandom, Z, 64, 0),
	R(getrandom, Z, 0, 0),
	R(munmap, Z, 0),
	R(munmap, Z, 4096),
	R(mprotect, Z, 4096, 1),
	R(mprotect, Z, 0, 1),
	R(madvise, Z, 4096, 0),
	R(madvise, Z, 4096, 4),
	R(msync, Z, 4096, 4),
	R(mincore, Z, 4096, Z),
	R(mincore, Z, 0, Z),
	R(mlock, Z, 4096),
	R(munlock, Z, 4096),
	R(mremap, Z, 4096, 8192, 1),
	R(mmap, Z, 4096, 1, 0x32, -1ul, 0),
	R(mmap, Z, 4096, 1, 0x100022, -1ul, 0),
	R(process_vm_readv, 0, Z, 1, Z, 1, 0),
	R(process_vm_writev, 0, Z, 1, Z, 1, 0),
	R(brk, Z),
	R(socketpair, 1, 1, 0, Z),
	R(socketpair, 1, 99, 0, Z),
	R(bind, DGRAM_FD, Z, 16),
	R(bind, DGRAM_FD, Z, 2),
	R(connect, DGRAM_FD, Z, 16),
	R(connect, DGRAM_FD, Z, 0),
	R(accept4, LISTEN_FD, Z, S, 0),
	R(getsockname, STREAM_FD, Z, S),
	R(getpeername, STREAM_FD, Z, S),
	R(sendto, STREAM_FD, Z, 8, 0x40, 0, 0),
	R(sendto, DGRAM_FD, Z, 8, 0x40, Z, 16),
	R(recvfrom, STREAM_FD, Z, 8, 0x40, Z, S),
	R(sendmsg, STREAM_FD, Z, 0x40),
	R(recvmsg, STREAM_FD, Z, 0x40),
	R(sendmmsg, STREAM_FD, Z, 2, 0x40),
	R(recvmmsg, STREAM_FD, Z, 2, 0x40, Z),
	R(setsockopt, STREAM_FD, 1, 7, Z, 4),
	R(setsockopt, STREAM_FD, 1, 20, Z, 16),
	R(setsockopt, STREAM_FD, 1, 13, Z, 8),
	R(setsockopt, STREAM_FD, 1, 7, Z, 3),
	R(getsockopt, STREAM_FD, 1, 7, Z, S),
	R(getsockopt, STREAM_FD, 1, 17, Z, S),
	R(getsockopt, STREAM_FD, 1, 20, Z, S),
	{ "clone3", 435, { Z, 64 } },
	{ "clone3", 435, { Z, 8 } },
	{ "clone3", 435, { Z, 200 } },
	R(set_tid_address, Z),
	R(wait4, -1ul, Z, 1, Z),
	R(waitid, 0, 0, Z, 5, Z),
	R(execve, N, Z, Z),
	R(execve, N, Z, 0),
	R(execveat, DIR_FD, N, Z, Z, 0),
	R(getresuid, Z, Z, Z),
	R(getresgid, Z, Z, Z),
	R(getgroups, 0, Z),
	R(getgroups, 10, Z),
	R(setgroups, 2, Z),
	R(setgroups, 70000, Z),
	R(capget, Z, Z),
	R(capset, Z, Z),
	R(prlimit64, 0, 7, Z, Z),
	R(prlimit64, 0, 99, Z, Z),
	R(getrlimit, 7, Z),
	R(setrlimit, 99, Z),
	R(getrusage, 0, Z),
	R(getrusage, 9, Z),
	R(times, Z),
	R(getcpu, Z, Z, Z),
	R(uname, Z),
	R(sethostname, Z, 0),
	R(sethostname, Z, 65),
	R(setdomainname, Z, -1ul),
	R(sysinfo, Z),
	R(prctl, 15, N),
	R(prctl, 16, Z),
	R(prctl, 2, Z),
	R(prctl, 37, Z),
	R(prctl, 40, Z),
	R(prctl, 25, Z),
	R(futex, Z, 0, 1, Z, Z, 0),
	R(futex, Z, 128, 1, Z, Z, 0),
	R(futex, Z, 1, 1, Z, Z, 0),
	R(futex, Z, 3, 0, 0, Z, 0),
	R(futex, Z, 4, 1, 0, Z, 1),
	R(futex, Z, 5, 1, 0, Z, 0),
	R(futex, Z, 9, 1, Z, 0, 1),
	R(futex, Z, 9, 1, Z, 0, 0),
	R(futex, Z, 7, 0, 0, 0, 0),
	R(futex, Z, 8, 0, 0, 0, 0),
	R(set_robust_list, Z, 24),
	R(set_robust_list, Z, 8),
	R(get_robust_list, 0, Z, Z),
	R(sched_setscheduler, 0, 0, Z),
	R(sched_setscheduler, 0, 99, Z),
	R(sched_setparam, 0, Z),
	R(sched_getparam, 0, Z),
	R(sched_setattr, 0, S, 0),
	R(sched_getattr, 0, Z, 48, 0),
	R(sched_getattr, 0, Z, 8, 0),
	R(sched_rr_get_interval, 0, Z),
	R(sched_setaffinity, 0, 8, Z),
	R(sched_getaffinity, 0, 8, Z),
	R(sched_getaffinity, 0, 0, Z),
	R(rt_sigaction, 10, Z, Z, 8),
	R(rt_sigaction, 9, Z, Z, 8),
	R(rt_sigaction, 99, Z, Z, 8),
	R(rt_sigaction, 10, Z, Z, 4),
	R(rt_sigprocmask, 0, Z, Z, 8),
	R(rt_sigprocmask, 9, Z, Z, 8),
	R(rt_sigprocmask, 0, Z, Z, 4),
	R(rt_sigpending, Z, 8),
	R(rt_sigpending, Z, 16),
	R(rt_sigsuspend, Z, 4),
	R(rt_sigtimedwait, Z, Z, Z, 8),
	R(rt_sigtimedwait, Z, Z, Z, 4),
	R(rt_sigqueueinfo, 0, 0, Z),
	R(rt_tgsigqueueinfo, 0, 0, 0, Z),
	R(sigaltstack, Z, Z),
	R(signalfd4, -1ul, Z, 8, 0),
	R(signalfd4, -1ul, Z, 4, 0),
	R(clock_gettime, 1, Z),
	R(clock_gettime, 99, Z),
	R(clock_getres, 1, Z),
	R(clock_getres, 99, Z),
	R(clock_settime, 1, Z),
	R(clock_settime, 99, Z),
	R(clock_nanosleep, 1, 0, Z, Z),
	R(clock_nanosleep, 99, 0, Z, Z),
	R(nanosleep, Z, Z),
	R(gettimeofday, Z, Z),
	R(adjtimex, Z),
	R(clock_adjtime, 1, Z),
	R(getitimer, 0, Z),
	R(getitimer, 9, Z),
	R(setitimer, 0, Z, Z),
	R(setitimer, 9, Z, Z),
	R(timer_create, 1, Z, Z),
	R(timer_create, 1, 0, Z),
	R(timer_create, 99, Z, Z),
	R(timer_gettime, 99, Z),
	R(timer_settime, 99, 0, Z, Z),
	R(timerfd_settime, TIMER_FD, 0, Z, Z),
	R(timerfd_settime, FILE_FD, 0, Z, Z),
	R(timerfd_gettime, TIMER_FD, Z),
	R(timerfd_gettime, FILE_FD, Z),
	R(fcntl, FILE_FD, F_GETLK, Z),
	R(fcntl, FILE_FD, F_SETLK, Z),
	R(fcntl, FILE_FD, 36, Z),
	R(fcntl, FILE_FD, 37, Z),
	R(fcntl, FILE_FD, 16, Z),
	R(fcntl, FILE_FD, 15, Z),
	R(ioctl, PTY_FD, 0x5401, Z),
	R(ioctl, PTY_FD, 0x5402, Z),
	R(ioctl, PTY_FD, 0x5405, Z),
	R(ioctl, PTY_FD, 0x5406, Z),
	R(ioctl, PTY_FD, 0x5413, Z),
	R(ioctl, PTY_FD, 0x5414, Z),
	R(ioctl, PTY_FD, 0x540f, Z),
	R(ioctl, PTY_FD, 0x5410, Z),
	R(ioctl, PTY_FD, 0x541b, Z),
	R(ioctl, PTY_FD, 0x5421, Z),
	R(ioctl, PTY_FD, 0x80045430, Z),
	R(ioctl, PTY_FD, 0x40045431, Z),
	R(ioctl, PTY_FD, 0x802c542a, Z),
	R(ioctl, PTY_FD, 0x402c542b, Z),
	R(ioctl, PTY_FD, 0x5412, Z),
	R(ioctl, PTY_FD, 0x5420, Z),
	R(ioctl, PIPE_R, 0x541b, Z),
	R(ioctl, FILE_FD, 0x541b, Z),
	R(ioctl, STREAM_FD, 0x541b, Z),
	R(ioctl, STREAM_FD, 0x5411, Z),
	R(ioctl, FILE_FD, 0x5452, Z),
	R(ioctl, INOTIFY_FD, 0x541b, Z),
	R(reboot, 0, 0, 0, Z),
	R(swapon, N, 0),
	R(swapoff, N),
	R(name_to_handle_at, 99, N, S, Z, 0x4000),
	R(pidfd_send_signal, FILE_FD, 0, Z, 0),
};

static void open_all(void)
{
	int p[2], s[2], d[2];
	struct epoll_event ev = { .events = EPOLLIN };
	struct sockaddr_un {
		unsigned short family;
		char path[16];
	} name = { 1, "" };
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR2);
	CHECK(pipe2(p, O_NONBLOCK) == 0 && write(p[1], "0123456789", 10) == 10);
	CHECK(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, s) == 0 &&
		write(s[1], "0123456789", 10) == 10);
	CHECK(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0, d) == 0);
	CHECK(dup2(open("f", O_RDWR | O_CREAT, 0644), FILE_FD) == FILE_FD &&
		write(FILE_FD, kinds, 64) == 64 && lseek(FILE_FD, 0, SEEK_SET) == 0);
	CHECK(dup2(open(".", O_RDONLY | O_DIRECTORY), DIR_FD) == DIR_FD);
	CHECK(dup2(p[0], PIPE_R) == PIPE_R && dup2(p[1], PIPE_W) == PIPE_W);
	CHECK(dup2(epoll_create1(0), EPOLL_FD) == EPOLL_FD &&
		dup2(eventfd(1, EFD_NONBLOCK), EVENT_FD) == EVENT_FD);
	CHECK(dup2(timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK), TIMER_FD) == TIMER_FD &&
		dup2(signalfd(-1, &set, SFD_NONBLOCK), SIGNAL_FD) == SIGNAL_FD);
	CHECK(dup2(s[0], STREAM_FD) == STREAM_FD && dup2(d[0], DGRAM_FD) == DGRAM_FD &&
		dup2(inotify_init1(IN_NONBLOCK), INOTIFY_FD) == INOTIFY_FD);
	CHECK(dup2(posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK), PTY_FD) == PTY_FD &&
		dup2(open("/dev/zero", O_RDWR), ZERO_FD) == ZERO_FD);
	CHECK(dup2(open("/dev/urandom", O_RDWR), RANDOM_FD) == RANDOM_FD &&
		dup2(open("/dev/full", O_RDWR), FULL_FD) == FULL_FD);
	CHECK(dup2(open("/proc/self/oom_score_adj", O_RDWR), PROC_FD) == PROC_FD);
	CHECK(dup2(socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0), LISTEN_FD) == LISTEN_FD &&
		bind(LISTEN_FD, (void *)&name, 2) == 0 && listen(LISTEN_FD, 1) == 0);
	CHECK(epoll_ctl(EPOLL_FD, EPOLL_CTL_ADD, PIPE_R, &ev) == 0);
}

static bool is_pointer(unsigned long a)
{
	return a == Z || a == N || a == S;
}

static unsigned long resolve(unsigned long a)
{
	return a == Z              ? (unsigned long)good[0]
		: a == N || a == G ? (unsigned long)good[1]
		: a == S           ? (unsigned long)good[2]
				   : a;
}

static void on_alarm(int sig, siginfo_t *si, void *uc)
{
}

// Makes the call with argument @i (all pointers: 6) bad in each way from @kind on, and writes how
// it ended.
static void attempts(const struct row *r, unsigned i, unsigned kind, int out)
{
	static const struct itimerval soon = { { 0, 100000 }, { 0, 100000 } };
	unsigned long a[6];
	char text[32];
	pid_t self = getpid();

	open_all();
	if (r->nr == SYS_mremap || r->nr == SYS_mmap)
		t_drop_root(1000); // root may map page zero on Linux
	t_handle(SIGALRM, on_alarm, 0);
	for (; kind < T_LEN(kinds); kind++) {
		long v;
		int e;

		for (unsigned k = 0; k < 6; k++)
			a[k] = is_pointer(r->a[k]) && (i == k || i == 6) ? (unsigned long)bad(kind)
									 : resolve(r->a[k]);
		// What waits (a null timeout) is interrupted.
		setitimer(ITIMER_REAL, &soon, NULL);
		errno = 0;
		v = syscall(r->nr, a[0], a[1], a[2], a[3], a[4], a[5]);
		e = errno;
		if (getpid() != self)
			_exit(0);
		snprintf(text, sizeof(text), " %s", v == -1 && e ? t_errname(e) : "ok");
		write(out, text, strlen(text));
	}
	_exit(0);
}

// In a process of its own; after a call that was its end the next process goes on.
static void each_kind(const struct row *r, unsigned i)
{
	char text[512];
	unsigned kind = 0;

	printf("%s(%u):", r->name, i);
	while (kind < T_LEN(kinds)) {
		int p[2], st;
		ssize_t n;
		pid_t pid;

		t_pipe(p);
		pid = t_fork();
		if (pid == 0) {
			dup2(p[1], 63);
			attempts(r, i, kind, 63);
		}
		close(p[1]);
		st = t_wait(pid);
		n = read(p[0], text, sizeof(text) - 1);
		close(p[0]);
		text[n > 0 ? n : 0] = 0;
		printf("%s", text);
		for (char *c = text; *c; c++)
			kind += *c == ' ';
		if (WIFSIGNALED(st)) {
			printf(" %s", t_signame(WTERMSIG(st)));
			kind++;
		} else if (st) {
			t_die("status %#x", st);
		}
	}
	printf("\n");
}

int main(int argc, char **argv)
{
	char *area;

	t_start();
	alarm(0);
	int kmsg = open("/dev/kmsg", O_WRONLY); // the log has something to read
	CHECK(write(kmsg, "<7>bad pointers\n", 16) == 16);
	close(kmsg);
	area = mmap(NULL, 16 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	CHECK(area != MAP_FAILED);
	for (unsigned k = 0; k < 3; k++)
		good[k] = area + k * PAGE;
	strcpy(good[1], "f");
	*(unsigned *)good[2] = 16;
	bad_odd = area + 3 * PAGE + 1;
	bad_hole = area + 6 * PAGE;
	bad_edge = bad_hole - 3;
	memset(bad_edge, 'x', 3);
	bad_none = area + 8 * PAGE;
	bad_ro = area + 10 * PAGE;
	CHECK(munmap(bad_hole, PAGE) == 0 && mprotect(bad_none, PAGE, PROT_NONE) == 0 &&
		mprotect(bad_ro, PAGE, PROT_READ) == 0);
	for (unsigned n = 0; n < T_LEN(rows); n++) {
		const struct row *r = &rows[n];
		unsigned pointers = 0;

		for (unsigned i = 0; i <= 6; i++) {
			if (i < 6 && !is_pointer(r->a[i]))
				continue;
			if (i == 6 && pointers < 2)
				continue;
			pointers++;
			each_kind(r, i);
		}
	}
	return 0;
}
