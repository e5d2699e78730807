// SPDX-License-Identifier: MPL-2.0
/* kernel/drivers/serial/ns16550.c and serial.c against a 16550 and a DesignWare UART. */
#include <kernel/chrdev.h>
#include <kernel/serial.h>

#include "terminal.h"
#include "uart16550.h"

#define BASE   0x10000000ul
#define LINE   32u
#define FORMAT 0x0e /* seven bits, two stop bits, odd parity: nothing that a driver would choose */

static struct uart uart;
static struct tty *tty;
static u8 pattern[20000];

/* As firmware leaves it: 7O2 at a speed of its own, FIFOs on. */
static void firmware(bool dw)
{
	unsigned i;

	uart = (struct uart){ .dw = dw,
		.shift = dw ? 2 : 0,
		.width = dw ? 4 : 1,
		.lcr = FORMAT,
		.dll = 13,
		.dlm = 1,
		.fcr = 1 };
	for (i = 0; i < sizeof(pattern); i++)
		pattern[i] = (u8)unit_random(256);
}

static struct dt_node *plug(void)
{
	struct dt_node *n = sim_device("serial@10000000", uart.dw ? "snps,dw-apb-uart" : "ns16550a",
		BASE, uart.dw ? 0x10000 : 0x100, LINE);

	if (uart.dw) {
		sim_prop(n, "reg-shift", 2);
		sim_prop(n, "reg-io-width", 4);
	}
	sim_model(BASE, 0x10000, LINE, &uart_ops, &uart);
	return n;
}

static void boot(void)
{
	sim_boot();
	tty = serial_tty(MKDEV(4, 64));
	CHECK(tty);
}

static void start(bool dw)
{
	firmware(dw);
	(void)plug();
	boot();
}

/* More than PCs have: each has its number and its name. */
#define NR_PORTS 12u
MODEL_TEST(many_ports)
{
	static const char *const names[NR_PORTS] = { "serial@0", "serial@1", "serial@2", "serial@3",
		"serial@4", "serial@5", "serial@6", "serial@7", "serial@8", "serial@9", "serial@a",
		"serial@b" };
	static struct uart uarts[NR_PORTS];
	u32 i;

	firmware(false);
	for (i = 0; i < NR_PORTS; i++) {
		uarts[i] = uart;
		(void)sim_device(names[i], "ns16550a", BASE + 0x1000 * i, 0x100, LINE + i);
		sim_model(BASE + 0x1000 * i, 0x100, LINE + i, &uart_ops, &uarts[i]);
	}
	sim_boot();
	for (i = 0; i < NR_PORTS; i++)
		CHECK(serial_tty(MKDEV(4, 64 + i)) && uarts[i].lcr == FORMAT);
	CHECK(!serial_tty(MKDEV(4, 64 + NR_PORTS)) && !sim_logged("driver failed"));
}

static bool same(const u8 *a, const u8 *b, unsigned n)
{
	unsigned i;

	for (i = 0; i < n && a[i] == b[i]; i++)
		;
	return i == n;
}

static struct serial_counts counts(void)
{
	return tty->driver->counts(tty);
}

/* ---- the start ---- */

static void starts(bool dw)
{
	start(dw);
	CHECK(uart.lcr == FORMAT && uart.dll == 13 && uart.dlm == 1);
	CHECK(uart.ier == 1 && (uart.fcr & 0xc1) == 1 && (uart.mcr & 0x1f) == 0xb);
	CHECK(terminal_has_console() && tty_console() == tty);
}
MODEL_TEST(start_16550)
{
	starts(false);
}
MODEL_TEST(start_dw)
{
	starts(true);
}

