// SPDX-License-Identifier: MPL-2.0
/*
 * Serial ports (kernel/serial.h): each has a terminal. The kernel's console is on the port that
 * /chosen/stdout-path names, or on the first one if it names none.
 *
 * How input travels. The interrupt handler reads the device's FIFO into the receive ring
 * (serial_irq, service). A task feeds the bytes to the line discipline, which may sleep and send
 * signals. When the ring is full, the interrupt line is disabled and the bytes stay in the device,
 * until the task has emptied half of the ring (go_on).
 *
 * How output travels. A write of a program puts bytes into the transmit ring; port_kick moves as
 * many of them to the device as it takes at once, and the interrupt handler moves the rest. When
 * the ring has room again, the task wakes the writers, because that takes tty.lock. Messages of the
 * kernel do not use the ring: they are sent by polling from any context, behind the bytes that are
 * in the ring already.
 *
 * Why no device can hang the kernel. A device that takes no bytes is waited for once, for STUCK_NS;
 * then it is marked as stuck and not waited for until it takes bytes again. A device that
 * interrupts without a byte to show for it, more than STORM times in a second, has its line
 * disabled for STORM_PAUSE_NS.
 *
 * A device that breaks the rules (serial_fail) is restarted by the task, RESTARTS times since the
 * start at most. Until then it takes and gives no bytes, and bytes that it had are lost.
 *
 * Locking: tty.lock, then port.lock, which interrupts take.
 */
#include <frame/boot.h>
#include <frame/cpu.h>
#include <frame/log.h>
#include <frame/task.h>
#include <frame/time.h>
#include <kernel/chrdev.h>
#include <kernel/serial.h>
#include <uapi/fs.h>

#define MAX_PORTS      64
#define STUCK_NS       (2 * NSEC_PER_SEC) /* as long as a FIFO's bytes take at the lowest speeds */
#define SENT_NS        NSEC_PER_SEC       /* for a device to send what it has taken */
#define STORM          1000u              /* interrupts without effect that are tolerated */
#define STORM_NS       NSEC_PER_SEC       /* in this time */
#define RESTARTS       10u
#define STORM_PAUSE_NS (100 * NSEC_PER_MSEC)

static void port_release(struct serial_port *p)
{
	obj_put(&p->tty);
	obj_put_any(&p->state);
}
OBJ_TYPE(serial_port, port_release);

static struct serial_port *ports[MAX_PORTS]; /* references: ports are never removed */
static u32 nr_ports;

/* Ports are added by the probes at boot, one at a time, and never removed; so there is no lock. */
static struct serial_port *find_port(u64 dev)
{
	u32 i;

	for (i = 0; i < nr_ports; i++) {
		if (ports[i]->tty->dev == dev)
			return ports[i];
	}
	return NULL;
}

struct tty *serial_tty(u64 dev)
{
	struct serial_port *p = find_port(dev);

	return p ? p->tty : NULL;
}

struct lit serial_name(u64 dev)
{
	struct serial_port *p = find_port(dev);

	return p ? p->chip->names[dev - p->chip->dev] : LIT("");
}

/* ---- output ---- */

/* These functions require port.lock. */

static u32 tx_len(const struct serial_port *p)
{
	return p->tx_head - p->tx_tail;
}

/* Sends the bytes of the ring up to its end or the point where it wraps. */
static size_t send_run(struct serial_port *p)
{
	u32 at = p->tx_tail % SERIAL_TX_RING;

	return p->chip->send(p,
		cspan_sub(cspan_of(p->tx), at, min(tx_len(p), SERIAL_TX_RING - at)));
}

/* Moves bytes from the ring to the device. Returns false if none could be moved. */
static bool serial_fill(struct serial_port *p)
{
	u32 before = tx_len(p);
	size_t n;

	if (!before || p->tx_stopped)
		return false;
	n = send_run(p);
	if (!n)
		return false;
	p->stuck = false;
	p->tx_tail += (u32)n;
	p->counts.tx += (s32)n;
	if (!tx_len(p) || (before > SERIAL_TX_RING / 2 && tx_len(p) <= SERIAL_TX_RING / 2))
		p->news = true;
	return true;
}

/* Requests an interrupt for the rest of the ring. */
static void expect_more(struct serial_port *p)
{
	p->chip->expect(p, tx_len(p) && !p->tx_stopped);
}

