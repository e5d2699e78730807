// SPDX-License-Identifier: MPL-2.0
/*
 * AT_HWCAP from the devicetree's ISA strings: the single letters of `rv64imafdc...` up to the first
 * multi-letter extension. A letter counts if all CPUs have it.
 */
#include <abi/elf.h>
#include <frame/cpu.h>
#include <frame/device.h>
#include <frame/span.h>

/*
 * The letters that Linux reports and that work here. Not v: the kernel saves no vector registers.
 * Other letters (like h) mean nothing to user mode.
 */
static bool hwcap_is_reported(u8 c)
{
	return c == 'i' || c == 'm' || c == 'a' || c == 'f' || c == 'd' || c == 'c';
}

static u64 letters_of(struct cspan isa)
{
	u64 caps = 0;
	size_t i;

	for (i = 4; i < cspan_len(isa); i++) { /* after "rv64" */
		u8 c = span_byte(isa, i);
		if (c == '_' || c == 'z' || c == 's' || c == 'x')
			break;
		if (hwcap_is_reported(c))
			caps |= 1ul << (c - 'a');
	}
	return caps;
}

u64 abi_hwcap(void)
{
	static u64 cached;
	u64 caps = ~0ul;
	unsigned i;

	if (cached)
		return cached;
	for (i = 0; i < cpu_count(); i++)
		caps &= letters_of(dt_string(cpu_node(i), LIT("riscv,isa"), 0));
	cached = caps;
	return caps;
}
