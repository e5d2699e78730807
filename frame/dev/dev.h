// SPDX-License-Identifier: MPL-2.0
/* Devices inside the frame: nodes, windows, lines. Private to frame/dev and frame/boot. */
#ifndef FRAME_DEV_DEV_H
#define FRAME_DEV_DEV_H

#include <frame/device.h>

#include "../arch.h"

struct dt_prop {
	struct dt_prop *next;
	const char *name;
	const u8 *value;
	size_t len;
};
struct dt_node {
	struct dt_node *parent, *child, *sibling;
	const char *name;
	struct dt_prop *props;
};
bool dt_available(struct dt_node *n);
struct dt_node *dt_stdout(void);

#define MAX_WINDOWS 4
#define MAX_LINES   4

/* Registers in memory, or ports (base NULL). */
struct iomem {
	volatile u8 *base;
	u16 port;
	u64 size; /* 0: no window yet */
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