static void starts_behind_firmware(bool dw)
{
	unsigned i;

	firmware(dw);
	uart.ier = dw ? 0x8f : 0xf;
	uart.mcr = 0x10;
	uart.nr_rx = 5;
	uart.rx[0].damage = SERIAL_BREAK;
	for (i = 1; i < 5; i++)
		uart.rx[i].c = pattern[i - 1];
	uart.nr_tx = UART_FIFO;
	for (i = 0; i < UART_FIFO; i++)
		uart.tx[i] = (u8)('a' + i);
	uart.shifting = '#';
	uart.shift_done = 1;
	(void)plug();
	boot();
	sim_run(NSEC_PER_SEC);
	CHECK(!uart.nr_cut && uart.nr_out == UART_FIFO + 1 &&
		same(uart.out, (const u8 *)"#abcdefghijklmnop", UART_FIFO + 1));
	CHECK(uart.lcr == FORMAT && uart.dll == 13 && uart.dlm == 1 && uart.ier == 1 &&
		(uart.mcr & 0x1f) == 0xb);
	/* What had come is kept, with its damage. */
	CHECK(terminal_nr_in == 4 && same(terminal_in, pattern, 4) &&
		terminal_damaged[TTY_BREAK] == 1);
}
MODEL_TEST(start_behind_busy_firmware_16550)
{
	starts_behind_firmware(false);
}
MODEL_TEST(start_behind_busy_firmware_dw)
{
	starts_behind_firmware(true);
}

static void starts_with_latch_open(bool dw)
{
	firmware(dw);
	uart.lcr = FORMAT | 0xc0;
	uart.fcr = 0;
	uart.nr_rx = !dw; /* a DesignWare would stay busy with it */
	uart.rx[0].damage = SERIAL_PARITY;
	(void)plug();
	boot();
	CHECK(uart.lcr == FORMAT && uart.dll == 13 && uart.dlm == 1 && uart.ier == 1 &&
		(uart.fcr & 1));
	/* The byte went when the FIFO was turned on, and its damage with it. */
	uart_feed(&uart, pattern, 5, UART_BYTE_NS);
	sim_run(NSEC_PER_SEC);
	CHECK(terminal_nr_in == 5 && same(terminal_in, pattern, 5) &&
		!terminal_damaged[TTY_PARITY]);
}
MODEL_TEST(start_with_divisor_latch_and_break_left_on_16550)
{
	starts_with_latch_open(false);
}
MODEL_TEST(start_with_divisor_latch_and_break_left_on_dw)
{
	starts_with_latch_open(true);
}

MODEL_TEST(start_where_nothing_is)
{
	firmware(true);
	uart.gone = true;
	(void)plug();
	sim_boot();
	CHECK(!serial_tty(MKDEV(4, 64)) && !terminal_has_console() && sim_logged("error 5"));
}

MODEL_TEST(start_refuses_strange_registers)
{
	struct dt_node *n;

	firmware(true);
	n = sim_device("serial@10000000", "snps,dw-apb-uart", BASE, 0x10000, LINE);
	sim_prop(n, "reg-shift", 2);
	sim_prop(n, "reg-io-width", 2);
	n = sim_device("serial@10010000", "snps,dw-apb-uart", BASE, 0x70, LINE);
	sim_prop(n, "reg-shift", 2);
	sim_prop(n, "reg-io-width", 4);
	sim_boot();
	CHECK(!serial_tty(MKDEV(4, 64)) && !sim_accesses() && sim_logged("error 22"));
}

MODEL_TEST(start_without_interrupt)
{
	struct dt_node *n;

	firmware(true);
	n = sim_device("serial@10000000", "snps,dw-apb-uart", BASE, 0x10000, 0);
	sim_prop(n, "reg-shift", 2);
	sim_prop(n, "reg-io-width", 4);
	sim_model(BASE, 0x10000, 0, &uart_ops, &uart);
	boot();
	terminal_log("still here\n");
	sim_run(NSEC_PER_SEC);
	CHECK(sim_logged("no interrupt") && uart.nr_out == 11);
}

/* ---- sending ---- */

static void sends(bool dw)
{
	u64 before;

	start(dw);
	before = sim_accesses();
	terminal_write(tty, pattern, sizeof(pattern));
	CHECK(sim_until(uart.nr_out == sizeof(pattern), 10 * NSEC_PER_SEC));
	CHECK(same(uart.out, pattern, sizeof(pattern)) && counts().tx == sizeof(pattern));
	/* By interrupts, a FIFO at a time, and none when all has gone. */
	CHECK(sim_accesses() - before < sizeof(pattern) * 5 / 3 &&
		sim_irqs(LINE) <= sizeof(pattern) / 15 + 10);
	CHECK(uart.ier == 1);
	before = sim_irqs(LINE);
	sim_run(NSEC_PER_SEC);
	CHECK(sim_irqs(LINE) == before && !tty->driver->pending(tty));
}
MODEL_TEST(send_16550)
{
	sends(false);
}
MODEL_TEST(send_dw)
{
	sends(true);
}

