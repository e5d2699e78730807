// SPDX-License-Identifier: MPL-2.0
/*
 * PCI: functions behind an ECAM host bridge (pci-host-ecam-generic) become devicetree nodes below
 * it, with the names and properties of the PCI bus binding to Open Firmware ("compatible":
 * "pciVVVV,DDDD"), so drivers match and get handles as for any other device. See the PCI Local Bus
 * specification 3.0, chapter 6, and the PCI Express base specification, 7.2.2 (ECAM).
 *
 * Bases are those that firmware gave, read once at boot; a function without one has no windows.
 * Interrupts are messages (MSI, MSI-X) where the architecture takes them.
 *
 * Trust: configuration space, base registers and message tables are the frame's alone: with them a
 *        driver could let the device write anywhere. Windows come only through device_iomem, which
 *        knows what is harmless. A function masters the bus only to send messages to addresses that
 *        the backend gave, or for dma.c.
 */
#include <frame/fmt.h>
#include <frame/log.h>
#include <frame/sync.h>

#include "dev.h"

enum {
	PCI_VENDOR = 0x00,
	PCI_COMMAND = 0x04,
	PCI_STATUS = 0x06,
	PCI_CLASS = 0x08,
	PCI_HEADER = 0x0e,
	PCI_BAR0 = 0x10,
	PCI_SECONDARY = 0x19,
	PCI_CAPABILITIES = 0x34,
};
#define COMMAND_MEMORY      0x0002u
#define COMMAND_MASTER      0x0004u
#define COMMAND_NO_INTX     0x0400u
#define STATUS_CAPABILITIES 0x10u
#define HEADER_MULTI        0x80u
#define HEADER_BRIDGE       1u
#define BAR_PORT            1u
#define BAR_64              4u
#define NR_BARS             6u
#define BRIDGE_BARS         2u
#define CLASS_HOST_BRIDGE   0x0600u
#define CAP_MSI             0x05u
#define CAP_MSIX            0x11u
#define MSI_ENABLE          0x0001u
#define MSI_64              0x0080u
#define MSIX_ENABLE         0x8000u
#define MSIX_COUNT          0x07ffu
#define MSIX_ENTRY          16u
#define FUNCTION_SIZE       4096u
#define BUS_SIZE            (1ul << 20)

/* What a base register decodes: addresses of the bus. Of no size: nothing, or ports. */
struct bar {
	u64 at, size;
};

struct pci_function {
	struct pci_function *next;
	struct dt_node *node;
	volatile u8 *config; /* its page of configuration space */
	bool is_bridge;
	struct bar bar[NR_BARS]; /* as it said at boot; it is not asked again */
	struct spinlock lock;
	u8 msi, msix;       /* offsets of the capabilities, 0: none */
	volatile u8 *table; /* MSI-X, once mapped */
	u32 nr_vectors;
	u32 hwirq[MAX_LINES]; /* lock; + 1, 0: not asked for yet */
};

static struct pci_function *functions; /* all; made at boot */

struct host {
	struct dt_node *node;
	paddr_t base;
	u32 nr_buses;
	u64 found[4]; /* buses that are there */
};

/*
 * TRUST of the accessors: @reg is below FUNCTION_SIZE and config is a mapped page of configuration
 * space, or the offset lies in a mapped message table.
 */
static u32 read32(const volatile u8 *config, u32 reg)
{
	return arch_mmio_read32(config + reg);
}
static void write32(volatile u8 *config, u32 reg, u32 v)
{
	arch_mmio_write32(config + reg, v);
}
static u32 read16(const volatile u8 *config, u32 reg)
{
	return read32(config, reg & ~3u) >> (reg & 2) * 8 & 0xffff;
}
static u32 read8(const volatile u8 *config, u32 reg)
{
	return read32(config, reg & ~3u) >> (reg & 3) * 8 & 0xff;
}
static void write16(volatile u8 *config, u32 reg, u32 v)
{
	arch_mmio_write16(config + reg, (u16)v);
}

/* ---- finding them ---- */

