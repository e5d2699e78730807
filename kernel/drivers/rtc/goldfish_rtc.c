// SPDX-License-Identifier: MPL-2.0
/*
 * The goldfish real-time clock of QEMU's virt machines: nanoseconds since 1970 in two registers.
 *
 * Reading the low word latches the high one; writing the low word sets the clock with the high word
 * written before.
 */
#include <frame/device.h>
#include <frame/sync.h>
#include <kernel/rtc.h>
#include <uapi/errno.h>

enum { TIME_LOW = 0, TIME_HIGH = 4 };

struct goldfish_rtc {
	struct obj obj;
	struct spinlock lock; /* the two halves are read or written together */
	struct iomem *io;
};
OBJ_TYPE(goldfish_rtc, NULL_RELEASE);

/* The low word is read first: that latches the high word, so both are of the same moment. */
static u64 read_ns(struct obj *owner)
{
	struct goldfish_rtc *r = obj_cast(goldfish_rtc, owner);
	u64 low, high;

	spin_lock(&r->lock);
	low = iomem_read32(r->io, TIME_LOW);
	high = iomem_read32(r->io, TIME_HIGH);
	spin_unlock(&r->lock);
	return high << 32 | low;
}

/* The high word is written first: the low word sets the clock. */
static int write_ns(struct obj *owner, u64 ns)
{
	struct goldfish_rtc *r = obj_cast(goldfish_rtc, owner);

	spin_lock(&r->lock);
	iomem_write32(r->io, TIME_HIGH, (u32)(ns >> 32));
	iomem_write32(r->io, TIME_LOW, (u32)ns);
	spin_unlock(&r->lock);
	return 0;
}
static const struct rtc_ops goldfish_ops = { .read_ns = read_ns, .write_ns = write_ns };

static int rtc_probe(struct device *dev, u32 quirk)
{
	struct iomem *io = device_iomem(dev, 0);
	struct goldfish_rtc *r;

	(void)quirk;
	if (!io || iomem_size(io) < 8)
		return -EINVAL;
	r = obj_new(goldfish_rtc);
	if (!r)
		return -ENOMEM;
	r->io = io;
	rtc_register(&goldfish_ops, &r->obj);
	obj_put(&r);
	return 0;
}

static const struct dt_match rtc_match[] = { { LIT("google,goldfish-rtc"), .quirk = 0 } };
DRIVER(goldfish_rtc, rtc_match, rtc_probe);
