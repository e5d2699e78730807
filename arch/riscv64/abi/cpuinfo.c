// SPDX-License-Identifier: MPL-2.0
/* /proc/cpuinfo of riscv64, line for line as far as the devicetree tells it. */
#include <abi/cpuinfo.h>
#include <frame/cpu.h>
#include <frame/device.h>

static void line(struct fmt *f, struct lit name, struct cspan value)
{
	if (!cspan_len(value))
		return;
	fmt_lit(f, name);
	fmt_span(f, value);
	fmt_char(f, '\n');
}

void abi_cpuinfo(struct fmt *f, unsigned i)
{
	struct dt_node *n = cpu_node(i);
	struct cspan kind = dt_string(n, LIT("compatible"), 0);

	fmt_printf(f, "processor\t: %u\nhart\t\t: %lu\n", i, cpu_hw_id(i));
	line(f, LIT("isa\t\t: "), dt_string(n, LIT("riscv,isa"), 0));
	fmt_lit(f, LIT("mmu\t\t: sv39\n")); /* what is used, not what the devicetree says is there */
	if (!cspan_equal(kind, STR("riscv")))
		line(f, LIT("uarch\t\t: "), kind);
}
