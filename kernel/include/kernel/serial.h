// SPDX-License-Identifier: MPL-2.0
/*
 * Serial ports: the interface between UART drivers and the common part. The common part has the
 * rings, the terminal, the console of the kernel, and protection against devices that interrupt
 * without cause or accept no more bytes.
 *
 * The interrupt handler stores received bytes in a ring, and a task feeds them to the terminal.
 * When the ring is full, bytes stay in the device. Output of programs goes through a ring too. The
 * kernel's own messages are sent by polling, which needs no memory and works in any context.
 */
#ifndef KERNEL_SERIAL_H
#define KERNEL_SERIAL_H

#include <frame/device.h>
#include <kernel/tty.h>

#define SERIAL_RX_RING   1024u
#define SERIAL_TX_RING   4096u
#define SERIAL_MAX_LINES 32  /* of one kind of chip */
#define SIFIVE_TTY_MAJOR 246 /* as Debian's Linux, which allocates it dynamically */
#define HVC_MAJOR        229

/* Errors of a received byte: the bits of a 16550's line status. */
enum { SERIAL_OVERRUN = 2, SERIAL_PARITY = 4, SERIAL_FRAME = 8, SERIAL_BREAK = 0x10 };

struct serial_port {
	struct obj obj;
	const struct serial_chip *chip;
	struct obj *state; /* of the chip, if it attaches itself; reference */
	struct iomem *io;
	struct irq_line *line;   /* NULL: no input */
	struct irq_line *line2;  /* a second one with the same handler, or NULL */
	struct spinlock lock;    /* irqsave: guards the registers and the fields below */
	u32 shift, width, quirk; /* of the chip */
	u32 damage;              /* of the chip: errors of the next byte */
	u32 rx_head, rx_tail;
	u16 rx[SERIAL_RX_RING]; /* a byte, with its errors in the high half */
	u32 tx_head, tx_tail;
	u8 tx[SERIAL_TX_RING];
	bool tx_stopped;
	bool stuck; /* accepts no bytes: senders do not wait for it until it does */
	/* The task has to enable the interrupt line and to look, not before this time: */
	bool held;
	u64 held_until_ns;
	u32 idle_interrupts; /* consecutive interrupts without work, and since when: */
	u64 idle_since_ns;
	/* Work for the task: room in the ring, all output sent, or the line is masked. */
	bool news;
	bool failed;       /* the device has to be restarted (serial_fail), or cannot be */
	u32 restarts;      /* the task's: how often it was */
	u32 modem_lines;   /* TIOCM_*, kept for a chip without modem lines */
	struct waitq wait; /* the task sleeps here */
	struct serial_counts counts;
	struct tty *tty; /* reference */
};
OBJ_TYPE_DECL(serial_port);

/* The names of all lines of a kind of chip. */
#define SERIAL_TEN(literal)                                                                       \
	LIT(literal "0"), LIT(literal "1"), LIT(literal "2"), LIT(literal "3"), LIT(literal "4"), \
		LIT(literal "5"), LIT(literal "6"), LIT(literal "7"), LIT(literal "8"),           \
		LIT(literal "9")
#define SERIAL_NAMES(literal)                                                    \
	{ SERIAL_TEN(literal), SERIAL_TEN(literal "1"), SERIAL_TEN(literal "2"), \
		LIT(literal "30"), LIT(literal "31") }

/* Operations of a chip, called with port.lock held, except attach and start. */
struct TABLE serial_chip {
	struct lit names[SERIAL_MAX_LINES];
	u64 dev; /* device number of the first line */
	/*
	 * For a chip without registers of its own, otherwise NULL: sets port.state and, if it has
	 * interrupts, port.line; comes before start. Returns 0 or -errno. Context: task.
	 */
	int (*attach)(struct serial_port *p, struct device *dev);
	/*
	 * Initializes the device, with interrupts off. Keeps the speed and format of the line and
	 * the input that the device holds. Returns 0 or -errno. Context: task.
	 */
	int (*start)(struct serial_port *p, struct dt_node *n);
	/* Sends as many of @bytes as the device accepts now. Returns how many; 0: it is full. */
	size_t (*send)(struct serial_port *p, struct cspan bytes);
	/* Passes received bytes to serial_received while there is room (serial_room). */
	void (*receive)(struct serial_port *p);
	/*
	 * Enables interrupts for received bytes and, with @more, for room in the transmitter. If no
	 * interrupt will come because there is work already, it calls serial_look_again.
	 */
	void (*expect)(struct serial_port *p, bool more);
	/* The rest may be NULL. Whether the device has sent all that it has taken. */
	bool (*is_sent)(struct serial_port *p);
	/* Clears the cause of an interrupt, where the chip needs that. */
	void (*acknowledge)(struct serial_port *p);
	void (*set_break)(struct serial_port *p, bool on); /* lock not held */
	/*
	 * Modem lines as TIOCM_* bits: modem reads all inputs and outputs, set_modem sets the
	 * outputs.
	 */
	u32 (*modem)(struct serial_port *p);
	void (*set_modem)(struct serial_port *p, u32 lines);
	/*
	 * Has the device work again after serial_fail. Returns 0 or -errno. Context: task, without
	 * the lock; all other operations may come meanwhile.
	 */
	int (*restart)(struct serial_port *p);
};

/* Whether the receive ring has room for a byte. port.lock held. */
static inline bool serial_room(const struct serial_port *p)
{
	return p->rx_head - p->rx_tail < SERIAL_RX_RING;
}

/* Counts the errors @damage. port.lock held. */
void serial_count_damage(struct serial_port *p, u32 damage);

/* Stores a received byte with its errors; the ring has room. port.lock held. */
static inline void serial_received(struct serial_port *p, u8 c, u32 damage)
{
	p->rx[p->rx_head++ % SERIAL_RX_RING] = (u16)(c | damage << 8);
	p->counts.rx++;
	if (damage)
		serial_count_damage(p, damage);
}

/*
 * Has the port's task handle the device soon, as if it had interrupted. port.lock held, or nobody
 * else knows the port.
 */
void serial_look_again(struct serial_port *p);
/*
 * The device does not work any more, until the port's task has restarted it (serial_chip.restart).
 * port.lock held.
 */
void serial_fail(struct serial_port *p);
/* The handler of all lines of a port, for a chip with more than one. */
extern const struct irq_ops serial_irq;

/*
 * Makes a port of the device: the body of a UART driver's probe. Returns 0 or -errno. Context:
 * task.
 */
int must_check serial_probe(struct device *dev, const struct serial_chip *chip, u32 quirk);
/* The terminal of the port with device number @dev, borrowed; NULL: none. */
struct tty *serial_tty(u64 dev);
/* The name of the port with device number @dev; empty: none. */
struct lit serial_name(u64 dev);

#endif
