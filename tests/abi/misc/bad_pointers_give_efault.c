// SPDX-License-Identifier: MPL-2.0
// EFAULT from call after call for null, low, unmapped, kernel and read-only pointers.
#include "../lib/t.h"
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/sysinfo.h>
#include <sys/times.h>
#include <sys/utsname.h>

static int fd, pfd[2], sv[2], dir, ep;

struct bad {
	const char *name;
	long addr;
};

static void each(const char *call, const struct bad *bad, size_t n, long (*fn)(long))
{
	printf("%s:", call);
	for (size_t i = 0; i < n; i++) {
		errno = 0;
		long r = fn(bad[i].addr);

		if (r == -1)
			printf(" %s=%s", bad[i].name, t_errname(errno));
		else
			printf(" %s=%ld", bad[i].name, r);
	}
	printf("\n");
}

#define F(name, call)                \
	static long name(long p)     \
	{                            \
		return syscall call; \
	}
F(c_open, (SYS_openat, AT_FDCWD, p, O_RDONLY))
F(c_stat, (SYS_newfstatat, AT_FDCWD, p, pfd, 0))
F(c_mkdir, (SYS_mkdirat, AT_FDCWD, p, 0700))
F(c_unlink, (SYS_unlinkat, AT_FDCWD, p, 0))
F(c_rename, (SYS_renameat2, AT_FDCWD, "f", AT_FDCWD, p, 0))
F(c_link, (SYS_linkat, AT_FDCWD, "f", AT_FDCWD, p, 0))
F(c_symlink, (SYS_symlinkat, p, AT_FDCWD, "x"))
F(c_chdir, (SYS_chdir, p))
F(c_chroot, (SYS_chroot, p))
F(c_truncate, (SYS_truncate, p, 0))
F(c_access, (SYS_faccessat, AT_FDCWD, p, 0))
F(c_chmod, (SYS_fchmodat, AT_FDCWD, p, 0600))
F(c_chown, (SYS_fchownat, AT_FDCWD, p, 0, 0, 0))
F(c_statfs_path, (SYS_statfs, p, sv))
F(c_execve, (SYS_execve, p, NULL, NULL))
F(c_umount, (SYS_umount2, p, 0))
F(c_write, (SYS_write, pfd[1], p, 8))
F(c_writev, (SYS_writev, pfd[1], p, 2))
F(c_pwrite, (SYS_pwrite64, fd, p, 8, 0))
F(c_nanosleep, (SYS_nanosleep, p, NULL))
F(c_sigaction, (SYS_rt_sigaction, SIGUSR1, p, NULL, 8))
F(c_sigmask, (SYS_rt_sigprocmask, SIG_BLOCK, p, NULL, 8))
F(c_connect, (SYS_connect, sv[0], p, 16))
F(c_sendto, (SYS_sendto, sv[0], p, 8, MSG_DONTWAIT, NULL, 0))
F(c_sendmsg, (SYS_sendmsg, sv[0], p, MSG_DONTWAIT))
F(c_epoll_ctl, (SYS_epoll_ctl, ep, EPOLL_CTL_ADD, pfd[1], p))
F(c_setrlimit, (SYS_prlimit64, 0, RLIMIT_CORE, p, NULL))
F(c_setitimer, (SYS_setitimer, ITIMER_VIRTUAL, p, NULL))
F(c_sethostname, (SYS_sethostname, p, 5))
F(c_setgroups, (SYS_setgroups, 2, p))

F(o_read, (SYS_pread64, fd, p, 8, 0))
F(o_readv, (SYS_readv, fd, p, 2))
F(o_fstat, (SYS_fstat, fd, p))
F(o_statx, (SYS_statx, fd, "", AT_EMPTY_PATH, 0x7ff, p))
F(o_statfs, (SYS_fstatfs, fd, p))
F(o_readlink, (SYS_readlinkat, AT_FDCWD, "l", p, 8))
F(o_getcwd, (SYS_getcwd, p, 1000))
F(o_uname, (SYS_uname, p))
F(o_sysinfo, (SYS_sysinfo, p))
F(o_times, (SYS_times, p))
F(o_rusage, (SYS_getrusage, RUSAGE_SELF, p))
F(o_rlimit, (SYS_prlimit64, 0, RLIMIT_CORE, NULL, p))
F(o_pipe, (SYS_pipe2, p, 0))
F(o_socketpair, (SYS_socketpair, AF_UNIX, SOCK_STREAM, 0, p))
F(o_clock, (SYS_clock_gettime, CLOCK_REALTIME, p))
F(o_getitimer, (SYS_getitimer, ITIMER_REAL, p))
F(o_resuid, (SYS_getresuid, p, sv, sv))
F(o_sigpending, (SYS_rt_sigpending, p, 8))
F(o_getrandom, (SYS_getrandom, p, 8, 0))
F(o_poll, (SYS_ppoll, p, 1, NULL, NULL, 8))
F(o_fionread, (SYS_ioctl, pfd[0], FIONREAD, p))
F(o_sockname, (SYS_getsockname, sv[0], p, p))
F(o_affinity, (SYS_sched_getaffinity, 0, 128, p))
F(o_sendfile, (SYS_sendfile, pfd[1], fd, p, 1))
F(o_waitid, (SYS_waitid, P_ALL, 0, p, WEXITED, NULL))

