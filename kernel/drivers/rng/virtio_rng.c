// SPDX-License-Identifier: MPL-2.0
/*
 * Virtio's entropy device (virtio 1.2, 5.4): it fills buffers with random bytes. The host may give
 * fewer than were asked for, and may take its time, so a read waits for an interrupt.
 *
 * A device that breaks its ring is reset and set up again, and the block is read once more. A
 * device that fails all the same, or does not answer, is not used any more (hwrng.c): it is left
 * reset, without a handler, so that it neither keeps the buffer nor interrupts.
 */
#include <frame/device.h>
#include <frame/log.h>
#include <frame/time.h>
#include <frame/virtio.h>
#include <kernel/hwrng.h>
#include <kernel/ring_wait.h>
#include <uapi/errno.h>

#define ANSWER_NS NSEC_PER_SEC

struct virtio_rng {
	struct obj obj;
	struct virtio *dev;
	struct ring *ring;
	struct irq_line *line;
	struct page *page; /* a reference: the buffer */
	struct waitq wait;
};

static void rng_release(struct virtio_rng *r)
{
	page_put(&r->page);
}
OBJ_TYPE(virtio_rng, rng_release);

static void rng_handle(struct obj *owner)
{
	struct virtio_rng *r = obj_cast(virtio_rng, owner);

	(void)virtio_causes(r->dev);
	waitq_wake_all(&r->wait);
}
static const struct irq_ops rng_irq = { .handle = rng_handle };

/*
 * Fills the bytes from the front; *@n: how many. The buffer is cleared afterwards, so that the
 * random bytes are in one place only.
 */
static int rng_fill(struct virtio_rng *r, struct span out, u64 deadline, u32 *n)
{
	struct ring_chain c = { .nr_in = 1 };
	int err;

	c.segment[0].page = r->page;
	c.segment[0].len = (u32)span_len(out);
	err = ring_post(r->ring, &c, 0);
	if (err)
		return err;
	ring_kick(r->ring);
	err = ring_wait(r->ring, &r->wait, deadline, n);
	if (err)
		return err;
	page_read(r->page, 0, span_sub(out, 0, *n));
	page_zero(r->page, 0, *n);
	return *n ? 0 : -EIO;
}

static int rng_fill_all(struct virtio_rng *r, struct span out, u64 deadline)
{
	size_t done = 0;
	u32 n = 0;
	int err = 0;

	for (; done < span_len(out) && !err; done += n)
		err = rng_fill(r, span_from(out, done), deadline, &n);
	return err;
}

/* The device, which is reset, with its ring. Its line is the same each time. */
static int rng_set_up(struct virtio_rng *r)
{
	u64 features = 0;
	int err = virtio_negotiate(r->dev, 0, &features);

	return err ? err : virtio_ring(r->dev, 0, 1, &r->ring);
}

/* The device has broken its ring: everything from the reset on. */
static int rng_restart(struct virtio_rng *r)
{
	int err = virtio_reset(r->dev);

	log_warn("virtio-rng: the device broke its ring, and is reset");
	if (!err)
		err = rng_set_up(r);
	return err ? err : virtio_start(r->dev);
}

/*
 * The whole block comes from the device or none of it: a part would count as full. The copy on the
 * stack is cleared.
 */
static int rng_read(struct obj *owner, struct hwrng_block *out)
{
	struct virtio_rng *r = obj_cast(virtio_rng, owner);
	u64 deadline = time_mono_ns() + ANSWER_NS;
	u8 bytes[sizeof(*out)];
	int err = rng_fill_all(r, span_of(bytes), deadline);

	if (err == -EIO && !rng_restart(r))
		err = rng_fill_all(r, span_of(bytes), deadline);
	if (err) {
		irq_line_detach(r->line);
		(void)!virtio_reset(r->dev);
	}
	if (!err)
		span_copy(value_span(out), cspan_of(bytes));
	span_fill(span_of(bytes), 0);
	return err;
}
static const struct hwrng_ops rng_ops = { .name = LIT("virtio_rng.0"), .read = rng_read };

/* ---- probe ---- */

/* The generator is announced last, when a read can succeed. */
static int rng_start(struct virtio_rng *r)
{
	int err = rng_set_up(r);

	if (err)
		return err;
	r->line = virtio_irq(r->dev, 0);
	err = r->line ? irq_line_attach(r->line, &rng_irq, &r->obj) : -ENODEV;
	if (err)
		return err;
	err = virtio_start(r->dev);
	if (!err)
		err = hwrng_add(&rng_ops, &r->obj);
	if (err)
		irq_line_detach(r->line);
	return err;
}

static int rng_probe(struct device *dev, u32 quirk)
{
	struct virtio *v = device_virtio(dev);
	struct virtio_rng *r;
	int err;

	(void)quirk;
	/* One generator is used; another device stays as it is. */
	if (!v || virtio_class(v) != VIRTIO_RNG || cspan_len(lit_span(hwrng_name())))
		return -ENODEV;
	r = obj_new(virtio_rng);
	if (!r)
		return -ENOMEM;
	r->dev = v;
	r->page = page_alloc(PAGE_ZEROED);
	err = r->page ? rng_start(r) : -ENOMEM;
	if (err)
		(void)!virtio_reset(v); /* nothing is posted */
	obj_put(&r);
	return err;
}
static const struct dt_match rng_match[] = {
	{ LIT("virtio,mmio"), .quirk = 0 },
	{ LIT("pci1af4,1005"), .quirk = 0 },
	{ LIT("pci1af4,1044"), .quirk = 0 },
};
DRIVER(virtio_rng, rng_match, rng_probe);
