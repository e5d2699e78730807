// SPDX-License-Identifier: MPL-2.0
// Code that was just written runs after what the architecture asks for (riscv_flush_icache,
// nothing), on this and on other harts.
#include "../lib/t.h"

static unsigned *code;
static volatile int stage;
static int wrong;

static int call(void)
{
	return ((int (*)(void))code)();
}

#ifdef __riscv
// li a0, value; ret
static void emit(int value)
{
	code[0] = 0x00000513u | (unsigned)value << 20;
	code[1] = 0x00008067u;
}

static void flush(void)
{
	syscall(259, code, code + 2, 0);
}
#else
// mov $value, %eax; ret
static void emit(int value)
{
	code[0] = 0xb8u | (unsigned)value << 8;
	code[1] = 0xc300u;
}

static void flush(void)
{
}
#endif

static void *other(void *arg)
{
	for (int i = 1; i <= 50; i++) {
		while (stage != 2 * i - 1)
			sched_yield();
		wrong += call() != i;
		stage = 2 * i;
	}
	return NULL;
}

int main(void)
{
	pthread_t t;

	t_start();
	code = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1,
		0);
	CHECK(code != MAP_FAILED);
	for (int i = 1; i <= 20; i++) {
		emit(i);
		flush();
		wrong += call() != i;
	}
	SHOW(wrong);
#ifdef __riscv
	T(syscall(259, code, code + 2, 1));
	T(syscall(259, code, code + 2, 2));
	T(syscall(259, NULL, NULL, 0));
#endif
	pthread_create(&t, NULL, other, NULL);
	for (int i = 1; i <= 50; i++) {
		emit(i);
		flush();
		stage = 2 * i - 1;
		while (stage != 2 * i)
			sched_yield();
	}
	pthread_join(t, NULL);
	SHOW(wrong);
	return 0;
}
