// SPDX-License-Identifier: MPL-2.0
/*
 * Interrupt lines of devices. A driver gets its lines from its device (device_irq), never a number.
 * The handler runs with interrupts off on the CPU that claimed the interrupt; long work belongs in
 * a task.
 *
 * After a thousand interrupts of a CPU within 100 ms, of whatever lines, while no task of the CPU
 * goes to sleep, each line that interrupts the CPU in the next millisecond is masked until that has
 * passed, so that tasks go on. The line's handler is then called, whether the device interrupts or
 * not. irq_line_enable and irq_line_disable end such a mask; the next interrupt sets it again. The
 * log says it once of a line that goes on so.
 *
 * Trust: a line belongs to the frame. It is made for one interrupt that the devicetree names or a
 *        PCI function has, and is never freed.
 * Source: frame/dev/irq.c.
 */
#ifndef FRAME_IRQ_H
#define FRAME_IRQ_H

#include <frame/obj.h>

struct irq_line;

struct TABLE irq_ops {
	/*
	 * Silences the device and does the urgent part of the work. Context: interrupt, interrupts
	 * off. It may wake tasks, arm timers, log, make and release objects. It must not sleep,
	 * yield, exit, run user code, change the task's address space, end an address space, or
	 * wait for another handler: all of these trap.
	 */
	void (*handle)(struct obj *owner);
};

/*
 * Attaches a handler and enables the line; the line takes a reference on @owner. Returns 0, or
 * -EBUSY when a handler is attached already, or a detach waits for the one before. Context: task
 * (traps in others).
 *
 * What the device raised before, while its line was masked, may be lost: a message or an edge that
 * finds no handler is gone, and the device sends no other one while it holds the cause. So a driver
 * looks at its device and silences it after the attach, and the same after irq_line_enable.
 */
int must_check irq_line_attach(struct irq_line *l, const struct irq_ops *ops, struct obj *owner);
/*
 * Disables the line, waits for a running handler, drops the reference on the owner. Context: task
 * (traps in others).
 */
void irq_line_detach(struct irq_line *l);
/*
 * Unmasks / masks the line at the controller. A line without a handler stays masked. A level that
 * is up when the line is unmasked interrupts then; an edge or a message in between may be lost, see
 * irq_line_attach. Context: any.
 */
void irq_line_enable(struct irq_line *l);
void irq_line_disable(struct irq_line *l);
/*
 * Number of interrupts that this line has delivered on CPU @cpu. Traps when @cpu is not below
 * cpu_count(). Context: any.
 */
u64 irq_line_count(const struct irq_line *l, unsigned cpu);
/*
 * For /proc/interrupts: the i-th line that was asked for, in that order, the kind of chip that it
 * belongs to, and its number there. False past the end. Context: any.
 */
struct irq_info {
	struct irq_line *line;
	struct lit chip;
	u32 nr;
};
bool irq_line_describe(unsigned i, struct irq_info *out);

#endif
