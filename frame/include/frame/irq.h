// SPDX-License-Identifier: MPL-2.0
/*
 * Interrupt lines of devices. A driver gets its lines from its device (device_irq), never a number.
 *
 * The handler runs with interrupts off on the CPU that claimed the interrupt; long work goes to a
 * task.
 * Trust: a line is the frame's own, made for one number that the devicetree names, and is never
 * freed.
 */
#ifndef FRAME_IRQ_H
#define FRAME_IRQ_H

#include <frame/obj.h>

struct irq_line;

struct TABLE irq_ops {
	/*
	 * Silences the device and does the urgent part. Interrupt context, interrupts off. Must not
	 * sleep, yield, exit, run user code, change the task's address space or end one, or wait
	 * for another handler (all of that traps). May wake, arm timers, log, make and release
	 * objects.
	 */
	void (*handle)(struct obj *owner);
};

/*
 * Attaches and enables; the line holds a reference on @owner. -EBUSY when attached already.
 * Context: task.
 */
int must_check irq_line_attach(struct irq_line *l, const struct irq_ops *ops, struct obj *owner);
/* Disables, waits for a running handler, drops the owner. Context: task (traps in others). */
void irq_line_detach(struct irq_line *l);
/*
 * Let it through / hold it back at the controller; a line that nobody is attached to stays off.
 * Context: any.
 */
void irq_line_enable(struct irq_line *l);
void irq_line_disable(struct irq_line *l);
/*
 * Interrupts this line has delivered on CPU @cpu; traps when there cannot be such a CPU. Context:
 * any.
 */
u64 irq_line_count(const struct irq_line *l, unsigned cpu);
/*
 * For /proc/interrupts: the i-th attached line (its number at the controller), false past the end.
 * Context: any.
 */
bool irq_line_describe(unsigned i, u32 *hwirq, struct irq_line **line);

#endif
