// SPDX-License-Identifier: MPL-2.0
/* See the FU540-C000 manual, chapter "Platform DMA engine", and QEMU's docs/specs/edu. */
#include "mover.h"

enum {
	CLAIM = 1u << 0,
	RUN = 1u << 1,
	DONE_IE = 1u << 14,
	ERROR_IE = 1u << 15,
	DONE = 1u << 30,
	FAILED = 1u << 31
};
enum { EDU_RUN = 1, EDU_TO_MEMORY = 2 };
#define EDU_OWN   0x40000ul
#define EDU_REACH (1ul << 28)

static bool is_running(const struct mover *d)
{
	return d->done_at;
}

/* One end, byte by byte: the teaching device's own memory, or memory. */
static void move(struct mover *d, u64 first, u64 end)
{
	u64 i;
	u8 b;

	for (i = first; i < end; i++) {
		if (d->is_edu && !(d->control & EDU_TO_MEMORY))
			memory_device_read(d->from + i, &b, 1), d->own[d->to - EDU_OWN + i] = b;
		else if (d->is_edu)
			memory_device_write(d->to + i, &d->own[d->from - EDU_OWN + i], 1);
		else
			memory_device_read(d->from + i, &b, 1),
				memory_device_write(d->to + i, &b, 1);
	}
}

static void advance(void *m, u64 now)
{
	struct mover *d = m;

	if (d->half_at && d->half_at <= now) {
		d->half_at = 0;
		move(d, 0, d->bytes / 2);
	}
	if (d->done_at && d->done_at <= now) {
		if (!d->fails)
			move(d, d->bytes / 2, d->bytes);
		d->control &= ~(u32)(d->is_edu ? EDU_RUN : RUN);
		d->control |= d->is_edu ? 0 : d->fails ? FAILED : DONE;
		d->fails = false;
		d->done_at = 0;
		d->copies++;
	}
	memory_whim();
}

static u64 next(void *m)
{
	struct mover *d = m;

	return d->half_at ? d->half_at : d->done_at ? d->done_at : ~0ul;
}

static bool irq(void *m)
{
	struct mover *d = m;

	return !d->is_edu &&
		((d->control & DONE && d->control & DONE_IE) ||
			(d->control & FAILED && d->control & ERROR_IE));
}

static void go(struct mover *d)
{
	d->half_at = sim_now() + MOVER_NS / 2;
	d->done_at = sim_now() + MOVER_NS;
}

/* Both ends and the length lie at multiples of a transaction. */
static void pdma_go(struct mover *d)
{
	u32 w = d->config >> 24 & 15, r = d->config >> 28;

	model_require(w == r && w <= 6 && !(d->config & 0xffffff), "a strange configuration %#x",
		d->config);
	model_require(!((d->to | d->from | d->bytes) & ((1ul << w) - 1)),
		"transactions of %u bytes, from %#lx to %#lx, %lu bytes", 1u << w, d->from, d->to,
		d->bytes);
	model_require(d->bytes, "nothing to copy");
	go(d);
}

static void edu_go(struct mover *d)
{
	u64 own = d->control & EDU_TO_MEMORY ? d->from : d->to,
	    memory = d->control & EDU_TO_MEMORY ? d->to : d->from;

	model_require(own >= EDU_OWN && own + d->bytes < EDU_OWN + 4096,
		"beyond the device's memory: %#lx, %lu bytes", own, d->bytes);
	model_require(memory < EDU_REACH && memory + d->bytes <= EDU_REACH,
		"addresses that it cannot say: %#lx, %lu bytes", memory, d->bytes);
	go(d);
}

static u64 *wide(struct mover *d, u64 off)
{
	if (d->is_edu)
		return off == 0x80    ? &d->from
			: off == 0x88 ? &d->to
			: off == 0x90 ? &d->bytes
				      : NULL;
	return off == 0x08 ? &d->bytes : off == 0x10 ? &d->to : off == 0x18 ? &d->from : NULL;
}

static u64 mover_read(void *m, u64 off, unsigned width)
{
	struct mover *d = m;

	if (!d->is_edu && off >= 0x1000) {
		model_require(off % 0x1000 == 0 && off <= 0x3000 && width == 4,
			"read of %u bytes at %#lx", width, off);
		return d->other[off / 0x1000 - 1];
	}
	model_require(d->is_edu ? off == 0x98 && width == 8 : off == 0 && width == 4,
		"read of %u bytes at %#lx", width, off);
	return d->control;
}

static void mover_write(void *m, u64 off, unsigned width, u64 v)
{
	struct mover *d = m;

	model_require(!is_running(d), "a register of a device that copies is written, at %#lx",
		off);
	if (wide(d, off)) {
		model_require(width == 8 && (d->is_edu || d->control & CLAIM),
			"a write of %u bytes at %#lx", width, off);
		*wide(d, off) = v;
	} else if (d->is_edu) {
		model_require(off == 0x98 && width == 8 && v & EDU_RUN, "a write of %#lx at %#lx",
			v, off);
		d->control = (u32)v;
		edu_go(d);
	} else if (off == 0x04) {
		model_require(width == 4 && d->control & CLAIM,
			"a configuration that will not last");
		d->config = (u32)v;
	} else {
		model_require(off == 0 && width == 4, "a write of %u bytes at %#lx", width, off);
		model_require(!(v & RUN) || d->control & CLAIM,
			"a channel runs that is not claimed");
		d->control = (u32)v;
		if (v & RUN)
			pdma_go(d);
	}
}

const struct model_ops mover_ops = { .name = "mover",
	.read = mover_read,
	.write = mover_write,
	.irq = irq,
	.next = next,
	.advance = advance };