static void set_stopped(bool stopped)
{
	mutex_lock(&tty->lock);
	tty->stopped = stopped;
	tty->driver->stopped(tty);
	mutex_unlock(&tty->lock);
}

MODEL_TEST(send_stops_goes_on_and_is_forgotten)
{
	unsigned n;
	u64 irqs;

	start(true);
	terminal_write(tty, pattern, 2000);
	sim_run(20 * NSEC_PER_MSEC);
	set_stopped(true);
	sim_run(20 * NSEC_PER_MSEC);
	n = uart.nr_out;
	irqs = sim_irqs(LINE);
	sim_run(NSEC_PER_SEC);
	CHECK(n > 100 && n < 500 && uart.nr_out == n && sim_irqs(LINE) == irqs);
	set_stopped(false);
	sim_run(20 * NSEC_PER_MSEC);
	CHECK(uart.nr_out > n);
	mutex_lock(&tty->lock);
	tty->driver->flush(tty);
	mutex_unlock(&tty->lock);
	sim_run(NSEC_PER_SEC);
	CHECK(uart.nr_out < 1000 && same(uart.out, pattern, uart.nr_out) &&
		!tty->driver->pending(tty));
}

MODEL_TEST(messages_come_behind_what_programs_wrote)
{
	start(true);
	terminal_write(tty, pattern, 1000);
	terminal_log("message\n");
	terminal_write(tty, pattern, 10);
	sim_run(NSEC_PER_SEC);
	CHECK(uart.nr_out == 1018 && same(uart.out, pattern, 1000) &&
		same(uart.out + 1000, (const u8 *)"message\n", 8) &&
		same(uart.out + 1008, pattern, 10));
}

MODEL_TEST(close_sends_the_rest)
{
	start(true);
	terminal_write(tty, pattern, 3000);
	set_stopped(true);
	mutex_lock(&tty->lock);
	tty->driver->close(tty);
	mutex_unlock(&tty->lock);
	sim_run(NSEC_PER_SEC);
	CHECK(uart.nr_out == 3000 && same(uart.out, pattern, 3000));
}

/* ---- before anybody has the console open ---- */

static void waits_for_opener(bool dw, bool edge)
{
	unsigned i;

	firmware(dw);
	terminal_closed = true;
	if (edge)
		sim_edge(LINE);
	for (i = 0; i < 10; i++)
		uart.rx[uart.nr_rx++].c = pattern[i];
	(void)plug();
	boot();
	uart_feed(&uart, pattern + 10, 500, UART_BYTE_NS);
	sim_run(NSEC_PER_SEC);
	CHECK(!terminal_nr_in);
	terminal_open(tty);
	CHECK(sim_until(terminal_nr_in == 510, NSEC_PER_SEC) && same(terminal_in, pattern, 510) &&
		!uart.nr_lost);
}
MODEL_TEST(typed_ahead_16550)
{
	waits_for_opener(false, false);
}
MODEL_TEST(typed_ahead_dw)
{
	waits_for_opener(true, false);
}
MODEL_TEST(typed_ahead_on_an_edge_line)
{
	waits_for_opener(false, true);
}

/* Piped into an emulator whose firmware has left the FIFOs off: only the first byte is lost. */
MODEL_TEST(typed_ahead_in_an_emulator)
{
	firmware(false);
	terminal_closed = true;
	uart.fcr = 0;
	uart.qemu = true;
	uart_feed(&uart, pattern, 3000, 1);
	(void)plug();
	boot();
	sim_run(NSEC_PER_SEC);
	CHECK(!terminal_nr_in);
	terminal_open(tty);
	CHECK(sim_until(terminal_nr_in == 2999, NSEC_PER_SEC) &&
		same(terminal_in, pattern + 1, 2999) && !uart.nr_lost);
}

/*
 * More than there is room for: the ring's and the FIFO's first bytes stay, and the port is quiet.
 */
