// SPDX-License-Identifier: MPL-2.0
/*
 * 16550 UARTs and their DesignWare relatives, as serial ports (kernel/serial.h).
 *
 * The registers are those of the 16550 data sheet and of the DesignWare APB UART. reg-shift and
 * reg-io-width come from the devicetree. Speed and format stay as firmware has set them.
 */
#include <frame/time.h>
#include <kernel/chrdev.h>
#include <kernel/serial.h>

enum { RBR = 0, THR = 0, IER = 1, IIR = 2, FCR = 2, LCR = 3, MCR = 4, LSR = 5, MSR = 6, USR = 31 };
#define LSR_DATA     1u
#define LSR_DAMAGE   0x1eu
#define LSR_NOBODY   0xffu
#define LSR_TX_READY 0x20u /* the FIFO is empty */
#define LSR_TX_EMPTY 0x40u /* the line is idle, too */
#define IER_RX       1u
#define IER_TX       2u
#define LCR_BREAK    0x40u
#define LCR_DIVISOR  0x80u
#define IIR_BUSY     7u /* DesignWare: the line control register was written while busy */
#define IIR_TIMEOUT  0xcu
#define IIR_FIFOS    0xc0u /* they are on */
#define FCR_FIFOS    1u    /* turns them on; FIFOs that are on keep their contents */
#define QUIRK_DW     1u
#define FIFO_DEPTH   16u
/* A DesignWare is busy while bytes are sent or received. */
#define FORMAT_NS  (100 * NSEC_PER_MSEC)
#define SILENCE_NS (100 * NSEC_PER_MSEC)

static u32 reg_read(struct serial_port *p, u32 reg)
{
	u64 off = (u64)reg << p->shift;

	return p->width == 4 ? iomem_read32(p->io, off) : iomem_read8(p->io, off);
}

static void reg_write(struct serial_port *p, u32 reg, u32 v)
{
	u64 off = (u64)reg << p->shift;

	if (p->width == 4)
		iomem_write32(p->io, off, v);
	else
		iomem_write8(p->io, off, (u8)v);
}

/*
 * Reads the line status. The read clears the damage of the next byte to be received, so the damage
 * is kept until that byte is read. 0xff means that the device is gone: no real status has all bits
 * set.
 */
static u32 line_status(struct serial_port *p)
{
	u32 v = reg_read(p, LSR) & 0xff;

	if (v == LSR_NOBODY)
		return 0;
	p->damage |= v & LSR_DAMAGE;
	return v;
}

static size_t ns16550_send(struct serial_port *p, struct cspan bytes)
{
	size_t i, n = min(cspan_len(bytes), (size_t)FIFO_DEPTH);

	if (!(line_status(p) & LSR_TX_READY))
		return 0;
	for (i = 0; i < n; i++)
		reg_write(p, THR, span_byte(bytes, i));
	return n;
}

static void ns16550_receive(struct serial_port *p)
{
	while (serial_room(p) && line_status(p) & LSR_DATA) {
		u32 damage = p->damage;
		p->damage = 0;
		serial_received(p, (u8)reg_read(p, RBR), damage);
	}
}

static void expect(struct serial_port *p, bool more)
{
	reg_write(p, IER, more ? IER_RX | IER_TX : IER_RX);
}

/*
 * The two causes of interrupts that only a DesignWare has: "busy" is cleared by a read of the
 * status register, a timeout without a byte by a read of the receive register.
 */
static void ns16550_acknowledge(struct serial_port *p)
{
	u32 iir = reg_read(p, IIR) & 15;

	if (!(p->quirk & QUIRK_DW))
		return;
	if (iir == IIR_BUSY)
		(void)reg_read(p, USR);
	else if (iir == IIR_TIMEOUT && !(line_status(p) & LSR_DATA))
		(void)reg_read(p, RBR);
}

/*
 * Changes the line control register. Returns false if the device was busy and has ignored the
 * write. port.lock held.
 */
static bool try_format(struct serial_port *p, u32 clear, u32 set)
{
	u32 have = reg_read(p, LCR) & 0xff, want = (have & ~clear) | set;

	if (have == want)
		return true;
	/*
	 * A DesignWare is also busy while it holds input, so the input is read first; with the
	 * divisor latch open it cannot be.
	 */
	if (!(have & LCR_DIVISOR))
		ns16550_receive(p);
	reg_write(p, LCR, want);
	if ((reg_read(p, LCR) & 0xff) == want)
		return true;
	if (p->quirk & QUIRK_DW)
		(void)reg_read(p, USR); /* otherwise it interrupts for the write */
	return false;
}

