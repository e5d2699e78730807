// SPDX-License-Identifier: MPL-2.0
/*
 * Virtio's console device (virtio 1.2, 5.3) as a serial port (kernel/serial.h), /dev/hvc0 as on
 * Linux. One port: the first two queues.
 *
 * Each direction has a page, cut into slices of SLICE bytes; a chain is one slice, and its cookie
 * is the slice's number. All receive slices are posted, except the one that is being read. Transmit
 * slices are posted when there is something to send, and are free again when the device has
 * returned them.
 *
 * A device that breaks a ring is reset and set up again by the port's task (console_restart). From
 * the moment at which that is seen until then, `live` is false and no slice is used.
 *
 * Interrupts are asked for one at a time (ring_arm). If the device has returned a chain before its
 * ring was armed, no interrupt comes for that chain, and the port's task looks (console_expect).
 */
#include <frame/virtio.h>
#include <kernel/chrdev.h>
#include <kernel/serial.h>

#define SLICE  256u
#define SLICES ((u32)PAGE_SIZE / SLICE)

enum { RECEIVE, TRANSMIT };

struct virtio_console {
	struct obj obj;
	struct virtio *dev;
	struct ring *rx, *tx;
	struct page *rx_page, *tx_page; /* references */
	/* port.lock guards what follows */
	bool live;                 /* the rings work */
	u32 tx_free, tx_all;       /* a bit for each free slice, and for each that there is */
	bool reads;                /* the driver has a receive slice: */
	u32 rx_slice, rx_at, rx_n; /* which, the next byte, how many bytes it has */
};

static void console_release(struct virtio_console *c)
{
	page_put(&c->rx_page);
	page_put(&c->tx_page);
}
OBJ_TYPE(virtio_console, console_release);

static struct virtio_console *console_of(struct serial_port *p)
{
	return obj_cast(virtio_console, p->state);
}

static int console_post(struct ring *r, struct page *page, u32 slice, u32 len, bool is_input)
{
	struct ring_chain c = { .nr_out = !is_input, .nr_in = is_input };

	c.segment[0].page = page;
	c.segment[0].off = slice * SLICE;
	c.segment[0].len = len;
	return ring_post(r, &c, slice);
}

/* What a call of a ring has returned: whether it was done. */
static bool console_did(struct serial_port *p, int err)
{
	struct virtio_console *c = console_of(p);

	if (err == -EIO && c->live) {
		c->live = false;
		serial_fail(p);
	}
	return !err;
}

/* ---- output ---- */

/* Frees the slices that the device has sent. */
static void console_reap(struct serial_port *p)
{
	struct virtio_console *c = console_of(p);
	u64 slice = 0;
	u32 len;

	while (console_did(p, ring_take(c->tx, &slice, &len)))
		c->tx_free |= 1u << (slice % SLICES);
}

/* Posts up to a slice of the bytes. Returns how many; 0: the ring does not work. */
static size_t console_send_slice(struct serial_port *p, struct cspan bytes)
{
	struct virtio_console *c = console_of(p);
	u32 slice = bit_lowest(c->tx_free);
	size_t n = min(cspan_len(bytes), (size_t)SLICE);

	page_write(c->tx_page, slice * SLICE, cspan_first(bytes, n));
	if (!console_did(p, console_post(c->tx, c->tx_page, slice, (u32)n, false)))
		return 0;
	c->tx_free &= ~(1u << slice);
	return n;
}

/*
 * If it takes fewer bytes, then the ring is armed, so an interrupt comes when there is room: there
 * are no more slices than the ring has chains, so a ring that works has room for a free one.
 */
static size_t console_send(struct serial_port *p, struct cspan bytes)
{
	struct virtio_console *c = console_of(p);
	size_t done = 0, n;

	do {
		n = c->live;
		if (n)
			console_reap(p);
		for (; n && c->live && done < cspan_len(bytes) && c->tx_free; done += n)
			n = console_send_slice(p, cspan_from(bytes, done));
	} while (n && c->live && done < cspan_len(bytes) && !ring_arm(c->tx));
	ring_kick(c->tx);
	return done;
}

/* A device that does not work has nothing that could be waited for. */
static bool console_is_sent(struct serial_port *p)
{
	struct virtio_console *c = console_of(p);

	if (c->live)
		console_reap(p);
	return !c->live || c->tx_free == c->tx_all;
}

/* ---- input ---- */

/* Gives the slice that has been read back, and takes the next one. False: there is none. */
static bool console_next_slice(struct serial_port *p)
{
	struct virtio_console *c = console_of(p);
	u64 slice = 0;

	if (c->reads)
		c->reads = !console_did(p,
			console_post(c->rx, c->rx_page, c->rx_slice, SLICE, true));
	if (c->reads || !console_did(p, ring_take(c->rx, &slice, &c->rx_n)))
		return false;
	c->reads = true;
	c->rx_slice = slice % SLICES;
	c->rx_at = 0;
	return true;
}

