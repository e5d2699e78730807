// SPDX-License-Identifier: MPL-2.0
/*
 * 16550 UARTs and their DesignWare relatives: a serial terminal each, and the kernel's console on the one that /chosen/stdout-path names.
 *
 * Registers as in the 16550 data sheet; reg-shift and reg-io-width from the devicetree. Line settings are kept as firmware left them. Received bytes go from the interrupt through a
 * ring to a task that feeds the terminal, because the line discipline may sleep and send signals. Transmission polls: it needs no memory and works from any context.
 */
#include <frame/boot.h>
#include <frame/device.h>
#include <frame/log.h>
#include <frame/task.h>
#include <kernel/console_input.h>
#include <kernel/tty.h>

enum { RBR = 0, THR = 0, IER = 1, IIR = 2, FCR = 2, LCR = 3, MCR = 4, LSR = 5, USR = 31 };
#define LSR_DATA     1u
#define LSR_TX_EMPTY 0x20u
#define IER_RX       1u
#define IIR_BUSY     7u   /* DesignWare: the line control register was written while busy */
#define IIR_TIMEOUT  0xcu
#define QUIRK_DW     1u
#define RX_RING      1024u
#define FIFO_DEPTH   16
#define MAX_UARTS    4

struct uart {
	struct obj obj;
	struct iomem *io;
	u32 shift, width, quirk;
	struct spinlock tx_lock; /* irqsave: one writer at a time */
	struct spinlock rx_lock; /* irqsave: guards the ring */
	u32 rx_head, rx_tail;
	u8 rx[RX_RING];
	struct waitq rx_wait;
	struct tty *tty;         /* reference */
};
static void uart_release(struct uart *u)
{
	obj_put(&u->tty);
}
OBJ_TYPE(uart, uart_release);

static struct uart *uarts[MAX_UARTS]; /* references: ports are for ever */
static u32 nr_uarts;

struct tty *serial_tty(u32 n)
{
	return n < nr_uarts ? uarts[n]->tty : NULL;
}

static u32 reg_read(struct uart *u, u32 reg)
{
	u64 off = (u64)reg << u->shift;

	return u->width == 4 ? iomem_read32(u->io, off) : iomem_read8(u->io, off);
}

static void reg_write(struct uart *u, u32 reg, u32 v)
{
	u64 off = (u64)reg << u->shift;

	if (u->width == 4)
		iomem_write32(u->io, off, v);
	else
		iomem_write8(u->io, off, (u8)v);
}

/* ---- output ---- */

static void send(struct uart *u, struct cspan text)
{
	u64 flags = spin_lock_irqsave(&u->tx_lock);
	size_t i = 0, k;

	while (i < cspan_len(text)) {
		while (!(reg_read(u, LSR) & LSR_TX_EMPTY))
			;
		for (k = 0; k < FIFO_DEPTH && i < cspan_len(text); k++)
			reg_write(u, THR, span_byte(text, i++));
	}
	spin_unlock_irqrestore(&u->tx_lock, flags);
}

static void console_write(struct obj *owner, struct cspan text)
{
	send(obj_cast(uart, owner), text);
}
static const struct console_ops uart_console = { .write = console_write };

static size_t uart_tty_write(struct tty *t, struct cspan bytes)
{
	/* In pieces, so that interrupts stay off for a FIFO's time only. */
	size_t done;

	for (done = 0; done < cspan_len(bytes); done += 64)
		send(obj_cast(uart, t->private), cspan_first(cspan_from(bytes, done), 64));
	return cspan_len(bytes);
}
static size_t uart_tty_room(struct tty *t)
{
	(void)t;
	return TTY_RING;
}
static const struct tty_driver uart_tty_driver = { .write = uart_tty_write, .room = uart_tty_room };

/* ---- input ---- */