static bool is_host(struct dt_node *n)
{
	return dt_compatible(n, STR("pci-host-ecam-generic"));
}

static void find_capabilities(struct pci_function *f)
{
	u32 at, n;

	if (!(read16(f->config, PCI_STATUS) & STATUS_CAPABILITIES))
		return;
	for (at = read8(f->config, PCI_CAPABILITIES) & 0xfc, n = 0; at >= 0x40 && n < 48;
		at = read8(f->config, at + 1) & 0xfc, n++) {
		u32 id = read8(f->config, at);
		if (id == CAP_MSI)
			f->msi = (u8)at;
		else if (id == CAP_MSIX)
			f->msix = (u8)at;
	}
	f->nr_vectors = f->msix ? (read16(f->config, f->msix + 2u) & MSIX_COUNT) + 1
		: f->msi        ? 1
				: 0;
}

/*
 * What the function says of the memory that a base register decodes, while it decodes none. Returns
 * the registers that it takes.
 */
static u32 read_bar(volatile u8 *config, u32 reg, bool is_last, struct bar *out)
{
	u32 low = read32(config, reg), high = 0, mask_low, mask_high = ~0u;
	bool is_wide = low & BAR_64;
	u64 mask;

	if ((low & BAR_PORT) || (is_wide && is_last))
		return 1;
	write32(config, reg, ~0u);
	mask_low = read32(config, reg) & ~15u;
	write32(config, reg, low);
	if (is_wide) {
		high = read32(config, reg + 4);
		write32(config, reg + 4, ~0u);
		mask_high = read32(config, reg + 4);
		write32(config, reg + 4, high);
	}
	mask = (u64)mask_high << 32 | mask_low;
	out->at = (u64)high << 32 | (low & ~15u);
	out->size = out->at && mask_low ? mask & -mask : 0;
	return is_wide ? 2 : 1;
}

/* A host bridge's own are left alone: some take memory away from the CPU while they decode none. */
static void read_bars(struct pci_function *f, u32 header, u32 class)
{
	u32 command = read16(f->config, PCI_COMMAND),
	    n = header == 0               ? NR_BARS
		: header == HEADER_BRIDGE ? BRIDGE_BARS
					  : 0,
	    i;

	f->is_bridge = header != 0;
	if (class >> 8 == CLASS_HOST_BRIDGE)
		return;
	write16(f->config, PCI_COMMAND, command & ~COMMAND_MEMORY);
	for (i = 0; i < n;)
		i += read_bar(f->config, PCI_BAR0 + 4 * i, i + 1 == n, &f->bar[i]);
	/*
	 * What firmware told a function to read and write by itself stops here; a bridge passes on
	 * what those behind it do.
	 */
	write16(f->config, PCI_COMMAND, header == 0 ? command & ~COMMAND_MASTER : command);
}

/* Four big-endian bytes. */
static void put_cell(u8 *p, u32 v)
{
	p[0] = (u8)(v >> 24), p[1] = (u8)(v >> 16), p[2] = (u8)(v >> 8), p[3] = (u8)v;
}

static void add_cell(struct dt_node *n, const char *name, u32 v)
{
	u8 *p = dt_piece(4);

	put_cell(p, v);
	dt_add_prop(n, name, p, 4);
}

/* Bytes of formatted text with its NUL, for ever. */
#define TEXT_MAX 24u
static u8 *text(const char *format, u32 a, u32 b)
{
	u8 *p = dt_piece(TEXT_MAX);
	FMT(f, ((struct span){ p, TEXT_MAX - 1 }));

	fmt_printf(&f, format, a, b);
	return p;
}

