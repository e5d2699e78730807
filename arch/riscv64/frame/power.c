// SPDX-License-Identifier: MPL-2.0
/*
 * riscv64: power off, reset, and leaving the emulator. SBI SRST is tried first, then the test
 * device of QEMU's virt machine, then the restart pin. Firmware may offer SRST and still return,
 * when it has no device for the request.
 */
#include <frame/device.h>

#include "backend.h"
#include "sbi.h"

#define FINISHER_FAIL  0x3333u
#define FINISHER_PASS  0x5555u
#define FINISHER_RESET 0x7777u

static struct dt_node *finisher_find(struct dt_node *n)
{
	for (; n; n = dt_next_sibling(n)) {
		struct dt_node *sub;
		if (dt_compatible(n, STR("sifive,test0")) || dt_compatible(n, STR("sifive,test1")))
			return n;
		sub = finisher_find(dt_first_child(n));
		if (sub)
			return sub;
	}
	return NULL;
}

static void finisher_write(u32 v)
{
	struct dt_node *n = dt_root() ? finisher_find(dt_root()) : NULL;
	volatile u32 *reg;
	paddr_t base;
	u64 size;

	if (!n || !dt_reg(n, 0, &base, &size) || size < 4)
		return;
	reg = kmap_device(base, PAGE_SIZE);
	if (reg)
		*reg = v; /* TRUST: the machine's own test device */
}

static void sbi_srst(u64 type, u64 reason)
{
	if (sbi_probe(SBI_SRST))
		(void)sbi_call(SBI_SRST, 0, type, reason, 0, 0, 0);
}

void arch_power_off(void)
{
	sbi_srst(0, 0);
	finisher_write(FINISHER_PASS);
}

void arch_reset(void)
{
	if (restart_before_firmware())
		restart_pull();
	sbi_srst(1, 0);
	finisher_write(FINISHER_RESET);
	restart_pull();
}

void arch_exit_emulator(u32 status)
{
	finisher_write(status << 16 | FINISHER_FAIL);
	/* No emulator, or one that runs with -no-reboot: a reset ends that, too. */
	arch_reset();
}

void arch_halt(void)
{
	arch_irq_disable();
	for (;;)
		arch_wait_for_interrupt();
}
