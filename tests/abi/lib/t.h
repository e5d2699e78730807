// SPDX-License-Identifier: MPL-2.0
/*
 * What every ABI test shares: printing results so that two kernels can be compared, children,
 * waiting, scratch files.
 *
 * Include it first (it defines _GNU_SOURCE) and call t_start() at the top of main(), except in a
 * main() that was executed by the test itself and looks at what it inherited. Everything is static
 * inline, so a test is one .c file.
 *
 * Print relations, errno names and booleans; never addresses, pids, times, inode numbers or
 * versions.
 */
#ifndef TESTS_ABI_LIB_T_H
#define TESTS_ABI_LIB_T_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

// Tests pass bad pointers and ignore results on purpose.
#pragma GCC diagnostic ignored "-Wnonnull"
#pragma GCC diagnostic ignored "-Wunused-result"
#pragma GCC diagnostic ignored "-Wunused-function"
#pragma GCC diagnostic ignored "-Wstringop-overflow"
#pragma GCC diagnostic ignored "-Wstringop-overread"

// A test that hangs is ended by tests/abi/run, which knows for how long the machine could run. No
// child outlives it for more than so many seconds, also one that has left its session.
#define T_LIMIT_SECONDS 300

#define T_UNUSED __attribute__((unused))
#define T_LEN(a) (sizeof(a) / sizeof((a)[0]))

struct t_name {
	int value;
	const char *name;
};

#define T_N(x) { x, #x }

static inline const char *t_find_name(const struct t_name *tab, size_t n, int value,
	const char *prefix)
{
	static char other[8][24];
	static unsigned next;
	char *buf;

	for (size_t i = 0; i < n; i++)
		if (tab[i].value == value)
			return tab[i].name;
	buf = other[next++ % 8];
	snprintf(buf, sizeof(other[0]), "%s%d", prefix, value);
	return buf;
}

static inline const char *t_errname(int e)
{
	static const struct t_name tab[] = {
		{ 0, "0" },
		T_N(EPERM),
		T_N(ENOENT),
		T_N(ESRCH),
		T_N(EINTR),
		T_N(EIO),
		T_N(ENXIO),
		T_N(E2BIG),
		T_N(ENOEXEC),
		T_N(EBADF),
		T_N(ECHILD),
		T_N(EAGAIN),
		T_N(ENOMEM),
		T_N(EACCES),
		T_N(EFAULT),
		T_N(ENOTBLK),
		T_N(EBUSY),
		T_N(EEXIST),
		T_N(EXDEV),
		T_N(ENODEV),
		T_N(ENOTDIR),
		T_N(EISDIR),
		T_N(EINVAL),
		T_N(ENFILE),
		T_N(EMFILE),
		T_N(ENOTTY),
		T_N(ETXTBSY),
		T_N(EFBIG),
		T_N(ENOSPC),
		T_N(ESPIPE),
		T_N(EROFS),
		T_N(EMLINK),
		T_N(EPIPE),
		T_N(EDOM),
		T_N(ERANGE),
		T_N(EDEADLK),
		T_N(ENAMETOOLONG),
		T_N(ENOLCK),
		T_N(ENOSYS),
		T_N(ENOTEMPTY),
		T_N(ELOOP),
		T_N(ENOMSG),
		T_N(EIDRM),
		T_N(ENODATA),
		T_N(ETIME),
		T_N(EPROTO),
		T_N(EBADMSG),
		T_N(EOVERFLOW),
		T_N(EILSEQ),
		T_N(EUSERS),
		T_N(ENOTSOCK),
		T_N(EDESTADDRREQ),
		T_N(EMSGSIZE),
		T_N(EPROTOTYPE),
		T_N(ENOPROTOOPT),
		T_N(EPROTONOSUPPORT),
		T_N(ESOCKTNOSUPPORT),
		T_N(EOPNOTSUPP),
		T_N(EPFNOSUPPORT),
		T_N(EAFNOSUPPORT),
		T_N(EADDRINUSE),
		T_N(EADDRNOTAVAIL),
		T_N(ENETDOWN),
		T_N(ENETUNREACH),
		T_N(ECONNABORTED),
		T_N(ECONNRESET),
		T_N(ENOBUFS),
		T_N(EISCONN),
		T_N(ENOTCONN),
		T_N(ESHUTDOWN),
		T_N(ETOOMANYREFS),
		T_N(ETIMEDOUT),
		T_N(ECONNREFUSED),
		T_N(EALREADY),
		T_N(EINPROGRESS),
		T_N(ECANCELED),
		T_N(EOWNERDEAD),
		T_N(ENOTRECOVERABLE),
		T_N(ELIBBAD),
	};
	return t_find_name(tab, T_LEN(tab), e, "errno ");
}