static long o_getdents(long p)
{
	lseek(dir, 0, SEEK_SET);
	return syscall(SYS_getdents64, dir, p, 1000);
}

static long o_pipe_read(long p)
{
	char c = 'c';

	write(pfd[1], &c, 1);
	long r = syscall(SYS_read, pfd[0], p, 1);
	int e = errno;
	// A read that failed leaves the byte in the pipe, or not; empty it either way.
	while (read(pfd[0], &c, 1) == 1)
		;
	errno = e;
	return r;
}

int main(void)
{
	t_start();
	t_file("f", "0123456789", 0600);
	symlink("target", "l");
	fd = open("f", O_RDWR);
	dir = open(".", O_RDONLY);
	CHECK(pipe2(pfd, O_NONBLOCK) == 0);
	socketpair(AF_UNIX, SOCK_STREAM, 0, sv);
	ep = epoll_create1(0);
	char *ro = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	memset(ro, 'r', 8192);
	mprotect(ro, 4096, PROT_READ);
	munmap(ro + 4096, 4096);
	struct bad in[] = { { "null", 0 }, { "1", 1 }, { "hole", (long)ro + 4096 },
		{ "kernel", (long)0xffffffff80001000ul }, { "top", -8 },
		{ "noncanonical", 1l << 60 }, { "straddle", (long)ro + 4092 } };
	struct bad out[] = { { "null", 0 }, { "1", 1 }, { "hole", (long)ro + 4096 },
		{ "kernel", (long)0xffffffff80001000ul }, { "top", -8 },
		{ "noncanonical", 1l << 60 }, { "readonly", (long)ro } };
#define IN(f)        each(#f + 2, in, T_LEN(in) - 1, f)
#define OUT(f, from) each(#f + 2, out + (from), T_LEN(out) - (from), f)
	IN(c_open);
	IN(c_stat);
	IN(c_mkdir);
	IN(c_unlink);
	IN(c_rename);
	IN(c_link);
	IN(c_symlink);
	IN(c_chdir);
	IN(c_chroot);
	IN(c_truncate);
	IN(c_access);
	IN(c_chmod);
	IN(c_chown);
	IN(c_statfs_path);
	IN(c_execve);
	IN(c_umount);
	IN(c_write);
	IN(c_writev);
	IN(c_pwrite);
	IN(c_nanosleep);
	IN(c_connect);
	IN(c_sendto);
	IN(c_sendmsg);
	IN(c_epoll_ctl);
	IN(c_sethostname);
	IN(c_setgroups);
	each("sigaction", in + 1, T_LEN(in) - 2, c_sigaction);
	each("sigmask", in + 1, T_LEN(in) - 2, c_sigmask);
	each("setrlimit", in + 1, T_LEN(in) - 2, c_setrlimit);
	each("path without an end", in + 6, 1, c_open);
	each("string without an end", in + 6, 1, c_mkdir);
	OUT(o_read, 0);
	OUT(o_readv, 0);
	OUT(o_fstat, 0);
	OUT(o_statx, 0);
	OUT(o_statfs, 0);
	OUT(o_readlink, 0);
	OUT(o_getcwd, 0);
	OUT(o_uname, 0);
	OUT(o_sysinfo, 0);
	OUT(o_times, 1);
	OUT(o_rusage, 0);
	OUT(o_rlimit, 1);
	OUT(o_pipe, 0);
	OUT(o_socketpair, 0);
	OUT(o_clock, 0);
	OUT(o_getitimer, 0);
	OUT(o_resuid, 0);
	OUT(o_sigpending, 0);
	OUT(o_getrandom, 0);
	OUT(o_poll, 0);
	OUT(o_fionread, 0);
	OUT(o_sockname, 0);
	OUT(o_affinity, 0);
	OUT(o_sendfile, 1);
	OUT(o_getdents, 0);
	OUT(o_pipe_read, 0);
	OUT(o_waitid, 1);
	// Nothing was created, and no descriptor leaked.
	t_list(".", ".");
	SHOW(dup(0));
	return 0;
}
