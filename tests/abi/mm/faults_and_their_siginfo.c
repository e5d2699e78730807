// SPDX-License-Identifier: MPL-2.0
// SIGSEGV and SIGBUS: MAPERR or ACCERR, the address, for reads, writes and jumps.
#include "../lib/t.h"
#include <setjmp.h>

static sigjmp_buf back;
static siginfo_t last;

static void on_fault(int sig, siginfo_t *si, void *uc)
{
	last = *si;
	siglongjmp(back, 1);
}

static void report(const char *label, void *addr)
{
	printf("%s: %s %s, addr %s\n", label, t_signame(last.si_signo),
		t_codename(last.si_signo, last.si_code), last.si_addr == addr ? "exact" : "other");
}

#define TRY(label, addr, stmt)                           \
	do {                                             \
		if (sigsetjmp(back, 1) == 0) {           \
			stmt;                            \
			printf("%s: no fault\n", label); \
		} else {                                 \
			report(label, (void *)(addr));   \
		}                                        \
	} while (0)

#define RD(p) (*(volatile char *)(p))

static void call(void *p)
{
	((void (*)(void))p)();
}

int main(void)
{
	t_start();
	t_handle(SIGSEGV, on_fault, 0);
	t_handle(SIGBUS, on_fault, 0);
	t_handle(SIGILL, on_fault, 0);
	char *m = mmap(NULL, 8 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	munmap(m + 4096, 4096);
	mprotect(m + 2 * 4096, 4096, PROT_NONE);
	mprotect(m + 3 * 4096, 4096, PROT_READ);
	mprotect(m + 4 * 4096, 4096, PROT_READ | PROT_EXEC);
	TRY("read null", 0, (void)RD(0));
	TRY("write null", 8, RD(8) = 1);
	TRY("read hole", m + 4096, (void)RD(m + 4096));
	TRY("write hole", m + 5000, RD(m + 5000) = 1);
	TRY("read none", m + 2 * 4096 + 7, (void)RD(m + 2 * 4096 + 7));
	TRY("write none", m + 2 * 4096, RD(m + 2 * 4096) = 1);
	TRY("read ro", m + 3 * 4096, (void)RD(m + 3 * 4096));
	TRY("write ro", m + 3 * 4096 + 9, RD(m + 3 * 4096 + 9) = 1);
	TRY("write rx", m + 4 * 4096, RD(m + 4 * 4096) = 1);
	TRY("jump to rw", m, call(m));
	TRY("jump to ro", m + 3 * 4096, call(m + 3 * 4096));
	TRY("jump to hole", m + 4096, call(m + 4096));
	TRY("jump to null", 0, call(NULL));
	TRY("zeroes are not an instruction", m + 4 * 4096, call(m + 4 * 4096));
	TRY("kernel half", 0xffffffc000000000ul, (void)RD(0xffffffc000000000ul));
	TRY("write kernel half", 0xffffffff80000000ul, RD(0xffffffff80000000ul) = 1);
	t_file("f", "short", 0644);
	int fd = open("f", O_RDWR);
	char *f = mmap(NULL, 3 * 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	TRY("in the last page", 0, (void)RD(f + 100));
	TRY("beyond the end", f + 4096, (void)RD(f + 4096));
	TRY("write beyond the end", f + 8200, RD(f + 8200) = 1);
	ftruncate(fd, 8192);
	TRY("after growing", 0, (void)RD(f + 4096));
	ftruncate(fd, 4096);
	TRY("after shrinking", f + 4097, (void)RD(f + 4097));
	char *g = mmap(NULL, 3 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
	RD(g) = 1;
	TRY("private beyond the end", g + 4096, RD(g + 4096) = 1);
	IN_CHILD("default", {
		signal(SIGSEGV, SIG_DFL);
		RD(0) = 1;
	});
	IN_CHILD("ignored", {
		signal(SIGSEGV, SIG_IGN);
		RD(0) = 1;
	});
	IN_CHILD("blocked", {
		t_block(SIG_BLOCK, SIGSEGV);
		RD(0) = 1;
	});
	IN_CHILD("bus by default", {
		signal(SIGBUS, SIG_DFL);
		RD(f + 8192) = 1;
	});
	return 0;
}
