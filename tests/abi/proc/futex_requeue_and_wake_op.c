// SPDX-License-Identifier: MPL-2.0
// futex REQUEUE, CMP_REQUEUE and WAKE_OP: counts and errors.
#include "../lib/t.h"
#include <linux/futex.h>

static int *w;

static long futex(void *addr, int op, unsigned val, unsigned long val2, void *addr2, unsigned val3)
{
	return syscall(SYS_futex, addr, op, val, val2, addr2, val3);
}

static pid_t waiter(int *addr)
{
	pid_t pid = t_fork();

	if (pid == 0)
		_exit(futex(addr, FUTEX_WAIT, 0, 0, NULL, 0) == 0 ? 1 : 2);
	t_wait_state(pid, 'S');
	return pid;
}

int main(void)
{
	pid_t p[4];

	t_start();
	w = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	T(futex(w, FUTEX_REQUEUE, 1, 1, w + 1, 0));
	T(futex(w, FUTEX_CMP_REQUEUE, 1, 1, w + 1, 5));
	T(futex(w, FUTEX_CMP_REQUEUE, 1, 1, w + 1, 0));
	T(futex(w, FUTEX_CMP_REQUEUE, -1, 1, w + 1, 0));
	T(futex(w, FUTEX_CMP_REQUEUE, 1, -1, w + 1, 0));
	T(futex(w, FUTEX_REQUEUE, 1, 1, (char *)w + 1, 0));
	T(futex(w, FUTEX_REQUEUE, 1, 1, NULL, 0));
	for (int i = 0; i < 4; i++)
		p[i] = waiter(w);
	T(futex(w, FUTEX_CMP_REQUEUE, 1, 2, w + 1, 0));
	t_reap("woken", p[0]);
	T(futex(w + 1, FUTEX_WAKE, 10, 0, NULL, 0));
	t_reap("requeued", p[1]);
	t_reap("requeued", p[2]);
	T(futex(w, FUTEX_WAKE, 10, 0, NULL, 0));
	t_reap("left", p[3]);
	p[0] = waiter(w);
	p[1] = waiter(w + 1);
	w[1] = 0;
	T(futex(w, FUTEX_WAKE_OP, 1, 1, w + 1, FUTEX_OP(FUTEX_OP_ADD, 5, FUTEX_OP_CMP_EQ, 0)));
	SHOW(w[1]);
	t_reap("first", p[0]);
	t_reap("second", p[1]);
	T(futex(w, FUTEX_WAKE_OP, 1, 1, w + 1, FUTEX_OP(FUTEX_OP_SET, 3, FUTEX_OP_CMP_LT, 0)));
	SHOW(w[1]);
	T(futex(w, FUTEX_WAKE_OP, 1, 1, w + 1,
		FUTEX_OP((FUTEX_OP_OR | FUTEX_OP_OPARG_SHIFT), 4, FUTEX_OP_CMP_GE, 0)));
	SHOW(w[1]);
	T(futex(w, FUTEX_WAKE_OP, 1, 1, w + 1, FUTEX_OP(FUTEX_OP_ANDN, 1, FUTEX_OP_CMP_NE, 0)));
	SHOW(w[1]);
	T(futex(w, FUTEX_WAKE_OP, 1, 1, w + 1, FUTEX_OP(FUTEX_OP_XOR, 0xff, FUTEX_OP_CMP_GT, 0)));
	SHOW(w[1]);
	T(futex(w, FUTEX_WAKE_OP, 1, 1, w + 1, FUTEX_OP(7, 1, FUTEX_OP_CMP_NE, 0)));
	return 0;
}
