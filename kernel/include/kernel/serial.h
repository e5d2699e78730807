// SPDX-License-Identifier: MPL-2.0
/*
 * Serial ports: what the drivers of UARTs supply, and what is common to them: rings, the terminal,
 * the kernel's console, and what is done about devices that interrupt for nothing or take no more
 * bytes.
 *
 * Received bytes go from the interrupt through a ring to a task that feeds the terminal; when the
 * ring is full they stay in the device. What programs write goes through a ring, too; the kernel's
 * own messages are sent by polling, which needs no memory and works from any context.
 */
#ifndef KERNEL_SERIAL_H
#define KERNEL_SERIAL_H

#include <frame/device.h>
#include <kernel/tty.h>

#define SERIAL_RX_RING   1024u
#define SERIAL_TX_RING   4096u
#define SERIAL_MAX_LINES 4   /* of one kind */
#define SIFIVE_TTY_MAJOR 246 /* which Debian's Linux takes, too: it is one of those for anything */

/* How a byte came damaged: the bits of a 16550's line status. */
enum { SERIAL_OVERRUN = 2, SERIAL_PARITY = 4, SERIAL_FRAME = 8, SERIAL_BREAK = 0x10 };

struct serial_port {
	struct obj obj;
	const struct serial_chip *chip;
	struct iomem *io;
	struct irq_line *line;   /* NULL: no input */
	struct spinlock lock;    /* irqsave: the registers and what follows */
	u32 shift, width, quirk; /* the chip's */
	u32 damage;              /* the chip's: of the byte that comes next */
	u32 rx_head, rx_tail;
	u16 rx[SERIAL_RX_RING]; /* a byte, and how it was damaged in the high half */
	u32 tx_head, tx_tail;
	u8 tx[SERIAL_TX_RING];
	bool tx_stopped;
	bool stuck; /* takes no bytes: nobody waits for it until it does */
	/* The line is held back at the interrupt controller, until when: */
	bool held;
	u64 held_until_ns;
	u32 idle_interrupts; /* in a row that brought and took nothing, since when: */
	u64 idle_since_ns;
	/* For the task: there is room, all has gone, or the line is held back. */
	bool news;
	u32 modem_lines;   /* TIOCM_*, of a chip that has none */
	struct waitq wait; /* the task */
	struct serial_counts counts;
	struct tty *tty; /* reference */
};
OBJ_TYPE_DECL(serial_port);

/* With port.lock held, but start. */
struct TABLE serial_chip {
	struct lit names[SERIAL_MAX_LINES];
	u64 dev; /* of the first line */
	/*
	 * The device to a known state, without interrupts. The line's speed and format stay as they
	 * are, and so does the input that the device holds. 0 or an error. Context: task.
	 */
	int (*start)(struct serial_port *p, struct dt_node *n);
	/* Sends as many of the bytes as the device takes now; 0: it is full. */
	size_t (*send)(struct serial_port *p, struct cspan bytes);
	/* What has come, while there is room (serial_room), to serial_received. */
	void (*receive)(struct serial_port *p);
	/* Interrupts when something comes, and, if @more, when the device takes bytes again. */
	void (*expect)(struct serial_port *p, bool more);
	/* These may be NULL. What an interrupt needs besides: to clear its cause. */
	void (*acknowledge)(struct serial_port *p);
	void (*set_break)(struct serial_port *p, bool on); /* lock not held */
	/* Modem lines as TIOCM_* bits: all that are seen and set; those to be set. */
	u32 (*modem)(struct serial_port *p);
	void (*set_modem)(struct serial_port *p, u32 lines);
};

static inline bool serial_room(const struct serial_port *p)
{
	return p->rx_head - p->rx_tail < SERIAL_RX_RING;
}

void serial_count_damage(struct serial_port *p, u32 damage);

/* A byte has come; there was room for it. */
static inline void serial_received(struct serial_port *p, u8 c, u32 damage)
{
	p->rx[p->rx_head++ % SERIAL_RX_RING] = (u16)(c | damage << 8);
	p->counts.rx++;
	if (damage)
		serial_count_damage(p, damage);
}

/* Makes a port of the device; the body of a UART driver's probe. Context: task. */
int serial_probe(struct device *dev, const struct serial_chip *chip, u32 quirk);
/* The terminal of the port with this device number, borrowed, or NULL. */
struct tty *serial_tty(u64 dev);
/* The name of the port with this device number, or an empty one. */
struct lit serial_name(u64 dev);

#endif
