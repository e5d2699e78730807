// SPDX-License-Identifier: MPL-2.0
/* CPUs: their blocks, their start, and interrupts between them. */
#include <frame/cpu.h>
#include <frame/log.h>

#include "task.h"

struct cpu cpus[MAX_CPUS];
unsigned nr_cpus = 1;
static u64 online_mask = 1;

/* One remote call at a time. */
static struct spinlock call_lock;
static void (*call_fn)(void *);
static void *call_arg;
static u32 call_pending;

unsigned cpu_count(void)
{
	return nr_cpus;
}

void cpu_relax(void)
{
	_arch_relax();
}

u64 cpu_hw_id(unsigned i)
{
	return cpus[_index_check(i, nr_cpus)].hw_id;
}

void cpu_sync_icache_all(void)
{
	u64 flags = _arch_irq_save();
	u64 others = load_once(online_mask) & ~(1ul << _arch_cpu_id());

	memory_barrier();
	arch_icache_sync_local();
	if (others)
		arch_icache_sync_remote(others);
	_arch_irq_restore(flags);
}

void ipi_send(u64 mask, u64 bits)
{
	u64 m;

	for (m = mask; m; m &= m - 1)
		_or64_full(&cpus[bit_lowest(m)].ipi_pending, bits);
	arch_ipi_send(mask);
}

void ipi_call(u64 mask, void (*fn)(void *), void *arg)
{
	/*
	 * Interrupts do not stay off while this CPU waits: another CPU may be waiting for this one.
	 */
	while (!spin_trylock(&call_lock)) {
		u64 flags = _arch_irq_save(); /* a call of this CPU is done on this CPU */
		if (load_once(arch_this_cpu()->ipi_pending) & IPI_CALL)
			ipi_handle();
		_arch_irq_restore(flags);
		_arch_relax();
	}
	call_fn = fn;
	call_arg = arg;
	store_release(call_pending, (u32)__builtin_popcountl(mask));
	ipi_send(mask, IPI_CALL);
	while (load_acquire(call_pending))
		_arch_relax();
	spin_unlock(&call_lock);
}

void ipi_handle(void)
{
	u64 bits = _swap64_full(&arch_this_cpu()->ipi_pending, 0);

	if (bits & IPI_STOP)
		arch_halt();
	if (bits & IPI_CALL) {
		call_fn(call_arg);
		_add32_release(&call_pending, -1u);
	}
	/*
	 * IPI_RESCHED needs no action: the return path checks need_resched and the interrupt flags.
	 */
}

void cpu_stop_others(void)
{
	u64 others = load_once(online_mask) & ~(1ul << _arch_cpu_id());

	if (others)
		ipi_send(others, IPI_STOP);
}

void cpu_start_secondary(struct cpu *c)
{
	arch_irq_init_cpu();
	irq_chip_init_cpu();
	arch_timer_init_cpu();
	_or64_full(&online_mask, 1ul << c->id);
	store_release(c->online, 1);
	idle_loop();
}

/* Prepares the block of CPU @id: emergency stack, idle task. */
static bool cpu_prepare(unsigned id, u64 hw_id)
{
	struct cpu *c = &cpus[id];
	void *overflow = kmap_alloc_stack();

	c->id = id;
	c->ready = NOT_READY;
	c->hw_id = hw_id;
	c->idle_stack_top = id ? kmap_alloc_stack() : boot_stack();
	if (!overflow || !pool_init_cpu(c) || !c->idle_stack_top || !task_create_idle(c) ||
		!arch_cpu_prepare(c, overflow))
		return false;
	c->kernel_sp = (u64)c->idle_stack_top;
	return true;
}

void task_init_boot(void)
{
	u64 hw[MAX_CPUS];

	nr_cpus = 1;
	hw[0] = cpus[0].hw_id;
	if (!cpu_prepare(0, hw[0]))
		_kernel_panic("no memory for the first task");
	cpus[0].online = 1;
}

void smp_init(void)
{
	u64 hw[MAX_CPUS];
	unsigned found = arch_smp_discover(hw, MAX_CPUS);
	unsigned i, n = 1;

	for (i = 1; i < found; i++) {
		/*
		 * nr_cpus covers a CPU before it starts, because the CPU allocates from its first
		 * instruction on.
		 */
		if (!cpu_prepare(n, hw[i]))
			break;
		store_release(nr_cpus, n + 1); /* its block is complete */
		if (!arch_smp_start(&cpus[n])) {
			/* The CPU may still start, so its block cannot be given to another CPU. */
			nr_cpus = n;
			log_warn("the %u CPUs after it stay off", found - i - 1);
			break;
		}
		n++;
	}
}