/* Sends some of the bytes, polling for up to STUCK_NS. Returns 0 if the device takes none. */
static size_t serial_send_waiting(struct serial_port *p, struct cspan bytes)
{
	size_t n = p->chip->send(p, bytes);
	u64 deadline;

	if (!n && !p->stuck) {
		deadline = time_mono_ns() + STUCK_NS;
		while (!n && time_mono_ns() < deadline)
			n = p->chip->send(p, bytes);
	}
	p->stuck = !n;
	return n;
}

/*
 * Sends some bytes of the ring by polling. The lock is free between two looks, so that the task can
 * restart a device that fails. Returns false if the ring is empty or the device takes nothing.
 */
static bool drain_some(struct serial_port *p)
{
	u64 deadline = time_mono_ns() + STUCK_NS, flags;
	bool sent, more;

	do {
		flags = spin_lock_irqsave(&p->lock);
		sent = serial_fill(p);
		more = !sent && !p->stuck && tx_len(p) && !p->tx_stopped;
		if (more)
			p->stuck = time_mono_ns() >= deadline;
		spin_unlock_irqrestore(&p->lock, flags);
	} while (more);
	return sent;
}

static void drain(struct serial_port *p)
{
	while (drain_some(p))
		;
}

/* Until the device has sent what it has taken, which is lost if the machine is turned off before. */
static void wait_sent(struct serial_port *p)
{
	u64 deadline = time_mono_ns() + SENT_NS, flags;
	bool done = !p->chip->is_sent;

	while (!done) {
		flags = spin_lock_irqsave(&p->lock);
		done = p->stuck || p->chip->is_sent(p);
		if (!done)
			p->stuck = time_mono_ns() >= deadline;
		spin_unlock_irqrestore(&p->lock, flags);
		cpu_relax();
	}
}

/*
 * Messages of the kernel do not wait for interrupts, so that they work in any context and until
 * shutdown. They follow the bytes that programs wrote before.
 */
static void console_write(struct obj *owner, struct cspan text)
{
	struct serial_port *p = obj_cast(serial_port, owner);
	size_t i = 0, n = 1;
	u64 flags;

	drain(p);
	flags = spin_lock_irqsave(&p->lock);
	for (; i < cspan_len(text) && n; i += n)
		n = serial_send_waiting(p, cspan_from(text, i));
	spin_unlock_irqrestore(&p->lock, flags);
	wait_sent(p);
}
static const struct console_ops serial_console = { .write = console_write };

/* ---- as a terminal ---- */

static struct serial_port *tty_serial_port(struct tty *t)
{
	return obj_cast(serial_port, t->private);
}

/* Output goes to the ring only; port_kick starts it. */
static size_t port_write(struct tty *t, struct cspan bytes)
{
	struct serial_port *p = tty_serial_port(t);
	u64 flags = spin_lock_irqsave(&p->lock);
	size_t i, n = min(cspan_len(bytes), (size_t)(SERIAL_TX_RING - tx_len(p)));

	for (i = 0; i < n; i++)
		p->tx[p->tx_head++ % SERIAL_TX_RING] = span_byte(bytes, i);
	spin_unlock_irqrestore(&p->lock, flags);
	return n;
}

/* A hint when it is called without the lock: only writers under tty.lock make the room smaller. */
static size_t port_room(struct tty *t)
{
	u32 room = SERIAL_TX_RING - tx_len(tty_serial_port(t));

	return room < 8 ? 0 : room;
}

static size_t port_pending(struct tty *t)
{
	return tx_len(tty_serial_port(t));
}

/*
 * Sends as long as the device takes bytes at once, as an emulated one does; the interrupt handler
 * sends the rest.
 */
static void port_kick(struct tty *t)
{
	struct serial_port *p = tty_serial_port(t);
	bool more = true;
	u64 flags;

	while (more) {
		flags = spin_lock_irqsave(&p->lock);
		more = serial_fill(p);
		if (!more)
			expect_more(p);
		spin_unlock_irqrestore(&p->lock, flags);
	}
}

/* TCFLSH: drops the bytes that the device has not taken. */
static void port_flush(struct tty *t)
{
	struct serial_port *p = tty_serial_port(t);
	u64 flags = spin_lock_irqsave(&p->lock);

	p->tx_head = p->tx_tail = 0;
	expect_more(p);
	spin_unlock_irqrestore(&p->lock, flags);
	tty_output_ready(t);
}

static void port_stopped(struct tty *t)
{
	tty_serial_port(t)->tx_stopped = t->stopped;
	port_kick(t);
}