static void waits_when_full(bool edge)
{
	unsigned held = SERIAL_RX_RING + UART_FIFO;
	u64 before;

	firmware(false);
	terminal_closed = true;
	if (edge)
		sim_edge(LINE);
	(void)plug();
	boot();
	uart_feed(&uart, pattern, 3000, UART_BYTE_NS);
	sim_run(NSEC_PER_SEC);
	before = sim_accesses();
	sim_run(NSEC_PER_SEC);
	CHECK(!terminal_nr_in && uart.nr_lost == 3000 - held && sim_accesses() == before);
	terminal_open(tty);
	CHECK(sim_until(terminal_nr_in == held, NSEC_PER_SEC) && same(terminal_in, pattern, held));
	uart_feed(&uart, pattern + held, 100, UART_BYTE_NS);
	CHECK(sim_until(terminal_nr_in == held + 100, NSEC_PER_SEC) &&
		same(terminal_in, pattern, held + 100));
}
MODEL_TEST(typed_ahead_more_than_fits)
{
	waits_when_full(false);
}
MODEL_TEST(typed_ahead_more_than_fits_on_an_edge_line)
{
	waits_when_full(true);
}

/* ---- receiving ---- */

static void receives(bool dw, u64 gap, unsigned n)
{
	start(dw);
	uart_feed(&uart, pattern, n, gap);
	CHECK(sim_until(terminal_nr_in == n, 100 * NSEC_PER_SEC));
	CHECK(!uart.nr_lost && same(terminal_in, pattern, n) && counts().rx == (s32)n &&
		!counts().overrun);
}
MODEL_TEST(receive_at_full_speed_16550)
{
	receives(false, UART_BYTE_NS, 5000);
}
MODEL_TEST(receive_at_full_speed_dw)
{
	receives(true, UART_BYTE_NS, 5000);
}
MODEL_TEST(receive_key_by_key)
{
	receives(true, 100 * NSEC_PER_MSEC, 50);
}

static void both_ways(bool dw)
{
	start(dw);
	uart_feed(&uart, pattern, 5000, UART_BYTE_NS);
	terminal_write(tty, pattern + 5000, 6000);
	CHECK(sim_until(terminal_nr_in == 5000 && uart.nr_out == 6000, 10 * NSEC_PER_SEC));
	CHECK(!uart.nr_lost && same(terminal_in, pattern, 5000) &&
		same(uart.out, pattern + 5000, 6000));
}
MODEL_TEST(both_ways_16550)
{
	both_ways(false);
}
MODEL_TEST(both_ways_dw)
{
	both_ways(true);
}

/* A PC's line goes up once for each cause, and needs OUT2. */
MODEL_TEST(both_ways_on_an_edge_line)
{
	firmware(false);
	uart.gate_out2 = true;
	sim_edge(LINE);
	(void)plug();
	boot();
	uart_feed(&uart, pattern, 5000, UART_BYTE_NS);
	terminal_write(tty, pattern + 5000, 6000);
	CHECK(sim_until(terminal_nr_in == 5000 && uart.nr_out == 6000, 10 * NSEC_PER_SEC));
	CHECK(!uart.nr_lost && same(terminal_in, pattern, 5000) &&
		same(uart.out, pattern + 5000, 6000));
}

static void damaged(bool dw)
{
	static const struct {
		u8 damage;
		enum tty_damage what;
	} cases[] = {
		{ SERIAL_PARITY, TTY_PARITY },
		{ SERIAL_FRAME, TTY_FRAME },
		{ SERIAL_BREAK | SERIAL_FRAME, TTY_BREAK },
		{ SERIAL_BREAK, TTY_BREAK },
	};
	unsigned i, k;

	start(dw);
	for (i = 0; i < ARRAY_LEN(cases); i++) {
		terminal_nr_in = 0;
		for (k = 0; k <= TTY_OVERRUN; k++)
			terminal_damaged[k] = 0;
		/*
		 * Other bytes before and after it, in the same FIFO and in others; output
		 * meanwhile, which looks at the line status too.
		 */
		terminal_write(tty, pattern, 50);
		uart_feed(&uart, pattern, 20, UART_BYTE_NS);
		uart_feed_damaged(&uart, (u8)('A' + i), cases[i].damage, UART_BYTE_NS);
		uart_feed(&uart, pattern + 20, 20, UART_BYTE_NS);
		CHECK(sim_until(terminal_nr_in == 40 && terminal_damaged[cases[i].what] == 1,
			NSEC_PER_SEC));
		CHECK(same(terminal_in, pattern, 40) && terminal_damaged_byte == 'A' + i);
		CHECK(terminal_damaged[TTY_BREAK] + terminal_damaged[TTY_PARITY] +
				terminal_damaged[TTY_FRAME] ==
			1);
	}
	CHECK(counts().parity == 1 && counts().frame == 1 && counts().brk == 2 &&
		!counts().overrun);
}
MODEL_TEST(damaged_bytes_are_told_16550)
{
	damaged(false);
}
MODEL_TEST(damaged_bytes_are_told_dw)
{
	damaged(true);
}