static inline const char *t_signame(int s)
{
	static const struct t_name tab[] = {
		{ 0, "0" },
		T_N(SIGHUP),
		T_N(SIGINT),
		T_N(SIGQUIT),
		T_N(SIGILL),
		T_N(SIGTRAP),
		T_N(SIGABRT),
		T_N(SIGBUS),
		T_N(SIGFPE),
		T_N(SIGKILL),
		T_N(SIGUSR1),
		T_N(SIGSEGV),
		T_N(SIGUSR2),
		T_N(SIGPIPE),
		T_N(SIGALRM),
		T_N(SIGTERM),
		T_N(SIGSTKFLT),
		T_N(SIGCHLD),
		T_N(SIGCONT),
		T_N(SIGSTOP),
		T_N(SIGTSTP),
		T_N(SIGTTIN),
		T_N(SIGTTOU),
		T_N(SIGURG),
		T_N(SIGXCPU),
		T_N(SIGXFSZ),
		T_N(SIGVTALRM),
		T_N(SIGPROF),
		T_N(SIGWINCH),
		T_N(SIGIO),
		T_N(SIGPWR),
		T_N(SIGSYS),
	};
	return t_find_name(tab, T_LEN(tab), s, "SIG");
}

// The si_code that goes with @sig; codes below 1 mean the same for every signal.
static inline const char *t_codename(int sig, int code)
{
	static const struct t_name any[] = {
		T_N(SI_USER),
		T_N(SI_KERNEL),
		T_N(SI_QUEUE),
		T_N(SI_TIMER),
		T_N(SI_MESGQ),
		T_N(SI_ASYNCIO),
		T_N(SI_TKILL),
	};
	static const struct t_name segv[] = { T_N(SEGV_MAPERR), T_N(SEGV_ACCERR) };
	static const struct t_name bus[] = { T_N(BUS_ADRALN), T_N(BUS_ADRERR), T_N(BUS_OBJERR) };
	static const struct t_name ill[] = { T_N(ILL_ILLOPC), T_N(ILL_ILLTRP), T_N(ILL_PRVOPC) };
	static const struct t_name trap[] = { T_N(TRAP_BRKPT), T_N(TRAP_TRACE) };
	static const struct t_name chld[] = {
		T_N(CLD_EXITED),
		T_N(CLD_KILLED),
		T_N(CLD_DUMPED),
		T_N(CLD_TRAPPED),
		T_N(CLD_STOPPED),
		T_N(CLD_CONTINUED),
	};

	if (code <= 0 || code == SI_KERNEL)
		return t_find_name(any, T_LEN(any), code, "code ");
	switch (sig) {
	case SIGSEGV:
		return t_find_name(segv, T_LEN(segv), code, "code ");
	case SIGBUS:
		return t_find_name(bus, T_LEN(bus), code, "code ");
	case SIGILL:
		return t_find_name(ill, T_LEN(ill), code, "code ");
	case SIGTRAP:
		return t_find_name(trap, T_LEN(trap), code, "code ");
	case SIGCHLD:
		return t_find_name(chld, T_LEN(chld), code, "code ");
	default:
		return t_find_name(any, T_LEN(any), code, "code ");
	}
}