/*
 * Repeats try_format until it succeeds or FORMAT_NS have passed. The lock is free between two
 * tries. Returns false if the device stays busy.
 */
static bool change_format(struct serial_port *p, u32 clear, u32 set)
{
	u64 deadline = time_mono_ns() + FORMAT_NS;
	bool done = false;
	u64 flags;

	while (!done && time_mono_ns() < deadline) {
		flags = spin_lock_irqsave(&p->lock);
		done = try_format(p, clear, set);
		spin_unlock_irqrestore(&p->lock, flags);
	}
	return done;
}

static void set_break(struct serial_port *p, bool on)
{
	(void)change_format(p, LCR_BREAK, on ? LCR_BREAK : 0);
}

static u32 modem(struct serial_port *p)
{
	u32 mcr = reg_read(p, MCR), msr = reg_read(p, MSR);

	return (mcr & 1 ? TIOCM_DTR : 0) | (mcr & 2 ? TIOCM_RTS : 0) | (mcr & 4 ? TIOCM_OUT1 : 0) |
		(mcr & 8 ? TIOCM_OUT2 : 0) | (mcr & 16 ? TIOCM_LOOP : 0) |
		(msr & 16 ? TIOCM_CTS : 0) | (msr & 32 ? TIOCM_DSR : 0) |
		(msr & 64 ? TIOCM_RI : 0) | (msr & 128 ? TIOCM_CD : 0);
}

static void set_modem(struct serial_port *p, u32 lines)
{
	reg_write(p, MCR,
		(lines & TIOCM_DTR ? 1 : 0) | (lines & TIOCM_RTS ? 2 : 0) |
			(lines & TIOCM_OUT1 ? 4 : 0) | (lines & TIOCM_OUT2 ? 8 : 0) |
			(lines & TIOCM_LOOP ? 16 : 0));
}

/* Waits until firmware's last output has been sent: clearing the FIFO would cut it off. */
static void wait_silent(struct serial_port *p)
{
	u64 deadline = time_mono_ns() + SILENCE_NS;

	while (!(line_status(p) & LSR_TX_EMPTY) && time_mono_ns() < deadline)
		;
}

/*
 * Turns the FIFOs on, with an interrupt at the first byte. FIFOs that firmware has turned on keep
 * their contents. Turning them on drops the byte that was received without them. QEMU then delivers
 * the bytes after the dropped one only when RBR is read, and the interrupt handler does not read
 * RBR while there is no byte; so it is read here. A byte that arrives between the check of the line
 * status and that read is lost, too.
 */
static void turn_fifos_on(struct serial_port *p)
{
	bool were_on = (reg_read(p, IIR) & IIR_FIFOS) == IIR_FIFOS;

	reg_write(p, FCR, FCR_FIFOS);
	if (were_on)
		return;
	if (!(line_status(p) & LSR_DATA))
		(void)reg_read(p, RBR);
	p->damage = 0; /* that of the dropped byte */
}

static int start(struct serial_port *p, struct dt_node *n)
{
	p->width = 1;
	(void)dt_u32(n, LIT("reg-shift"), 0, &p->shift);
	(void)dt_u32(n, LIT("reg-io-width"), 0, &p->width);
	if (p->shift > 4 || (p->width != 1 && p->width != 4) ||
		(7ul << p->shift) + p->width > iomem_size(p->io) ||
		((p->quirk & QUIRK_DW) && ((u64)USR << p->shift) + p->width > iomem_size(p->io)))
		return -EINVAL;
	wait_silent(p);
	if (!change_format(p, LCR_DIVISOR | LCR_BREAK, 0))
		return -EIO; /* nothing there */
	reg_write(p, IER, 0);
	turn_fifos_on(p);
	return 0;
}

static const struct serial_chip ns16550 = {
	.names = SERIAL_NAMES("ttyS"),
	.dev = MKDEV(4, 64),
	.start = start,
	.send = ns16550_send,
	.receive = ns16550_receive,
	.expect = expect,
	.acknowledge = ns16550_acknowledge,
	.set_break = set_break,
	.modem = modem,
	.set_modem = set_modem,
};

static int uart_probe(struct device *dev, u32 quirk)
{
	return serial_probe(dev, &ns16550, quirk);
}

static const struct dt_match uart_match[] = {
	{ LIT("ns16550a"), .quirk = 0 },
	{ LIT("ns16550"), .quirk = 0 },
	{ LIT("starfive,jh7110-uart"), .quirk = QUIRK_DW },
	{ LIT("snps,dw-apb-uart"), .quirk = QUIRK_DW },
};
DRIVER(ns16550, uart_match, uart_probe);
