// SPDX-License-Identifier: MPL-2.0
/* kernel/drivers/serial/sifive_uart.c and serial.c against SiFive's UART. */
#include <kernel/chrdev.h>
#include <kernel/serial.h>

#include "sifive_uart.h"
#include "terminal.h"

#define BASE 0x10010000ul
#define LINE 4u

static struct sifive uart;
static struct tty *tty;
static u8 pattern[20000];
static unsigned before_start; /* so many bytes of the pattern are in the receive FIFO */

/*
 * Firmware has left a speed, two stop bits, interrupts and marks of its own, and has a text on its
 * way.
 */
static void start(void)
{
	unsigned i;

	for (i = 0; i < sizeof(pattern); i++)
		pattern[i] = (u8)unit_random(256);
	uart = (struct sifive){ .div = 4321,
		.txctrl = 0x50003,
		.rxctrl = 0x30000,
		.ie = 3,
		.tx = "firmware",
		.nr_tx = 8,
		.shifting = '#',
		.shift_done = 1 };
	for (; uart.nr_rx < before_start; uart.nr_rx++)
		uart.rx[uart.nr_rx] = pattern[uart.nr_rx];
	(void)sim_device("serial@10010000", "sifive,uart0", BASE, 0x1000, LINE);
	sim_model(BASE, 0x1000, LINE, &sifive_ops, &uart);
	sim_boot();
	tty = serial_tty(MKDEV(SIFIVE_TTY_MAJOR, 0));
	CHECK(tty && terminal_has_console());
	sim_run(2 * NSEC_PER_MSEC);
	for (i = 0; i < 9; i++)
		CHECK(uart.nr_out == 9 && uart.out[i] == "#firmware"[i]);
	uart.nr_out = 0;
}

static bool same(const u8 *a, const u8 *b, unsigned n)
{
	unsigned i;

	for (i = 0; i < n && a[i] == b[i]; i++)
		;
	return i == n;
}

MODEL_TEST(start_keeps_the_line_s_format)
{
	start();
	CHECK(uart.div == 4321 && (uart.txctrl & 3) == 3 && (uart.rxctrl & 1) && uart.ie == 2);
}

MODEL_TEST(send_by_interrupts)
{
	u64 before;

	start();
	before = sim_accesses();
	terminal_write(tty, pattern, sizeof(pattern));
	CHECK(sim_until(uart.nr_out == sizeof(pattern), 10 * NSEC_PER_SEC) &&
		same(uart.out, pattern, sizeof(pattern)));
	CHECK(sim_accesses() - before < sizeof(pattern) * 2 &&
		sim_irqs(LINE) <= sizeof(pattern) / 7 + 10 && uart.ie == 2);
	before = sim_irqs(LINE);
	sim_run(NSEC_PER_SEC);
	CHECK(sim_irqs(LINE) == before);
}

MODEL_TEST(both_ways)
{
	start();
	sifive_feed(&uart, pattern, 5000);
	terminal_write(tty, pattern + 5000, 6000);
	CHECK(sim_until(terminal_nr_in == 5000 && uart.nr_out == 6000, 10 * NSEC_PER_SEC));
	CHECK(!uart.nr_lost && same(terminal_in, pattern, 5000) &&
		same(uart.out, pattern + 5000, 6000));
}

MODEL_TEST(receive_key_by_key)
{
	unsigned i;

	start();
	for (i = 0; i < 10; i++) {
		sifive_feed(&uart, pattern + i, 1);
		CHECK(sim_until(terminal_nr_in == i + 1, 10 * NSEC_PER_MSEC) &&
			terminal_in[i] == pattern[i]);
	}
}

/* What firmware has not read, and what comes before anybody has the console open. */
MODEL_TEST(typed_ahead)
{
	unsigned i;

	terminal_closed = true;
	before_start = SIFIVE_FIFO;
	start();
	sifive_feed(&uart, pattern + SIFIVE_FIFO, 2000);
	sim_run(NSEC_PER_SEC);
	CHECK(!terminal_nr_in && uart.nr_lost == 2000 - SERIAL_RX_RING);
	terminal_open(tty);
	i = SIFIVE_FIFO + SERIAL_RX_RING;
	CHECK(sim_until(terminal_nr_in == i, NSEC_PER_SEC) && same(terminal_in, pattern, i));
	sifive_feed(&uart, pattern + i, 100);
	CHECK(sim_until(terminal_nr_in == i + 100, NSEC_PER_SEC) &&
		same(terminal_in, pattern, i + 100));
}

MODEL_TEST(messages)
{
	start();
	terminal_write(tty, pattern, 100);
	terminal_log("message\n");
	sim_run(NSEC_PER_SEC);
	CHECK(uart.nr_out == 108 && same(uart.out, pattern, 100) &&
		same(uart.out + 100, (const u8 *)"message\n", 8));
}

/* There are no lines to look at: the other side is always ready; a break cannot be sent. */
MODEL_TEST(modem_lines_and_break)
{
	start();
	CHECK(tty->driver->modem(tty) ==
		(TIOCM_DTR | TIOCM_RTS | TIOCM_OUT2 | TIOCM_CTS | TIOCM_DSR | TIOCM_CD));
	tty->driver->set_break(tty, true);
	tty->driver->set_break(tty, false);
}

MODEL_TEST(device_that_sends_no_more)
{
	u64 before;

	start();
	uart.dead_tx = true;
	terminal_log("0123456789\n");
	before = sim_now();
	terminal_log("two\n");
	CHECK(sim_now() - before < 10 * NSEC_PER_MSEC);
}

MODEL_TEST(device_that_goes_away)
{
	u64 irqs;

	start();
	uart.gone = true;
	terminal_write(tty, pattern, 1000);
	irqs = sim_irqs(LINE);
	sim_run(NSEC_PER_SEC);
	CHECK(sim_irqs(LINE) - irqs < 15000 && !terminal_nr_in);
	uart.gone = false;
	sifive_feed(&uart, pattern, 100);
	CHECK(sim_until(terminal_nr_in == 100, NSEC_PER_SEC) || uart.nr_lost);
}

MODEL_TEST(line_that_stays_up)
{
	start();
	uart.stuck_line = true;
	sim_run(NSEC_PER_SEC);
	CHECK(sim_irqs(LINE) < 15000 && sim_logged("interrupts for nothing"));
	uart.stuck_line = false;
	sim_run(NSEC_PER_SEC);
	sifive_feed(&uart, pattern, 100);
	CHECK(sim_until(terminal_nr_in == 100, NSEC_PER_SEC) && same(terminal_in, pattern, 100));
}

MODEL_TEST(window_that_is_too_small)
{
	(void)sim_device("serial@10010000", "sifive,uart0", BASE, 0x18, LINE);
	sim_boot();
	CHECK(!serial_tty(MKDEV(SIFIVE_TTY_MAJOR, 0)) && sim_logged("error 22"));
}
