// SPDX-License-Identifier: MPL-2.0
/*
 * x86_64: the clock is the time stamp counter. Each CPU's timer interrupt comes from its local
 * APIC, at a deadline of that counter if the CPU supports it, else after a count.
 *
 * The frequencies are measured against the ACPI timer, or against counter 2 of the PIT if there is
 * none. See the ACPI specification, 4.8.3.3; 8254 data sheet.
 */
#include <frame/log.h>
#include <frame/time.h>

#include "backend.h"

static u64 tsc_hz;
static u64 apic_per_tsc; /* APIC counts in 2^32 cycles */

#define PM_TIMER_HZ      3579545u
#define PIT_HZ           1193182u
#define PIT_COUNTER2     0x42
#define PIT_COMMAND      0x43
#define PIT_GATE         0x61
#define WINDOW_MS        20u
#define MSR_TSC_DEADLINE 0x6e0u

/* A counter of known frequency that wraps at 2^bits. */
struct reference {
	u32 (*read)(void);
	u32 hz, mask;
};

static u32 pm_timer_read(void)
{
	return arch_port_read32((u16)acpi.pm_timer) & 0xffffff;
}

static u32 pit_read(void)
{
	u32 lo;

	arch_port_write8(PIT_COMMAND, 0x80); /* latch counter 2 */
	lo = arch_port_read8(PIT_COUNTER2);
	return 0xffff - (lo | (u32)arch_port_read8(PIT_COUNTER2) << 8);
}

/* Counter 2 counts down from 65535 repeatedly, with the speaker off. */
static void pit_start(void)
{
	arch_port_write8(PIT_GATE, (u8)((arch_port_read8(PIT_GATE) & ~2u) | 1u));
	arch_port_write8(PIT_COMMAND, 0xb4);
	arch_port_write8(PIT_COUNTER2, 0xff);
	arch_port_write8(PIT_COUNTER2, 0xff);
}

struct sample {
	u64 tsc;
	u32 ref, apic;
};

/* Reads the three counters at one moment: of several tries, the shortest. */
static struct sample timer_sample(const struct reference *r)
{
	struct sample best = { 0 };
	u64 shortest = ~0ul;
	unsigned i;

	for (i = 0; i < 5; i++) {
		u64 begin = arch_cycles();
		u32 ref = r->read(), left = apic_timer_left();
		u64 took = arch_cycles() - begin;
		if (took < shortest) {
			shortest = took;
			best = (struct sample){ begin + took / 2, ref, left };
		}
	}
	return best;
}

void arch_timer_init(void)
{
	struct reference ref = { pm_timer_read, PM_TIMER_HZ, 0xffffff };
	struct sample a, b;
	u32 ticks;

	if (!acpi.pm_timer) {
		ref = (struct reference){ pit_read, PIT_HZ, 0xffff };
		pit_start();
	}
	apic_map();
	apic_init_cpu();
	apic_timer_start(~0u);
	a = timer_sample(&ref);
	while (((ref.read() - a.ref) & ref.mask) < ref.hz / 1000 * WINDOW_MS)
		_arch_relax();
	b = timer_sample(&ref);
	apic_timer_start(0);
	ticks = (b.ref - a.ref) & ref.mask;
	tsc_hz = (b.tsc - a.tsc) * ref.hz / ticks;
	if (!tsc_hz || b.apic >= a.apic)
		_kernel_panic("the timers of this machine do not run");
	apic_per_tsc = ((u64)(a.apic - b.apic) << 32) / (b.tsc - a.tsc);
}

void arch_timer_init_cpu(void)
{
	if (x86.tsc_deadline)
		apic_timer_deadline_mode();
	arch_timer_set(~0ul);
}

u64 arch_timer_hz(void)
{
	return tsc_hz;
}

void arch_timer_set(u64 cycles)
{
	u64 now, count;

	/* TRUST: both set this CPU's next timer interrupt only. */
	if (x86.tsc_deadline) {
		wrmsr(MSR_TSC_DEADLINE, cycles == ~0ul ? 0 : cycles);
		return;
	}
	if (cycles == ~0ul) {
		apic_timer_start(0);
		return;
	}
	/* If the deadline is too far away, the timer fires early and is programmed again. */
	now = arch_cycles();
	count = cycles > now ? min(cycles - now, 1ul << 32) * apic_per_tsc >> 32 : 0;
	apic_timer_start((u32)min(count, 0xfffffffeul) + 1);
}
