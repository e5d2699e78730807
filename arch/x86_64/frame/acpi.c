// SPDX-License-Identifier: MPL-2.0
/*
 * x86_64: the facts that the kernel needs from ACPI's static tables: the interrupt controllers and
 * CPUs (MADT), PCI configuration space (MCFG), the timer, sleep and reset registers (FADT), and the
 * sleep type of "off" (the \_S5 package, a constant in the DSDT). See the ACPI specification,
 * chapter 5.
 *
 * The tables come from firmware, which is trusted to describe the machine. A damaged table
 * (checksum, length) is ignored, and its facts stay unknown.
 */
#include <frame/log.h>

#include "backend.h"

struct acpi_facts acpi;

struct PACKED acpi_header {
	u8 signature[4];
	u32 length;
	u8 revision, checksum, oem[6], oem_table[8];
	u32 oem_revision, creator, creator_revision;
};

#define TABLE_MAX (1u << 20)

static const void *acpi_at(paddr_t pa)
{
	/* TRUST: read-only, and the start-up map covers it: see acpi_table(). */
	return arch_phys_to_virt(pa);
}

static bool acpi_is_mapped(paddr_t pa, u64 size)
{
	return pa && pa + size > pa && pa + size <= x86_early_end();
}

static bool acpi_sums_to_zero(const u8 *p, u32 n)
{
	u8 sum = 0;

	while (n--)
		sum = (u8)(sum + *p++);
	return sum == 0;
}

/* The table at @pa, or NULL if it is damaged. */
static const struct acpi_header *acpi_table(paddr_t pa)
{
	const struct acpi_header *h = acpi_at(pa);

	if (!acpi_is_mapped(pa, TABLE_MAX) || h->length < sizeof(*h) || h->length > TABLE_MAX ||
		!acpi_sums_to_zero((const u8 *)h, h->length))
		return NULL;
	return h;
}

static bool acpi_is_named(const struct acpi_header *h, const char *name)
{
	return memcmp(h->signature, name, 4) == 0;
}

static u32 acpi_get32(const struct acpi_header *h, u32 off)
{
	u32 v = 0;

	if (off + 4 <= h->length)
		memcpy(&v, (const u8 *)h + off, 4);
	return v;
}

static u64 acpi_get64(const struct acpi_header *h, u32 off)
{
	return off + 8 <= h->length ? (u64)acpi_get32(h, off + 4) << 32 | acpi_get32(h, off) : 0;
}

static u8 acpi_get8(const struct acpi_header *h, u32 off)
{
	return off < h->length ? ((const u8 *)h)[off] : 0;
}

/* Some firmware lists a CPU twice, by a short and a long entry. */
static void acpi_add_cpu(u32 id, u32 flags)
{
	u32 i;

	for (i = 0; i < acpi.nr_cpus; i++) {
		if (acpi.apic_id[i] == id)
			return;
	}
	if ((flags & 1) && acpi.nr_cpus < MAX_CPUS)
		acpi.apic_id[acpi.nr_cpus++] = id;
}

enum { MADT_CPU = 0, MADT_IOAPIC = 1, MADT_X2APIC = 9 };

static void acpi_read_madt(const struct acpi_header *h)
{
	u32 off, len;

	acpi.lapic = acpi_get32(h, 36);
	for (off = 44; off + 2 <= h->length; off += len) {
		len = acpi_get8(h, off + 1);
		if (len < 2)
			break;
		if (acpi_get8(h, off) == MADT_CPU)
			acpi_add_cpu(acpi_get8(h, off + 3), acpi_get32(h, off + 4));
		else if (acpi_get8(h, off) == MADT_X2APIC)
			acpi_add_cpu(acpi_get32(h, off + 4), acpi_get32(h, off + 8));
		else if (acpi_get8(h, off) == MADT_IOAPIC && acpi_get32(h, off + 8) == 0)
			acpi.ioapic = acpi_get32(h, off + 4);
	}
}

static void acpi_read_mcfg(const struct acpi_header *h)
{
	acpi.ecam = acpi_get64(h, 44);
	acpi.ecam_buses = acpi_get8(h, 55) + 1u;
}

/* An integer of AML: a byte, or a constant opcode. */
static u32 acpi_aml_byte(const struct acpi_header *h, u32 *off)
{
	u8 op = acpi_get8(h, (*off)++);

	return op == 0x0a ? acpi_get8(h, (*off)++) : op <= 1 ? op : 0;
}

/* Name(_S5, Package(){ a, b, ...}): 08 5f 53 35 5f 12 length count a b. */
static void acpi_read_dsdt(const struct acpi_header *h)
{
	static const u8 name[] = { '_', 'S', '5', '_', 0x12 };
	u32 i;

	for (i = sizeof(*h); i + 16 < h->length; i++) {
		const u8 *p = (const u8 *)h + i;
		u32 off;
		if (memcmp(p, name, sizeof(name)) != 0 || (p[-1] != 8 && p[-2] != 8))
			continue;
		off = i + (u32)sizeof(name);
		off += 1u + (acpi_get8(h, off) >> 6) + 1u; /* length and number of elements */
		acpi.sleep_type_a = acpi_aml_byte(h, &off);
		acpi.sleep_type_b = acpi_aml_byte(h, &off);
		return;
	}
}

static void acpi_read_fadt(const struct acpi_header *h)
{
	const struct acpi_header *dsdt = acpi_table(acpi_get32(h, 40));

	acpi.pm1a_control = acpi_get32(h, 64);
	acpi.pm1b_control = acpi_get32(h, 68);
	acpi.pm_timer = acpi_get32(h, 76);
	/* RESET_REG_SUP is set, and the register is 8 bits of I/O space. */
	if ((acpi_get32(h, 112) >> 10 & 1) && acpi_get8(h, 116) == 1) {
		acpi.reset_port = acpi_get32(h, 120);
		acpi.reset_value = acpi_get8(h, 128);
	}
	if (dsdt && acpi_is_named(dsdt, "DSDT"))
		acpi_read_dsdt(dsdt);
}

static void acpi_read_table(paddr_t pa)
{
	const struct acpi_header *h = acpi_table(pa);

	if (!h)
		return;
	if (acpi_is_named(h, "APIC"))
		acpi_read_madt(h);
	else if (acpi_is_named(h, "FACP"))
		acpi_read_fadt(h);
	else if (acpi_is_named(h, "MCFG"))
		acpi_read_mcfg(h);
}

void acpi_read(paddr_t rsdp)
{
	const u8 *r = acpi_at(rsdp);
	const struct acpi_header *root;
	bool wide;
	u32 off;
	u64 pa;

	if (!acpi_is_mapped(rsdp, 36) || memcmp(r, "RSD PTR ", 8) != 0 ||
		!acpi_sums_to_zero(r, 20)) {
		log_warn("no ACPI tables: one CPU, no power-off");
		return;
	}
	wide = r[15] >= 2;
	memcpy(&pa, r + 24, 8);
	if (!wide) {
		u32 low;
		memcpy(&low, r + 16, 4);
		pa = low;
	}
	root = acpi_table(pa);
	if (!root)
		return;
	for (off = sizeof(*root); off + (wide ? 8u : 4u) <= root->length; off += wide ? 8 : 4)
		acpi_read_table(wide ? acpi_get64(root, off) : acpi_get32(root, off));
}
