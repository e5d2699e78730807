// SPDX-License-Identifier: MPL-2.0
/*
 * Serial ports: the interface of UART drivers, and the part that they share: rings, the terminal,
 * the kernel's console, and the handling of devices that interrupt without cause or take no more
 * bytes.
 *
 * Received bytes go from the interrupt handler through a ring to a task that feeds the terminal.
 * When the ring is full they stay in the device. Output of programs goes through a ring, too.
 * Messages of the kernel are sent by polling, which needs no memory and works in any context.
 */
#ifndef KERNEL_SERIAL_H
#define KERNEL_SERIAL_H

#include <frame/device.h>
#include <kernel/tty.h>

#define SERIAL_RX_RING   1024u
#define SERIAL_TX_RING   4096u
#define SERIAL_MAX_LINES 4 /* ports of one kind */
/* the number that Debian's Linux assigns, from the range for dynamic use */
#define SIFIVE_TTY_MAJOR 246

/* How a byte was damaged: the bits of a 16550's line status. */
enum { SERIAL_OVERRUN = 2, SERIAL_PARITY = 4, SERIAL_FRAME = 8, SERIAL_BREAK = 0x10 };

struct serial_port {
	struct obj obj;
	const struct serial_chip *chip;
	struct iomem *io;
	struct irq_line *line; /* NULL: no input */
	/* taken in interrupts; guards the registers and the fields below */
	struct spinlock lock;
	u32 shift, width, quirk; /* for the chip's driver */
	u32 damage;              /* for the chip's driver: damage of the next byte */
	u32 rx_head, rx_tail;
	u16 rx[SERIAL_RX_RING]; /* a byte, with its damage in the high half */
	u32 tx_head, tx_tail;
	u8 tx[SERIAL_TX_RING];
	bool tx_stopped;
	bool stuck; /* takes no bytes; not waited for until it does */
	/* The interrupt line is disabled, until when: */
	bool held;
	u64 held_until_ns;
	u32 idle_interrupts; /* interrupts in a row without effect, and since when: */
	u64 idle_since_ns;
	/* Work for the task: there is room, the ring is empty, or the line is disabled. */
	bool news;
	u32 modem_lines;   /* TIOCM_*, if the chip has none */
	struct waitq wait; /* the task waits here */
	struct serial_counts counts;
	struct tty *tty; /* reference */
};
OBJ_TYPE_DECL(serial_port);

/* The operations of a chip. Context: port.lock held, interrupts off, unless stated otherwise. */
struct TABLE serial_chip {
	struct lit names[SERIAL_MAX_LINES];
	u64 dev; /* number of the first port */
	/*
	 * Brings the device to a known state with interrupts off. The line's speed and format stay
	 * as they are, and so does input that the device holds. Context: task, lock not held.
	 * Returns 0 or -errno.
	 */
	int (*start)(struct serial_port *p, struct dt_node *n);
	/*
	 * Sends as many of the bytes as the device takes now. Returns their number; 0: it is full.
	 */
	size_t (*send)(struct serial_port *p, struct cspan bytes);
	/* Passes received bytes to serial_received, while there is room (serial_room). */
	void (*receive)(struct serial_port *p);
	/* Enables interrupts for received bytes and, if @more, for room in the device. */
	void (*expect)(struct serial_port *p, bool more);
	/*
	 * The following may be NULL. acknowledge: clears the cause of an interrupt where that is a
	 * step of its own.
	 */
	void (*acknowledge)(struct serial_port *p);
	void (*set_break)(struct serial_port *p, bool on); /* lock not held */
	/*
	 * Modem lines as TIOCM_* bits. modem: all lines, inputs and outputs. set_modem: sets the
	 * outputs.
	 */
	u32 (*modem)(struct serial_port *p);
	void (*set_modem)(struct serial_port *p, u32 lines);
};

/* Whether the receive ring has room for a byte. port.lock held. */
static inline bool serial_room(const struct serial_port *p)
{
	return p->rx_head - p->rx_tail < SERIAL_RX_RING;
}

/* Counts a damaged byte. port.lock held. */
void serial_count_damage(struct serial_port *p, u32 damage);

/* Stores a received byte, for which there is room. port.lock held. */
static inline void serial_received(struct serial_port *p, u8 c, u32 damage)
{
	p->rx[p->rx_head++ % SERIAL_RX_RING] = (u16)(c | damage << 8);
	p->counts.rx++;
	if (damage)
		serial_count_damage(p, damage);
}

/*
 * Creates a port for the device; the body of a UART driver's probe. Context: task. Returns 0,
 * -ENOSPC, -ENOMEM, -EINVAL, or the error of chip->start.
 */
int serial_probe(struct device *dev, const struct serial_chip *chip, u32 quirk);
/* The terminal of the port with this device number, borrowed, or NULL. */
struct tty *serial_tty(u64 dev);
/* The name of the port with this device number; empty if there is none. */
struct lit serial_name(u64 dev);

#endif
