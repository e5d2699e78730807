// SPDX-License-Identifier: MPL-2.0
/*
 * riscv64: the harts as described by the devicetree and firmware: which are usable, the extensions
 * that all of them have, the errata of their cores. No register of a hart is read here.
 *
 * A hart is usable if the devicetree says that it is available, it has an MMU and an FPU, and it
 * can take supervisor-external interrupts. Others (a monitor core without S-mode) must not even be
 * started: some firmware reports success and hangs.
 */
#include <frame/device.h>
#include <frame/log.h>

#include "backend.h"
#include "sbi.h"

/* ---- extensions ---- */

/* Whether the old ISA string names the multi-letter extension @want (between underscores). */
static bool isa_string_has(struct cspan isa, struct cspan want)
{
	size_t i;

	for (i = 0; i + cspan_len(want) <= cspan_len(isa); i++) {
		size_t end = i + cspan_len(want);
		if (cspan_starts(cspan_from(isa, i), want) && i && span_byte(isa, i - 1) == '_' &&
			(end == cspan_len(isa) || span_byte(isa, end) == '_'))
			return true;
	}
	return false;
}

static bool hart_has(struct dt_node *n, struct cspan ext)
{
	struct cspan s;
	unsigned i;

	if (!dt_has(n, LIT("riscv,isa-extensions")))
		return isa_string_has(dt_string(n, LIT("riscv,isa"), 0), ext);
	for (i = 0; cspan_len(s = dt_string(n, LIT("riscv,isa-extensions"), i)); i++) {
		if (cspan_equal(s, ext))
			return true;
	}
	return false;
}

/*
 * Whether the old ISA string has the letter, which stands after "rv64" and before all longer names.
 */
static bool isa_string_has_letter(struct cspan isa, u8 letter)
{
	size_t i;

	for (i = 4; i < cspan_len(isa); i++) {
		u8 c = span_byte(isa, i);
		if (c == letter)
			return true;
		if (c == '_' || c == 's' || c == 'x' || c == 'z')
			break;
	}
	return false;
}

/* User programs are compiled for registers of double precision (the ABI lp64d): F and D. */
static bool hart_has_fpu(struct dt_node *n)
{
	struct cspan isa = dt_string(n, LIT("riscv,isa"), 0);

	if (dt_has(n, LIT("riscv,isa-extensions")))
		return hart_has(n, STR("d"));
	return !cspan_len(isa) || isa_string_has_letter(isa, 'd') ||
		isa_string_has_letter(isa, 'g');
}

bool riscv_cpu_is_usable(struct dt_node *n)
{
	struct cspan status = dt_string(n, LIT("status"), 0);
	struct cspan mmu = dt_string(n, LIT("mmu-type"), 0);

	if (cspan_len(status) && !cspan_equal(status, STR("okay")) &&
		!cspan_equal(status, STR("ok")))
		return false;
	return cspan_len(mmu) && !cspan_equal(mmu, STR("riscv,none")) && hart_has_fpu(n);
}

bool riscv_all_have(struct lit ext)
{
	struct dt_node *n;
	bool any = false;
	u64 hart;

	/* The other harts may not be up yet, so the loop covers all harts that may come up. */
	for (n = dt_first_child(dt_find(STR("/cpus"))); n; n = dt_next_sibling(n)) {
		if (!dt_cpu_hw_id(n, &hart) || (hart != cpus[0].hw_id && !riscv_cpu_is_usable(n)))
			continue;
		if (!hart_has(n, lit_span(ext)))
			return false;
		any = true;
	}
	return any;
}

/* ---- errata ---- */

/*
 * The vendor's list of errata as Linux applies it (SiFive's U74 and U54 cores; a core with a newer
 * implementation number is fixed). CIP-453: the faulting address of an instruction fetch lacks the
 * sign extension from bit 38 (Sv39). CIP-1200: sfence.vma with an address may leave the
 * translation: only the form without operands is safe.
 */
#define SIFIVE     0x489ul
#define SERIES_U54 0x1ul
#define SERIES_U74 0x8000000000000007ul

u32 riscv_errata_of(const struct riscv_identity *id)
{
	u32 e = 0;

	if (id->vendor != SIFIVE)
		return 0;
	if (id->architecture == SERIES_U74 && id->implementation >= 0x20181004 &&
		id->implementation <= 0x20191105)
		e |= ERRATUM_CIP_453;
	if ((id->architecture == SERIES_U74 || id->architecture == SERIES_U54) &&
		(id->implementation & 0xffffff) <= 0x200630 && id->implementation != 0x01200626)
		e |= ERRATUM_CIP_1200;
	return e;
}

u32 riscv_errata;
static struct riscv_identity identity;

static u64 sbi_base(u64 fn)
{
	return sbi_call(SBI_BASE, fn, 0, 0, 0, 0, 0).value;
}

void riscv_identify(void)
{
	identity = (struct riscv_identity){ sbi_base(SBI_VENDOR), sbi_base(SBI_ARCHITECTURE),
		sbi_base(SBI_IMPLEMENTATION) };
	riscv_errata = riscv_errata_of(&identity);
}

/* Logs the identification for the user of a board. */
static void hart_report(void)
{
	u64 spec = sbi_base(SBI_SPEC_VERSION);

	log_info(
		"hart %lu: vendor 0x%lx, architecture 0x%lx, implementation 0x%lx; SBI %lu.%lu, firmware %lu version 0x%lx",
		cpus[0].hw_id, identity.vendor, identity.architecture, identity.implementation,
		spec >> 24 & 0x7f, spec & 0xffffff, sbi_base(SBI_FIRMWARE),
		sbi_base(SBI_FIRMWARE_VERSION));
	if (riscv_errata & ERRATUM_CIP_453)
		log_info(
			"erratum CIP-453 of this core: addresses of instruction faults are sign-extended");
	if (riscv_errata & ERRATUM_CIP_1200)
		log_info("erratum CIP-1200 of this core: TLBs are always flushed completely");
}

/* ---- usable harts ---- */

unsigned arch_smp_discover(u64 *hw_ids, unsigned max)
{
	u64 boot = cpus[0].hw_id;
	struct dt_node *n;
	unsigned count = 1;
	bool any = false;
	u64 hart;

	hart_report();
	hw_ids[0] = boot;
	if (!sbi_probe(SBI_RFENCE) || !sbi_probe(SBI_IPI)) {
		log_warn(
			"the firmware offers no remote fences or interrupts (SBI RFENCE, IPI): only the boot hart is used");
		return 1;
	}
	for (n = dt_first_child(dt_find(STR("/cpus"))); n; n = dt_next_sibling(n)) {
		if (!dt_cpu_hw_id(n, &hart))
			continue;
		if (hart == boot && !hart_has_fpu(n))
			_kernel_panic(
				"no FPU of double precision (extensions F and D): user programs need it");
		if (!riscv_cpu_is_usable(n))
			continue;
		any = true;
		if (hart == boot || !irq_chip_reaches(hart))
			continue;
		if (count == max) {
			log_warn("more than %u CPUs: the rest stay off", max);
			break;
		}
		hw_ids[count++] = hart;
	}
	if (!any)
		log_warn(
			"the devicetree describes no CPU with an MMU (/cpus/cpu@N with mmu-type): only the boot hart is used");
	return count;
}
