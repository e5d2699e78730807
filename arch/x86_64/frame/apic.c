// SPDX-License-Identifier: MPL-2.0
/* x86_64: the local interrupt controller of each CPU (xAPIC): Intel SDM volume 3, chapter 11. */
#include <frame/device.h>
#include <frame/log.h>

#include "backend.h"

enum {
	APIC_TPR = 0x80,
	APIC_EOI = 0xb0,
	APIC_SVR = 0xf0,
	APIC_IN_SERVICE = 0x100,
	APIC_ICR_LOW = 0x300,
	APIC_ICR_HIGH = 0x310,
	APIC_LVT_TIMER = 0x320,
	APIC_LVT_LINT0 = 0x350,
	APIC_LVT_LINT1 = 0x360,
	APIC_LVT_ERROR = 0x370,
	APIC_COUNT = 0x380,
	APIC_LEFT = 0x390,
	APIC_DIVIDE = 0x3e0,
};
#define SVR_ENABLE    0x100u
#define LVT_MASKED    0x10000u
#define LVT_DEADLINE  0x40000u
#define ICR_ASSERT    0x4000u
#define ICR_PENDING   0x1000u
#define DIVIDE_BY_16  3u
#define MSR_APIC_BASE 0x1bu
#define APIC_X2       (1ul << 10)
#define APIC_GLOBAL   (1ul << 11)

static volatile u8 *apic; /* kmap mapping; each CPU accesses its own */

static u32 apic_read(u32 reg)
{
	/* TRUST: the registers above lie in the mapped 4 KiB. */
	return *(volatile u32 *)(apic + reg);
}

static void apic_write(u32 reg, u32 v)
{
	*(volatile u32 *)(apic + reg) = v; /* TRUST: as above */
}

void apic_map(void)
{
	struct dt_node *n;
	paddr_t base;
	u64 size;

	for (n = dt_first_child(dt_find(STR("/soc")));
		n && !dt_compatible(n, STR("intel,ce4100-lapic")); n = dt_next_sibling(n))
		;
	if (!n || !dt_reg(n, 0, &base, &size) || size < PAGE_SIZE ||
		!(apic = kmap_device(base, PAGE_SIZE)))
		_kernel_panic("no local APIC");
}

void apic_init_cpu(void)
{
	u64 base = rdmsr(MSR_APIC_BASE);

	/*
	 * TRUST of both writes: they enable the APIC at its present address. In x2APIC mode the
	 * registers are elsewhere, and that mode can only be left through the disabled state.
	 */
	if (base & APIC_X2)
		wrmsr(MSR_APIC_BASE, base & ~(APIC_X2 | APIC_GLOBAL));
	wrmsr(MSR_APIC_BASE, (base & ~APIC_X2) | APIC_GLOBAL);
	apic_write(APIC_SVR, SVR_ENABLE | VECTOR_SPURIOUS);
	apic_write(APIC_TPR, 0);
	apic_write(APIC_LVT_LINT0, LVT_MASKED);
	apic_write(APIC_LVT_LINT1, LVT_MASKED);
	apic_write(APIC_LVT_ERROR, LVT_MASKED | VECTOR_SPURIOUS);
	apic_write(APIC_DIVIDE, DIVIDE_BY_16);
	apic_write(APIC_LVT_TIMER, VECTOR_TIMER);
}

void apic_end_of_interrupt(void)
{
	apic_write(APIC_EOI, 0);
}

/*
 * When the stack has just overflowed, the CPU acknowledges an interrupt, cannot push its frame, and
 * takes a double fault. Then that interrupt is in service, and no interrupt of its priority or
 * below arrives before its EOI. The handlers of the timer and of IPIs send the EOI first
 * (x86_interrupt), so if one of these is in service, its handler has not begun. The handler of a
 * line has not begun unless a handler runs. These interrupts are sent again, because no other code
 * would: the timer is programmed again only after its interrupt. Each EOI ends the interrupt of the
 * highest priority.
 */
void arch_irq_abandon(void)
{
	bool in_handler = arch_this_cpu()->irq_depth;
	u32 v;

	for (v = 0xff; v >= VECTOR_LINES; v--) {
		if (!(apic_read(APIC_IN_SERVICE + v / 32 * 16) >> v % 32 & 1))
			continue;
		apic_end_of_interrupt();
		if (!in_handler || v >= VECTOR_TIMER)
			apic_send((u32)arch_this_cpu()->hw_id, APIC_FIXED, v);
	}
}

/* Interrupts off: the two writes of a command must not be separated. */
void apic_send(u32 id, u32 mode, u32 vector)
{
	while (apic_read(APIC_ICR_LOW) & ICR_PENDING)
		_arch_relax();
	apic_write(APIC_ICR_HIGH, id << 24);
	apic_write(APIC_ICR_LOW, ICR_ASSERT | mode << 8 | vector);
}

void apic_timer_start(u32 count)
{
	apic_write(APIC_COUNT, count);
}

u32 apic_timer_left(void)
{
	return apic_read(APIC_LEFT);
}

void apic_timer_deadline_mode(void)
{
	apic_write(APIC_LVT_TIMER, LVT_DEADLINE | VECTOR_TIMER);
	__asm__ volatile("mfence" : : : "memory"); /* before the first write of the deadline */
}
