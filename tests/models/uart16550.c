// SPDX-License-Identifier: MPL-2.0
/*
 * See the 16550D data sheet, and the DesignWare DW_apb_uart databook for what has "DesignWare" in
 * its comment.
 */
#include "uart16550.h"

enum {
	RBR = 0,
	IER = 1,
	IIR = 2,
	LCR = 3,
	MCR = 4,
	LSR = 5,
	MSR = 6,
	SCR = 7,
	USR = 31,
	CPR = 61,
	UCV = 62
};
enum { DATA = 1, OVERRUN = 2, DAMAGE = 0x1c, TX_READY = 0x20, TX_EMPTY = 0x40, FIFO_ERROR = 0x80 };

static struct uart *of(void *m)
{
	return m;
}

static bool fifo_on(const struct uart *u)
{
	return u->fcr & 1;
}

static bool is_silent(const struct uart *u)
{
	return !u->nr_tx && !u->shift_done;
}

/* DesignWare: while bytes go out, or what came has not been read. */
static bool is_busy(const struct uart *u)
{
	return !is_silent(u) || u->nr_rx || u->in_head != u->in_tail;
}

static unsigned trigger(const struct uart *u)
{
	static const u8 level[4] = { 1, 4, 8, 14 };

	return fifo_on(u) ? level[u->fcr >> 6] : 1;
}

static u8 cause(const struct uart *u)
{
	if (u->endless)
		return 4;
	if ((u->ier & 4) && (u->overrun || (u->nr_rx && u->rx[0].damage)))
		return 6;
	if ((u->ier & 1) && u->nr_rx >= trigger(u))
		return 4;
	if ((u->ier & 1) && (u->stuck_timeout || (u->nr_rx && sim_now() >= u->timeout_at)))
		return 0xc;
	if ((u->ier & 2) && u->thre)
		return 2;
	return u->busy_latch ? 7 : 1;
}

static bool irq(void *m)
{
	struct uart *u = of(m);

	return u->stuck_line || u->gone || (cause(u) != 1 && (!u->gate_out2 || (u->mcr & 8)));
}

/* ---- the line ---- */

static void load_shifter(struct uart *u, u64 now)
{
	unsigned i;

	if (!u->nr_tx || u->dead_tx)
		return;
	u->shifting = u->tx[0];
	u->nr_tx--;
	for (i = 0; i < u->nr_tx; i++)
		u->tx[i] = u->tx[i + 1];
	u->shift_done = now + UART_BYTE_NS;
	if (!u->nr_tx)
		u->thre = true;
}

static void advance_tx(struct uart *u, u64 now)
{
	while (u->shift_done && u->shift_done <= now) {
		u64 done = u->shift_done;
		CHECK(u->nr_out < UART_LOG);
		u->out[u->nr_out++] = u->shifting;
		u->shift_done = 0;
		load_shifter(u, done);
	}
}

static unsigned capacity(const struct uart *u)
{
	return fifo_on(u) ? UART_FIFO : 1;
}

static void arrive(struct uart *u, struct uart_byte b, u64 at)
{
	if (u->nr_rx == capacity(u)) {
		u->overrun = true;
		u->nr_lost++;
		return;
	}
	u->rx[u->nr_rx++] = b;
	u->timeout_at = at + 4 * UART_BYTE_NS;
}

static void advance_rx(struct uart *u, u64 now)
{
	while (u->in_tail != u->in_head && u->in_next <= now && !u->stalled) {
		if (u->qemu && u->nr_rx == capacity(u)) {
			u->stalled = true;
			return;
		}
		arrive(u, u->in[u->in_tail++ % UART_LOG], u->in_next);
		u->in_next += u->in_gap;
	}
}

static void uart_advance(void *m, u64 now)
{
	advance_tx(of(m), now);
	advance_rx(of(m), now);
}

static u64 uart_next(void *m)
{
	struct uart *u = of(m);
	u64 at = u->shift_done ? u->shift_done : ~0ul;

	if (u->in_tail != u->in_head && !u->stalled)
		at = min(at, u->in_next);
	if (u->nr_rx && u->timeout_at > sim_now())
		at = min(at, u->timeout_at);
	return at;
}

static void feed(struct uart *u, struct uart_byte b, u64 gap)
{
	if (u->in_head == u->in_tail)
		u->in_next = sim_now() + gap;
	u->in_gap = gap;
	CHECK(u->in_head - u->in_tail < UART_LOG);
	u->in[u->in_head++ % UART_LOG] = b;
}

void uart_feed(struct uart *u, const u8 *bytes, unsigned n, u64 gap)
{
	unsigned i;

	for (i = 0; i < n; i++)
		feed(u, (struct uart_byte){ bytes[i], 0 }, gap);
}

void uart_feed_damaged(struct uart *u, u8 c, u8 damage, u64 gap)
{
	feed(u, (struct uart_byte){ c, damage }, gap);
}

/* ---- registers ---- */

static u8 read_rbr(struct uart *u)
{
	u8 c;
	unsigned i;

	u->stalled = false;
	if (u->endless)
		return 0x55;
	if (!u->nr_rx) {
		if (u->emptied) {
			u->emptied = false;
			return 0xee;
		}
		model_require(u->dw && u->stuck_timeout, "uart: RBR is read, and nothing has come");
		u->stuck_timeout = false;
		u->dummy_reads++;
		return 0xee;
	}
	c = u->rx[0].c;
	u->nr_rx--;
	for (i = 0; i < u->nr_rx; i++)
		u->rx[i] = u->rx[i + 1];
	u->timeout_at = sim_now() + 4 * UART_BYTE_NS;
	return c;
}

