// SPDX-License-Identifier: MPL-2.0
// A core file of several threads: each has its notes, the one that died first; registers are those
// of the moment. Who shares the memory and is another process goes on.
#include "../lib/core.h"

#include <sys/prctl.h>
#include <sys/syscall.h>

#define THREADS 5

static volatile pid_t *tids; /* shared with the parent */
static pthread_barrier_t ready;
static int hold[2];

/* A pattern in a floating-point register that a system call keeps. */
static void wait_with(double v)
{
	char c;
#ifdef __riscv
	register double kept __asm__("fs0") = v;
	__asm__ volatile("" : "+f"(kept));
	(void)!read(hold[0], &c, 1);
	__asm__ volatile("" : "+f"(kept));
#else
	__asm__ volatile("movsd %0, %%xmm9" : : "m"(v));
	(void)!syscall(SYS_read, hold[0], &c, 1);
#endif
}

static void *waiter(void *arg)
{
	tids[(long)arg] = t_gettid();
	pthread_barrier_wait(&ready);
	wait_with(1000.0 + (double)(long)arg);
	return NULL;
}

static volatile bool running;

static void *runner(void *arg)
{
	tids[(long)arg] = t_gettid();
	pthread_barrier_wait(&ready);
	running = true;
	for (;;)
		__asm__ volatile("");
	return NULL;
}

static void *dier(void *arg)
{
	tids[(long)arg] = t_gettid();
	pthread_barrier_wait(&ready);
	for (int i = 0; i < 2; i++)
		t_wait_thread(tids[i], 'S');
	CHECK(UNTIL(running));
	*(volatile int *)0x20 = 1;
	return NULL;
}

static void several(void)
{
	pthread_t th;
	void *(*const fns[])(void *) = { waiter, waiter, runner, dier };

	CHECK(pthread_barrier_init(&ready, NULL, T_LEN(fns)) == 0);
	t_pipe(hold);
	tids[4] = getpid();
	for (long i = 0; i < (long)T_LEN(fns); i++)
		CHECK(pthread_create(&th, NULL, fns[i], (void *)i) == 0);
	for (;;)
		pause();
}

static int index_of(pid_t tid)
{
	for (int i = 0; i < THREADS; i++)
		if (tids[i] == tid)
			return i;
	return -1;
}

/* The floating-point register of wait_with. */
static double kept_by(const unsigned char *fp)
{
	double v;

#ifdef __riscv
	memcpy(&v, fp + 8 * 8, sizeof(v));
#else
	memcpy(&v, fp + 160 + 9 * 16, sizeof(v));
#endif
	return v;
}

static unsigned long pc_of(const prstatus_t *s)
{
#ifdef __riscv
	return s->pr_reg[0];
#else
	return s->pr_reg[16];
#endif
}

static void show_threads(void)
{
	struct core c;
	Elf64_Nhdr h;
	int seen = 0;
	const prstatus_t *s;

	CHECK(core_open("core", &c));
	for (int i = 0; (s = core_note(&c, NT_PRSTATUS, i, &h)) != NULL; i++) {
		const unsigned char *fp = core_note(&c, NT_PRFPREG, i, &h);
		int k = index_of(s->pr_pid);
		unsigned long pc = pc_of(s);

		seen |= 1 << k;
		if (i == 0)
			printf("first: %d\n", k);
		if (s->pr_info.si_signo != SIGSEGV || s->pr_cursig != SIGSEGV || s->pr_sigpend)
			printf("%d: signal %d pending %lx\n", k, s->pr_cursig, s->pr_sigpend);
		if (k < 2 && kept_by(fp) != 1000.0 + k)
			printf("%d: %f\n", k, kept_by(fp));
		if (k == 2 && (pc < (unsigned long)runner || pc > (unsigned long)runner + 256))
			printf("runner at %#lx\n", pc);
		if (k == 3 && (pc < (unsigned long)dier || pc > (unsigned long)dier + 256))
			printf("dier at %#lx\n", pc);
	}
	SHOWX(seen);
	s = core_note(&c, -1, 1, &h);
	printf("behind the first: %x\n", h.n_type);
	core_note(&c, NT_PRPSINFO, 0, &h);
	const prpsinfo_t *p = core_note(&c, NT_PRPSINFO, 0, &h);
	printf("leader: state %d %c\n", p->pr_state, p->pr_sname);
	IS(p->pr_pid == tids[4]);
	core_close(&c);
	unlink("core");
}

/* A child that shares the memory (vfork): its dump ends it alone. */
static void of_a_vfork(void)
{
	volatile int after = 0;
	pid_t pid = vfork();

	if (pid == 0) {
		after = 1;
		core_limit(RLIM_INFINITY);
		kill(getpid(), SIGQUIT);
		_exit(1);
	}
	t_reap("vfork", pid);
	SHOW(after);
	T(access("core", F_OK));
	unlink("core");
}

/* A thread that has ended before is not in it; nor is a leader that has. */
static void *last_thread(void *arg)
{
	(void)arg;
	if (!UNTIL(t_state(getpid()) == 'Z'))
		t_die("leader");
	abort();
}

static void without_leader(void)
{
	pid_t pid = t_fork();
	struct core c;
	Elf64_Nhdr h;
	pthread_t th;
	int n = 0;

	if (pid == 0) {
		core_limit(RLIM_INFINITY);
		CHECK(pthread_create(&th, NULL, last_thread, NULL) == 0);
		syscall(SYS_exit, 0);
	}
	t_reap("without a leader", pid);
	CHECK(core_open("core", &c));
	while (core_note(&c, NT_PRSTATUS, n, &h))
		n++;
	SHOW(n);
	const prstatus_t *s = core_note(&c, NT_PRSTATUS, 0, &h);
	const prpsinfo_t *p = core_note(&c, NT_PRPSINFO, 0, &h);
	IS(s->pr_pid != pid);
	IS(p->pr_pid == pid);
	core_close(&c);
	unlink("core");
}

/* Two threads at once: one of them dumps. */
static void *faulter(void *arg)
{
	pthread_barrier_wait(arg);
	*(volatile int *)0x30 = 1;
	return NULL;
}

static void many_at_once(void)
{
	for (int i = 0; i < 20; i++) {
		struct core c;
		Elf64_Nhdr h;
		pthread_t th;
		int n = 0, st;
		pid_t pid = t_fork();

		if (pid == 0) {
			pthread_barrier_t go;
			core_limit(RLIM_INFINITY);
			CHECK(pthread_barrier_init(&go, NULL, 4) == 0);
			for (int k = 0; k < 3; k++)
				CHECK(pthread_create(&th, NULL, faulter, &go) == 0);
			faulter(&go);
		}
		st = t_wait(pid);
		if (!WIFSIGNALED(st) || WTERMSIG(st) != SIGSEGV || !WCOREDUMP(st))
			t_status("at once", st);
		CHECK(core_open("core", &c));
		while (core_note(&c, NT_PRSTATUS, n, &h))
			n++;
		if (n != 4)
			printf("%d threads\n", n);
		core_close(&c);
		unlink("core");
	}
}

int main(void)
{
	pid_t pid;

	t_start();
	tids = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pid = t_fork();
	if (pid == 0) {
		core_limit(RLIM_INFINITY);
		several();
	}
	t_reap("several", pid);
	show_threads();
	of_a_vfork();
	without_leader();
	many_at_once();
	return 0;
}
