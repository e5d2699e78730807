// SPDX-License-Identifier: MPL-2.0
/*
 * Microbenchmarks: what a row is, and how time is read.
 *
 * Under QEMU with -icount shift=0 a virtual nanosecond is one guest instruction. riscv64's time
 * counter ticks at 10 MHz, so a difference is good to 100 instructions and is divided by many
 * operations; x86_64's ticks at each instruction. The two hints around the timed part mean nothing
 * to a machine; tools/profile counts between them.
 */
#ifndef BENCH_H
#define BENCH_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* names of registers */
#endif
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

typedef uint64_t u64;

#define KIB64 65536

/* Runs the operation n times and returns the ticks that took. */
typedef u64 bench_fn(unsigned n);

struct row {
	const char *name;
	/* NULL, or returns 0; anything else: the row does not exist here (n/a). */
	int (*setup)(void);
	bench_fn *run;
};
extern const struct row rows_calls[], rows_poll[], rows_signal[], rows_ipc[], rows_net[],
	rows_card[], rows_process[], rows_memory[], rows_thread[], rows_file[];

#ifdef __riscv
#define TICK_NS 100
#define HINT(n) "slti x0, x0, " #n

static inline u64 ticks(void)
{
	u64 t;

	__asm__ volatile("rdtime %0" : "=r"(t) : : "memory");
	return t;
}
/* A store and its length, and where a handler finds the program counter. */
#define STORE_BYTE(p)                                                               \
	__asm__ volatile(".option push\n.option norvc\nsb zero, 0(%0)\n.option pop" \
		:                                                                   \
		: "r"(p)                                                            \
		: "memory")
#define STORE_BYTE_LEN 4
#define CONTEXT_PC(u)  ((u)->uc_mcontext.__gregs[REG_PC])
#else
#define TICK_NS        1
/* Nopl of an address that nobody means. */
#define HINT(n)        ".byte 0x0f, 0x1f, 0x80, " #n ", 0x4c, 0x45, 0x4b"

static inline u64 ticks(void)
{
	unsigned low, high;

	__asm__ volatile("rdtsc" : "=a"(low), "=d"(high) : : "memory");
	return (u64)high << 32 | low;
}
#define STORE_BYTE(p)  __asm__ volatile("movb $0, (%0)" : : "r"(p) : "memory")
#define STORE_BYTE_LEN 3
#define CONTEXT_PC(u)  ((u)->uc_mcontext.gregs[REG_RIP])
#endif
static inline u64 timed_start(void)
{
	__asm__ volatile(HINT(1) : : : "memory");
	return ticks();
}
static inline u64 timed_end(u64 start)
{
	u64 t = ticks() - start;

	__asm__ volatile(HINT(2) : : : "memory");
	return t;
}
/* The body of a row: n times the statement, timed. */
#define TIMED(n, statement)                             \
	do {                                            \
		u64 _start = timed_start();             \
		for (unsigned _i = 0; _i < (n); _i++) { \
			statement;                      \
		}                                       \
		return timed_end(_start);               \
	} while (0)

/* Ends the row with a message when something that must work does not. */
#define NEED(cond)                                                                       \
	do {                                                                             \
		if (!(cond)) {                                                           \
			printf("BENCH-FAILED %s:%d %s: %s\n", __FILE__, __LINE__, #cond, \
				strerror(errno));                                        \
			_exit(1);                                                        \
		}                                                                        \
	} while (0)

static inline int no_setup(void)
{
	return 0;
}

#endif
