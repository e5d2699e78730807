// SPDX-License-Identifier: MPL-2.0
// /proc/sys: numbers that root may set take effect at once: ids that are not known, dumpable after
// a change of ids, the lowest address, the limit of memory that is promised, files that epoll
// watches. Nonsense is refused, and so is everybody else.
#include "../lib/t.h"

#include <sys/epoll.h>
#include <sys/socket.h>

#define KERNEL "/proc/sys/kernel/"
#define VM     "/proc/sys/vm/"
#define FS     "/proc/sys/fs/"

static long number(const char *path)
{
	char *s = t_slurp(path);

	return s ? atol(s) : -1;
}

static int set(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY);
	int n = (int)write(fd, text, strlen(text)), e = errno;

	close(fd);
	errno = e;
	return n;
}

/* The line of /proc/meminfo that begins with @name, in KiB. */
static long meminfo(const char *name)
{
	char *s = t_slurp("/proc/meminfo"), *at = s ? strstr(s, name) : NULL;

	return at ? atol(at + strlen(name)) : -1;
}

/* What a receiver is told about a sender who gave no credentials. */
static void unknown_sender(void)
{
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(sizeof(struct ucred))];
	} control;
	char c;
	struct iovec iov = { &c, 1 };
	struct msghdr m = { .msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control) };
	struct ucred who;
	int s[2], one = 1;

	CHECK(socketpair(AF_UNIX, SOCK_DGRAM, 0, s) == 0);
	CHECK(write(s[0], "x", 1) == 1);
	CHECK(setsockopt(s[1], SOL_SOCKET, SO_PASSCRED, &one, sizeof(one)) == 0);
	T(recvmsg(s[1], &m, 0));
	memcpy(&who, CMSG_DATA(CMSG_FIRSTHDR(&m)), sizeof(who));
	printf("pid %d uid %u gid %u\n", who.pid, who.uid, who.gid);
	close(s[0]);
	close(s[1]);
}

static void ids(void)
{
	T(number(KERNEL "overflowuid"));
	T(number(FS "overflowgid"));
	unknown_sender();
	T(set(KERNEL "overflowuid", "123\n"));
	T(set(KERNEL "overflowgid", "456"));
	T(number(KERNEL "overflowuid"));
	T(number(FS "overflowuid"));
	unknown_sender();
	T(set(KERNEL "overflowuid", "65536"));
	T(set(KERNEL "overflowgid", "-1"));
	T(set(FS "overflowuid", "65535"));
	T(number(FS "overflowuid"));
	T(set(FS "overflowuid", "65536"));
	T(set(KERNEL "overflowuid", "65534"));
	T(set(KERNEL "overflowgid", "65534"));
	T(set(FS "overflowuid", "65534"));
}

/* What a process is after a change of its ids. */
static void dumpable(void)
{
	static const char *const modes[] = { "1", "2", "0" };

	T(number(FS "suid_dumpable"));
	for (size_t i = 0; i < T_LEN(modes); i++) {
		T(set(FS "suid_dumpable", modes[i]));
		IN_CHILD(modes[i], {
			struct stat st;
			T(prctl(PR_GET_DUMPABLE));
			T(setresgid(1000, 1000, 1000));
			T(setresuid(1000, 1000, 1000));
			T(prctl(PR_GET_DUMPABLE));
			CHECK(stat("/proc/self/status", &st) == 0);
			SHOW(st.st_uid);
			T(open("/proc/self/environ", O_RDONLY) >= 0);
			T(prctl(PR_SET_DUMPABLE, 2));
			T(prctl(PR_SET_DUMPABLE, 1));
		});
	}
	T(set(FS "suid_dumpable", "3"));
}

