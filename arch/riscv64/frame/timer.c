// SPDX-License-Identifier: MPL-2.0
/*
 * riscv64: the timer: one comparison per hart, by Sstc's stimecmp where all harts have it, else through the firmware.
 */
#include <frame/boot.h>
#include <frame/device.h>

#include "backend.h"
#include "sbi.h"

static u64 hz;
static bool have_sstc;

/* Whether the ISA string names the multi-letter extension @ext (between underscores). */
static bool isa_has(struct cspan isa, struct lit ext)
{
	struct cspan want = lit_span(ext);
	size_t i;

	for (i = 0; i + cspan_len(want) <= cspan_len(isa); i++) {
		size_t end = i + cspan_len(want);
		if (cspan_starts(cspan_from(isa, i), want) && i && span_byte(isa, i - 1) == '_' &&
			(end == cspan_len(isa) || span_byte(isa, end) == '_'))
			return true;
	}
	return false;
}

void arch_timer_init(void)
{
	struct dt_node *cpus_node = dt_find(STR("/cpus")), *n;
	u32 freq = 0;
	bool first = true;
	u64 hart;

	if (!dt_u32(cpus_node, LIT("timebase-frequency"), 0, &freq) || !freq)
		_kernel_panic("the devicetree has no /cpus/timebase-frequency");
	hz = freq;
	/* The other harts are not up yet: all that may come are asked. */
	for (n = dt_first_child(cpus_node); n; n = dt_next_sibling(n)) {
		bool has = isa_has(dt_string(n, LIT("riscv,isa"), 0), LIT("sstc"));
		if (!dt_cpu_hw_id(n, &hart) || (hart != cpus[0].hw_id && !riscv_cpu_is_usable(n)))
			continue;
		have_sstc = has && (have_sstc || first);
		first = false;
	}
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
	/* stimecmp is CSR 0x14d; written by number so that assemblers without Sstc accept it. TRUST: sets this hart's next timer interrupt only. */
	if (have_sstc)
		csr_write(0x14d, cycles);
	else
		(void)sbi_call(SBI_TIME, 0, cycles, 0, 0, 0, 0);
}
