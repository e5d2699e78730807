// SPDX-License-Identifier: MPL-2.0
// Filters of system calls for tests.
#ifndef TESTS_ABI_LIB_SECCOMP_H
#define TESTS_ABI_LIB_SECCOMP_H

#include "t.h"

#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <linux/types.h>

#ifdef __x86_64__
#define MY_ARCH AUDIT_ARCH_X86_64
#else
#define MY_ARCH AUDIT_ARCH_RISCV64
#endif

#define OFF(field)     offsetof(struct seccomp_data, field)
#define LOAD(off)      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, off)
#define RET(value)     BPF_STMT(BPF_RET | BPF_K, value)
#define IF_NR(call, n) LOAD(OFF(nr)), BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, call, 0, n)

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