static void port_set_break(struct tty *t, bool on)
{
	struct serial_port *p = tty_serial_port(t);

	if (p->chip->set_break)
		p->chip->set_break(p, on);
}

static int port_open(struct tty *t)
{
	waitq_wake_all(&tty_serial_port(t)->wait); /* wakes the task: see has_input */
	return 0;
}

/*
 * The last close sends what is left by polling, so that a program's last words are not lost; a
 * stuck device ends that.
 */
static void port_close(struct tty *t)
{
	struct serial_port *p = tty_serial_port(t);

	p->tx_stopped = false;
	drain(p);
	wait_sent(p);
}

/* A chip without modem lines behaves as if the other side were always connected. */
static u32 modem_locked(struct serial_port *p)
{
	return p->chip->modem ? p->chip->modem(p)
			      : p->modem_lines | TIOCM_CTS | TIOCM_DSR | TIOCM_CD;
}

static u32 port_modem(struct tty *t)
{
	struct serial_port *p = tty_serial_port(t);
	u64 flags = spin_lock_irqsave(&p->lock);
	u32 lines = modem_locked(p);

	spin_unlock_irqrestore(&p->lock, flags);
	return lines;
}

/* The lines are remembered for chips that have none. */
static void port_set_modem(struct tty *t, u32 set, u32 clear)
{
	struct serial_port *p = tty_serial_port(t);
	u64 flags = spin_lock_irqsave(&p->lock);
	u32 lines = (modem_locked(p) & ~clear) | set;

	p->modem_lines = lines;
	if (p->chip->set_modem)
		p->chip->set_modem(p, lines);
	spin_unlock_irqrestore(&p->lock, flags);
}

static struct serial_counts port_counts(struct tty *t)
{
	return tty_serial_port(t)->counts;
}

static const struct tty_driver serial_tty_driver = {
	.write = port_write,
	.room = port_room,
	.kick = port_kick,
	.pending = port_pending,
	.flush = port_flush,
	.stopped = port_stopped,
	.set_break = port_set_break,
	.open = port_open,
	.close = port_close,
	.modem = port_modem,
	.set_modem = port_set_modem,
	.counts = port_counts,
};

/* ---- input ---- */

void serial_count_damage(struct serial_port *p, u32 damage)
{
	p->counts.brk += !!(damage & SERIAL_BREAK);
	p->counts.parity += !!(damage & SERIAL_PARITY) && !(damage & SERIAL_BREAK);
	p->counts.frame += !!(damage & SERIAL_FRAME) && !(damage & SERIAL_BREAK);
	p->counts.overrun += !!(damage & SERIAL_OVERRUN);
}

/* Disables the interrupt line until the task has made room, and for @pause_ns at least. */
static void hold_back(struct serial_port *p, u64 pause_ns)
{
	irq_line_disable(p->line);
	if (p->line2)
		irq_line_disable(p->line2);
	p->held_until_ns = pause_ns ? time_mono_ns() + pause_ns : 0;
	p->held = true;
	p->news = true;
}

/* The task handles the device (go_on), as it will anyway if the line is disabled. */
void serial_look_again(struct serial_port *p)
{
	if (!p->held)
		p->held_until_ns = 0;
	p->held = true;
	waitq_wake_all(&p->wait);
}

void serial_fail(struct serial_port *p)
{
	if (p->failed)
		return;
	p->failed = true;
	p->news = true;
	waitq_wake_all(&p->wait);
}

/* Counts an interrupt without effect. Returns whether there were too many of them. */
static bool is_storm(struct serial_port *p)
{
	u64 now = time_mono_ns();

	if (!p->idle_interrupts++ || now - p->idle_since_ns > STORM_NS) {
		p->idle_interrupts = 1;
		p->idle_since_ns = now;
	}
	return p->idle_interrupts > STORM;
}

/* Handles all causes of an interrupt. port.lock held. */
static void service(struct serial_port *p)
{
	u32 rx = p->rx_head, tx = p->tx_tail;

	if (p->chip->acknowledge)
		p->chip->acknowledge(p);
	p->chip->receive(p);
	(void)serial_fill(p);
	expect_more(p);
	if (!serial_room(p)) {
		hold_back(p, 0);
	} else if (rx != p->rx_head || tx != p->tx_tail) {
		p->idle_interrupts = 0;
	} else if (is_storm(p)) {
		p->idle_interrupts = 0;
		hold_back(p, STORM_PAUSE_NS);
	}
}

