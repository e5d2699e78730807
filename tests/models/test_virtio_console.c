// SPDX-License-Identifier: MPL-2.0
/*
 * kernel/drivers/serial/virtio_console.c and serial.c over the frame's rings, with a device that
 * breaks a ring: the port goes on after a reset; a device that always does is given up.
 */
#include <frame/virtio.h>
#include <kernel/chrdev.h>
#include <kernel/serial.h>
#include <uapi/errno.h>

#include "terminal.h"

#define BASE 0x10001000ul
#define LINE 7u

/* ---- pages: those of the driver ---- */

struct page {
	u32 services, frames;
	u8 *bytes;
};
static struct page pages[2];
static u32 nr_pages;

void *aligned_alloc(size_t align, size_t n);

struct page *page_alloc(u32 flags)
{
	struct page *p = &pages[nr_pages++];

	(void)flags;
	CHECK(nr_pages <= 2);
	p->bytes = __builtin_memset(aligned_alloc(PAGE_SIZE, PAGE_SIZE), 0, PAGE_SIZE);
	p->services = 1;
	return p;
}
void page_put(struct page **pp)
{
	if (*pp)
		(*pp)->services--;
	*pp = NULL;
}
bool page_hold(struct page *p)
{
	p->frames++;
	return p->services;
}
void page_release(struct page *p)
{
	CHECK(p->frames--);
}
paddr_t page_paddr(const struct page *p)
{
	return (paddr_t)p->bytes;
}
void page_read(struct page *p, size_t off, struct span dst)
{
	memcpy(dst._p, p->bytes + off, dst._n);
}
void page_write(struct page *p, size_t off, struct cspan src)
{
	memcpy(p->bytes + off, src._p, src._n);
}

/* ---- the device ---- */

static struct {
	u32 rx_lies, tx_lies; /* completions that are wrong */
	u32 status, looks, select, queue, resets;
	bool is_up, is_stuck; /* it does not confirm a reset */
	u64 takes_ns, due_ns; /* to send, after a doorbell; when it will have (0: nothing is due) */
	struct {
		u32 num;
		u64 desc, avail, used;
		u16 seen;
	} q[2];
	u8 out[1 << 16];
	u32 nr_out;
} dev;

static u64 dev_read(void *m, u64 off, unsigned width)
{
	(void)m;
	model_require(width == 4, "%u bytes", width);
	switch (off) {
	case 0x000:
		return 0x74726976;
	case 0x004:
		return 2;
	case 0x008:
		return VIRTIO_CONSOLE;
	case 0x010:
		return dev.select; /* VERSION_1 */
	case 0x034:
		return 16;
	case 0x044:
		return 1;
	case 0x060:
		return dev.is_up;
	case 0x070:
		return dev.status;
	}
	model_fail("register %#lx is read", off);
}

/* Returns the next chain of a queue, of which it has written @n bytes; a lie: another one. */
static void give_back(u32 k, u32 n, bool lie)
{
	u16 *used = (u16 *)dev.q[k].used;
	u32 *done = (u32 *)(dev.q[k].used + 4) + 2 * (used[1] % dev.q[k].num);
	u16 head = ((u16 *)dev.q[k].avail)[2 + dev.q[k].seen++ % dev.q[k].num];

	done[0] = lie ? 1000 : head;
	done[1] = n;
	used[1]++;
	dev.is_up = true;
}

static u64 *next_desc(u32 k)
{
	u16 *avail = (u16 *)dev.q[k].avail;

	return avail && dev.q[k].seen != avail[1]
		? (u64 *)dev.q[k].desc + 2ul * avail[2 + dev.q[k].seen % dev.q[k].num]
		: NULL;
}

static void send_all(void)
{
	u64 *d;
	u32 n;

	while ((d = next_desc(1))) {
		n = (u32)d[1];
		CHECK(dev.nr_out + n <= sizeof(dev.out));
		if (!dev.tx_lies) {
			memcpy(dev.out + dev.nr_out, (u8 *)d[0], n);
			dev.nr_out += n;
		}
		give_back(1, 0, dev.tx_lies != 0);
		dev.tx_lies -= dev.tx_lies != 0;
	}
}

static void receives(const char *text, u32 n)
{
	u64 *d = next_desc(0);

	CHECK(d && n <= (u32)d[1]);
	memcpy((u8 *)d[0], text, n);
	give_back(0, n, dev.rx_lies != 0);
	dev.rx_lies -= dev.rx_lies != 0;
}

static void set_half(u64 *to, u64 off, u64 v)
{
	*to = off & 4 ? (*to & 0xffffffff) | v << 32 : v;
}

static void set_status(u32 v)
{
	if (v || !dev.is_stuck)
		dev.status = v;
	if (v)
		return;
	dev.resets++;
	dev.q[0].seen = dev.q[1].seen = 0;
	dev.is_up = false;
}