static void console_read_slice(struct serial_port *p, struct virtio_console *c)
{
	u8 b[32];
	size_t n, i;

	while (c->rx_at < c->rx_n && serial_room(p)) {
		n = min(c->rx_n - c->rx_at, SERIAL_RX_RING - (p->rx_head - p->rx_tail));
		n = min(n, sizeof(b));
		page_read(c->rx_page, c->rx_slice * SLICE + c->rx_at, span_first(span_of(b), n));
		for (i = 0; i < n; i++)
			serial_received(p, b[i], 0);
		c->rx_at += (u32)n;
	}
}

/* At most as many slices as there are, so that a device cannot keep the caller for ever. */
static void console_receive(struct serial_port *p)
{
	struct virtio_console *c = console_of(p);
	u32 i;

	for (i = 0; c->live && i <= SLICES && serial_room(p); i++) {
		if ((!c->reads || c->rx_at == c->rx_n) && !console_next_slice(p))
			break;
		console_read_slice(p, c);
	}
	ring_kick(c->rx);
}

static void console_expect(struct serial_port *p, bool more)
{
	struct virtio_console *c = console_of(p);

	if (c->live && (!ring_arm(c->rx) || (more && !ring_arm(c->tx))))
		serial_look_again(p);
}

static void console_acknowledge(struct serial_port *p)
{
	(void)virtio_causes(console_of(p)->dev);
}

/* ---- probe ---- */

static int console_set_up(struct virtio_console *c)
{
	u64 features = 0;
	int err = virtio_negotiate(c->dev, 0, &features);

	if (!err)
		err = virtio_ring(c->dev, RECEIVE, 1, &c->rx);
	if (!err)
		err = virtio_ring(c->dev, TRANSMIT, 1, &c->tx);
	return err;
}

/* Starts the device, which is set up: all slices are free. */
static int console_begin(struct serial_port *p)
{
	struct virtio_console *c = console_of(p);
	int err = virtio_start(c->dev);
	u64 flags = spin_lock_irqsave(&p->lock);
	u32 i;

	c->reads = false;
	c->tx_free = c->tx_all = (1u << min(ring_size(c->tx), SLICES)) - 1;
	for (i = 0; !err && i < SLICES && ring_free(c->rx); i++)
		err = console_post(c->rx, c->rx_page, i, SLICE, true);
	ring_kick(c->rx);
	c->live = !err;
	spin_unlock_irqrestore(&p->lock, flags);
	return err;
}

/* Nobody uses the rings meanwhile: live is false. Lines are the same each time. */
static int console_restart(struct serial_port *p)
{
	struct virtio_console *c = console_of(p);
	int err = virtio_reset(c->dev);

	if (!err)
		err = console_set_up(c);
	return err ? err : console_begin(p);
}

static int console_attach(struct serial_port *p, struct device *dev)
{
	struct virtio_console *c = obj_new(virtio_console);
	int err;

	if (!c)
		return -ENOMEM;
	c->dev = device_virtio(dev);
	c->rx_page = page_alloc(PAGE_ZEROED);
	c->tx_page = page_alloc(PAGE_ZEROED);
	err = c->rx_page && c->tx_page ? console_set_up(c) : -ENOMEM;
	if (err)
		(void)!virtio_reset(c->dev);
	p->line = err ? NULL : virtio_irq(c->dev, RECEIVE);
	p->state = &c->obj;
	return err;
}

/* Rings may have a line each, or share one, to which the common part attaches its handler. */
static int console_start(struct serial_port *p, struct dt_node *n)
{
	struct virtio_console *c = console_of(p);
	struct irq_line *line = virtio_irq(c->dev, TRANSMIT);
	int err = console_begin(p);

	(void)n;
	if (!err && line && line != p->line) {
		p->line2 = line;
		err = irq_line_attach(line, &serial_irq, &p->obj);
	}
	if (err)
		(void)!virtio_reset(c->dev);
	return err;
}

static const struct serial_chip virtio_console_chip = {
	.names = SERIAL_NAMES("hvc"),
	.dev = MKDEV(HVC_MAJOR, 0),
	.attach = console_attach,
	.start = console_start,
	.send = console_send,
	.receive = console_receive,
	.expect = console_expect,
	.is_sent = console_is_sent,
	.acknowledge = console_acknowledge,
	.restart = console_restart,
};

static int console_probe(struct device *dev, u32 quirk)
{
	struct virtio *v = device_virtio(dev);

	if (!v || virtio_class(v) != VIRTIO_CONSOLE)
		return -ENODEV;
	return serial_probe(dev, &virtio_console_chip, quirk);
}
static const struct dt_match console_match[] = {
	{ LIT("virtio,mmio"), .quirk = 0 },
	{ LIT("pci1af4,1003"), .quirk = 0 },
	{ LIT("pci1af4,1043"), .quirk = 0 },
};
DRIVER(virtio_console, console_match, console_probe);
