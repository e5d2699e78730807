// SPDX-License-Identifier: MPL-2.0
// x87, SSE and AVX state over handlers: it starts initial in the handler, comes back after it, can
// be changed in the frame, and what the frame may say of it.
#include "../lib/t.h"
#include <cpuid.h>
#include <ucontext.h>

#define NR_YMM 16

struct vectors {
	unsigned char ymm[NR_YMM][32];
	uint32_t mxcsr;
	uint16_t x87;
	double st0;
};
static bool have_avx;

static void fill(struct vectors *v, unsigned seed)
{
	memset(v, 0, sizeof(*v));
	for (unsigned i = 0; i < NR_YMM; i++)
		memset(v->ymm[i], (int)(seed + i), have_avx ? 32 : 16);
	v->mxcsr = 0x3f80; // rounds down
	v->x87 = 0x77f;    // rounds down
	v->st0 = seed * 1.25;
}

// exchange(load, store, pid, tid): loads the state, raises SIGUSR1 (pid 0: nothing), stores the
// state.
#define V16(op)                                                                                 \
	op(0) op(1) op(2) op(3) op(4) op(5) op(6) op(7) op(8) op(9) op(10) op(11) op(12) op(13) \
		op(14) op(15)
#define LY(n) "vmovdqu " #n "*32(%rdi), %ymm" #n "\n"
#define SY(n) "vmovdqu %ymm" #n ", " #n "*32(%rbx)\n"
#define LX(n) "movdqu " #n "*32(%rdi), %xmm" #n "\n"
#define SX(n) "movdqu %xmm" #n ", " #n "*32(%rbx)\n"
#define EXCHANGE(name, load, store)                                                                                            \
	asm(#name ":\n push %rbx\n mov %rsi, %rbx\n fninit\n" V16(                                                             \
		load) "ldmxcsr 512(%rdi)\n fldcw 516(%rdi)\n fldl 520(%rdi)\n"                                                 \
		      "test %rdx, %rdx\n jz 1f\n mov %rdx, %rdi\n mov %rcx, %rsi\n mov $10, %edx\n mov $234, %eax\n syscall\n" \
		      "1:\n" V16(                                                                                              \
			      store) "stmxcsr 512(%rbx)\n fnstcw 516(%rbx)\n fstpl 520(%rbx)\n fninit\n pop %rbx\n ret\n");    \
	void name(const struct vectors *in, struct vectors *out, long pid, long tid)
EXCHANGE(exchange_avx, LY, SY);
EXCHANGE(exchange_sse, LX, SX);

static void raise_with(const struct vectors *in, struct vectors *out)
{
	uint32_t normal = 0x1f80;

	memset(out, 0, sizeof(*out));
	(have_avx ? exchange_avx : exchange_sse)(in, out, getpid(), gettid());
	asm volatile("ldmxcsr %0" ::"m"(normal));
}

// ---- what the handler does ----

static struct vectors in_handler;
static void (*change)(ucontext_t *uc, unsigned char *fp);
static uint32_t *marks(unsigned char *fp)
{
	return (uint32_t *)(fp + 464); // magic1, extended_size, xfeatures (8), xstate_size
}

static void on_sig(int sig, siginfo_t *si, void *ctx)
{
	ucontext_t *uc = ctx;
	struct vectors junk;
	uint32_t mxcsr;
	uint16_t x87, tag[14];

	asm volatile("stmxcsr %0\n fnstcw %1\n" : "=m"(mxcsr), "=m"(x87));
	asm volatile("fnstenv %0" : "=m"(tag));
	if (in_handler.st0 == 0) {
		printf("in the handler: mxcsr %x control %x tags %x\n", mxcsr, x87, tag[4]);
		in_handler.st0 = 1;
	}
	if (change)
		change(uc, (unsigned char *)uc->uc_mcontext.fpregs);
	fill(&junk, 77);
	junk.mxcsr = 0x1f80;
	junk.x87 = 0x37f;
	(have_avx ? exchange_avx : exchange_sse)(&junk, &junk, 0, 0);
}

