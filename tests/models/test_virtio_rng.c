// SPDX-License-Identifier: MPL-2.0
/*
 * kernel/drivers/rng/virtio_rng.c over the frame's rings, with a device that breaks its ring once,
 * again and again, or does not answer: the driver resets it and goes on, or leaves it reset,
 * without a page and without an interrupt.
 */
#include <frame/virtio.h>
#include <kernel/hwrng.h>
#include <uapi/errno.h>

#include "sim.h"

#define BASE 0x10001000ul
#define LINE 7u

/* ---- pages: the one of the driver ---- */

struct page {
	u32 services, frames;
	_Alignas(4096) u8 bytes[PAGE_SIZE];
};
static struct page buffer;

struct page *page_alloc(u32 flags)
{
	(void)flags;
	CHECK(!buffer.services && !buffer.frames);
	buffer.services = 1;
	return &buffer;
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
void page_zero(struct page *p, size_t off, size_t n)
{
	__builtin_memset(p->bytes + off, 0, n);
}

/* ---- the device ---- */

static struct {
	u32 lies; /* answers that are wrong */
	bool is_silent, is_up;
	u32 status, select, num, resets, chains;
	u64 desc, avail, used;
	u16 seen;
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
		return VIRTIO_RNG;
	case 0x010:
		return dev.select; /* VERSION_1 */
	case 0x034:
		return 8;
	case 0x044:
		return 1;
	case 0x060:
		return dev.is_up;
	case 0x070:
		return dev.status;
	}
	model_fail("register %#lx is read", off);
}

/* Bytes that are not random, but all different. */
static void answer(void)
{
	static u32 word;
	u16 *avail = (u16 *)dev.avail, *used = (u16 *)dev.used;
	u64 *desc;
	u32 i, *done, *to;

	for (; dev.seen != avail[1]; dev.seen++) {
		u16 head = avail[2 + dev.seen % dev.num];
		desc = (u64 *)dev.desc + 2ul * head;
		to = (u32 *)desc[0];
		for (i = 0; i < (u32)desc[1] / 4; i++)
			to[i] = ++word * 2654435761u;
		done = (u32 *)(dev.used + 4) + 2 * (used[1] % dev.num);
		done[0] = dev.lies ? head + 1 : head;
		done[1] = (u32)desc[1];
		dev.lies -= dev.lies != 0;
		dev.chains++;
		used[1]++;
		dev.is_up = true;
	}
}

static void set_half(u64 *to, u64 off, u64 v)
{
	*to = off & 4 ? (*to & 0xffffffff) | v << 32 : v;
}

static void dev_write(void *m, u64 off, unsigned width, u64 v)
{
	(void)m, (void)width;
	switch (off) {
	case 0x014:
		dev.select = (u32)v;
		return;
	case 0x038:
		dev.num = (u32)v;
		return;
	case 0x050:
		if (!dev.is_silent)
			answer();
		return;
	case 0x064:
		dev.is_up = false;
		return;
	case 0x070:
		dev.resets += !v;
		if (!v)
			dev.seen = 0, dev.is_up = false;
		dev.status = (u32)v;
		return;
	}
	if (off >= 0x80 && off < 0xa8)
		set_half(off < 0x90 ? &dev.desc : off < 0xa0 ? &dev.avail : &dev.used, off, v);
}
static bool dev_irq(void *m)
{
	(void)m;
	return dev.is_up;
}
static const struct model_ops dev_ops = {
	.name = "virtio", .read = dev_read, .write = dev_write, .irq = dev_irq
};

/* ---- the rest of the kernel ---- */

static const struct hwrng_ops *unit;
static struct obj *unit_owner;

int hwrng_add(const struct hwrng_ops *ops, struct obj *owner)
{
	unit = ops;
	unit_owner = obj_get_any(owner);
	return 0;
}
struct lit hwrng_name(void)
{
	return unit ? unit->name : LIT("");
}
const struct virtio_transport *virtio_pci_find(struct virtio *of, struct dt_node *n,
	struct lit *why)
{
	(void)of, (void)n, (void)why;
	return NULL;
}

static void boot(void)
{
	(void)sim_device("virtio@10001000", "virtio,mmio", BASE, 0x200, LINE);
	sim_model(BASE, 0x200, LINE, &dev_ops, NULL);
	sim_boot();
	CHECK(unit && dev.status == 15);
}

static struct hwrng_block block;
static int result;
static bool done;
static void read_run(struct obj *owner)
{
	(void)owner;
	result = unit->read(unit_owner, &block);
	done = true;
}
static const struct task_ops read_task = { .run = read_run };
static int read_block(void)
{
	struct task *t = task_new(&read_task, unit_owner, LIT("read"));

	done = false;
	task_start(t);
	CHECK(sim_until(done, 3 * NSEC_PER_SEC));
	return result;
}

MODEL_TEST(a_device_that_works)
{
	boot();
	CHECK(read_block() == 0 && block.word[0] && block.word[0] != block.word[1]);
	CHECK(dev.resets == 1 && !buffer.frames);
}

MODEL_TEST(a_ring_that_breaks_once)
{
	boot();
	CHECK(read_block() == 0);
	dev.lies = 1;
	CHECK(read_block() == 0 && dev.resets == 2 && dev.chains == 3);
	CHECK(sim_logged("broke its ring") && !buffer.frames);
	CHECK(read_block() == 0 && dev.resets == 2);
}

/* Nothing of it is left: no page, no interrupt. */
static void is_gone(int err)
{
	u64 before;

	CHECK(read_block() == err && !buffer.frames && !dev.status);
	before = sim_irqs(LINE);
	dev.is_up = true;
	sim_run(NSEC_PER_SEC);
	CHECK(sim_irqs(LINE) <= before + 1);
}
MODEL_TEST(a_ring_that_breaks_again)
{
	boot();
	dev.lies = 100;
	is_gone(-EIO);
	CHECK(dev.chains == 2);
}
MODEL_TEST(no_answer)
{
	boot();
	dev.is_silent = true;
	is_gone(-ETIMEDOUT);
}
