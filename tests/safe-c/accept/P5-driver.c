// accept: P5
// SPDX-License-Identifier: MPL-2.0
#include <frame/device.h>
#include <frame/errno.h>

static int probe(struct device *dev, u32 quirk)
{
	struct iomem *const io = device_iomem(dev, 0);
	if (!io)
		return -ENODEV;
	iomem_write32(io, 0, quirk);
	return 0;
}
static const struct dt_match match[] = {
	{ LIT("vendor,thing"), 1 },
	{ .compatible = LIT("vendor,other") },
};
DRIVER(thing, match, probe);
