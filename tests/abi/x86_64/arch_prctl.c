// SPDX-License-Identifier: MPL-2.0
// arch_prctl, ioperm, iopl, the bases of fs and gs over fork, clone and exec, and numbers with a
// dirty upper half.
#include "../lib/t.h"

enum { SET_GS = 0x1001, SET_FS, GET_FS, GET_GS, GET_CPUID = 0x1011, SET_CPUID };

static long prctl2(int op, unsigned long arg)
{
	return syscall(SYS_arch_prctl, op, arg);
}

static unsigned long base(int op)
{
	unsigned long v = 0;

	CHECK(prctl2(op, (unsigned long)&v) == 0);
	return v;
}

static unsigned long word_at_gs(void)
{
	unsigned long v;

	asm volatile("mov %%gs:0, %0" : "=r"(v));
	return v;
}

static unsigned long words[2] = { 0x1234, 0x5678 };

static void *in_thread(void *arg)
{
	IS(base(GET_FS) != (unsigned long)arg);
	SHOWX(base(GET_GS) == (unsigned long)words);
	CHECK(prctl2(SET_GS, (unsigned long)&words[1]) == 0);
	SHOWX(word_at_gs());
	return NULL;
}

static long raw(unsigned long nr)
{
	long ret;

	asm volatile("syscall" : "=a"(ret) : "a"(nr) : "rcx", "r11", "memory");
	return ret;
}

int main(int argc, char **argv)
{
	pthread_t th;

	if (argc > 1) {
		SHOWX(base(GET_GS));
		return 0;
	}
	t_start();
	IS(base(GET_FS) == (unsigned long)pthread_self());
	SHOWX(base(GET_GS));
	T(prctl2(SET_GS, (unsigned long)words));
	SHOWX(word_at_gs());
	for (int i = 0; i < 100; i++)
		sched_yield();
	SHOWX(word_at_gs());
	IN_CHILD("fork", SHOWX(word_at_gs()));
	pthread_create(&th, NULL, in_thread, (void *)base(GET_FS));
	pthread_join(th, NULL);
	SHOWX(word_at_gs());
	T(prctl2(SET_FS, 1ul << 56));
	T(prctl2(SET_FS, 1ul << 63));
	T(prctl2(SET_GS, ~0ul));
	T(prctl2(SET_GS, 0x7fffffffefff));
	SHOWX(base(GET_GS));
	T(prctl2(SET_GS, 0));
	T(prctl2(GET_FS, 8));
	T(prctl2(GET_GS, 0));
	T(prctl2(GET_CPUID, 0));
	T(prctl2(0x1000, 0));
	T(prctl2(0, 0));
	T(prctl2(SET_GS, (unsigned long)words));
	IN_CHILD("exec", execl("/proc/self/exe", "x", "again", NULL));
	T(syscall(SYS_ioperm, 0x80, 0, 1));
	T(syscall(SYS_ioperm, 0x80, 65536, 1));
	T(syscall(SYS_ioperm, -1ul, 1, 1));
	T(syscall(SYS_ioperm, 0x80, 1, 0));
	T(syscall(SYS_iopl, 4));
	T(syscall(SYS_iopl, 0));
	IN_CHILD("ports as a user", {
		t_drop_root(1000);
		T(syscall(SYS_ioperm, 0x80, 1, 1));
		T(syscall(SYS_iopl, 3));
	});
	IS(raw(SYS_getpid) == getpid());
	IS(raw(SYS_getpid | 0x100000000ul) == getpid());
	SHOW(raw(~0ul));
	SHOW(raw(0x40000000ul + SYS_getpid));
	SHOW(raw(SYS_set_thread_area));
	SHOW(raw(SYS_get_thread_area));
	SHOW(raw(SYS_create_module));
	SHOW(raw(SYS_tuxcall));
	return 0;
}