static void uart_interrupt(struct obj *owner)
{
	struct uart *u = obj_cast(uart, owner);
	u32 iir = reg_read(u, IIR) & 15;

	spin_lock(&u->rx_lock);
	if ((u->quirk & QUIRK_DW) && iir == IIR_BUSY)
		(void)reg_read(u, USR);
	else if ((u->quirk & QUIRK_DW) && iir == IIR_TIMEOUT && !(reg_read(u, LSR) & LSR_DATA))
		(void)reg_read(u, RBR);
	while (reg_read(u, LSR) & LSR_DATA) {
		u8 c = (u8)reg_read(u, RBR);
		if (u->rx_head - u->rx_tail < RX_RING)
			u->rx[u->rx_head++ % RX_RING] = c;
	}
	spin_unlock(&u->rx_lock);
	waitq_wake_all(&u->rx_wait);
}
static const struct irq_ops uart_irq = { .handle = uart_interrupt };

static size_t take_received(struct uart *u, struct span out)
{
	u64 flags = spin_lock_irqsave(&u->rx_lock);
	size_t n = 0;

	while (n < span_len(out) && u->rx_tail != u->rx_head)
		span_set_byte(out, n++, u->rx[u->rx_tail++ % RX_RING]);
	spin_unlock_irqrestore(&u->rx_lock, flags);
	return n;
}

static void rx_run(struct obj *owner)
{
	struct uart *u = obj_cast(uart, owner);
	u8 chunk[64];
	int err;

	for (;;) {
		size_t n = take_received(u, span_of(chunk));
		if (n)
			tty_input(u->tty, cspan_first(cspan_of(chunk), n));
		else
			wait_event(&u->rx_wait, load_once(u->rx_head) != load_once(u->rx_tail), WAIT_UNINTERRUPTIBLE, NO_DEADLINE, &err);
	}
}
static const struct task_ops rx_ops = { .run = rx_run };

/* ---- probe ---- */

static int start_input(struct device *dev, struct uart *u)
{
	struct irq_line *line = device_irq(dev, 0);
	struct task *task;
	int err;

	if (!line)
		return -ENODEV;
	task = task_new(&rx_ops, &u->obj, LIT("uart"));
	if (!task)
		return -ENOMEM;
	task_start(task);
	task_put(&task);
	err = irq_line_attach(line, &uart_irq, &u->obj);
	if (!err)
		reg_write(u, IER, IER_RX);
	return err;
}

static int uart_probe(struct device *dev, u32 quirk)
{
	struct uart *u;
	u32 n = nr_uarts;
	int err;

	if (n == MAX_UARTS)
		return -ENOSPC;
	u = obj_new(uart);
	if (!u)
		return -ENOMEM;
	u->quirk = quirk;
	u->width = 1;
	(void)dt_u32(device_node(dev), LIT("reg-shift"), 0, &u->shift);
	(void)dt_u32(device_node(dev), LIT("reg-io-width"), 0, &u->width);
	u->io = device_iomem(dev, 0);
	u->tty = tty_new(&uart_tty_driver, MKDEV(4, 64 + n));
	if (!u->io || !u->tty || u->shift > 4 || (u->width != 1 && u->width != 4)) {
		err = u->tty ? -EINVAL : -ENOMEM;
		obj_put(&u);
		return err;
	}
	u->tty->private = &obj_get(u)->obj;
	reg_write(u, IER, 0);
	reg_write(u, FCR, 7); /* FIFOs on and empty, interrupt at the first byte */
	uarts[n] = obj_get(u);
	nr_uarts = n + 1;
	static const struct lit names[MAX_UARTS] = { LIT("ttyS0"), LIT("ttyS1"), LIT("ttyS2"), LIT("ttyS3") };
	(void)devtmpfs_add(names[n], S_IFCHR | 0600, MKDEV(4, 64 + n));
	if (device_is_stdout(dev)) {
		console_register(&uart_console, &u->obj);
		tty_set_console(u->tty);
	}
	err = start_input(dev, u);
	obj_put(&u);
	return err;
}

static const struct dt_match uart_match[] = {
	{ LIT("ns16550a"), .quirk = 0 },
	{ LIT("ns16550"), .quirk = 0 },
	{ LIT("starfive,jh7110-uart"), .quirk = QUIRK_DW },
	{ LIT("snps,dw-apb-uart"), .quirk = QUIRK_DW },
};
DRIVER(ns16550, uart_match, uart_probe);
