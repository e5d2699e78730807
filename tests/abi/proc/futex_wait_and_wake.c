// SPDX-License-Identifier: MPL-2.0
// futex WAIT and WAKE, bitsets, timeouts, and arguments the kernel refuses.
#include "../lib/t.h"
#include <linux/futex.h>

static int *word;

static long futex(void *addr, int op, unsigned val, void *timeout, void *addr2, unsigned val3)
{
	return syscall(SYS_futex, addr, op, val, timeout, addr2, val3);
}

static pid_t waiter(unsigned bits)
{
	pid_t pid = t_fork();

	if (pid == 0) {
		long r = futex(word, FUTEX_WAIT_BITSET, 0, NULL, NULL, bits);

		_exit(r == 0 ? 1 : 2);
	}
	t_wait_state(pid, 'S');
	return pid;
}

int main(void)
{
	struct timespec ts = { 0, 1000000 };

	t_start();
	word = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	T(futex(word, FUTEX_WAKE, 1, NULL, NULL, 0));
	T(futex(word, FUTEX_WAIT, 1, NULL, NULL, 0));
	T(futex(word, FUTEX_WAIT, 0, &ts, NULL, 0));
	T(futex(word, FUTEX_WAIT | FUTEX_PRIVATE_FLAG, 0, &ts, NULL, 0));
	T(futex(word, FUTEX_WAIT | FUTEX_CLOCK_REALTIME, 0, &ts, NULL, 0));
	T(futex(word, FUTEX_WAIT_BITSET, 0, &ts, NULL, 1));
	T(futex(word, FUTEX_WAIT_BITSET | FUTEX_CLOCK_REALTIME, 0, &ts, NULL, 1));
	T(futex(word, FUTEX_WAIT_BITSET, 0, &ts, NULL, 0));
	T(futex(word, FUTEX_WAKE_BITSET, 1, NULL, NULL, 0));
	T(futex((char *)word + 1, FUTEX_WAIT, 0, &ts, NULL, 0));
	T(futex((char *)word + 2, FUTEX_WAKE, 1, NULL, NULL, 0));
	T(futex(NULL, FUTEX_WAIT, 0, &ts, NULL, 0));
	T(futex(NULL, FUTEX_WAKE, 1, NULL, NULL, 0));
	T(futex((void *)(1ul << 63), FUTEX_WAKE, 1, NULL, NULL, 0));
	ts.tv_nsec = 1000000000;
	T(futex(word, FUTEX_WAIT, 0, &ts, NULL, 0));
	ts.tv_nsec = -1;
	T(futex(word, FUTEX_WAIT, 0, &ts, NULL, 0));
	ts.tv_nsec = 0;
	ts.tv_sec = -1;
	T(futex(word, FUTEX_WAIT, 0, &ts, NULL, 0));
	T(futex(word, FUTEX_WAIT, 0, (void *)8, NULL, 0));
	T(futex(word, 99, 0, NULL, NULL, 0));
	T(futex(word, FUTEX_FD, 0, NULL, NULL, 0));
	pid_t a = waiter(1), b = waiter(2), c = waiter(3);
	T(futex(word, FUTEX_WAKE_BITSET, 10, NULL, NULL, 4));
	T(futex(word, FUTEX_WAKE_BITSET, 10, NULL, NULL, 2));
	t_reap("b", b);
	t_reap("c", c);
	T(futex(word, FUTEX_WAKE, 10, NULL, NULL, 0));
	t_reap("a", a);
	a = waiter(-1);
	b = waiter(-1);
	c = waiter(-1);
	T(futex(word, FUTEX_WAKE, 1, NULL, NULL, 0));
	t_reap("first come, first woken", a);
	T(futex(word, FUTEX_WAKE, 0, NULL, NULL, 0));
	t_reap("wake of 0 wakes one", b);
	T(futex(word, FUTEX_WAKE, INT_MAX, NULL, NULL, 0));
	t_reap("c", c);
	return 0;
}
