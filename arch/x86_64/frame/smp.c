// SPDX-License-Identifier: MPL-2.0
/*
 * x86_64: descriptor tables, the other CPUs (INIT, SIPI), and interrupts between CPUs.
 *
 * Remote TLB flushes use NMIs. The sender waits, maybe with interrupts off and locks held, and the
 * receiver may spin on such a lock with interrupts off as well, so an ordinary interrupt could
 * deadlock. Each CPU has one request slot as a sender. The sender, with interrupts off, fills its
 * slot, stores the set of receivers as a release, sends an NMI to each, and waits until the set is
 * empty. A receiver checks all slots, serves the requests that contain its bit, and then clears the
 * bit. So NMIs that merge lose no request.
 */
#include <frame/device.h>
#include <frame/log.h>
#include <frame/time.h>

#include "backend.h"

/* ---- descriptor tables ---- */

struct tss {
	u32 reserved0;
	u64 rsp[3];
	u64 reserved1;
	u64 ist[7]; /* [0] is IST1 */
	u64 reserved2;
	u16 reserved3, io_map;
} __attribute__((packed));
static_assert(sizeof(struct tss) == 104, "Intel SDM volume 3, 7.7");

struct table_pointer {
	u16 limit;
	u64 base;
} __attribute__((packed));

#define GDT_ENTRIES 10
/*
 * null, -, kernel code, kernel data, -, user data, user code, -, TSS (two); see the selectors in
 * asm.h.
 */
static const u64 gdt_model[GDT_ENTRIES] = { 0, 0, 0x00af9b000000ffff, 0x00cf93000000ffff, 0,
	0x00cff3000000ffff, 0x00affb000000ffff };
static u64 gdt[MAX_CPUS][GDT_ENTRIES];
static struct tss tss[MAX_CPUS];

enum { IST_FATAL = 1, IST_NMI, IST_DEBUG };

struct gate {
	u16 low, selector;
	u8 ist, type;
	u16 middle;
	u32 high, reserved;
};
static struct gate idt[256];

#define GATE_INTERRUPT 0x8eu
#define GATE_FROM_USER 0xeeu /* also by an instruction in user mode */

static void idt_set_gate(unsigned v, const void *entry, u8 ist, u8 type)
{
	u64 a = (u64)entry;

	idt[v] = (struct gate){ .low = (u16)a,
		.selector = KERNEL_CS,
		.ist = ist,
		.type = type,
		.middle = (u16)(a >> 16),
		.high = (u32)(a >> 32) };
}

void x86_load_idt(void)
{
	struct table_pointer p = { sizeof(idt) - 1, (u64)idt };
	unsigned v;

	if (!idt[0].type) {
		/*
		 * TRUST: only the entries of trap.S. arch_cpu_prepare sets up the stacks of the
		 * task state.
		 */
		for (v = 0; v < 256; v++)
			idt_set_gate(v, x86_trap_stubs + 16ul * v, 0,
				v == EXC_BREAKPOINT || v == EXC_OVERFLOW ? GATE_FROM_USER
									 : GATE_INTERRUPT);
	}
	__asm__ volatile("lidt %0" : : "m"(p));
}

/* TRUST: the kernel's own selectors and this CPU's task state. */
static void x86_load_descriptors(struct cpu *c)
{
	struct table_pointer p = { sizeof(gdt[0]) - 1, (u64)gdt[c->id] };

	__asm__ volatile("lgdt %0" : : "m"(p));
	__asm__ volatile("ltr %w0" : : "r"(TSS_SEL));
	/*
	 * No local table: after a reset it is at address 0 and 64 KiB large, and user code that
	 * loads a selector of it would read its descriptors from user pages.
	 */
	__asm__ volatile("lldt %w0" : : "r"(0));
}

