// SPDX-License-Identifier: MPL-2.0
/*
 * 16550 UARTs and their DesignWare relatives: a serial terminal each, and the kernel's console on the one that /chosen/stdout-path names, or on
 * the first when it names none.
 *
 * Registers as in the 16550 data sheet; reg-shift and reg-io-width from the devicetree. Line settings are kept as firmware left them. Received bytes go
 * from the interrupt through a ring to a task that feeds the terminal. What programs write goes through a ring, too; the kernel's own messages are sent by
 * polling, which needs no memory and works from any context.
 */
#include <frame/boot.h>
#include <frame/device.h>
#include <frame/log.h>
#include <frame/task.h>
#include <kernel/console_input.h>
#include <kernel/tty.h>

enum { RBR = 0, THR = 0, IER = 1, IIR = 2, FCR = 2, LCR = 3, MCR = 4, LSR = 5, MSR = 6, USR = 31 };
#define LSR_DATA     1u
#define LSR_OVERRUN  2u
#define LSR_PARITY   4u
#define LSR_FRAME    8u
#define LSR_BREAK    0x10u
#define LSR_DAMAGE   0x1eu
#define LSR_TX_EMPTY 0x20u
#define IER_RX       1u
#define IER_TX       2u
#define LCR_BREAK    0x40u
#define IIR_BUSY     7u   /* DesignWare: the line control register was written while busy */
#define IIR_TIMEOUT  0xcu
#define QUIRK_DW     1u
#define RX_RING      1024u
#define TX_RING      4096u
#define FIFO_DEPTH   16
#define MAX_UARTS    4

