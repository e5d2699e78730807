// SPDX-License-Identifier: MPL-2.0
// CLONE_PARENT_SETTID, CHILD_SETTID and CHILD_CLEARTID write the tid where they say, and wake a
// futex.
#include "../lib/t.h"
#include <linux/futex.h>

static int *words;
static int word = 1;

static int child(void *arg)
{
	return 0;
}

int main(void)
{
	t_start();
	words = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int parent = 0, st;
	pid_t pid = (pid_t)syscall(SYS_clone,
		CLONE_PARENT_SETTID | CLONE_CHILD_SETTID | CLONE_CHILD_CLEARTID | SIGCHLD, NULL,
		&parent, NULL, &words[0]);
	if (pid == 0) {
		words[1] = words[0] == getpid();
		t_pipe((int[2]){ 0, 0 });
		_exit(0);
	}
	IS(parent == pid);
	T(waitpid(pid, &st, 0) == pid);
	IS(words[1]);
	printf("word after exit of an unshared child: %s\n",
		words[0] == pid    ? "tid"
			: words[0] ? "other"
				   : "0");
	// With the memory shared the word is cleared and a waiter wakes.
	static char stack[16384] __attribute__((aligned(16)));
	pid = clone(child, stack + sizeof(stack), CLONE_VM | CLONE_CHILD_CLEARTID | SIGCHLD, NULL,
		NULL, NULL, &word);
	CHECK(pid > 0);
	while (__atomic_load_n(&word, __ATOMIC_SEQ_CST) != 0)
		syscall(SYS_futex, &word, FUTEX_WAIT, 1, NULL, NULL, 0);
	SHOW(word);
	t_reap("child", pid);
	IS(syscall(SYS_set_tid_address, &word) == getpid());
	word = 9;
	pid = (pid_t)syscall(SYS_clone, CLONE_CHILD_SETTID | SIGCHLD, NULL, NULL, NULL, (void *)8);
	if (pid == 0)
		_exit(3);
	t_reap("child with a bad tid pointer", pid);
	pid = (pid_t)syscall(SYS_clone, CLONE_PARENT_SETTID | SIGCHLD, NULL, (void *)8, NULL, NULL);
	if (pid == 0)
		_exit(4);
	t_reap("parent with a bad tid pointer", pid);
	return 0;
}