bool arch_cpu_prepare(struct cpu *c, void *emergency_stack)
{
	struct tss *t = &tss[c->id];
	paddr_t nmi = page_alloc_frame(), small = page_alloc_frame();
	u64 base = (u64)t;

	if (!nmi || !small)
		return false;
	c->arch.self = (u64)c;
	/*
	 * Traps from user mode push a few words at the end of the small page, then switch to the
	 * task's stack. Debug traps use the middle of the page.
	 */
	t->rsp[0] = (u64)arch_phys_to_virt(small) + PAGE_SIZE;
	t->ist[IST_DEBUG - 1] = (u64)arch_phys_to_virt(small) + PAGE_SIZE - 256;
	t->ist[IST_NMI - 1] = (u64)arch_phys_to_virt(nmi) + PAGE_SIZE;
	t->ist[IST_FATAL - 1] = (u64)emergency_stack;
	t->io_map = sizeof(*t); /* user mode has no I/O port */
	__builtin_memcpy(gdt[c->id], gdt_model, sizeof(gdt_model));
	gdt[c->id][TSS_SEL / 8] = (sizeof(*t) - 1) | (base & 0xffffff) << 16 | 0x89ul << 40 |
		(base >> 24 & 0xff) << 56;
	gdt[c->id][TSS_SEL / 8 + 1] = base >> 32;
	if (c->id == 0) {
		x86_load_descriptors(c);
		idt_set_gate(EXC_DEBUG, x86_debug_stub, IST_DEBUG, GATE_INTERRUPT);
		idt_set_gate(EXC_NMI, x86_nmi_stub, IST_NMI, GATE_INTERRUPT);
		idt_set_gate(EXC_DOUBLE, x86_double_fault_stub, IST_FATAL, GATE_INTERRUPT);
		idt_set_gate(EXC_MACHINE, x86_machine_check_stub, IST_FATAL, GATE_INTERRUPT);
	}
	return true;
}

u64 x86_emergency_stack(void)
{
	return tss[_arch_cpu_id()].ist[IST_FATAL - 1];
}

/* ---- the other CPUs, and their start ---- */

unsigned arch_smp_discover(u64 *hw_ids, unsigned max)
{
	u64 boot = cpus[0].hw_id;
	struct dt_node *n;
	unsigned count = 1;
	u32 id;

	hw_ids[0] = boot;
	for (n = dt_first_child(dt_find(STR("/cpus"))); n; n = dt_next_sibling(n)) {
		if (!cspan_equal(dt_string(n, LIT("device_type"), 0), STR("cpu")) ||
			!dt_u32(n, LIT("reg"), 0, &id) || id == boot)
			continue;
		if (count == max || id >= APIC_ALL) {
			log_warn("more than %u CPUs, or ids from 255 on: the rest stay off", max);
			break;
		}
		hw_ids[count++] = id;
	}
	return count;
}

extern const u8 x86_trampoline[], x86_trampoline_data[], x86_trampoline_end[];
struct trampoline_data {
	u64 root;
	u64 block;
};

#define START_SECONDS 10u /* a busy host may suspend an emulated CPU for long */

static void smp_wait_us(u64 us)
{
	u64 until = arch_cycles() + us * arch_timer_hz() / 1000000;

	while (arch_cycles() < until)
		_arch_relax();
}

/* Fills the page at TRAMPOLINE with the data of the next CPU. */
static bool smp_fill_trampoline(struct cpu *c)
{
	static u8 *page;
	struct trampoline_data d = { x86_prepare_secondary_map(), (u64)c };

	if (!page)
		page = kmap_device(TRAMPOLINE, PAGE_SIZE);
	if (!page)
		return false;
	/* TRUST: tree.c has excluded this page from allocatable memory. */
	__builtin_memcpy(page, x86_trampoline, (size_t)(x86_trampoline_end - x86_trampoline));
	__builtin_memcpy(page + (x86_trampoline_data - x86_trampoline), &d, sizeof(d));
	memory_barrier();
	return true;
}

bool arch_smp_start(struct cpu *c)
{
	u64 flags, deadline;
	unsigned i;

	if (!smp_fill_trampoline(c))
		return false;
	flags = _arch_irq_save();
	apic_send((u32)c->hw_id, APIC_INIT, 0);
	smp_wait_us(10000);
	/*
	 * Intel SDM volume 3, 8.4.4.1: send it twice; a CPU that got the first ignores the second.
	 */
	for (i = 0; i < 2 && !load_acquire(c->arrival); i++) {
		apic_send((u32)c->hw_id, APIC_STARTUP, TRAMPOLINE >> 12);
		smp_wait_us(200);
	}
	_arch_irq_restore(flags);
	deadline = arch_cycles() + START_SECONDS * arch_timer_hz();
	while (!load_acquire(c->online)) {
		u32 awaited = CPU_AWAITED;
		/*
		 * A CPU that comes up later sees CPU_GIVEN_UP and halts; the block stays allocated
		 * for it.
		 */
		if (arch_cycles() > deadline && _cas32_full(&c->arrival, &awaited, CPU_GIVEN_UP)) {
			log_warn("CPU %lu was started but did not come up within %u seconds",
				c->hw_id, START_SECONDS);
			return false;
		}
		_arch_relax();
	}
	return true;
}