static void *fixed(unsigned long at)
{
	return mmap((void *)at, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
}

static void lowest_address(void)
{
	char *old = strdup(t_slurp(VM "mmap_min_addr"));
	void *p;

	T(set(VM "mmap_min_addr", "53248"));
	T(number(VM "mmap_min_addr"));
	IS(fixed(0xc000) != MAP_FAILED);
	munmap((void *)0xc000, 4096);
	IN_CHILD("user", {
		t_drop_root(1000);
		IS(fixed(0xc000) == MAP_FAILED && errno == EPERM);
		IS(fixed(0xd000) != MAP_FAILED);
		T(open(VM "mmap_min_addr", O_WRONLY));
	});
	/* A hint is raised. */
	p = mmap((void *)0x9000, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	IS(p >= (void *)0xd000);
	T(set(VM "mmap_min_addr", "49152"));
	IN_CHILD("user", {
		t_drop_root(1000);
		IS(fixed(0xb000) == MAP_FAILED && errno == EPERM);
		IS(fixed(0xc000) != MAP_FAILED);
	});
	T(set(VM "mmap_min_addr", "x"));
	IS(set(VM "mmap_min_addr", old) > 0);
}

static void promised_memory(void)
{
	long pages = meminfo("MemTotal:") / 4;

	IS(meminfo("CommitLimit:") == pages * 50 / 100 * 4);
	T(set(VM "overcommit_ratio", "80"));
	IS(meminfo("CommitLimit:") == pages * 80 / 100 * 4);
	T(number(VM "overcommit_kbytes"));
	T(set(VM "overcommit_kbytes", "10240"));
	T(number(VM "overcommit_ratio"));
	SHOW(meminfo("CommitLimit:"));
	T(set(VM "overcommit_ratio", "50"));
	T(number(VM "overcommit_kbytes"));
	T(number(VM "swappiness"));
	T(set(VM "swappiness", "10"));
	T(number(VM "swappiness"));
	T(set(VM "swappiness", "201"));
	T(set(VM "swappiness", "60"));
	T(number(VM "panic_on_oom"));
	T(set(VM "panic_on_oom", "0"));
}

static void kept_memory(void)
{
	char *old = strdup(t_slurp(VM "min_free_kbytes"));

	IS(atol(old) >= 256);
	T(set(VM "min_free_kbytes", "20000"));
	T(number(VM "min_free_kbytes"));
	T(set(VM "min_free_kbytes", "-1"));
	T(set(VM "min_free_kbytes", "x"));
	T(number(VM "min_free_kbytes"));
	IS(set(VM "min_free_kbytes", old) > 0);
}

static void watches(void)
{
	char *old = strdup(t_slurp(FS "epoll/max_user_watches"));
	struct epoll_event ev = { EPOLLIN, { 0 } };
	int fd[2];

	IS(number(FS "epoll/max_user_watches") > 1000);
	T(set(FS "epoll/max_user_watches", "2"));
	T(number(FS "epoll/max_user_watches"));
	t_pipe(fd);
	IN_CHILD("user", {
		t_drop_root(1000);
		int ep = epoll_create1(0);
		int more = dup(fd[0]);
		T(epoll_ctl(ep, EPOLL_CTL_ADD, fd[0], &ev));
		T(epoll_ctl(ep, EPOLL_CTL_ADD, fd[1], &ev));
		T(epoll_ctl(ep, EPOLL_CTL_ADD, more, &ev));
		T(epoll_ctl(ep, EPOLL_CTL_DEL, fd[1], &ev));
		T(epoll_ctl(ep, EPOLL_CTL_ADD, more, &ev));
	});
	T(set(FS "epoll/max_user_watches", "0"));
	T(number(FS "epoll/max_user_watches"));
	T(set(FS "epoll/max_user_watches", "-1"));
	T(set(FS "epoll/max_user_watches", "x"));
	IS(set(FS "epoll/max_user_watches", old) > 0);
	IS(!strcmp(t_slurp(FS "epoll/max_user_watches"), old));
}

static void panics(void)
{
	T(number(KERNEL "panic"));
	T(set(KERNEL "panic", "10\n"));
	T(number(KERNEL "panic"));
	T(set(KERNEL "panic", "x"));
	T(set(KERNEL "panic", "2147483648"));
	T(set(KERNEL "panic", "-1"));
	T(number(KERNEL "panic"));
}

int main(void)
{
	t_start();
	panics();
	ids();
	dumpable();
	lowest_address();
	promised_memory();
	kept_memory();
	watches();
	IN_CHILD("user", {
		t_drop_root(1000);
		T(open(FS "suid_dumpable", O_WRONLY));
		T(open(VM "swappiness", O_WRONLY));
		T(open(FS "epoll/max_user_watches", O_WRONLY));
	});
	return 0;
}
