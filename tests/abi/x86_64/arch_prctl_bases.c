// SPDX-License-Identifier: MPL-2.0
// arch_prctl: the bases of fs and gs, for this thread only, over switches, fork, signals and exec;
// errors.
#include "../lib/t.h"
#include <sys/auxv.h>

#define SET_GS 0x1001
#define SET_FS 0x1002
#define GET_FS 0x1003
#define GET_GS 0x1004

static unsigned long words[64];

static long prctl_(int op, unsigned long arg)
{
	return syscall(158, op, arg);
}

static unsigned long gs_base(void)
{
	unsigned long v = 1;

	CHECK(prctl_(GET_GS, (unsigned long)&v) == 0);
	return v;
}

static unsigned long gs_word(void)
{
	unsigned long v;

	asm volatile("mov %%gs:0, %0" : "=r"(v));
	return v;
}

static void on_sig(int sig, siginfo_t *si, void *uc)
{
	IS(gs_word() == 1001);
	prctl_(SET_GS, (unsigned long)(words + 2));
}

static void *thread(void *arg)
{
	IS(gs_base() == (unsigned long)(words + 2));
	prctl_(SET_GS, (unsigned long)(words + 3));
	int bad = 0;

	for (int i = 0; i < 300; i++) {
		sched_yield();
		bad += gs_word() != 1003;
	}
	return (void *)(long)bad;
}

int main(int argc, char **argv)
{
	if (argc > 1) {
		printf("after exec: gs %lu\n", gs_base());
		return 0;
	}
	t_start();
	for (int i = 0; i < 64; i++)
		words[i] = 1000 + (unsigned long)i;
	SHOW(gs_base());
	unsigned long fs = 0, self;
	T(prctl_(GET_FS, (unsigned long)&fs));
	asm volatile("mov %%fs:0, %0" : "=r"(self));
	IS(fs == self);
	T(prctl_(SET_GS, (unsigned long)(words + 1)));
	IS(gs_base() == (unsigned long)(words + 1) && gs_word() == 1001);
	t_handle(SIGUSR1, on_sig, 0);
	raise(SIGUSR1);
	IS(gs_word() == 1002);
	pthread_t t;
	void *bad;
	pthread_create(&t, NULL, thread, NULL);
	for (int i = 0; i < 300; i++)
		sched_yield();
	pthread_join(t, &bad);
	SHOW((long)bad);
	IS(gs_word() == 1002);
	pid_t pid = t_fork();
	if (pid == 0) {
		IS(gs_word() == 1002);
		prctl_(SET_GS, 0);
		char *const av[] = { argv[0], "again", NULL };
		prctl_(SET_GS, (unsigned long)(words + 1));
		execve("/proc/self/exe", av, av + 2);
		_exit(1);
	}
	t_reap("fork and exec", pid);
	IS(gs_word() == 1002);
	T(prctl_(SET_GS, 1ul << 47));
	T(prctl_(SET_GS, (1ul << 47) - 4096));
	T(prctl_(SET_GS, (1ul << 47) - 4097));
	T(prctl_(SET_GS, ~0ul));
	T(prctl_(SET_FS, 1ul << 60));
	T(prctl_(SET_FS, 0xffff800000000000ul));
	T(prctl_(GET_FS, 8));
	T(prctl_(GET_GS, 0));
	T(prctl_(GET_GS, -8ul));
	T(prctl_(0, 0));
	T(prctl_(0x1005, 0));
	T(prctl_(-1, 0));
	T(prctl_(0x1011, 0));
	// Upper halves do not count.
	T(syscall(158, 1ul << 32 | GET_GS, &fs));
	IN_CHILD("through a base that points nowhere", {
		prctl_(SET_GS, 8);
		gs_word();
	});
	// The instructions, where the kernel says that they may be used (AT_HWCAP2 bit 1).
	if (getauxval(AT_HWCAP2) & 2) {
		asm volatile("wrgsbase %0" : : "r"(words + 5));
		sched_yield();
		raise(SIGUSR2 * 0);
		IS(gs_word() == 1005 && gs_base() == (unsigned long)(words + 5));
	} else {
		prctl_(SET_GS, (unsigned long)(words + 5));
		IS(gs_word() == 1005 && gs_base() == (unsigned long)(words + 5));
	}
	return 0;
}