void x86_secondary_start(struct cpu *c)
{
	u32 awaited = CPU_AWAITED;

	if (!_cas32_full(&c->arrival, &awaited, CPU_ARRIVED))
		arch_halt();
	write_cr(3, kernel_root()); /* TRUST: replaces the start-up table by the kernel's */
	x86_load_descriptors(c);
	x86_init_cpu(c);
	cpu_start_secondary(c);
}

/* ---- interrupts between CPUs ---- */

static void smp_send(u64 cpu_mask, u32 mode, u32 vector)
{
	u64 flags = _arch_irq_save();

	for (; cpu_mask; cpu_mask &= cpu_mask - 1)
		apic_send((u32)cpus[__builtin_ctzl(cpu_mask)].hw_id, mode, vector);
	_arch_irq_restore(flags);
}

void arch_ipi_send(u64 cpu_mask)
{
	smp_send(cpu_mask, APIC_FIXED, VECTOR_IPI);
}

enum request_kind { FLUSH_USER, FLUSH_KERNEL, SERIALISE };

static struct request {
	u64 waiting; /* CPUs that have not served it yet */
	u32 kind;
	u64 asid, start, end;
} requests[MAX_CPUS]; /* by sender */

static void nmi_serve(const struct request *r)
{
	if (r->kind == FLUSH_USER)
		arch_tlb_flush_local(r->asid, r->start, r->end);
	else if (r->kind == FLUSH_KERNEL)
		arch_kernel_flush_local();
	else
		arch_icache_sync_local();
}

void x86_nmi(void)
{
	u64 bit = 1ul << _arch_cpu_id();
	unsigned i;

	for (i = 0; i < nr_cpus; i++) {
		if (load_acquire(requests[i].waiting) & bit) {
			nmi_serve(&requests[i]);
			_and64_full(&requests[i].waiting, ~bit);
		}
	}
}

/* Interrupts stay off, so that the slot belongs to this request until it is served. */
static void nmi_request(u64 cpu_mask, enum request_kind kind, u64 asid, u64 start, u64 end)
{
	u64 flags = _arch_irq_save();
	struct request *r = &requests[_arch_cpu_id()];

	r->kind = kind;
	r->asid = asid;
	r->start = start;
	r->end = end;
	store_release(r->waiting, cpu_mask);
	memory_barrier();
	smp_send(cpu_mask, APIC_NMI, 0);
	while (load_acquire(r->waiting))
		_arch_relax();
	_arch_irq_restore(flags);
}

void arch_tlb_flush_remote(u64 cpu_mask, u64 asid, u64 start, u64 end)
{
	nmi_request(cpu_mask, FLUSH_USER, asid, start, end);
}

void arch_icache_sync_remote(u64 cpu_mask)
{
	nmi_request(cpu_mask, SERIALISE, 0, 0, 0);
}

void arch_kernel_flush(u64 start, u64 end)
{
	u64 others = 0;
	unsigned i;

	for (i = 0; i < nr_cpus; i++) {
		if (i != _arch_cpu_id() && load_acquire(cpus[i].online))
			others |= 1ul << i;
	}
	/*
	 * With PCIDs, invlpg leaves global translations on some CPUs (Intel, Alder Lake: erratum
	 * ADL063).
	 */
	if (x86.pcid || end - start > FLUSH_ALL_PAGES * PAGE_SIZE)
		arch_kernel_flush_local();
	else
		for (; start < end; start += PAGE_SIZE)
			arch_kernel_flush_page_local(start);
	if (others)
		nmi_request(others, FLUSH_KERNEL, 0, 0, 0);
}

/* ---- a new task's stack: the values that arch_switch pops ---- */

void arch_context_init(struct arch_context *c, void *stack_top, void (*entry)(void *), void *arg)
{
	struct {
		u64 r15, r14, r13, r12, rbx, rbp, ret;
	} *f = (void *)((u64)stack_top - sizeof(*f)); /* TRUST: the top of a new stack */

	*f = (typeof(*f)){ .r12 = (u64)arg, .rbx = (u64)entry, .ret = (u64)x86_task_entry };
	c->sp = (u64)f;
}
