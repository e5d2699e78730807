// SPDX-License-Identifier: MPL-2.0
// Filters of system calls for tests.
#ifndef TESTS_ABI_LIB_SECCOMP_H
#define TESTS_ABI_LIB_SECCOMP_H

#include "t.h"

#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <linux/types.h>
#include <sys/socket.h>

#ifdef __x86_64__
#define MY_ARCH AUDIT_ARCH_X86_64
#else
#define MY_ARCH AUDIT_ARCH_RISCV64
#endif

#define OFF(field)     offsetof(struct seccomp_data, field)
#define LOAD(off)      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, off)
#define RET(value)     BPF_STMT(BPF_RET | BPF_K, value)
#define IF_NR(call, n) LOAD(OFF(nr)), BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, call, 0, n)

// What a supervisor does with a listener.
#define RECV(fd, n)  ioctl(fd, SECCOMP_IOCTL_NOTIF_RECV, n)
#define SEND(fd, r)  ioctl(fd, SECCOMP_IOCTL_NOTIF_SEND, r)
#define VALID(fd, i) ioctl(fd, SECCOMP_IOCTL_NOTIF_ID_VALID, i)
#define ADDFD(fd, a) ioctl(fd, SECCOMP_IOCTL_NOTIF_ADDFD, a)

static inline long s_seccomp(unsigned op, unsigned flags, void *args)
{
	return syscall(SYS_seccomp, op, flags, args);
}

static inline long s_install(unsigned flags, struct sock_filter *f, size_t n)
{
	struct sock_fprog prog = { .len = (unsigned short)n, .filter = f };

	return s_seccomp(SECCOMP_SET_MODE_FILTER, flags, &prog);
}
#define INSTALL(flags, f) s_install(flags, f, T_LEN(f))

// One call number gives @ret, all others are allowed.
static inline long s_on(unsigned flags, long nr, unsigned ret)
{
	struct sock_filter f[] = { IF_NR(nr, 1), RET(ret), RET(SECCOMP_RET_ALLOW) };

	return INSTALL(flags, f);
}

// A listener for the calls of getsid, or -1.
static inline int s_listen(unsigned flags)
{
	return (int)s_on(SECCOMP_FILTER_FLAG_NEW_LISTENER | flags, SYS_getsid,
		SECCOMP_RET_USER_NOTIF);
}

// What poll says of a listener now.
static inline short s_events(int fd)
{
	struct pollfd p = { fd, POLLIN | POLLOUT, 0 };

	poll(&p, 1, 0);
	return p.revents;
}

// Waits until poll says @want, or that the listener has hung up: for 20 s at most.
static inline void s_until(int fd, short want)
{
	struct pollfd p = { fd, want, 0 };

	CHECK(poll(&p, 1, 20000) == 1);
}

// Sends a descriptor over a socket, and receives it.
static inline void s_put_fd(int sock, int fd)
{
	char c = 'f', buf[CMSG_SPACE(sizeof(int))] = { 0 };
	struct iovec v = { &c, 1 };
	struct msghdr m = {
		.msg_iov = &v, .msg_iovlen = 1, .msg_control = buf, .msg_controllen = sizeof(buf)
	};
	struct cmsghdr *h = CMSG_FIRSTHDR(&m);

	h->cmsg_level = SOL_SOCKET;
	h->cmsg_type = SCM_RIGHTS;
	h->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(h), &fd, sizeof(fd));
	CHECK(sendmsg(sock, &m, 0) == 1);
}

static inline int s_get_fd(int sock)
{
	char c, buf[CMSG_SPACE(sizeof(int))];
	struct iovec v = { &c, 1 };
	struct msghdr m = {
		.msg_iov = &v, .msg_iovlen = 1, .msg_control = buf, .msg_controllen = sizeof(buf)
	};
	int fd;

	CHECK(recvmsg(sock, &m, 0) == 1);
	memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&m)), sizeof(fd));
	return fd;
}

static inline void s_no_new_privs(void)
{
	CHECK(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
}

// The number of threads of this process.
static inline int s_threads(void)
{
	DIR *d = opendir("/proc/self/task");
	int n = 0;

	CHECK(d);
	for (struct dirent *e; (e = readdir(d)) != NULL;)
		n += e->d_name[0] != '.';
	closedir(d);
	return n;
}

// The line of /proc/self/status that begins with @name.
static inline void s_status_line(const char *name)
{
	char line[200];
	FILE *f = fopen("/proc/thread-self/status", "r");

	CHECK(f);
	while (fgets(line, sizeof(line), f))
		if (!strncmp(line, name, strlen(name)))
			printf("%s", line);
	fclose(f);
}

#endif
