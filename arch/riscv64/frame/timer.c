// SPDX-License-Identifier: MPL-2.0
/*
 * riscv64: the timer: one comparator for each hart, set through Sstc's stimecmp where all harts
 * have it, else through the firmware.
 */
#include <frame/boot.h>
#include <frame/device.h>

#include "backend.h"
#include "sbi.h"

static u64 hz;
static bool have_sstc;

void arch_timer_init(void)
{
	u32 freq = 0;

	if (!dt_u32(dt_find(STR("/cpus")), LIT("timebase-frequency"), 0, &freq) || !freq)
		_kernel_panic("the devicetree has no /cpus/timebase-frequency");
	hz = freq;
	have_sstc = riscv_all_have(LIT("sstc"));
}

void arch_timer_init_cpu(void)
{
	arch_timer_set(~0ul);
}

u64 arch_timer_hz(void)
{
	return hz;
}

void arch_timer_set(u64 cycles)
{
	/*
	 * stimecmp is CSR 0x14d, written by number so that assemblers without Sstc accept it.
	 * TRUST: sets this hart's next timer interrupt only.
	 */
	if (have_sstc)
		csr_write(0x14d, cycles);
	else
		(void)sbi_call(SBI_TIME, 0, cycles, 0, 0, 0, 0);
}