static void add_function(struct host *h, volatile u8 *config, u32 bus, u32 slot, u32 fn)
{
	u32 id = read32(config, PCI_VENDOR), class = read32(config, PCI_CLASS) >> 8;
	struct pci_function *f = dt_piece(sizeof(*f));
	u8 *reg = dt_piece(20), *name;
	struct dt_node *n;

	n = dt_add_node(h->node, (const char *)text("pci@%x,%x", bus << 8 | slot, fn));
	f->node = n;
	f->config = config;
	f->next = functions;
	functions = f;
	n->pci = f;
	find_capabilities(f);
	read_bars(f, read8(config, PCI_HEADER) & 0x7f, class);
	name = text("pci%04x,%04x", id & 0xffff, id >> 16);
	dt_add_prop(n, "compatible", name, __builtin_strlen((const char *)name) + 1);
	/* Size and the rest are zero: configuration space. */
	put_cell(reg, bus << 16 | slot << 11 | fn << 8);
	dt_add_prop(n, "reg", reg, 20);
	add_cell(n, "vendor-id", id & 0xffff);
	add_cell(n, "device-id", id >> 16);
	add_cell(n, "class-code", class);
	log_info("pci %02x:%02x.%u: %04x:%04x class %06x", bus, slot, fn, id & 0xffff, id >> 16,
		class);
}

static void scan_bus(struct host *h, u32 bus)
{
	volatile u8 *window = kmap_device(h->base + bus * BUS_SIZE, BUS_SIZE);
	u32 slot, fn, behind;

	for (slot = 0; window && slot < 32; slot++) {
		for (fn = 0; fn < 8; fn++) {
			volatile u8 *config = window + (slot << 15 | fn << 12);
			u32 header;
			if (read16(config, PCI_VENDOR) == 0xffff) {
				if (!fn)
					break;
				continue;
			}
			header = read8(config, PCI_HEADER);
			add_function(h, config, bus, slot, fn);
			behind = read8(config, PCI_SECONDARY);
			if ((header & 0x7f) == HEADER_BRIDGE)
				h->found[behind / 64] |= 1ul << behind % 64;
			if (!fn && !(header & HEADER_MULTI))
				break;
		}
	}
}

void pci_init(struct dt_node *n)
{
	struct dt_node *next;

	for (; n; n = next) {
		struct host h = { .node = n, .found = { 1 } };
		u64 size;
		u32 bus;
		next = n->sibling;
		if (!dt_available(n))
			continue;
		if (!is_host(n)) {
			pci_init(n->child);
		} else if (dt_reg(n, 0, &h.base, &size)) {
			h.nr_buses = (u32)min(size / BUS_SIZE, 256ul);
			/*
			 * Firmware numbered the buses upwards. Each is looked at once, whatever
			 * bridges say.
			 */
			for (bus = 0; bus < h.nr_buses; bus++) {
				if (h.found[bus / 64] >> bus % 64 & 1)
					scan_bus(&h, bus);
			}
		}
	}
}

void pci_master(struct pci_function *f)
{
	u64 flags = spin_lock_irqsave(&f->lock);

	write16(f->config, PCI_COMMAND, read16(f->config, PCI_COMMAND) | COMMAND_MASTER);
	spin_unlock_irqrestore(&f->lock, flags);
}

/* ---- windows ---- */

static bool is_apart(u64 a, u64 a_size, u64 b, u64 b_size)
{
	return a >= b ? a - b >= b_size : b - a >= a_size;
}

/*
 * Whether registers of a node lie there: of a chip of the platform, or a bridge's configuration
 * space. What is below a bridge has none.
 */
static bool is_a_chips(struct dt_node *n, paddr_t base, u64 size)
{
	paddr_t chip;
	u64 chip_size;
	unsigned i;

	for (; n; n = n->sibling) {
		for (i = 0; dt_reg(n, i, &chip, &chip_size); i++) {
			if (chip_size && !is_apart(base, size, chip, chip_size))
				return true;
		}
		if (!is_host(n) && is_a_chips(n->child, base, size))
			return true;
	}
	return false;
}

/* Whether another base register of the bus, also of a bridge, has some of it. */
static bool is_anothers(const struct pci_function *f, const struct bar *b)
{
	const struct pci_function *g;
	unsigned i;

	for (g = functions; g; g = g->next) {
		for (i = 0; g->node->parent == f->node->parent && i < NR_BARS; i++) {
			if (&g->bar[i] != b && g->bar[i].size &&
				!is_apart(b->at, b->size, g->bar[i].at, g->bar[i].size))
				return true;
		}
	}
	return false;
}