static void dev_write(void *m, u64 off, unsigned width, u64 v)
{
	(void)m, (void)width;
	switch (off) {
	case 0x014:
		dev.select = (u32)v;
		return;
	case 0x030:
		dev.queue = (u32)v;
		return;
	case 0x038:
		dev.q[dev.queue].num = (u32)v;
		return;
	case 0x050:
		if (v == 1 && dev.takes_ns)
			dev.due_ns = sim_now() + dev.takes_ns;
		else if (v == 1)
			send_all();
		return;
	case 0x064:
		dev.is_up = false;
		return;
	case 0x070:
		set_status((u32)v);
		return;
	}
	if (off >= 0x80 && off < 0xa8)
		set_half(off < 0x90          ? &dev.q[dev.queue].desc
				: off < 0xa0 ? &dev.q[dev.queue].avail
					     : &dev.q[dev.queue].used,
			off, v);
}
static bool dev_irq(void *m)
{
	(void)m;
	return dev.is_up;
}
static u64 dev_next(void *m)
{
	(void)m;
	return dev.due_ns ? dev.due_ns : ~0ul;
}
static void dev_advance(void *m, u64 now)
{
	(void)m;
	if (!dev.due_ns || now < dev.due_ns)
		return;
	dev.due_ns = 0;
	send_all();
}
static const struct model_ops dev_ops = { .name = "virtio",
	.read = dev_read,
	.write = dev_write,
	.irq = dev_irq,
	.next = dev_next,
	.advance = dev_advance };
const struct virtio_transport *virtio_pci_find(struct virtio *of, struct dt_node *n,
	struct lit *why)
{
	(void)of, (void)n, (void)why;
	return NULL;
}

/* ---- the port ---- */

static struct tty *tty;

static void boot(void)
{
	(void)sim_device("virtio@10001000", "virtio,mmio", BASE, 0x200, LINE);
	sim_model(BASE, 0x200, LINE, &dev_ops, NULL);
	sim_boot();
	tty = serial_tty(MKDEV(HVC_MAJOR, 0));
	CHECK(tty && dev.status == 15 && dev.resets == 1);
}

/* A line each way. */
static void works(void)
{
	u32 before = dev.nr_out, in = terminal_nr_in;

	terminal_write(tty, (const u8 *)"to the host", 11);
	CHECK(sim_until(dev.nr_out == before + 11, NSEC_PER_SEC));
	CHECK(!memcmp(dev.out + before, "to the host", 11));
	receives("from the host", 13);
	CHECK(sim_until(terminal_nr_in == in + 13, NSEC_PER_SEC));
	CHECK(!memcmp(terminal_in + in, "from the host", 13));
}

MODEL_TEST(a_device_that_works)
{
	u32 i;

	boot();
	for (i = 0; i < 40; i++)
		works();
	CHECK(dev.resets == 1 && pages[0].frames + pages[1].frames <= 17);
}

MODEL_TEST(the_transmit_ring_breaks)
{
	boot();
	works();
	dev.tx_lies = 1;
	terminal_write(tty, (const u8 *)"lost", 4);
	terminal_write(tty, (const u8 *)"kept", 4); /* the lie is seen before */
	CHECK(sim_until(dev.resets == 2 && dev.status == 15 && dev.nr_out == 15, NSEC_PER_SEC));
	CHECK(!memcmp(dev.out + 11, "kept", 4) && sim_logged("fails, and is reset"));
	works();
	CHECK(dev.resets == 2);
}

MODEL_TEST(the_receive_ring_breaks)
{
	boot();
	works();
	dev.rx_lies = 1;
	receives("lost", 4);
	CHECK(sim_until(dev.resets == 2 && dev.status == 15, NSEC_PER_SEC));
	works();
}

/* The last close, as before power-off, waits until the device has sent all; not for ever. */
MODEL_TEST(a_device_that_sends_later)
{
	u64 before;

	boot();
	dev.takes_ns = 10 * NSEC_PER_MSEC;
	terminal_write(tty, (const u8 *)"last words", 10);
	CHECK(!dev.nr_out);
	tty->driver->close(tty);
	CHECK(dev.nr_out == 10 && !memcmp(dev.out, "last words", 10));
	dev.takes_ns = 1000 * NSEC_PER_SEC;
	terminal_write(tty, (const u8 *)"never sent", 10);
	before = sim_now();
	tty->driver->close(tty);
	CHECK(sim_now() - before >= NSEC_PER_SEC && sim_now() - before < 2 * NSEC_PER_SEC);
	before = sim_now();
	tty->driver->close(tty);
	CHECK(sim_now() - before < NSEC_PER_MSEC);
}

/* It is given up: the task, and who writes, are not kept busy, and nothing is lent for ever. */
MODEL_TEST(a_ring_that_always_breaks)
{
	u32 i, resets;

	boot();
	dev.tx_lies = 1u << 30;
	for (i = 0; i < 30; i++) {
		terminal_write(tty, (const u8 *)"lost", 4);
		sim_run(50 * NSEC_PER_MSEC);
	}
	resets = dev.resets;
	CHECK(resets == 11 && sim_logged("not restarted again"));
	sim_run(10 * NSEC_PER_SEC);
	CHECK(dev.resets == resets);
}

MODEL_TEST(a_reset_that_is_not_confirmed)
{
	boot();
	dev.is_stuck = true;
	dev.tx_lies = 1;
	terminal_write(tty, (const u8 *)"lost", 4);
	terminal_write(tty, (const u8 *)"lost", 4);
	CHECK(sim_until(sim_logged("not restarted again"), 10 * NSEC_PER_SEC));
	sim_run(10 * NSEC_PER_SEC);
	CHECK(dev.resets == 2 && pages[0].frames);
}
