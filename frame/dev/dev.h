// SPDX-License-Identifier: MPL-2.0
/* Devices inside the frame: nodes, windows, lines. Private to frame/dev and frame/boot. */
#ifndef FRAME_DEV_DEV_H
#define FRAME_DEV_DEV_H

#include <frame/device.h>
#include <frame/dma.h>
#include <frame/sync.h>

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
	struct pci_function *pci; /* made by pci.c for a function of a PCI bus */
};
/*
 * frame/boot/dt.c: zeroed memory for ever; nodes and properties beyond those of the flattened tree.
 * Boot time only; names and values are kept, not copied.
 */
void *dt_piece(size_t size);
struct dt_node *dt_add_node(struct dt_node *parent, const char *name);
void dt_add_prop(struct dt_node *n, const char *name, const u8 *value, size_t len);

/*
 * Whether what the device does to memory and the caches agree by themselves: as the nearest of the
 * node and those above says, yes if nobody does. frame/boot/dt.c
 */
bool dt_is_coherent(struct dt_node *n);
/* Whether a bus above has the device see memory at other addresses than the CPU. frame/boot/dt.c */
bool dt_is_translated(struct dt_node *n);

/*
 * What a host bridge's @size bytes from @at on of memory space are to the CPU: true if they lie in
 * one of the bridge's ranges. frame/boot/dt.c
 */
bool dt_pci_memory(struct dt_node *host, u64 at, u64 size, paddr_t *base);

/* Adds the functions of all host bridges at and below @n and its siblings. Before device_init. */
void pci_init(struct dt_node *n);
/*
 * The memory that the i-th base register decodes, if it is the function's alone; false: none,
 * ports, not assigned, or not believed.
 */
bool pci_bar(struct pci_function *f, unsigned i, paddr_t *base, u64 *size);
/* The hardware line of the i-th message, masked; -ENOENT, -ENODEV, or what arch_msi_alloc gives. */
int pci_vector(struct pci_function *f, unsigned i, u32 *hwirq);
void pci_vector_mask(struct pci_function *f, unsigned i, bool masked);
/* Lets the function read and write memory. TRUST: whoever calls knows to which addresses. */
void pci_master(struct pci_function *f);
struct dt_node *dt_stdout(void);

#define MAX_WINDOWS 4
#define MAX_LINES   4

/*
 * A part of a window that services may reach: [from, to), at most there; and which bits of each of
 * its words they may change. Where that is not all of them, writes are 32 bits wide. Bits that the
 * device changes by itself count among these, for a driver cannot know what they are when it writes
 * (iomem.c).
 */
struct reach {
	u32 from, to, change;
};
#define REACH_MAX 6 /* parts of one window; one of no length ends them */
#define REACH_ALL (~0u)

/* Registers in memory, or ports (base NULL). */
struct iomem {
	volatile u8 *base;
	u16 port;
	/*
	 * All of the first bytes may be reached, this many of them; most windows have nothing else.
	 */
	u64 size;
	const struct reach *parts; /* what may be reached besides; NULL: nothing */
	u64 end;                   /* of all that; 0: no window yet */
};

/* How a device that moves memory is told. engine.c has the list. */
struct dma_engine {
	u64 size;  /* of its registers */
	u64 reach; /* addresses that it can say are below */
	/* Bytes of its own memory, which is one end of each transfer; 0: both ends are pages. */
	u64 own;
	/*
	 * Of an idle engine. An end is a bus address, or an offset in its own memory: @to_memory
	 * says which if it has some.
	 */
	void (*start)(volatile u8 *regs, u64 to, u64 from, u64 len, bool to_memory);
	bool (*is_busy)(volatile u8 *regs); /* it may still read or write memory */
	int (*end)(volatile u8 *regs);      /* after that: 0 or -EIO */
};
struct dma {
	bool asked;                      /* for it; what comes of that never changes */
	const struct dma_engine *engine; /* NULL: refused */
	volatile u8 *regs;
	u32 line; /* of the caches; 1: coherent */
	struct spinlock lock;
	struct dma_end to, from; /* lock; what is lent, as long as there is @len */
	u64 len;                 /* lock; 0: nothing */
};
const struct dma_engine *dma_engine_of(struct dt_node *n);

struct device {
	struct dt_node *node;
	struct device *next;
	const struct driver *driver; /* that took it */
	bool waits;                  /* its driver waits for another's */
	bool armed;                  /* it may write to memory by itself: no window */
	struct iomem window[MAX_WINDOWS];
	struct irq_line *line[MAX_LINES];
	struct dma dma;
};

/*
 * What of the i-th window of such a device services may reach: true, and the first bytes or NULL
 * and the parts. window.c has the list.
 */
bool window_reach(struct dt_node *n, unsigned i, u64 *size, const struct reach **parts);
/*
 * Whether the function of PCI is one of which is known what it writes to memory besides its
 * messages: nothing, once window_disarm has said true.
 */
bool window_may_send(struct dt_node *n);
/*
 * Takes from a device what it would do to memory by itself, as firmware has left it. False: it may
 * still do it. Before the services start.
 */
bool window_disarm(struct dt_node *n);
/*
 * The first @size bytes of the node's first registers, mapped for the frame itself; NULL: they are
 * not what a device has. Context: task.
 */
volatile u8 *window_map(struct dt_node *n, u64 size);

/* Finds the pin that restarts the machine. */
void restart_init(void);
/* Makes a device of each node; before the services start. */
void device_init(void);
/*
 * The line of a hardware interrupt number; made at the first call. @pci: whose i-th message it is,
 * NULL: a line of the controller's.
 */
struct irq_line *irq_line_get(u32 hwirq, struct pci_function *pci, unsigned i);

#endif
