// SPDX-License-Identifier: MPL-2.0
/* Devices inside the frame: nodes, windows, lines. Private to frame/dev and frame/boot. */
#ifndef FRAME_DEV_DEV_H
#define FRAME_DEV_DEV_H

#include <frame/device.h>

#include "../arch.h"

struct dt_node {
	struct dt_node *parent, *child, *sibling;
	const char *name;
	int offset;      /* in the flattened tree */
	u32 phandle;
};
bool dt_available(struct dt_node *n);
struct dt_node *dt_stdout(void);

#define MAX_WINDOWS 4
#define MAX_LINES   4

struct iomem {
	volatile u8 *base;
	u64 size;
};
struct device {
	struct dt_node *node;
	struct device *next;
	const struct driver *driver; /* that took it */
	struct iomem window[MAX_WINDOWS];
	struct irq_line *line[MAX_LINES];
};

/* Makes a device of each node; before the services start. */
void device_init(void);
/* The line of a hardware interrupt number; made at the first call. */
struct irq_line *irq_line_get(u32 hwirq);

#endif