/* All of these arrive before anybody looks. */
static void arrive_unseen(void)
{
	u64 flags = irq_save();

	while (uart.in_head != uart.in_tail)
		_arch_relax();
	terminal_log("."); /* which looks at the line status, too */
	irq_restore(flags);
}

static void damage_between(bool dw)
{
	start(dw);
	uart_feed(&uart, pattern, 5, UART_BYTE_NS);
	uart_feed_damaged(&uart, '!', SERIAL_PARITY, UART_BYTE_NS);
	uart_feed(&uart, pattern + 5, 5, UART_BYTE_NS);
	arrive_unseen();
	sim_run(NSEC_PER_SEC);
	CHECK(terminal_nr_in == 10 && same(terminal_in, pattern, 10) &&
		terminal_damaged[TTY_PARITY] == 1 && terminal_damaged_byte == '!');
	/*
	 * The first in the FIFO: its damage is told to whoever looks first, which is not who reads
	 * it.
	 */
	uart_feed_damaged(&uart, '?', SERIAL_FRAME, UART_BYTE_NS);
	uart_feed(&uart, pattern + 10, 5, UART_BYTE_NS);
	arrive_unseen();
	sim_run(NSEC_PER_SEC);
	CHECK(terminal_nr_in == 15 && same(terminal_in, pattern, 15) &&
		terminal_damaged[TTY_FRAME] == 1 && terminal_damaged_byte == '?');
}
MODEL_TEST(damage_is_the_right_byte_s_16550)
{
	damage_between(false);
}
MODEL_TEST(damage_is_the_right_byte_s_dw)
{
	damage_between(true);
}

static void overruns(bool dw)
{
	start(dw);
	uart_feed(&uart, pattern, 20, UART_BYTE_NS);
	arrive_unseen();
	sim_run(NSEC_PER_SEC);
	CHECK(uart.nr_lost == 4 && terminal_nr_in == 16 && same(terminal_in, pattern, 16) &&
		counts().overrun == 1);
}
MODEL_TEST(overrun_is_counted_16550)
{
	overruns(false);
}
MODEL_TEST(overrun_is_counted_dw)
{
	overruns(true);
}

/* ---- a DesignWare's own ---- */

static void set_break(bool on)
{
	mutex_lock(&tty->lock);
	tty->driver->set_break(tty, on);
	mutex_unlock(&tty->lock);
}

static void breaks(bool dw)
{
	u64 irqs;

	start(dw);
	terminal_write(tty, pattern, 100);
	uart_feed(&uart, pattern, 40, UART_BYTE_NS);
	set_break(true);
	CHECK(uart.lcr == (FORMAT | 0x40) && uart.broken_lines == 1);
	sim_run(250 * NSEC_PER_MSEC);
	CHECK(uart.lcr == (FORMAT | 0x40));
	set_break(false);
	CHECK(uart.lcr == FORMAT && (!dw || uart.lcr_ignored));
	sim_run(NSEC_PER_SEC);
	/* The refusals are not left behind as an interrupt, and nothing was lost for them. */
	CHECK(!uart.busy_latch && uart.nr_out == 100 && terminal_nr_in == 40 &&
		same(terminal_in, pattern, 40));
	irqs = sim_irqs(LINE);
	sim_run(NSEC_PER_SEC);
	CHECK(sim_irqs(LINE) == irqs && irqs < 200);
}
MODEL_TEST(break_while_bytes_go_both_ways_16550)
{
	breaks(false);
}
MODEL_TEST(break_while_bytes_go_both_ways_dw)
{
	breaks(true);
}