/*
 * TRUST: what a function says that it decodes is believed only where it can harm nobody else: in a
 * range of its bridge, which firmware describes, and if nothing else is known to be there. Of two
 * that say the same neither is believed.
 */
bool pci_bar(struct pci_function *f, unsigned i, paddr_t *base, u64 *size)
{
	const struct bar *b;
	u64 flags;

	if (i >= NR_BARS || f->is_bridge || !f->bar[i].size)
		return false;
	b = &f->bar[i];
	if (!dt_pci_memory(f->node->parent, b->at, b->size, base) || overlaps_ram(*base, b->size) ||
		is_a_chips(dt_root(), *base, b->size) || is_anothers(f, b)) {
		log_warn(
			"a base register outside its bridge's ranges, or over something else (0x%lx, 0x%lx bytes), of:",
			b->at, b->size);
		log_text(LOG_WARNING, dt_name(f->node));
		return false;
	}
	*size = b->size;
	flags = spin_lock_irqsave(&f->lock);
	write16(f->config, PCI_COMMAND, read16(f->config, PCI_COMMAND) | COMMAND_MEMORY);
	spin_unlock_irqrestore(&f->lock, flags);
	return true;
}

/* ---- interrupts ---- */

static bool map_table(struct pci_function *f)
{
	u32 where = read32(f->config, f->msix + 4u);
	paddr_t base;
	u64 size, off = where & ~7u;

	/* TRUST: the table lies in what is the device's alone. */
	if (!f->table && pci_bar(f, where & 7, &base, &size) && off < size &&
		(u64)f->nr_vectors * MSIX_ENTRY <= size - off)
		f->table = kmap_device(base + off, f->nr_vectors * MSIX_ENTRY);
	return f->table != NULL;
}

/* Lets entry @i send @m when it is unmasked; masked for now. f->lock held. */
static void set_message(struct pci_function *f, unsigned i, const struct msi_message *m)
{
	u32 at = f->msi;

	if (f->msix) {
		volatile u8 *e = f->table + i * MSIX_ENTRY;
		write32(e, 12, 1);
		write32(e, 0, (u32)m->address);
		write32(e, 4, (u32)(m->address >> 32));
		write32(e, 8, m->data);
		write16(f->config, f->msix + 2u, read16(f->config, f->msix + 2u) | MSIX_ENABLE);
	} else {
		bool wide = read16(f->config, at + 2) & MSI_64;
		write32(f->config, at + 4, (u32)m->address);
		if (wide)
			write32(f->config, at + 8, (u32)(m->address >> 32));
		write16(f->config, at + (wide ? 12 : 8), m->data & 0xffff);
	}
	/* TRUST: see the top. */
	write16(f->config, PCI_COMMAND,
		read16(f->config, PCI_COMMAND) | COMMAND_MASTER | COMMAND_NO_INTX);
}

void pci_vector_mask(struct pci_function *f, unsigned i, bool masked)
{
	u64 flags = spin_lock_irqsave(&f->lock);
	u32 v;

	if (f->msix) {
		write32(f->table + i * MSIX_ENTRY, 12, masked);
	} else {
		v = read16(f->config, f->msi + 2u);
		write16(f->config, f->msi + 2u, masked ? v & ~MSI_ENABLE : v | MSI_ENABLE);
	}
	spin_unlock_irqrestore(&f->lock, flags);
}

int pci_vector(struct pci_function *f, unsigned i, u32 *hwirq)
{
	struct msi_message m;
	int err = 0;
	u64 flags;

	if (i >= min(f->nr_vectors, (u32)MAX_LINES))
		return -ENOENT;
	if (f->msix && !map_table(f))
		return -ENODEV;
	flags = spin_lock_irqsave(&f->lock);
	if (!f->hwirq[i]) {
		err = arch_msi_alloc(&m);
		if (!err) {
			set_message(f, i, &m);
			f->hwirq[i] = m.hwirq + 1;
		}
	}
	*hwirq = f->hwirq[i] - 1;
	spin_unlock_irqrestore(&f->lock, flags);
	return err;
}