/* The handler only moves bytes between device and rings; the rest is the task's work. */
static void serial_interrupt(struct obj *owner)
{
	struct serial_port *p = obj_cast(serial_port, owner);
	bool news;

	spin_lock(&p->lock);
	service(p);
	news = p->rx_head != p->rx_tail || p->news;
	spin_unlock(&p->lock);
	if (news)
		waitq_wake_all(&p->wait);
}
const struct irq_ops serial_irq = { .handle = serial_interrupt };

/*
 * Takes bytes from the receive ring up to the first damaged one, or the damaged one alone: *damage.
 */
static size_t take_received(struct serial_port *p, struct span out, u32 *damage)
{
	u64 flags = spin_lock_irqsave(&p->lock);
	size_t n = 0;

	*damage = 0;
	while (n < span_len(out) && p->rx_tail != p->rx_head && !*damage) {
		u16 c = p->rx[p->rx_tail % SERIAL_RX_RING];
		if (c > 0xff && n)
			break;
		*damage = c >> 8;
		span_set_byte(out, n++, (u8)c);
		p->rx_tail++;
	}
	spin_unlock_irqrestore(&p->lock, flags);
	return n;
}

/*
 * Passes bytes to the line discipline. A damaged byte is passed alone; one that was only followed
 * by a loss (overrun) counts as good.
 */
static void serial_feed(struct serial_port *p, struct cspan bytes, u32 damage)
{
	if (damage & (SERIAL_BREAK | SERIAL_PARITY | SERIAL_FRAME))
		tty_input_damaged(p->tty, span_byte(bytes, 0),
			damage & SERIAL_BREAK            ? TTY_BREAK
				: damage & SERIAL_PARITY ? TTY_PARITY
							 : TTY_FRAME);
	else
		(void)tty_input(p->tty, bytes);
}

/*
 * Input of the console that arrives while it is not open (typed ahead, or piped in) waits in the
 * ring, and in the device if the ring is full. The first open wakes the task (port_open). Input of
 * other ports is taken at any time; tty_input drops it while the port is not open.
 */
static bool has_input(struct serial_port *p)
{
	return load_once(p->rx_head) != load_once(p->rx_tail) &&
		(load_once(p->tty->open_count) || p->tty != tty_console());
}

/* Whether the ring has enough room to enable a line that was disabled because it was full. */
static bool may_resume(struct serial_port *p)
{
	return load_once(p->rx_head) - load_once(p->rx_tail) <= SERIAL_RX_RING / 2;
}

/*
 * The time at which the task runs without a wake-up. While the ring is too full, only an open
 * changes that, and it wakes the task.
 */
static u64 resume_deadline(struct serial_port *p)
{
	return load_once(p->held) && may_resume(p) ? load_once(p->held_until_ns) : NO_DEADLINE;
}

static void serial_tell_writers(struct serial_port *p)
{
	mutex_lock(&p->tty->lock);
	store_once(p->news, false);
	tty_output_ready(p->tty);
	mutex_unlock(&p->tty->lock);
}

/*
 * Enables the interrupt line again when it is time. An edge may have been missed meanwhile, so the
 * device is handled as if it had interrupted.
 */
static void go_on(struct serial_port *p)
{
	static struct log_limit limit;
	u64 flags;

	if (time_mono_ns() < load_once(p->held_until_ns) || !may_resume(p))
		return;
	if (p->held_until_ns && log_limit_pass(&limit))
		log_warn("serial port %u:%u: interrupts for nothing", DEV_MAJOR(p->tty->dev),
			DEV_MINOR(p->tty->dev));
	flags = spin_lock_irqsave(&p->lock);
	p->held = false;
	irq_line_enable(p->line);
	if (p->line2)
		irq_line_enable(p->line2);
	service(p);
	spin_unlock_irqrestore(&p->lock, flags);
}

/* A device that cannot be restarted stays failed, and its port silent. */
static void serial_restart(struct serial_port *p)
{
	u32 major = DEV_MAJOR(p->tty->dev), minor = DEV_MINOR(p->tty->dev);
	u64 flags;
	int err;

	if (p->restarts >= RESTARTS)
		return;
	log_warn("serial port %u:%u: the device fails, and is reset", major, minor);
	err = p->chip->restart(p);
	p->restarts = err ? RESTARTS : p->restarts + 1;
	if (p->restarts == RESTARTS)
		log_warn("serial port %u:%u: the device is not restarted again", major, minor);
	if (err)
		return;
	flags = spin_lock_irqsave(&p->lock);
	p->failed = false;
	p->stuck = false;
	service(p);
	spin_unlock_irqrestore(&p->lock, flags);
}

