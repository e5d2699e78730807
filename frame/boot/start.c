// SPDX-License-Identifier: MPL-2.0
/* The frame's start: one list, in order; each line says what exists after it. */
#include <frame/cpu.h>
#include <frame/log.h>
#include <frame/task.h>
#include <frame/time.h>

#include "../cpu_local.h"
#include "../dev/dev.h"
#include "../task/task.h"
#include "boot_private.h"

/* The services' entry, as the body of the first task. */
static void main_run(struct obj *owner)
{
	(void)owner;
	kernel_main();
}
static const struct task_ops main_ops = { .run = main_run };

static void start_first_task(void)
{
	struct task *t = task_new(&main_ops, NULL, (struct lit){ "main" });

	if (!t)
		_kernel_panic("no memory for the first task");
	task_start(t);
	task_put(&t);
}

void frame_start(u64 boot_hw_id, paddr_t fdt)
{
	const struct mem_range *ram;
	unsigned n;

	(void)boot_hw_id;
	arch_init_boot_cpu(); /* traps are reported, the firmware console works */
	fdt_scan_early(fdt);  /* RAM and what is reserved in it; command line */
	n = bootmem_ram(&ram);
	kernel_map_init(ram, n); /* the kernel's own address space, W^X */
	page_init();             /* pages */
	pool_init();             /* objects */
	dt_unflatten();          /* devicetree nodes */
	task_init_boot();        /* this context is a task: CPU 0's idle task */
	arch_timer_init();       /* the clock's frequency */
	time_init();             /* time */
	cmdline_set_levels();
	arch_irq_init();
	irq_chip_init(); /* interrupt controllers */
	arch_irq_init_cpu();
	irq_chip_init_cpu();
	arch_timer_init_cpu();
	smp_init();    /* the other CPUs */
	device_init(); /* devices, not yet probed */
	sched_init();  /* the services' scheduling policy */
	start_first_task();
	idle_loop();
}

u64 boot_time_since_entry_ns(void)
{
	return time_mono_ns();
}
