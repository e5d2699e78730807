// SPDX-License-Identifier: MPL-2.0
/*
 * Devices inside the frame: nodes, windows, interrupt lines. Private to frame/dev and frame/boot.
 */
#ifndef FRAME_DEV_DEV_H
#define FRAME_DEV_DEV_H

#include <frame/device.h>
#include <frame/dma.h>
#include <frame/sync.h>

#include "../arch.h"
#include "nic.h"
#include "virtio.h"

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
	struct pci_function *pci; /* set for a function of a PCI bus; made by pci.c */
};
/*
 * Zeroed memory that is never freed; nodes and properties beyond those of the flattened tree. Boot
 * time only. Names and values are kept by pointer, not copied. frame/boot/dt.c
 */
void *dt_piece(size_t size);
struct dt_node *dt_add_node(struct dt_node *parent, const char *name);
void dt_add_prop(struct dt_node *n, const char *name, const u8 *value, size_t len);

/*
 * Whether the device is cache-coherent: the nearest of the node and its ancestors decides; the
 * default is yes. frame/boot/dt.c
 */
bool dt_is_coherent(struct dt_node *n);
/*
 * Whether the device's addresses of DMA may be others than the CPU's: by dma-ranges of a bus above
 * it, or by an IOMMU, whose state firmware has left to us. frame/boot/dt.c
 */
bool dt_is_translated(struct dt_node *n);

/*
 * Translates @size bytes from @at of a host bridge's memory space to a CPU address; false: they lie
 * in none of the bridge's ranges. frame/boot/dt.c
 */
bool dt_pci_memory(struct dt_node *host, u64 at, u64 size, paddr_t *base);

/* The bus addresses of a host bridge's first range of memory. False: it has none. dt.c */
bool dt_pci_range(struct dt_node *host, u64 *at, u64 *end);

/*
 * Adds the functions behind all host bridges at and below @n and its siblings. Runs before
 * device_init.
 */
void pci_init(struct dt_node *n);
/*
 * The memory that the i-th base register decodes, if no other device decodes it. False: none,
 * ports, not assigned, or not trusted.
 */
bool pci_bar(struct pci_function *f, unsigned i, paddr_t *base, u64 *size);
/* The line of the function's i-th message, masked, or of its pin; NULL: it has none. */
struct irq_line *pci_irq(struct pci_function *f, unsigned i);
/*
 * The offset of the function's next capability of this kind behind the one at @at (0: the first
 * one); 0: none. A device may have them in a circle.
 */
u32 pci_capability(const struct pci_function *f, u32 at, u32 id);
/* The offset of the function's capability of MSI-X, as found at boot; 0: none. */
u32 pci_msix(const struct pci_function *f);
/* An aligned word of configuration space. */
u32 pci_config32(const struct pci_function *f, u32 reg);
/*
 * The table of the function's messages, as read at boot: its length in bytes (0: it has none);
 * @where: its offset, and in the lowest bits its base register.
 */
u32 pci_message_table(const struct pci_function *f, u32 *where);
/*
 * Whether the function may read and write memory. TRUST: the caller knows the addresses that it
 * uses. After false its interrupt lines do not make it a master either.
 */
void pci_master(struct pci_function *f, bool on);
struct dt_node *dt_stdout(void);

#define MAX_WINDOWS 6 /* as many base registers as a PCI function has */

/*
 * A row of a window's whitelist: a part [from, to) of the window that services may access, and the
 * bits of each of its words that they may change. Where those are not all bits, writes are 32 bits
 * wide. Bits that the device changes by itself must be among them, because a driver cannot know
 * their value when it writes (iomem.c).
 */
struct reg_whitelist {
	u32 from, to, change;
};
#define REG_WHITELIST_MAX 6 /* rows for one window; a row of length 0 ends the list */
#define REG_WHITELIST_ALL (~0u)

/* Registers in memory, or ports (base NULL). */
struct iomem {
	volatile u8 *base;
	u16 port;
	/*
	 * Services may access all of the first bytes of the window, this many; most windows have
	 * nothing else.
	 */
	u64 size;
	const struct reg_whitelist
		*parts; /* the parts that services may access besides; NULL: none */
	u64 end;        /* end of the accessible bytes; 0: no window yet */
};

/* How a DMA engine is programmed. The tables of reach/ name the engines. */
struct dma_engine {
	u64 size;       /* bytes of its registers */
	u64 addr_limit; /* upper limit of the addresses that it can use */
	/*
	 * Bytes of the device's own memory, which is then one end of each transfer; 0: both ends
	 * are pages.
	 */
	u64 own;
	/*
	 * Starts an idle engine. An end is a bus address, or an offset in the device's own memory:
	 * @to_memory says which of the two ends is in memory.
	 */
	void (*start)(volatile u8 *regs, u64 to, u64 from, u64 len, bool to_memory);
	bool (*is_busy)(volatile u8 *regs); /* it may still read or write memory */
	int (*end)(volatile u8 *regs);      /* when it is no longer busy: 0 or -EIO */
};
struct dma {
	bool asked;                      /* device_dma has checked it; the result never changes */
	const struct dma_engine *engine; /* NULL: refused */
	volatile u8 *regs;
	u32 line; /* cache line size; 1: coherent */
	struct spinlock lock;
	struct dma_end to, from; /* lock; the lent pages, while @len is not 0 */
	u64 len;                 /* lock; 0: no transfer */
};
const struct dma_engine *dma_engine_of(struct dt_node *n);

struct device {
	struct dt_node *node;
	struct device *next;
	const struct driver *driver; /* the driver that took it */
	bool waits;                  /* its driver deferred the probe */
	bool armed;                  /* it may write to memory by itself: no window */
	struct iomem window[MAX_WINDOWS];
	struct iomem config; /* the configuration space of a virtio device with a handle */
	struct dma dma;
	struct virtio virtio;
	struct nic nic;
};
static_assert(sizeof(struct device) <= PAGE_SIZE, "device.c gives it a page");

/* Logs the prefix, the node's name, a colon, @what and @detail. */
void device_report(u32 level, struct lit prefix, struct dt_node *n, struct lit what,
	struct lit detail);

/*
 * The whitelist of the i-th window of such a device: the number of accessible first bytes, and the
 * parts or NULL. False: no access. The tables are in reach/.
 */
bool window_whitelist(struct dt_node *n, unsigned i, u64 *size, const struct reg_whitelist **parts);
/*
 * Whether the PCI function may send messages: its writes to memory besides messages are known, and
 * window_disarm has stopped them.
 */
bool window_may_send(struct dt_node *n);
/* The row of an Ethernet controller; NULL: the device is none. */
const struct nic_chip *window_nic(struct dt_node *n);
/*
 * Stops all writes to memory that the device would do by itself, as firmware has left it. False: it
 * may still do them. Runs before the services start.
 */
bool window_disarm(struct dt_node *n);
/*
 * Maps the first @size bytes of the node's first registers for the frame itself; NULL: the
 * registers are not those of such a device, or no memory. Context: task.
 */
volatile u8 *window_map(struct dt_node *n, u64 size);

/* Finds the GPIO pin that restarts the machine. */
void restart_init(void);
/* Makes a device of each node. Runs before the services start. */
void device_init(void);
extern struct device *all_devices; /* the first; the list is complete when services start */
/*
 * For ktest_audit: whether rings and transfers are what they must be; *@hash then covers what never
 * changes about devices and lines. Only with KTEST=1. frame/dev/audit.c
 */
bool device_audit(u64 *hash);
#endif
