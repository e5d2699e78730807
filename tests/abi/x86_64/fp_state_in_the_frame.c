// SPDX-License-Identifier: MPL-2.0
// The FP state in a signal frame is the interrupted one, changes to it arrive, and what cannot be
// loaded ends the program.
#include "../lib/t.h"
#include <ucontext.h>

static int step;

static struct _libc_fpstate *fp_of(void *uc)
{
	return ((ucontext_t *)uc)->uc_mcontext.fpregs;
}

static void on_sig(int sig, siginfo_t *si, void *uc)
{
	struct _libc_fpstate *fp = fp_of(uc);

	switch (step) {
	case 0:
		IS(fp && ((unsigned long)fp & 15) == 0);
		IS(((unsigned long)fp & 63) == 0);
		printf("xmm7 %#x, mxcsr %#x, cw %#x\n", fp->_xmm[7].element[1], fp->mxcsr, fp->cwd);
		fp->_xmm[7].element[1] = 0x77778888;
		fp->mxcsr = 0x1f85;
		fp->cwd = 0x37e;
		break;
	case 1:
		((ucontext_t *)uc)->uc_mcontext.fpregs = (void *)8;
		break;
	case 2:
		((ucontext_t *)uc)->uc_mcontext.fpregs = (void *)0xffff888000000000ul;
		break;
	case 3: // none: the registers start afresh
		((ucontext_t *)uc)->uc_mcontext.fpregs = NULL;
		break;
	case 4: // the state that the kernel wrote behind the classic one is not announced any more
		memset((char *)fp + 464, 0, 48);
		fp->_xmm[7].element[1] = 0x5555;
		break;
	}
}

static void go(void)
{
	unsigned in[4] = { 1, 0x11112222, 3, 4 }, out[4], mxcsr = 0x1f80;
	unsigned short cw;
	long r = SYS_kill;

	asm volatile(
		"fninit\n ldmxcsr %[m]\n movdqu %[in], %%xmm7\n syscall\n movdqu %%xmm7, %[out]\n stmxcsr %[m]\n fnstcw %[cw]\n"
		: "+a"(r), [out] "=m"(out), [m] "+m"(mxcsr), [cw] "=m"(cw)
		: [in] "m"(in), "D"((long)getpid()), "S"((long)SIGUSR1)
		: "rcx", "r11", "xmm7", "memory");
	asm volatile("fninit\n ldmxcsr %0" : : "m"((unsigned){ 0x1f80 }));
	printf("step %d: xmm7 %#x, mxcsr %#x, cw %#x\n", step, out[1], mxcsr, cw);
}

int main(void)
{
	t_start();
	t_handle(SIGUSR1, on_sig, 0);
	go();
	for (step = 1; step <= 4; step++)
		IN_CHILD("changed", go());
	return 0;
}