/*
 * The task of a port: feeds the line discipline, which may sleep and send signals, wakes writers,
 * enables the interrupt line again, and restarts the device.
 */
static void task_run(struct obj *owner)
{
	struct serial_port *p = obj_cast(serial_port, owner);
	u8 chunk[64];
	u32 damage;
	int err;

	for (;;) {
		size_t n = has_input(p) ? take_received(p, span_of(chunk), &damage) : 0;
		if (n)
			serial_feed(p, cspan_first(cspan_of(chunk), n), damage);
		if (load_once(p->news))
			serial_tell_writers(p);
		if (load_once(p->failed))
			serial_restart(p);
		if (load_once(p->held))
			go_on(p);
		task_cond_resched(); /* a device may send without end */
		if (!n)
			wait_event(&p->wait, has_input(p) || load_once(p->news),
				WAIT_UNINTERRUPTIBLE, resume_deadline(p), &err);
	}
}
static const struct task_ops task_ops = { .run = task_run };

/* ---- probe ---- */

/*
 * The task is started before the handler is attached, so that a wake-up finds it. A port without an
 * interrupt line has output only.
 */
static int start_input(struct device *dev, struct serial_port *p)
{
	struct task *task;
	u64 flags;
	int err;

	if (!p->chip->attach)
		p->line = device_irq(dev, 0);
	if (!p->line) {
		log_warn("serial port %u:%u: no interrupt, so no input", DEV_MAJOR(p->tty->dev),
			DEV_MINOR(p->tty->dev));
		return 0;
	}
	task = task_new(&task_ops, &p->obj, LIT("uart"));
	if (!task)
		return -ENOMEM;
	task_start(task);
	task_put(&task);
	err = irq_line_attach(p->line, &serial_irq, &p->obj);
	if (err)
		return err;
	flags = spin_lock_irqsave(&p->lock);
	p->chip->expect(p, false);
	spin_unlock_irqrestore(&p->lock, flags);
	return 0;
}

/* The stdout device, or the first port if the devicetree names none. */
static bool is_console(struct device *dev)
{
	return device_is_stdout(dev) ||
		(!dt_has(dt_find(STR("/chosen")), LIT("stdout-path")) && !tty_console());
}

static u32 nr_of_kind(const struct serial_chip *chip)
{
	u32 i, n = 0;

	for (i = 0; i < nr_ports; i++)
		n += ports[i]->chip == chip;
	return n;
}

/*
 * Initializes the port for the chip's driver. The caller drops the port on failure, with all that
 * belongs to it.
 */
static int serial_set_up(struct serial_port *p, struct device *dev, const struct serial_chip *chip,
	u32 quirk, u64 number)
{
	int err = 0;

	p->chip = chip;
	p->quirk = quirk;
	if (chip->attach)
		err = chip->attach(p, dev);
	else if (!(p->io = device_iomem(dev, 0)))
		err = -EINVAL;
	if (err)
		return err;
	p->tty = tty_new(&serial_tty_driver, number);
	return p->tty ? chip->start(p, device_node(dev)) : -ENOMEM;
}

/*
 * Once the port is in ports[], it stays: a failure to start its input leaves a port with output
 * only.
 */
int serial_probe(struct device *dev, const struct serial_chip *chip, u32 quirk)
{
	u32 n = nr_of_kind(chip);
	struct serial_port *p;
	int err;

	if (n == SERIAL_MAX_LINES || nr_ports == MAX_PORTS)
		return -ENOSPC; /* which the frame logs */
	p = obj_new(serial_port);
	if (!p)
		return -ENOMEM;
	err = serial_set_up(p, dev, chip, quirk, chip->dev + n);
	if (err) {
		obj_put(&p);
		return err;
	}
	p->tty->private = &obj_get(p)->obj;
	ports[nr_ports] = obj_get(p);
	nr_ports++;
	port_set_modem(p->tty, TIOCM_DTR | TIOCM_RTS | TIOCM_OUT2, TIOCM_LOOP);
	err = devtmpfs_add(chip->names[n], S_IFCHR | 0600, p->tty->dev);
	if (err)
		log_warn("serial: port %u has no file in /dev (%d)", n, err);
	if (is_console(dev)) {
		console_register(&serial_console, &p->obj);
		tty_set_console(p->tty);
	}
	err = start_input(dev, p);
	obj_put(&p);
	return err;
}