/* Damage is of the oldest byte, and told once. */
static u8 read_lsr(struct uart *u)
{
	/* DesignWare: then bit 5 says that the FIFO is full. */
	bool threshold = u->dw && (u->ier & 0x80) && fifo_on(u);
	u8 v = 0;
	unsigned i;

	if (u->nr_rx) {
		v |= DATA | u->rx[0].damage;
		for (i = 0; i < u->nr_rx; i++)
			v |= u->rx[i].damage && fifo_on(u) ? FIFO_ERROR : 0;
		u->rx[0].damage = 0;
	}
	v |= u->endless ? DATA : 0;
	v |= u->overrun ? OVERRUN : 0;
	u->overrun = false;
	if (threshold ? u->nr_tx == UART_FIFO : !u->nr_tx && !u->dead_tx)
		v |= TX_READY;
	if (is_silent(u) && !u->dead_tx)
		v |= TX_EMPTY;
	return v;
}

static u8 read_iir(struct uart *u)
{
	u8 v = cause(u);

	if (v == 2)
		u->thre = false;
	return v | (fifo_on(u) ? 0xc0 : 0);
}

static u32 read_usr(struct uart *u)
{
	u->usr_reads++;
	u->busy_latch = false;
	return (is_busy(u) ? 1u : 0) | (u->nr_tx < UART_FIFO ? 2u : 0) | (!u->nr_tx ? 4u : 0) |
		(u->nr_rx ? 8u : 0) | (u->nr_rx == UART_FIFO ? 16u : 0);
}

static unsigned register_of(struct uart *u, u64 off, unsigned width)
{
	model_require(width == u->width, "uart: %u bytes are accessed at %#lx, registers have %u",
		width, off, u->width);
	model_require(!(off & ((1ul << u->shift) - 1)), "uart: no register is at %#lx", off);
	return (unsigned)(off >> u->shift);
}

static u64 uart_read(void *m, u64 off, unsigned width)
{
	struct uart *u = of(m);
	unsigned reg = register_of(u, off, width);

	if (u->gone)
		return width == 4 ? ~0u : 0xff;
	if ((u->lcr & 0x80) && reg < 2)
		return reg ? u->dlm : u->dll;
	switch (reg) {
	case RBR:
		return read_rbr(u);
	case IER:
		return u->ier;
	case IIR:
		return read_iir(u);
	case LCR:
		return u->lcr;
	case MCR:
		return u->mcr;
	case LSR:
		return read_lsr(u);
	case MSR:
		return u->msr;
	case SCR:
		return u->scr;
	default:
		model_require(u->dw && (reg == USR || reg == CPR || reg == UCV),
			"uart: register %u is read, which is not there", reg);
		return reg == USR ? read_usr(u) : 0;
	}
}

static void write_thr(struct uart *u, u8 c)
{
	model_require(u->nr_tx < (fifo_on(u) ? UART_FIFO : 1),
		"uart: THR is written, and the FIFO is full");
	u->thre = false;
	u->tx[u->nr_tx++] = c;
	if (!u->shift_done)
		load_shifter(u, sim_now());
}

static void write_ier(struct uart *u, u8 v)
{
	model_require(!(v & (u->dw ? 0x70 : 0xf0)), "uart: reserved bits of IER are set: %#x", v);
	if ((v & 2) && !(u->ier & 2) && !u->nr_tx && !u->dead_tx)
		u->thre = true;
	u->ier = v;
}

static void write_fcr(struct uart *u, u8 v)
{
	bool all = (v ^ u->fcr) & 1;

	if (all || (v & 4)) {
		u->nr_cut += u->nr_tx;
		u->nr_tx = 0;
	}
	if (all || (v & 2))
		u->nr_rx = 0;
	u->emptied = all;
	u->fcr = v & 0xc9;
}

static void write_lcr(struct uart *u, u8 v)
{
	if (u->dw && is_busy(u)) { /* DesignWare */
		u->busy_latch = true;
		u->lcr_ignored++;
		return;
	}
	if ((v & 0x40) && !(u->lcr & 0x40))
		u->broken_lines++;
	u->lcr = v;
}

static void uart_write(void *m, u64 off, unsigned width, u64 value)
{
	struct uart *u = of(m);
	unsigned reg = register_of(u, off, width);
	u8 v = (u8)value;

	model_require(value <= 0xff, "uart: register %u has 8 bits, %#lx is written", reg, value);
	if (u->gone)
		return;
	if ((u->lcr & 0x80) && reg < 2) {
		*(reg ? &u->dlm : &u->dll) = v;
		return;
	}
	switch (reg) {
	case RBR:
		write_thr(u, v);
		break;
	case IER:
		write_ier(u, v);
		break;
	case IIR:
		write_fcr(u, v);
		break;
	case LCR:
		write_lcr(u, v);
		break;
	case MCR:
		model_require(!(v & 0xe0) || (u->dw && !(v & 0x80)),
			"uart: reserved bits of MCR are set: %#x", v);
		u->mcr = v;
		break;
	case SCR:
		u->scr = v;
		break;
	default:
		model_fail("uart: register %u is written, which is read-only or not there", reg);
	}
}

const struct model_ops uart_ops = {
	.name = "uart",
	.read = uart_read,
	.write = uart_write,
	.irq = irq,
	.next = uart_next,
	.advance = uart_advance,
};