// Ends the test with a message; for steps that are not what the test is about.
static inline void __attribute__((noreturn, format(printf, 1, 2))) t_die(const char *fmt, ...)
{
	int e = errno;
	va_list ap;

	va_start(ap, fmt);
	printf("BROKEN TEST: ");
	vprintf(fmt, ap);
	printf(" (errno %s)\n", t_errname(e));
	va_end(ap);
	_exit(99);
}

#define CHECK(cond)                                                            \
	do {                                                                   \
		if (!(cond))                                                   \
			t_die("%s:%d: %s", t_base(__FILE__), __LINE__, #cond); \
	} while (0)

static inline const char *t_base(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static inline long t_show(const char *expr, long r, int e)
{
	if (r == -1 && e)
		printf("%s = -1 %s\n", expr, t_errname(e));
	else
		printf("%s = %ld\n", expr, r);
	errno = e;
	return r;
}

static inline long t_show_ok(const char *expr, long r, int e)
{
	if (r == -1 && e)
		printf("%s = -1 %s\n", expr, t_errname(e));
	else
		printf("%s = ok\n", expr);
	errno = e;
	return r;
}

// Evaluates and prints `expr = value` or `expr = -1 ENOENT`; yields the value and leaves errno.
#define T(expr)                            \
	({                                 \
		errno = 0;                 \
		long t_r_ = (long)(expr);  \
		int t_e_ = errno;          \
		t_show(#expr, t_r_, t_e_); \
	})
// The same, but a success prints only `ok`: for addresses and pids.
#define TOK(expr)                             \
	({                                    \
		errno = 0;                    \
		long t_r_ = (long)(expr);     \
		int t_e_ = errno;             \
		t_show_ok(#expr, t_r_, t_e_); \
	})
// The same with a label of the test's own, for loops.
#define TL(label, expr)                    \
	({                                 \
		errno = 0;                 \
		long t_r_ = (long)(expr);  \
		int t_e_ = errno;          \
		t_show(label, t_r_, t_e_); \
	})
#define TLOK(label, expr)                     \
	({                                    \
		errno = 0;                    \
		long t_r_ = (long)(expr);     \
		int t_e_ = errno;             \
		t_show_ok(label, t_r_, t_e_); \
	})
// A condition, a number, a string.
#define IS(cond)    printf("%s: %s\n", #cond, (cond) ? "yes" : "no")
#define SHOW(expr)  printf("%s: %ld\n", #expr, (long)(expr))
#define SHOWX(expr) printf("%s: %#lx\n", #expr, (unsigned long)(expr))
#define SHOWO(expr) printf("%s: %#lo\n", #expr, (unsigned long)(expr))
#define SHOWS(expr) printf("%s: %s\n", #expr, (expr))

static inline void t_hex(const char *label, const void *data, size_t n)
{
	const unsigned char *p = data;

	printf("%s:", label);
	for (size_t i = 0; i < n; i++)
		printf(" %02x", p[i]);
	printf("\n");
}

// Bytes as text, with everything unprintable escaped.
static inline void t_text(const char *label, const void *data, ssize_t n)
{
	const unsigned char *p = data;

	printf("%s: \"", label);
	for (ssize_t i = 0; i < n; i++) {
		if (p[i] == '\n')
			printf("\\n");
		else if (p[i] == '\r')
			printf("\\r");
		else if (p[i] < 32 || p[i] > 126 || p[i] == '"' || p[i] == '\\')
			printf("\\x%02x", p[i]);
		else
			putchar(p[i]);
	}
	printf("\"\n");
}

static inline void t_status(const char *label, int st)
{
	if (WIFEXITED(st))
		printf("%s: exited %d\n", label, WEXITSTATUS(st));
	else if (WIFSIGNALED(st))
		printf("%s: killed %s%s\n", label, t_signame(WTERMSIG(st)),
			WCOREDUMP(st) ? " core" : "");
	else if (WIFSTOPPED(st))
		printf("%s: stopped %s\n", label, t_signame(WSTOPSIG(st)));
	else if (WIFCONTINUED(st))
		printf("%s: continued\n", label);
	else
		printf("%s: status %#x\n", label, st);
}

// A known start: descriptors 0-2 only, default signals, umask 022, no core files, an alarm against
// hangs.
static inline void t_start(void)
{
	struct rlimit core = { 0, 0 };
	struct rlimit nofile;
	sigset_t none;

	setvbuf(stdout, NULL, _IONBF, 0);
	for (int fd = 0; fd < 3; fd++)
		if (fcntl(fd, F_GETFD) < 0)
			open("/dev/null", O_RDWR);
	for (int fd = 3; fd < 64; fd++)
		close(fd);
	for (int s = 1; s < NSIG; s++)
		if (s != SIGKILL && s != SIGSTOP)
			signal(s, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	umask(022);
	setrlimit(RLIMIT_CORE, &core);
	if (getrlimit(RLIMIT_NOFILE, &nofile) == 0) {
		nofile.rlim_cur = 1024;
		setrlimit(RLIMIT_NOFILE, &nofile);
	}
	chmod(".", 0755);
	alarm(T_LIMIT_SECONDS);
}

static inline pid_t t_fork(void)
{
	pid_t pid = fork();

	if (pid < 0)
		t_die("fork");
	if (pid == 0)
		alarm(T_LIMIT_SECONDS);
	return pid;
}

static inline int t_wait(pid_t pid)
{
	int st = -1;

	while (waitpid(pid, &st, 0) < 0)
		if (errno != EINTR)
			t_die("waitpid");
	return st;
}

// Waits for @pid and prints how it ended.
static inline void t_reap(const char *label, pid_t pid)
{
	t_status(label, t_wait(pid));
}

// Runs the statements in a child, which exits 0 if they do not end it, and prints how it ended.
#define IN_CHILD(label, ...)           \
	do {                           \
		pid_t t_p_ = t_fork(); \
		if (t_p_ == 0) {       \
			__VA_ARGS__;   \
			_exit(0);      \
		}                      \
		t_reap(label, t_p_);   \
	} while (0)

static inline void t_pipe(int p[2])
{
	if (pipe(p) < 0)
		t_die("pipe");
}

// One byte over a pipe: the way two processes take turns. t_get() gives -1 at the end of file.
static inline void t_put(int fd)
{
	char c = 'x';

	while (write(fd, &c, 1) != 1)
		if (errno != EINTR)
			t_die("t_put");
}

static inline int t_get(int fd)
{
	unsigned char c;
	ssize_t n;

	do {
		n = read(fd, &c, 1);
	} while (n < 0 && errno == EINTR);
	return n == 1 ? c : -1;
}

static inline uint64_t t_now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

static inline void t_yield(void)
{
	struct timespec ts = { 0, 1000000 };

	nanosleep(&ts, NULL);
}

// Repeats until @cond holds, at most 20 seconds, and so often at least: on a busy host time passes in
// which nothing runs here. Yields whether it came true.
#define T_LEAST_LOOKS 5000
#define UNTIL(cond)                                                                                \
	({                                                                                         \
		uint64_t t_end_ = t_now_ns() + 20000000000u;                                       \
		int t_looks_ = 0;                                                                  \
		bool t_ok_;                                                                        \
		while (!(t_ok_ = !!(cond)) && (t_looks_++ < T_LEAST_LOOKS || t_now_ns() < t_end_)) \
			t_yield();                                                                 \
		t_ok_;                                                                             \
	})

// The state letter of /proc/PID/stat, or of the thread @tid of this process; 0 when it is gone.
static inline char t_state_of(const char *path)
{
	char buf[512];
	char *paren;
	ssize_t n;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return 0;
	n = read(fd, buf, sizeof(buf) - 1);
	close(fd);
	if (n <= 0)
		return 0;
	buf[n] = 0;
	paren = strrchr(buf, ')');
	return paren && paren[1] ? paren[2] : 0;
}

static inline char t_state(pid_t pid)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	return t_state_of(path);
}

static inline char t_thread_state(pid_t tid)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/self/task/%d/stat", tid);
	return t_state_of(path);
}

// Waits until the process sleeps ('S'), stopped ('T') or is a zombie ('Z').
static inline void t_wait_state(pid_t pid, char state)
{
	if (!UNTIL(t_state(pid) == state))
		t_die("process never reached state %c, is in %c", state, t_state(pid));
}

static inline void t_wait_thread(pid_t tid, char state)
{
	if (!UNTIL(t_thread_state(tid) == state))
		t_die("thread never reached state %c", state);
}

static inline pid_t t_gettid(void)
{
	return (pid_t)syscall(SYS_gettid);
}

static inline void t_file(const char *path, const char *text, mode_t mode)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, mode);

	if (fd < 0 || write(fd, text, strlen(text)) != (ssize_t)strlen(text))
		t_die("t_file %s", path);
	fchmod(fd, mode);
	close(fd);
}

// The whole of a small file as a string in a static buffer; NULL when it cannot be read.
static inline char *t_slurp(const char *path)
{
	static char buf[65536];
	size_t len = 0;
	ssize_t n;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return NULL;
	while (len < sizeof(buf) - 1 && (n = read(fd, buf + len, sizeof(buf) - 1 - len)) > 0)
		len += (size_t)n;
	close(fd);
	buf[len] = 0;
	return buf;
}

static char t_tmpfs_path[PATH_MAX];

static inline void t_tmpfs_gone(void)
{
	chdir("/");
	umount2(t_tmpfs_path, MNT_DETACH);
	rmdir(t_tmpfs_path);
}

// Mounts a tmpfs and makes it the current directory: for what the root file system may not have.
// Gone at exit().
static inline void t_tmpfs(const char *options)
{
	CHECK(mkdir("t.mnt", 0755) == 0);
	CHECK(realpath("t.mnt", t_tmpfs_path));
	CHECK(mount("tmpfs", "t.mnt", "tmpfs", 0, options) == 0);
	CHECK(chdir("t.mnt") == 0);
	CHECK(chmod(".", 0755) == 0);
	atexit(t_tmpfs_gone);
}

// Becomes an ordinary user, for good.
static inline void t_drop_root(uid_t uid)
{
	CHECK(syscall(SYS_setgroups, 0, NULL) == 0);
	CHECK(setresgid(uid, uid, uid) == 0);
	CHECK(setresuid(uid, uid, uid) == 0);
}

static inline int t_compare_strings(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

// The names in a directory, sorted, on one line.
static inline void t_list(const char *label, const char *path)
{
	char *names[512];
	size_t n = 0;
	struct dirent *e;
	DIR *d = opendir(path);

	if (!d) {
		printf("%s: %s\n", label, t_errname(errno));
		return;
	}
	while ((e = readdir(d)) && n < T_LEN(names))
		names[n++] = strdup(e->d_name);
	closedir(d);
	qsort(names, n, sizeof(names[0]), t_compare_strings);
	printf("%s:", label);
	for (size_t i = 0; i < n; i++) {
		printf(" %s", names[i]);
		free(names[i]);
	}
	printf("\n");
}

// Installs a handler and gives the flags in full.
static inline void t_handle(int sig, void (*fn)(int, siginfo_t *, void *), int flags)
{
	struct sigaction sa = { .sa_sigaction = fn, .sa_flags = SA_SIGINFO | flags };

	sigemptyset(&sa.sa_mask);
	CHECK(sigaction(sig, &sa, NULL) == 0);
}

static inline void t_block(int how, int sig)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, sig);
	CHECK(sigprocmask(how, &set, NULL) == 0);
}

#endif
