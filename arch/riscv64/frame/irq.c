// SPDX-License-Identifier: MPL-2.0
/*
 * riscv64: a hart has one wire for all device interrupts (scause 9). The controllers behind it are
 * chips of frame/irqchip, and nothing is left to do for the backend.
 */
#include "backend.h"

void arch_irq_init(void)
{
}

void arch_irq_init_cpu(void)
{
}

/*
 * Interrupts of the timer and of other harts stay pending until they are handled. A line whose
 * handler trapped stays claimed: only a self-test could miss it, and none does.
 */
void arch_irq_abandon(void)
{
}
