// SPDX-License-Identifier: MPL-2.0
// PI futex error codes and ownership; robust lists mark words of threads that end.
#include "../lib/t.h"
#include <linux/futex.h>

static unsigned *word;

static long futex(void *addr, int op, unsigned val, void *timeout)
{
	return syscall(SYS_futex, addr, op, val, timeout, NULL, 0);
}

struct node {
	struct robust_list list;
	unsigned lock;
};

int main(void)
{
	struct timespec past = { 1, 0 };

	t_start();
	word = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	T(futex(word, FUTEX_UNLOCK_PI, 0, NULL));
	T(futex(word, FUTEX_LOCK_PI, 0, NULL));
	IS(*word == (unsigned)t_gettid());
	T(futex(word, FUTEX_LOCK_PI, 0, NULL));
	T(futex(word, FUTEX_TRYLOCK_PI, 0, NULL));
	IN_CHILD("other", {
		T(futex(word, FUTEX_TRYLOCK_PI, 0, NULL));
		T(futex(word, FUTEX_UNLOCK_PI, 0, NULL));
		T(futex(word, FUTEX_LOCK_PI, 0, &past));
	});
	T(futex(word, FUTEX_UNLOCK_PI, 0, NULL));
	IS((*word & FUTEX_TID_MASK) == 0);
	*word = 999999;
	T(futex(word, FUTEX_LOCK_PI, 0, NULL));
	*word = 0;
	T(futex((char *)word + 1, FUTEX_LOCK_PI, 0, NULL));
	T(futex(NULL, FUTEX_LOCK_PI, 0, NULL));
	T(futex(word, FUTEX_LOCK_PI, 0, NULL));
	pid_t pid = t_fork();
	if (pid == 0) {
		long r = futex(word, FUTEX_LOCK_PI, 0, NULL);

		_exit(r == 0 && (*word & FUTEX_TID_MASK) == (unsigned)t_gettid() ? 1 : 2);
	}
	t_wait_state(pid, 'S');
	IS((*word & FUTEX_WAITERS) != 0);
	T(futex(word, FUTEX_UNLOCK_PI, 0, NULL));
	t_reap("inherits the lock", pid);

	struct node *n = (struct node *)(word + 64);
	struct robust_list_head *head;
	size_t len;
	T(syscall(SYS_set_robust_list, NULL, sizeof(*head)));
	T(syscall(SYS_set_robust_list, NULL, 1));
	pid = t_fork();
	if (pid == 0) {
		static struct robust_list_head h;

		h.list.next = &n[0].list;
		n[0].list.next = &n[1].list;
		n[1].list.next = &h.list;
		h.futex_offset = offsetof(struct node, lock);
		h.list_op_pending = &n[2].list;
		n[0].lock = (unsigned)t_gettid();
		n[1].lock = (unsigned)t_gettid() + 1;
		n[2].lock = (unsigned)t_gettid() | FUTEX_WAITERS;
		T(syscall(SYS_set_robust_list, &h, sizeof(h)));
		T(syscall(SYS_get_robust_list, 0, &head, &len));
		IS(head == &h);
		SHOW(len);
		_exit(0);
	}
	t_reap("holder", pid);
	IS(n[0].lock == FUTEX_OWNER_DIED);
	IS(n[1].lock == (unsigned)pid + 1);
	IS(n[2].lock == (FUTEX_OWNER_DIED | FUTEX_WAITERS));
	T(syscall(SYS_get_robust_list, 999999, &head, &len));
	pid = t_fork();
	if (pid == 0) {
		static struct robust_list_head h;

		h.list.next = (void *)8;
		syscall(SYS_set_robust_list, &h, sizeof(h));
		_exit(3);
	}
	t_reap("bad list", pid);
	return 0;
}
