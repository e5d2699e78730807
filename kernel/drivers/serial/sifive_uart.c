// SPDX-License-Identifier: MPL-2.0
/*
 * SiFive's UART as serial ports (kernel/serial.h). See the FU540-C000 manual, chapter "UART".
 *
 * It reports no damaged bytes, has no modem lines, and cannot send a break. Speed and stop bits
 * stay as firmware has set them.
 */
#include <kernel/chrdev.h>
#include <kernel/serial.h>

enum {
	TXDATA = 0x00,
	RXDATA = 0x04,
	TXCTRL = 0x08,
	RXCTRL = 0x0c,
	IE = 0x10,
	IP = 0x14,
	WINDOW = 0x1c
};
#define RX_EMPTY   (1u << 31)
#define ENABLE     1u
#define MARK_SHIFT 16
#define MARK_MASK  (7u << MARK_SHIFT)
#define TX_MARK    1u /* in IE and IP: fewer bytes than the mark in the transmit FIFO */
#define RX_MARK    2u /* more than the mark in the receive FIFO */
#define FIFO_DEPTH 8u

/* The watermark is 1, so the transmit FIFO is empty when TX_MARK is set. */
static size_t sifive_uart_send(struct serial_port *p, struct cspan bytes)
{
	size_t i, n = min(cspan_len(bytes), (size_t)FIFO_DEPTH);

	if (!(iomem_read32(p->io, IP) & TX_MARK))
		return 0;
	for (i = 0; i < n; i++)
		iomem_write32(p->io, TXDATA, span_byte(bytes, i));
	return n;
}

/* Each read of RXDATA takes a byte, or returns RX_EMPTY. */
static void sifive_uart_receive(struct serial_port *p)
{
	u32 v;

	while (serial_room(p) && !((v = iomem_read32(p->io, RXDATA)) & RX_EMPTY))
		serial_received(p, (u8)v, 0);
}

static void expect(struct serial_port *p, bool more)
{
	iomem_write32(p->io, IE, more ? RX_MARK | TX_MARK : RX_MARK);
}

/*
 * Enables both directions, with watermarks 1 for sending and 0 for receiving. The FIFOs keep their
 * contents.
 */
static int start(struct serial_port *p, struct dt_node *n)
{
	(void)n;
	if (iomem_size(p->io) < WINDOW)
		return -EINVAL;
	iomem_write32(p->io, IE, 0);
	iomem_write32(p->io, TXCTRL,
		(iomem_read32(p->io, TXCTRL) & ~MARK_MASK) | 1u << MARK_SHIFT | ENABLE);
	iomem_write32(p->io, RXCTRL, (iomem_read32(p->io, RXCTRL) & ~MARK_MASK) | ENABLE);
	return 0;
}

static const struct serial_chip sifive_uart = {
	.names = SERIAL_NAMES("ttySIF"),
	.dev = MKDEV(SIFIVE_TTY_MAJOR, 0),
	.start = start,
	.send = sifive_uart_send,
	.receive = sifive_uart_receive,
	.expect = expect,
};

static int uart_probe(struct device *dev, u32 quirk)
{
	return serial_probe(dev, &sifive_uart, quirk);
}

static const struct dt_match uart_match[] = {
	{ LIT("sifive,uart0"), .quirk = 0 },
};
DRIVER(sifive_uart, uart_match, uart_probe);