MODEL_TEST(break_of_a_device_that_stays_busy)
{
	u64 before;

	start(true);
	uart.dead_tx = true;
	uart.nr_tx = 1;
	before = sim_now();
	set_break(true);
	CHECK(sim_now() - before < NSEC_PER_SEC && uart.lcr == FORMAT);
	before = sim_irqs(LINE);
	sim_run(NSEC_PER_SEC);
	CHECK(sim_irqs(LINE) - before < 10);
}

/* Somebody else's write of the line control (firmware's) has been refused. */
MODEL_TEST(busy_interrupt_is_cleared)
{
	start(true);
	uart.busy_latch = true;
	sim_run(NSEC_PER_SEC);
	CHECK(!uart.busy_latch && uart.usr_reads && sim_irqs(LINE) < 5);
}

MODEL_TEST(timeout_with_nothing_there_is_cleared)
{
	start(true);
	uart.stuck_timeout = true;
	sim_run(NSEC_PER_SEC);
	CHECK(!uart.stuck_timeout && uart.dummy_reads == 1 && sim_irqs(LINE) < 5 &&
		!terminal_nr_in);
}

/* ---- devices that fail ---- */

static unsigned beats;
static void heart_run(struct obj *owner)
{
	(void)owner;
	for (;;) {
		beats++;
		(void)task_sleep_until(time_mono_ns() + NSEC_PER_MSEC, WAIT_UNINTERRUPTIBLE);
	}
}
static const struct task_ops heart_ops = { .run = heart_run };

/* Whether others still get the CPU. */
static bool lives(u64 ns)
{
	struct task *t = task_new(&heart_ops, NULL, LIT("heart"));

	beats = 0;
	task_start(t);
	sim_run(ns);
	return beats > ns / NSEC_PER_MSEC / 2;
}

MODEL_TEST(device_that_sends_no_more)
{
	u64 before;

	start(true);
	uart.dead_tx = true;
	terminal_write(tty, pattern, 100);
	before = sim_now();
	terminal_log("one\n");
	CHECK(sim_now() - before < 5 * NSEC_PER_SEC);
	before = sim_now();
	terminal_log("two\n");
	terminal_log("three\n");
	CHECK(sim_now() - before < 10 * NSEC_PER_MSEC);
	CHECK(lives(NSEC_PER_SEC));
	/* It comes back: what programs wrote is still there. */
	uart.dead_tx = false;
	uart.thre = true;
	sim_run(NSEC_PER_SEC);
	CHECK(uart.nr_out == 100 && same(uart.out, pattern, 100));
	terminal_log("four\n");
	sim_run(NSEC_PER_SEC);
	CHECK(uart.nr_out == 105 && same(uart.out + 100, (const u8 *)"four\n", 5));
}

MODEL_TEST(device_that_takes_no_message)
{
	u64 before;

	start(true);
	uart.dead_tx = true;
	before = sim_now();
	terminal_log("one\n");
	CHECK(sim_now() - before > NSEC_PER_SEC && sim_now() - before < 5 * NSEC_PER_SEC);
	before = sim_now();
	terminal_log("two\n");
	CHECK(sim_now() - before < 10 * NSEC_PER_MSEC);
}

/* All its registers read as ones: a byte has always come. */
static void goes(bool dw)
{
	start(dw);
	uart.gone = true;
	CHECK(lives(5 * NSEC_PER_SEC));
	terminal_log("nobody sees it\n");
	uart.gone = false;
	uart.nr_tx = 0;
	terminal_nr_in = 0;
	sim_run(NSEC_PER_SEC);
	terminal_nr_in = 0;
	uart_feed(&uart, pattern, 100, UART_BYTE_NS);
	CHECK(sim_until(terminal_nr_in == 100, 2 * NSEC_PER_SEC) &&
		same(terminal_in, pattern, 100));
}
MODEL_TEST(device_that_goes_away_16550)
{
	goes(false);
}
MODEL_TEST(device_that_goes_away_dw)
{
	goes(true);
}

MODEL_TEST(device_that_never_stops_sending)
{
	start(true);
	terminal_byte_ns = 0;
	uart.endless = true;
	CHECK(lives(NSEC_PER_SEC / 20));
	uart.endless = false;
	sim_run(NSEC_PER_SEC);
	terminal_nr_in = 0;
	uart_feed(&uart, pattern, 100, UART_BYTE_NS);
	CHECK(sim_until(terminal_nr_in == 100, 2 * NSEC_PER_SEC) &&
		same(terminal_in, pattern, 100));
}