struct uart {
	struct obj obj;
	struct iomem *io;
	u32 shift, width, quirk;
	struct spinlock lock;    /* irqsave: the registers and what follows */
	u32 rx_head, rx_tail;
	u16 rx[RX_RING];         /* a byte, and how it was damaged (LSR_DAMAGE) in the high half */
	u32 damage;              /* seen when the line status was read for other reasons */
	u32 tx_head, tx_tail;
	u8 tx[TX_RING];
	bool tx_stopped;
	bool tx_news;            /* for the task: there is room, or all has gone */
	struct waitq wait;       /* the task */
	struct serial_counts counts;
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

/* Reading it clears the damage of the byte that can be received: that is kept for whoever receives it. */
static u32 line_status(struct uart *u)
{
	u32 v = reg_read(u, LSR);

	u->damage |= v & LSR_DAMAGE;
	return v;
}

/* ---- output ---- */

/* All of these with the lock held. */

static u32 tx_len(const struct uart *u)
{
	return u->tx_head - u->tx_tail;
}

/* Fills the FIFO if it is empty; false: nothing more can be sent now. */
static bool fill_fifo(struct uart *u)
{
	u32 k, before = tx_len(u);

	if (!before || u->tx_stopped || !(line_status(u) & LSR_TX_EMPTY))
		return false;
	for (k = 0; k < FIFO_DEPTH && tx_len(u); k++)
		reg_write(u, THR, u->tx[u->tx_tail++ % TX_RING]);
	u->counts.tx += (s32)k;
	if (!tx_len(u) || (before > TX_RING / 2 && tx_len(u) <= TX_RING / 2))
		u->tx_news = true;
	return true;
}

/* The interrupt goes on with what is left. */
static void expect_more(struct uart *u)
{
	reg_write(u, IER, tx_len(u) && !u->tx_stopped ? IER_RX | IER_TX : IER_RX);
}

static void wait_empty(struct uart *u)
{
	while (!(line_status(u) & LSR_TX_EMPTY))
		;
}

/* Sends what is in the ring and waits for it; the lock is free in between. */
static void drain(struct uart *u)
{
	bool more = true;
	u64 flags;

	while (more) {
		flags = spin_lock_irqsave(&u->lock);
		if (tx_len(u) && !u->tx_stopped)
			wait_empty(u);
		more = fill_fifo(u);
		spin_unlock_irqrestore(&u->lock, flags);
	}
}

/* The kernel's messages do not wait for interrupts: they work from any context and until the end. They come behind what programs wrote before. */
static void console_write(struct obj *owner, struct cspan text)
{
	struct uart *u = obj_cast(uart, owner);
	size_t i = 0, k;
	u64 flags;

	drain(u);
	flags = spin_lock_irqsave(&u->lock);
	while (i < cspan_len(text)) {
		wait_empty(u);
		for (k = 0; k < FIFO_DEPTH && i < cspan_len(text); k++)
			reg_write(u, THR, span_byte(text, i++));
	}
	spin_unlock_irqrestore(&u->lock, flags);
}
static const struct console_ops uart_console = { .write = console_write };

/* ---- as a terminal ---- */

static struct uart *uart_of(struct tty *t)
{
	return obj_cast(uart, t->private);
}

static size_t uart_tty_write(struct tty *t, struct cspan bytes)
{
	struct uart *u = uart_of(t);
	u64 flags = spin_lock_irqsave(&u->lock);
	size_t i, n = min(cspan_len(bytes), (size_t)(TX_RING - tx_len(u)));

	for (i = 0; i < n; i++)
		u->tx[u->tx_head++ % TX_RING] = span_byte(bytes, i);
	spin_unlock_irqrestore(&u->lock, flags);
	return n;
}

static size_t uart_tty_room(struct tty *t)
{
	u32 room = TX_RING - tx_len(uart_of(t));

	return room < 8 ? 0 : room;
}

static size_t uart_tty_pending(struct tty *t)
{
	return tx_len(uart_of(t));
}

/* Sends as long as the device takes it at once (an emulated one does); the interrupt does the rest. */
static void uart_tty_kick(struct tty *t)
{
	struct uart *u = uart_of(t);
	bool more = true;
	u64 flags;

	while (more) {
		flags = spin_lock_irqsave(&u->lock);
		more = fill_fifo(u);
		if (!more)
			expect_more(u);
		spin_unlock_irqrestore(&u->lock, flags);
	}
}

static void uart_tty_flush(struct tty *t)
{
	struct uart *u = uart_of(t);
	u64 flags = spin_lock_irqsave(&u->lock);

	u->tx_head = u->tx_tail = 0;
	expect_more(u);
	spin_unlock_irqrestore(&u->lock, flags);
	tty_output_ready(t);
}

static void uart_tty_stopped(struct tty *t)
{
	uart_of(t)->tx_stopped = t->stopped;
	uart_tty_kick(t);
}

static void uart_tty_set_break(struct tty *t, bool on)
{
	struct uart *u = uart_of(t);
	u64 flags = spin_lock_irqsave(&u->lock);
	u32 lcr = reg_read(u, LCR);

	reg_write(u, LCR, on ? lcr | LCR_BREAK : lcr & ~LCR_BREAK);
	spin_unlock_irqrestore(&u->lock, flags);
}

static void uart_tty_close(struct tty *t)
{
	struct uart *u = uart_of(t);

	u->tx_stopped = false;
	drain(u);
}

/* Modem lines: those we set and those we see, as TIOCM_* bits. */
static u32 uart_tty_modem(struct tty *t)
{
	struct uart *u = uart_of(t);
	u64 flags = spin_lock_irqsave(&u->lock);
	u32 mcr = reg_read(u, MCR), msr = reg_read(u, MSR);

	spin_unlock_irqrestore(&u->lock, flags);
	return (mcr & 1 ? TIOCM_DTR : 0) | (mcr & 2 ? TIOCM_RTS : 0) | (mcr & 4 ? TIOCM_OUT1 : 0) | (mcr & 8 ? TIOCM_OUT2 : 0) |
		(mcr & 16 ? TIOCM_LOOP : 0) | (msr & 16 ? TIOCM_CTS : 0) | (msr & 32 ? TIOCM_DSR : 0) | (msr & 64 ? TIOCM_RI : 0) |
		(msr & 128 ? TIOCM_CD : 0);
}

static void uart_tty_set_modem(struct tty *t, u32 set, u32 clear)
{
	struct uart *u = uart_of(t);
	u32 lines = (uart_tty_modem(t) & ~clear) | set;
	u64 flags = spin_lock_irqsave(&u->lock);

	reg_write(u, MCR, (lines & TIOCM_DTR ? 1 : 0) | (lines & TIOCM_RTS ? 2 : 0) | (lines & TIOCM_OUT1 ? 4 : 0) | (lines & TIOCM_OUT2 ? 8 : 0) |
			(lines & TIOCM_LOOP ? 16 : 0));
	spin_unlock_irqrestore(&u->lock, flags);
}

static struct serial_counts uart_tty_counts(struct tty *t)
{
	return uart_of(t)->counts;
}

static const struct tty_driver uart_tty_driver = {
	.write = uart_tty_write,
	.room = uart_tty_room,
	.kick = uart_tty_kick,
	.pending = uart_tty_pending,
	.flush = uart_tty_flush,
	.stopped = uart_tty_stopped,
	.set_break = uart_tty_set_break,
	.close = uart_tty_close,
	.modem = uart_tty_modem,
	.set_modem = uart_tty_set_modem,
	.counts = uart_tty_counts,
};

/* ---- input ---- */

static void count_damage(struct uart *u, u32 damage)
{
	u->counts.brk += !!(damage & LSR_BREAK);
	u->counts.parity += !!(damage & LSR_PARITY) && !(damage & LSR_BREAK);
	u->counts.frame += !!(damage & LSR_FRAME) && !(damage & LSR_BREAK);
	u->counts.overrun += !!(damage & LSR_OVERRUN);
}

static void receive(struct uart *u)
{
	while (line_status(u) & LSR_DATA) {
		u16 c = (u16)((reg_read(u, RBR) & 0xff) | u->damage << 8);
		if (u->damage)
			count_damage(u, u->damage);
		u->damage = 0;
		u->counts.rx++;
		if (u->rx_head - u->rx_tail < RX_RING)
			u->rx[u->rx_head++ % RX_RING] = c;
		else
			u->counts.buf_overrun++;
	}
}

static void uart_interrupt(struct obj *owner)
{
	struct uart *u = obj_cast(uart, owner);
	u32 iir = reg_read(u, IIR) & 15;
	bool news;

	spin_lock(&u->lock);
	if ((u->quirk & QUIRK_DW) && iir == IIR_BUSY)
		(void)reg_read(u, USR);
	else if ((u->quirk & QUIRK_DW) && iir == IIR_TIMEOUT && !(line_status(u) & LSR_DATA))
		(void)reg_read(u, RBR);
	receive(u);
	(void)fill_fifo(u);
	expect_more(u);
	news = u->rx_head != u->rx_tail || u->tx_news;
	spin_unlock(&u->lock);
	if (news)
		waitq_wake_all(&u->wait);
}
static const struct irq_ops uart_irq = { .handle = uart_interrupt };

/* Takes bytes up to the first damaged one, or that alone: *damage. */
static size_t take_received(struct uart *u, struct span out, u32 *damage)
{
	u64 flags = spin_lock_irqsave(&u->lock);
	size_t n = 0;

	*damage = 0;
	while (n < span_len(out) && u->rx_tail != u->rx_head && !*damage) {
		u16 c = u->rx[u->rx_tail % RX_RING];
		if (c > 0xff && n)
			break;
		*damage = c >> 8;
		span_set_byte(out, n++, (u8)c);
		u->rx_tail++;
	}
	spin_unlock_irqrestore(&u->lock, flags);
	return n;
}

static void feed(struct uart *u, struct cspan bytes, u32 damage)
{
	if (damage & (LSR_BREAK | LSR_PARITY | LSR_FRAME))
		tty_input_damaged(u->tty, span_byte(bytes, 0), damage & LSR_BREAK ? TTY_BREAK : damage & LSR_PARITY ? TTY_PARITY : TTY_FRAME);
	else
		(void)tty_input(u->tty, bytes);
}

static void tell_writers(struct uart *u)
{
	mutex_lock(&u->tty->lock);
	store_once(u->tx_news, false);
	tty_output_ready(u->tty);
	mutex_unlock(&u->tty->lock);
}

/* The line discipline may sleep and send signals: it is fed from a task. */
static void task_run(struct obj *owner)
{
	struct uart *u = obj_cast(uart, owner);
	u8 chunk[64];
	u32 damage;
	int err;

	for (;;) {
		size_t n = take_received(u, span_of(chunk), &damage);
		if (n)
			feed(u, cspan_first(cspan_of(chunk), n), damage);
		if (load_once(u->tx_news))
			tell_writers(u);
		if (!n)
			wait_event(&u->wait, load_once(u->rx_head) != load_once(u->rx_tail) || load_once(u->tx_news), WAIT_UNINTERRUPTIBLE,
				NO_DEADLINE, &err);
	}
}
static const struct task_ops task_ops = { .run = task_run };

/* ---- probe ---- */

static int start_input(struct device *dev, struct uart *u)
{
	struct irq_line *line = device_irq(dev, 0);
	struct task *task;
	int err;

	if (!line)
		return -ENODEV;
	task = task_new(&task_ops, &u->obj, LIT("uart"));
	if (!task)
		return -ENOMEM;
	task_start(task);
	task_put(&task);
	err = irq_line_attach(line, &uart_irq, &u->obj);
	if (!err)
		reg_write(u, IER, IER_RX);
	return err;
}

static bool is_console(struct device *dev)
{
	return device_is_stdout(dev) || (!dt_has(dt_find(STR("/chosen")), LIT("stdout-path")) && !tty_console());
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
	uart_tty_set_modem(u->tty, TIOCM_DTR | TIOCM_RTS | TIOCM_OUT2, 0);
	uarts[n] = obj_get(u);
	nr_uarts = n + 1;
	static const struct lit names[MAX_UARTS] = { LIT("ttyS0"), LIT("ttyS1"), LIT("ttyS2"), LIT("ttyS3") };
	(void)devtmpfs_add(names[n], S_IFCHR | 0600, MKDEV(4, 64 + n));
	if (is_console(dev)) {
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
