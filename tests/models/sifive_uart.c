// SPDX-License-Identifier: MPL-2.0
/* See the FU540-C000 manual, chapter "UART". */
#include "sifive_uart.h"

enum {
	TXDATA = 0x00,
	RXDATA = 0x04,
	TXCTRL = 0x08,
	RXCTRL = 0x0c,
	IE = 0x10,
	IP = 0x14,
	DIV = 0x18
};

static unsigned mark(u32 ctrl)
{
	return ctrl >> 16 & 7;
}

static u32 pending(const struct sifive *u)
{
	return (u->nr_tx < mark(u->txctrl) ? 1u : 0) | (u->nr_rx > mark(u->rxctrl) ? 2u : 0);
}

static bool irq(void *m)
{
	struct sifive *u = m;

	return u->stuck_line || u->gone || (pending(u) & u->ie);
}

static u8 shift_out(u8 *fifo, unsigned *n)
{
	u8 c = fifo[0];
	unsigned i;

	--*n;
	for (i = 0; i < *n; i++)
		fifo[i] = fifo[i + 1];
	return c;
}

static void load_shifter(struct sifive *u, u64 now)
{
	if (!u->nr_tx || !(u->txctrl & 1) || u->dead_tx || u->shift_done)
		return;
	u->shifting = shift_out(u->tx, &u->nr_tx);
	u->shift_done = now + SIFIVE_BYTE_NS;
}

static void advance(void *m, u64 now)
{
	struct sifive *u = m;

	while (u->shift_done && u->shift_done <= now) {
		u64 done = u->shift_done;
		CHECK(u->nr_out < SIFIVE_LOG);
		u->out[u->nr_out++] = u->shifting;
		u->shift_done = 0;
		load_shifter(u, done);
	}
	while (u->in_tail != u->in_head && u->in_next <= now) {
		u8 c = u->in[u->in_tail++ % SIFIVE_LOG];
		u->in_next += SIFIVE_BYTE_NS;
		if (!(u->rxctrl & 1) || u->nr_rx == SIFIVE_FIFO)
			u->nr_lost++;
		else
			u->rx[u->nr_rx++] = c;
	}
}

static u64 next(void *m)
{
	struct sifive *u = m;
	u64 at = u->shift_done ? u->shift_done : ~0ul;

	return u->in_tail != u->in_head ? min(at, u->in_next) : at;
}

void sifive_feed(struct sifive *u, const u8 *bytes, unsigned n)
{
	unsigned i;

	if (u->in_head == u->in_tail)
		u->in_next = sim_now() + SIFIVE_BYTE_NS;
	for (i = 0; i < n; i++)
		u->in[u->in_head++ % SIFIVE_LOG] = bytes[i];
}

static u64 sifive_read(void *m, u64 off, unsigned width)
{
	struct sifive *u = m;

	model_require(width == 4 && off <= DIV, "sifive uart: %u bytes are read at %#lx", width,
		off);
	if (u->gone)
		return ~0u;
	switch (off) {
	case TXDATA:
		return u->nr_tx == SIFIVE_FIFO ? 1u << 31 : 0;
	case RXDATA:
		return u->nr_rx ? shift_out(u->rx, &u->nr_rx) : 1u << 31;
	case TXCTRL:
		return u->txctrl;
	case RXCTRL:
		return u->rxctrl;
	case IE:
		return u->ie;
	case IP:
		return pending(u);
	default:
		return u->div;
	}
}

static void sifive_write(void *m, u64 off, unsigned width, u64 v)
{
	struct sifive *u = m;

	model_require(width == 4 && off < IP, "sifive uart: %u bytes are written at %#lx", width,
		off);
	if (u->gone)
		return;
	switch (off) {
	case TXDATA:
		model_require(v <= 0xff && u->nr_tx < SIFIVE_FIFO,
			"sifive uart: %#lx is written with %u in the FIFO", v, u->nr_tx);
		u->tx[u->nr_tx++] = (u8)v;
		break;
	case RXDATA:
		model_fail("sifive uart: rxdata is written");
	case TXCTRL:
		model_require(!(v & ~0x70003ul), "sifive uart: reserved bits of txctrl: %#lx", v);
		u->txctrl = (u32)v;
		break;
	case RXCTRL:
		model_require(!(v & ~0x70001ul), "sifive uart: reserved bits of rxctrl: %#lx", v);
		u->rxctrl = (u32)v;
		break;
	default:
		model_require(!(v & ~3ul), "sifive uart: reserved bits of ie: %#lx", v);
		u->ie = (u32)v;
	}
	load_shifter(u, sim_now());
}

const struct model_ops sifive_ops = { .name = "sifive uart",
	.read = sifive_read,
	.write = sifive_write,
	.irq = irq,
	.next = next,
	.advance = advance };