static void initial_in_frame(ucontext_t *uc, unsigned char *fp)
{
	uc->uc_mcontext.fpregs = NULL;
}
static void new_xmm(ucontext_t *uc, unsigned char *fp)
{
	memset(fp + 160 + 16 * 3, 0xee, 16);
	*(uint32_t *)(fp + 24) = 0x5f80;
}
static void without_magic(ucontext_t *uc, unsigned char *fp)
{
	marks(fp)[0] = 0;
}
static void without_magic2(ucontext_t *uc, unsigned char *fp)
{
	*(uint32_t *)(fp + marks(fp)[4]) = 0;
}
static void too_large(ucontext_t *uc, unsigned char *fp)
{
	marks(fp)[4] += 64;
}
static void sse_only(ucontext_t *uc, unsigned char *fp)
{
	*(uint64_t *)(marks(fp) + 2) = 3;
}
static void x87_only(ucontext_t *uc, unsigned char *fp)
{
	*(uint64_t *)(marks(fp) + 2) = 1;
}
static void not_held(ucontext_t *uc, unsigned char *fp)
{
	*(uint64_t *)(fp + 512) = 0; // all components initial
}
static void elsewhere(ucontext_t *uc, unsigned char *fp)
{
	static unsigned char copy[8192] __attribute__((aligned(64)));

	memcpy(copy, fp, marks(fp)[1]);
	uc->uc_mcontext.fpregs = (void *)copy;
}
static void misplaced(ucontext_t *uc, unsigned char *fp)
{
	static unsigned char copy[8192] __attribute__((aligned(64)));

	memcpy(copy + 32, fp, marks(fp)[1]);
	uc->uc_mcontext.fpregs = (void *)(copy + 32);
}
static void misplaced_legacy(ucontext_t *uc, unsigned char *fp)
{
	static unsigned char copy[8192] __attribute__((aligned(64)));

	memcpy(copy + 16, fp, 512);
	marks(copy + 16)[0] = 0;
	uc->uc_mcontext.fpregs = (void *)(copy + 16);
}
static void badly_misplaced_legacy(ucontext_t *uc, unsigned char *fp)
{
	static unsigned char copy[8192] __attribute__((aligned(64)));

	memcpy(copy + 8, fp, 512);
	marks(copy + 8)[0] = 0;
	uc->uc_mcontext.fpregs = (void *)(copy + 8);
}
static void bad_header(ucontext_t *uc, unsigned char *fp)
{
	*(uint64_t *)(fp + 512) |= 1ul << 62;
}
static void bad_compaction(ucontext_t *uc, unsigned char *fp)
{
	*(uint64_t *)(fp + 520) = 7;
}
static void nowhere(ucontext_t *uc, unsigned char *fp)
{
	uc->uc_mcontext.fpregs = (void *)4096;
}
static void in_the_kernel(ucontext_t *uc, unsigned char *fp)
{
	uc->uc_mcontext.fpregs = (void *)0xffff888000000000ul;
}

// How often each value of a byte of the low and the high halves is as it was, zero, or something
// else.
static void compare(const struct vectors *in, const struct vectors *out)
{
	unsigned low = 0, low0 = 0, high = 0, high0 = 0;

	for (unsigned i = 0; i < NR_YMM; i++) {
		static const unsigned char zero[16];
		low += !memcmp(in->ymm[i], out->ymm[i], 16);
		low0 += !memcmp(out->ymm[i], zero, 16);
		high += !memcmp(in->ymm[i] + 16, out->ymm[i] + 16, 16);
		high0 += !memcmp(out->ymm[i] + 16, zero, 16);
	}
	printf("low: %u the same, %u zero; high: %u the same, %u zero; mxcsr %x, control %x, st0 %s\n",
		low, low0, high, high0, out->mxcsr, out->x87,
		out->st0 == in->st0            ? "the same"
			: out->st0 != out->st0 ? "empty"
					       : "another");
}

static void with(const char *name, void (*fn)(ucontext_t *, unsigned char *))
{
	struct vectors in, out;

	fill(&in, 3);
	printf("%s\n", name);
	IN_CHILD(name, {
		change = fn;
		raise_with(&in, &out);
		compare(&in, &out);
		_exit(0);
	});
}
#define WITH(fn) with(#fn, fn)

int main(void)
{
	unsigned a, b, c = 0, d;
	struct vectors in, out;

	t_start();
	__get_cpuid(1, &a, &b, &c, &d);
	have_avx = c & bit_AVX;
	IS(have_avx);
	t_handle(SIGUSR1, on_sig, 0);
	fill(&in, 5);
	for (int i = 0; i < 3; i++) {
		raise_with(&in, &out);
		compare(&in, &out);
	}
	WITH(NULL);
	WITH(initial_in_frame);
	WITH(new_xmm);
	WITH(without_magic);
	WITH(without_magic2);
	WITH(too_large);
	WITH(sse_only);
	WITH(x87_only);
	WITH(not_held);
	WITH(elsewhere);
	WITH(misplaced);
	WITH(misplaced_legacy);
	WITH(badly_misplaced_legacy);
	WITH(bad_header);
	WITH(bad_compaction);
	WITH(nowhere);
	WITH(in_the_kernel);
	return 0;
}
