// SPDX-License-Identifier: MPL-2.0
/*
 * x86_64: what the kernel wants to know of ACPI's static tables: the interrupt controllers and CPUs
 * (MADT), PCI configuration space (MCFG), the timer, sleep and reset registers (FADT), and the
 * sleep type of "off" (the \_S5 package, a constant in the DSDT). See the ACPI specification,
 * chapter 5.
 *
 * The tables come from firmware, which is trusted to describe the machine; a damaged one is left
 * aside (checksums, lengths), and what it says stays unknown.
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

static const void *at(paddr_t pa)
{
	/* TRUST: read only, and the start-up map covers it: see table(). */
	return arch_phys_to_virt(pa);
}

static bool is_mapped(paddr_t pa, u64 size)
{
	return pa && pa + size > pa && pa + size <= x86_early_end();
}

static bool sums_to_zero(const u8 *p, u32 n)
{
	u8 sum = 0;

	while (n--)
		sum = (u8)(sum + *p++);
	return sum == 0;
}

/* The table at @pa if it is a sound one, or NULL. */
static const struct acpi_header *table(paddr_t pa)
{
	const struct acpi_header *h = at(pa);

	if (!is_mapped(pa, TABLE_MAX) || h->length < sizeof(*h) || h->length > TABLE_MAX ||
		!sums_to_zero((const u8 *)h, h->length))
		return NULL;
	return h;
}

static bool is_named(const struct acpi_header *h, const char *name)
{
	return memcmp(h->signature, name, 4) == 0;
}

static u32 get32(const struct acpi_header *h, u32 off)
{
	u32 v = 0;

	if (off + 4 <= h->length)
		memcpy(&v, (const u8 *)h + off, 4);
	return v;
}

static u64 get64(const struct acpi_header *h, u32 off)
{
	return off + 8 <= h->length ? (u64)get32(h, off + 4) << 32 | get32(h, off) : 0;
}

static u8 get8(const struct acpi_header *h, u32 off)
{
	return off < h->length ? ((const u8 *)h)[off] : 0;
}

/* Some firmware tells of a CPU twice, by a short and a long entry. */
static void add_cpu(u32 id, u32 flags)
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

static void read_madt(const struct acpi_header *h)
{
	u32 off, len;

	acpi.lapic = get32(h, 36);
	for (off = 44; off + 2 <= h->length; off += len) {
		len = get8(h, off + 1);
		if (len < 2)
			break;
		if (get8(h, off) == MADT_CPU)
			add_cpu(get8(h, off + 3), get32(h, off + 4));
		else if (get8(h, off) == MADT_X2APIC)
			add_cpu(get32(h, off + 4), get32(h, off + 8));
		else if (get8(h, off) == MADT_IOAPIC && get32(h, off + 8) == 0)
			acpi.ioapic = get32(h, off + 4);
	}
}

static void read_mcfg(const struct acpi_header *h)
{
	acpi.ecam = get64(h, 44);
	acpi.ecam_buses = get8(h, 55) + 1u;
}

/* An integer of AML: a byte, or a constant opcode. */
static u32 aml_byte(const struct acpi_header *h, u32 *off)
{
	u8 op = get8(h, (*off)++);

	return op == 0x0a ? get8(h, (*off)++) : op <= 1 ? op : 0;
}

/* Name(_S5, Package(){ a, b, ...}): 08 5f 53 35 5f 12 length count a b. */
static void read_dsdt(const struct acpi_header *h)
{
	static const u8 name[] = { '_', 'S', '5', '_', 0x12 };
	u32 i;

	for (i = sizeof(*h); i + 16 < h->length; i++) {
		const u8 *p = (const u8 *)h + i;
		u32 off;
		if (memcmp(p, name, sizeof(name)) != 0 || (p[-1] != 8 && p[-2] != 8))
			continue;
		off = i + (u32)sizeof(name);
		off += 1u + (get8(h, off) >> 6) + 1u; /* the package's length, and its count */
		acpi.sleep_type_a = aml_byte(h, &off);
		acpi.sleep_type_b = aml_byte(h, &off);
		return;
	}
}

static void read_fadt(const struct acpi_header *h)
{
	const struct acpi_header *dsdt = table(get32(h, 40));

	acpi.pm1a_control = get32(h, 64);
	acpi.pm1b_control = get32(h, 68);
	acpi.pm_timer = get32(h, 76);
	/* RESET_REG_SUP, and a register in I/O space of 8 bits. */
	if ((get32(h, 112) >> 10 & 1) && get8(h, 116) == 1) {
		acpi.reset_port = get32(h, 120);
		acpi.reset_value = get8(h, 128);
	}
	if (dsdt && is_named(dsdt, "DSDT"))
		read_dsdt(dsdt);
}

static void read_table(paddr_t pa)
{
	const struct acpi_header *h = table(pa);

	if (!h)
		return;
	if (is_named(h, "APIC"))
		read_madt(h);
	else if (is_named(h, "FACP"))
		read_fadt(h);
	else if (is_named(h, "MCFG"))
		read_mcfg(h);
}

void acpi_read(paddr_t rsdp)
{
	const u8 *r = at(rsdp);
	const struct acpi_header *root;
	bool wide;
	u32 off;
	u64 pa;

	if (!is_mapped(rsdp, 36) || memcmp(r, "RSD PTR ", 8) != 0 || !sums_to_zero(r, 20)) {
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
	root = table(pa);
	if (!root)
		return;
	for (off = sizeof(*root); off + (wide ? 8u : 4u) <= root->length; off += wide ? 8 : 4)
		read_table(wide ? get64(root, off) : get32(root, off));
}
