// SPDX-License-Identifier: MPL-2.0
/*
 * /proc/cpuinfo of riscv64 in Linux's format, with the lines that the devicetree has the values
 * for.
 */
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

/*
 * The vector extension, which user mode cannot use: the letter v among the single letters, and
 * words like zve64d and zvfh.
 */
static bool is_vector(struct cspan word, bool first)
{
	return !first && cspan_starts(word, STR("zv"));
}

/* The ISA string without the extensions that programs cannot use. */
static void isa_line(struct fmt *f, struct cspan isa)
{
	bool first = true;
	size_t i, n;

	if (!cspan_len(isa))
		return;
	fmt_lit(f, LIT("isa\t\t: "));
	for (; cspan_len(isa); isa = cspan_from(isa, n + 1), first = false) {
		n = cspan_find(isa, '_');
		if (is_vector(cspan_first(isa, n), first))
			continue;
		if (!first)
			fmt_char(f, '_');
		for (i = 0; i < min(n, cspan_len(isa)); i++) {
			if (!first || i < 2 || span_byte(isa, i) != 'v') /* "rv64..." */
				fmt_char(f, (char)span_byte(isa, i));
		}
	}
	fmt_char(f, '\n');
}

void abi_cpuinfo(struct fmt *f, unsigned i)
{
	struct dt_node *n = cpu_node(i);
	struct cspan kind = dt_string(n, LIT("compatible"), 0);

	fmt_printf(f, "processor\t: %u\nhart\t\t: %lu\n", i, cpu_hw_id(i));
	isa_line(f, dt_string(n, LIT("riscv,isa"), 0));
	/* The mode in use, not the largest one that the devicetree lists. */
	fmt_lit(f, LIT("mmu\t\t: sv39\n"));
	if (!cspan_equal(kind, STR("riscv")))
		line(f, LIT("uarch\t\t: "), kind);
}
