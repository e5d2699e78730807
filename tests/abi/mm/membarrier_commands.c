// SPDX-License-Identifier: MPL-2.0
// membarrier: its commands, who has to register for them, and what a child and
// the next program have.
#include "../lib/t.h"

/* linux/membarrier.h; those of restartable sequences are left out. */
enum {
	QUERY = 0,
	GLOBAL = 1,
	GLOBAL_EXPEDITED = 2,
	REGISTER_GLOBAL_EXPEDITED = 4,
	PRIVATE_EXPEDITED = 8,
	REGISTER_PRIVATE_EXPEDITED = 16,
	PRIVATE_EXPEDITED_SYNC_CORE = 32,
	REGISTER_PRIVATE_EXPEDITED_SYNC_CORE = 64,
	ALL = 127,
	GET_REGISTRATIONS = 512
};

static int membarrier(int cmd, unsigned flags)
{
	return syscall(SYS_membarrier, cmd, flags, 0);
}

static void try_all(void)
{
	T(membarrier(GLOBAL, 0));
	T(membarrier(GLOBAL_EXPEDITED, 0));
	T(membarrier(PRIVATE_EXPEDITED, 0));
	T(membarrier(PRIVATE_EXPEDITED_SYNC_CORE, 0));
	T(membarrier(GET_REGISTRATIONS, 0) & ALL);
}

static volatile int x, y, saw_x, saw_y, go;

/* One side of Dekker's protocol, with only a compiler barrier: the other has the machine's. */
static void *light_side(void *arg)
{
	unsigned spins = 0;
	int i;

	for (i = 1; i <= 50; i++) {
		while (go != i)
			if (++spins % 1024 == 0) /* one CPU */
				sched_yield();
		x = 1;
		__asm__ volatile("" ::: "memory");
		saw_y = y;
		__atomic_store_n(&go, -i, __ATOMIC_RELEASE);
	}
	return NULL;
}

/* Both sides never see the other's old value. */
static int missed(int cmd)
{
	pthread_t other;
	int i, n = 0;

	go = 0;
	CHECK(!pthread_create(&other, NULL, light_side, NULL));
	for (i = 1; i <= 50; i++) {
		x = y = 0;
		__atomic_store_n(&go, i, __ATOMIC_SEQ_CST);
		y = 1;
		CHECK(!membarrier(cmd, 0));
		saw_x = x;
		while (__atomic_load_n(&go, __ATOMIC_ACQUIRE) != -i)
			sched_yield();
		n += !saw_x && !saw_y;
	}
	pthread_join(other, NULL);
	return n;
}

int main(int argc, char **argv)
{
	if (argc > 1) {
		try_all();
		return 0;
	}
	t_start();
	IS((membarrier(QUERY, 0) & ALL) == ALL);
	IS(membarrier(QUERY, 0) & GET_REGISTRATIONS);
	T(membarrier(QUERY, 1));
	T(membarrier(GLOBAL, 1));
	T(membarrier(PRIVATE_EXPEDITED, 1));
	T(membarrier(GET_REGISTRATIONS, 1));
	T(membarrier(3, 0));
	T(membarrier(1024, 0));
	T(membarrier(-1, 0));
	try_all();
	T(membarrier(REGISTER_GLOBAL_EXPEDITED, 0));
	try_all();
	T(membarrier(REGISTER_PRIVATE_EXPEDITED_SYNC_CORE, 0));
	try_all();
	T(membarrier(REGISTER_PRIVATE_EXPEDITED, 0));
	T(membarrier(REGISTER_PRIVATE_EXPEDITED, 0));
	try_all();
	SHOW(missed(PRIVATE_EXPEDITED));
	SHOW(missed(PRIVATE_EXPEDITED_SYNC_CORE));
	SHOW(missed(GLOBAL_EXPEDITED));
	fflush(stdout);
	if (!t_fork()) {
		try_all();
		fflush(stdout);
		execl("/proc/self/exe", "again", "again", NULL);
		_exit(1);
	}
	t_status("child", t_wait(-1));
	return 0;
}