/* A port that nobody has open recovers, too. */
MODEL_TEST(line_that_stays_up_before_the_opener)
{
	u64 irqs;

	terminal_closed = true;
	start(true);
	uart.stuck_line = true;
	CHECK(lives(5 * NSEC_PER_SEC));
	irqs = sim_irqs(LINE);
	CHECK(irqs > 1000 && irqs < 60000 && sim_logged("interrupts for nothing"));
	uart.stuck_line = false;
	sim_run(NSEC_PER_SEC);
	uart_feed(&uart, pattern, 200, UART_BYTE_NS);
	sim_run(NSEC_PER_SEC);
	CHECK(!terminal_nr_in && !uart.nr_lost && counts().rx == 200);
	terminal_open(tty);
	CHECK(sim_until(terminal_nr_in == 200, NSEC_PER_SEC) && same(terminal_in, pattern, 200));
}

MODEL_TEST(line_that_stays_up)
{
	u64 irqs;

	start(true);
	uart.stuck_line = true;
	CHECK(lives(5 * NSEC_PER_SEC));
	irqs = sim_irqs(LINE);
	CHECK(irqs > 1000 && irqs < 60000 && sim_logged("interrupts for nothing"));
	/* It still works in between, and when it is over. */
	uart_feed(&uart, pattern, 10, 10 * NSEC_PER_MSEC);
	CHECK(sim_until(terminal_nr_in == 10, 2 * NSEC_PER_SEC));
	uart.stuck_line = false;
	sim_run(NSEC_PER_SEC);
	irqs = sim_irqs(LINE);
	uart_feed(&uart, pattern + 10, 10, 10 * NSEC_PER_MSEC);
	CHECK(sim_until(terminal_nr_in == 20, 2 * NSEC_PER_SEC) && same(terminal_in, pattern, 20));
	CHECK(sim_irqs(LINE) - irqs < 40);
}
/*
 * The line discipline does not keep up: the device keeps what there is no room for, and loses the
 * rest, not the kernel.
 */
static void floods(bool dw, bool edge)
{
	unsigned i, at = 0;

	firmware(dw);
	if (edge)
		sim_edge(LINE);
	(void)plug();
	boot();
	terminal_byte_ns = NSEC_PER_MSEC;
	uart_feed(&uart, pattern, 4000, UART_BYTE_NS);
	CHECK(lives(NSEC_PER_SEC));
	CHECK(sim_until(terminal_nr_in + uart.nr_lost == 4000, 10 * NSEC_PER_SEC));
	CHECK(uart.nr_lost && counts().overrun && counts().rx == (s32)terminal_nr_in);
	/* In order, with holes. */
	for (i = 0; i < terminal_nr_in; i++, at++) {
		while (at < 4000 && pattern[at] != terminal_in[i])
			at++;
		CHECK(at < 4000);
	}
	terminal_byte_ns = 0;
	terminal_nr_in = 0;
	sim_run(NSEC_PER_SEC);
	uart_feed(&uart, pattern, 100, UART_BYTE_NS);
	CHECK(sim_until(terminal_nr_in == 100, NSEC_PER_SEC) && same(terminal_in, pattern, 100));
}
MODEL_TEST(more_than_can_be_handled_16550)
{
	floods(false, false);
}
MODEL_TEST(more_than_can_be_handled_dw)
{
	floods(true, false);
}
MODEL_TEST(more_than_can_be_handled_on_an_edge_line)
{
	floods(false, true);
}

/* ---- modem lines ---- */

MODEL_TEST(modem_lines)
{
	start(false);
	uart.msr = 0xb0;
	CHECK(tty->driver->modem(tty) ==
		(TIOCM_DTR | TIOCM_RTS | TIOCM_OUT2 | TIOCM_CTS | TIOCM_DSR | TIOCM_CD));
	mutex_lock(&tty->lock);
	tty->driver->set_modem(tty, 0, TIOCM_DTR);
	mutex_unlock(&tty->lock);
	CHECK((uart.mcr & 0x1f) == 0xa);
}
