// SPDX-License-Identifier: MPL-2.0
/*
 * PCI: the functions behind an ECAM host bridge (pci-host-ecam-generic) become devicetree nodes
 * below it, with the names and properties of the PCI bus binding to Open Firmware ("compatible":
 * "pciVVVV,DDDD"). So drivers match and get handles as for any other device. See the PCI Local Bus
 * specification 3.0, chapter 6, and the PCI Express base specification, 7.2.2 (ECAM).
 *
 * The base addresses are those that firmware assigned, read once at boot, or pci_place where it
 * assigned none; a function without one has no windows. Interrupts are messages (MSI, MSI-X) where
 * the machine has a controller that takes them, or pins.
 *
 * Trust: only the frame accesses configuration space, base registers and message tables: with them
 *        a driver could let the device write anywhere. Drivers get windows only through
 *        device_iomem, which knows which registers are harmless. A function masters the bus only to
 *        send messages to addresses that the backend gave, or for dma.c. Those of virtio.c and nic.c
 *        master it only between pci_master(true) and pci_master(false), messages or not.
 */
#include <frame/fmt.h>
#include <frame/log.h>
#include <frame/sync.h>

#include "dev.h"
#include "irqchip.h"

enum {
	PCI_VENDOR = 0x00,
	PCI_COMMAND = 0x04,
	PCI_STATUS = 0x06,
	PCI_CLASS = 0x08,
	PCI_HEADER = 0x0e,
	PCI_BAR0 = 0x10,
	PCI_SECONDARY = 0x19,
	PCI_CAPABILITIES = 0x34,
	PCI_PIN = 0x3d,
};
#define COMMAND_MEMORY      0x0002u
#define COMMAND_MASTER      0x0004u
#define COMMAND_NO_INTX     0x0400u
#define STATUS_INTX         0x0008u
#define STATUS_CAPABILITIES 0x0010u
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
#define MSI_MULTIPLE        0x0070u
#define MSI_64              0x0080u
#define MSI_MASKS           0x0100u
#define MSIX_ENABLE         0x8000u
#define MSIX_MASK           0x4000u
#define MSIX_COUNT          0x07ffu
#define MSIX_ENTRY          16u
#define FUNCTION_SIZE       4096u
#define BUS_SIZE            (1ul << 20)

/* The bus addresses that a base register decodes. Size 0: none, or ports. */
struct bar {
	u64 at, size;
};

struct pci_function {
	struct irq_chip chip; /* first: of its messages, or of its pin */
	struct pci_function *next;
	struct pci_function *above; /* the bridge to its bus; NULL: the host's */
	struct dt_node *node;
	volatile u8 *config; /* its page of configuration space */
	u32 id;              /* vendor and device */
	u32 address;         /* bus, slot and function, as in its reg */
	u8 bus_behind;       /* of a bridge; 0: none */
	bool is_bridge;
	struct bar bar[NR_BARS]; /* as read at boot; never read again */
	struct spinlock lock;
	u8 msi, msix; /* offsets of the capabilities, 0: none */
	u8 pin;       /* 1 to 4; as read at boot, so that the function has one wire for ever */
	bool can_mask_pin;
	bool off_bus;       /* not a master, until pci_master says so */
	volatile u8 *table; /* of MSI-X, once mapped */
	u32 nr_vectors;
	u32 table_at; /* offset of the table of MSI-X, and in the lowest bits its register */
};

static struct pci_function *functions; /* all functions; made at boot */

struct host {
	struct dt_node *node;
	paddr_t base;
	u32 nr_buses;
	u64 found[4]; /* the buses that exist */
};

/*
 * TRUST of the accessors: @reg is below FUNCTION_SIZE and @config is a mapped page of configuration
 * space, or the offset lies in a mapped message table.
 */
static u32 pci_read32(const volatile u8 *config, u32 reg)
{
	return arch_mmio_read32(config + reg);
}
static void pci_write32(volatile u8 *config, u32 reg, u32 v)
{
	arch_mmio_write32(config + reg, v);
}
static u32 pci_read16(const volatile u8 *config, u32 reg)
{
	return pci_read32(config, reg & ~3u) >> (reg & 2) * 8 & 0xffff;
}
static u32 pci_read8(const volatile u8 *config, u32 reg)
{
	return pci_read32(config, reg & ~3u) >> (reg & 3) * 8 & 0xff;
}
static void pci_write16(volatile u8 *config, u32 reg, u32 v)
{
	arch_mmio_write16(config + reg, (u16)v);
}

/* ---- enumeration ---- */

static bool pci_is_host(struct dt_node *n)
{
	return dt_compatible(n, STR("pci-host-ecam-generic"));
}

/* Firmware's messages stop here, and its choices of how many there are. */
static void pci_stop_messages(struct pci_function *f)
{
	u32 at = f->msi + 2u;

	if (f->msi)
		pci_write16(f->config, at,
			pci_read16(f->config, at) & ~(MSI_ENABLE | MSI_MULTIPLE));
	at = f->msix + 2u;
	if (f->msix)
		pci_write16(f->config, at, pci_read16(f->config, at) & ~(MSIX_ENABLE | MSIX_MASK));
}

/* The list is the device's: it may be circular. */
u32 pci_capability(const struct pci_function *f, u32 at, u32 id)
{
	u32 n;

	if (!(pci_read16(f->config, PCI_STATUS) & STATUS_CAPABILITIES))
		return 0;
	at = pci_read8(f->config, at ? at + 1 : PCI_CAPABILITIES) & 0xfc;
	for (n = 0; at >= 0x40 && n < 48; at = pci_read8(f->config, at + 1) & 0xfc, n++) {
		if (pci_read8(f->config, at) == id)
			return at;
	}
	return 0;
}

u32 pci_msix(const struct pci_function *f)
{
	return f->msix;
}

u32 pci_config32(const struct pci_function *f, u32 reg)
{
	return pci_read32(f->config, reg & (FUNCTION_SIZE - 4));
}

static void pci_find_capabilities(struct pci_function *f)
{
	f->msi = (u8)pci_capability(f, 0, CAP_MSI);
	f->msix = (u8)pci_capability(f, 0, CAP_MSIX);
	f->nr_vectors = f->msix ? (pci_read16(f->config, f->msix + 2u) & MSIX_COUNT) + 1
		: f->msi        ? 1
				: 0;
	f->table_at = f->msix ? pci_read32(f->config, f->msix + 4u) : 0;
	pci_stop_messages(f);
}

/*
 * Reads the size of the memory that a base register decodes, while decoding is off. Returns the
 * number of registers that it occupies.
 */
static u32 pci_read_bar(volatile u8 *config, u32 reg, bool is_last, struct bar *out)
{
	u32 low = pci_read32(config, reg), high = 0, mask_low, mask_high = ~0u;
	bool is_wide = low & BAR_64;
	u64 mask;

	if ((low & BAR_PORT) || (is_wide && is_last))
		return 1;
	pci_write32(config, reg, ~0u);
	mask_low = pci_read32(config, reg) & ~15u;
	pci_write32(config, reg, low);
	if (is_wide) {
		high = pci_read32(config, reg + 4);
		pci_write32(config, reg + 4, ~0u);
		mask_high = pci_read32(config, reg + 4);
		pci_write32(config, reg + 4, high);
	}
	mask = (u64)mask_high << 32 | mask_low;
	out->at = (u64)high << 32 | (low & ~15u);
	out->size = mask_low ? mask & -mask : 0;
	return is_wide ? 2 : 1;
}

/*
 * A host bridge's own base registers are not read: some bridges hide memory from the CPU while
 * decoding is off. It stays a master as well, as other bridges do.
 */
static void pci_read_bars(struct pci_function *f, u32 header, u32 class)
{
	u32 command = pci_read16(f->config, PCI_COMMAND),
	    n = header == 0               ? NR_BARS
		: header == HEADER_BRIDGE ? BRIDGE_BARS
					  : 0,
	    i;

	f->is_bridge = header != 0;
	if (class >> 8 == CLASS_HOST_BRIDGE)
		return;
	pci_write16(f->config, PCI_COMMAND, command & ~COMMAND_MEMORY);
	for (i = 0; i < n;)
		i += pci_read_bar(f->config, PCI_BAR0 + 4 * i, i + 1 == n, &f->bar[i]);
	/*
	 * Stops all DMA that firmware started in a function, and masks its pin. A bridge stays a
	 * master, because it forwards the DMA of the functions behind it.
	 */
	command |= COMMAND_NO_INTX;
	pci_write16(f->config, PCI_COMMAND, header == 0 ? command & ~COMMAND_MASTER : command);
	f->can_mask_pin = pci_read16(f->config, PCI_COMMAND) & COMMAND_NO_INTX;
}

/* Four big-endian bytes. */
static void pci_put_cell(u8 *p, u32 v)
{
	p[0] = (u8)(v >> 24), p[1] = (u8)(v >> 16), p[2] = (u8)(v >> 8), p[3] = (u8)v;
}

static void pci_add_cell(struct dt_node *n, const char *name, u32 v)
{
	u8 *p = dt_piece(4);

	pci_put_cell(p, v);
	dt_add_prop(n, name, p, 4);
}

/* Formats text with its NUL into memory that is never freed. */
#define TEXT_MAX 24u
static u8 *pci_text(const char *format, u32 a, u32 b)
{
	u8 *p = dt_piece(TEXT_MAX);
	FMT(f, ((struct span){ p, TEXT_MAX - 1 }));

	fmt_printf(&f, format, a, b);
	return p;
}

/* The bridge to the bus: buses are scanned upwards, so it has been found. */
static struct pci_function *pci_bridge_to(const struct host *h, u32 bus)
{
	struct pci_function *f;

	for (f = functions; f && !(f->node->parent == h->node && f->bus_behind == bus); f = f->next)
		;
	return f;
}

static const struct irq_chip_ops pci_message_ops, pci_pin_ops;

static void pci_add_function(struct host *h, volatile u8 *config, u32 bus, u32 slot, u32 fn)
{
	u32 id = pci_read32(config, PCI_VENDOR), class = pci_read32(config, PCI_CLASS) >> 8;
	struct pci_function *f = dt_piece(sizeof(*f));
	u8 *reg = dt_piece(20), *name;
	struct dt_node *n;

	n = dt_add_node(h->node, (const char *)pci_text("pci@%x,%x", bus << 8 | slot, fn));
	f->node = n;
	f->config = config;
	f->id = id;
	f->address = bus << 16 | slot << 11 | fn << 8;
	f->above = bus ? pci_bridge_to(h, bus) : NULL;
	f->next = functions;
	functions = f;
	n->pci = f;
	f->pin = (u8)pci_read8(config, PCI_PIN);
	pci_find_capabilities(f);
	f->chip.ops = f->nr_vectors && irq_has_messages() ? &pci_message_ops : &pci_pin_ops;
	pci_read_bars(f, pci_read8(config, PCI_HEADER) & 0x7f, class);
	name = pci_text("pci%04x,%04x", id & 0xffff, id >> 16);
	dt_add_prop(n, "compatible", name, __builtin_strlen((const char *)name) + 1);
	/* The size and the other cells are zero: this entry is configuration space. */
	pci_put_cell(reg, f->address);
	dt_add_prop(n, "reg", reg, 20);
	pci_add_cell(n, "vendor-id", id & 0xffff);
	pci_add_cell(n, "device-id", id >> 16);
	pci_add_cell(n, "class-code", class);
	log_info("pci %02x:%02x.%u: %04x:%04x class %06x", bus, slot, fn, id & 0xffff, id >> 16,
		class);
}

static void pci_scan_bus(struct host *h, u32 bus)
{
	volatile u8 *window = kmap_device(h->base + bus * BUS_SIZE, BUS_SIZE);
	u32 slot, fn, behind;

	for (slot = 0; window && slot < 32; slot++) {
		for (fn = 0; fn < 8; fn++) {
			volatile u8 *config = window + (slot << 15 | fn << 12);
			u32 header;
			if (pci_read16(config, PCI_VENDOR) == 0xffff) {
				if (!fn)
					break;
				continue;
			}
			header = pci_read8(config, PCI_HEADER);
			pci_add_function(h, config, bus, slot, fn);
			behind = pci_read8(config, PCI_SECONDARY);
			if ((header & 0x7f) == HEADER_BRIDGE) {
				h->found[behind / 64] |= 1ul << behind % 64;
				functions->bus_behind = (u8)behind;
			}
			if (!fn && !(header & HEADER_MULTI))
				break;
		}
	}
}

/*
 * Places the base registers of the functions on the host's own bus, one after the other in its
 * first range of memory, if firmware has placed none: such firmware has not numbered other buses
 * either. Where it has placed some, those that it left out stay without memory. TRUST: pci_bar
 * looks at these addresses as at firmware's.
 */
static void pci_place(const struct host *h)
{
	struct pci_function *f;
	u64 at, end;
	u32 i, low;
	bool any = !dt_pci_range(h->node, &at, &end);

	for (f = functions; f; f = f->next) {
		for (i = 0; i < NR_BARS; i++)
			any = any || (f->node->parent == h->node && f->bar[i].at);
	}
	for (f = functions; f; f = f->next) {
		for (i = 0; i < NR_BARS && f->node->parent == h->node; i++) {
			struct bar *b = &f->bar[i];
			if (!b->size || b->at)
				continue;
			low = pci_read32(f->config, PCI_BAR0 + 4 * i);
			if (any || f->is_bridge || b->size > end - at ||
				round_up(at, b->size) > end - b->size ||
				(!(low & BAR_64) && (round_up(at, b->size) + b->size - 1) >> 32)) {
				b->size = 0;
				continue;
			}
			b->at = round_up(at, b->size);
			at = b->at + b->size;
			pci_write16(f->config, PCI_COMMAND,
				pci_read16(f->config, PCI_COMMAND) & ~COMMAND_MEMORY);
			pci_write32(f->config, PCI_BAR0 + 4 * i, (u32)b->at);
			if (low & BAR_64)
				pci_write32(f->config, PCI_BAR0 + 4 * i + 4, (u32)(b->at >> 32));
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
		if (!pci_is_host(n)) {
			pci_init(n->child);
		} else if (dt_reg(n, 0, &h.base, &size)) {
			h.nr_buses = (u32)min(size / BUS_SIZE, 256ul);
			/*
			 * Firmware numbered the buses upwards. Each bus is scanned once, whatever
			 * the bridges say.
			 */
			for (bus = 0; bus < h.nr_buses; bus++) {
				if (h.found[bus / 64] >> bus % 64 & 1)
					pci_scan_bus(&h, bus);
			}
			pci_place(&h);
		}
	}
}

/* Sets or clears a bit of the command register. */
static void pci_command(struct pci_function *f, u32 bit, bool on)
{
	u64 flags = spin_lock_irqsave(&f->lock);
	u32 command = pci_read16(f->config, PCI_COMMAND);

	pci_write16(f->config, PCI_COMMAND, on ? command | bit : command & ~bit);
	spin_unlock_irqrestore(&f->lock, flags);
}

/*
 * TRUST: a function that stands in the place of another one since the scan has not been disarmed,
 * and does not become a master. `off_bus` is set before f->lock is taken to leave the bus:
 * pci_message_start looks under that lock, so it has been there before, or sees it.
 */
void pci_master(struct pci_function *f, bool on)
{
	store_once(f->off_bus, !on);
	if (!on || pci_read32(f->config, PCI_VENDOR) == f->id)
		pci_command(f, COMMAND_MASTER, on);
	/* The write has arrived when a read of the same function returns. */
	(void)pci_read16(f->config, PCI_COMMAND);
}

/* ---- windows ---- */

static bool ranges_are_apart(u64 a, u64 a_size, u64 b, u64 b_size)
{
	return a >= b ? a - b >= b_size : b - a >= a_size;
}

/*
 * Whether the range overlaps registers of another node: a chip of the platform, or a bridge's
 * configuration space. Nodes below a bridge have none.
 */
static bool pci_overlaps_chip(struct dt_node *n, paddr_t base, u64 size)
{
	paddr_t chip;
	u64 chip_size;
	unsigned i;

	for (; n; n = n->sibling) {
		for (i = 0; dt_reg(n, i, &chip, &chip_size); i++) {
			if (chip_size && !ranges_are_apart(base, size, chip, chip_size))
				return true;
		}
		if (!pci_is_host(n) && pci_overlaps_chip(n->child, base, size))
			return true;
	}
	return false;
}

/* Whether another base register of the bus, also of a bridge, overlaps the range. */
static bool pci_overlaps_bar(const struct pci_function *f, const struct bar *b)
{
	const struct pci_function *g;
	unsigned i;

	for (g = functions; g; g = g->next) {
		for (i = 0; g->node->parent == f->node->parent && i < NR_BARS; i++) {
			if (&g->bar[i] != b && g->bar[i].size &&
				!ranges_are_apart(b->at, b->size, g->bar[i].at, g->bar[i].size))
				return true;
		}
	}
	return false;
}

/*
 * TRUST: a function's statement of what it decodes is believed only where it can harm no other
 * device: in a range of its bridge, which firmware describes, and where nothing else is known to
 * be. Of two functions that claim the same range neither is believed.
 */
bool pci_bar(struct pci_function *f, unsigned i, paddr_t *base, u64 *size)
{
	const struct bar *b;

	if (i >= NR_BARS || f->is_bridge || !f->bar[i].size)
		return false;
	b = &f->bar[i];
	if (!dt_pci_memory(f->node->parent, b->at, b->size, base) || overlaps_ram(*base, b->size) ||
		pci_overlaps_chip(dt_root(), *base, b->size) || pci_overlaps_bar(f, b)) {
		log_warn(
			"a base register outside its bridge's ranges, or over something else (0x%lx, 0x%lx bytes), of:",
			b->at, b->size);
		log_text(LOG_WARNING, dt_name(f->node));
		return false;
	}
	*size = b->size;
	pci_command(f, COMMAND_MEMORY, true);
	return true;
}

/* ---- interrupts ---- */

/*
 * Maps the table of MSI-X, and masks all of its entries: firmware may have left messages in it. One
 * CPU sets f->table, once, under f->lock; the mapping of another one that comes too late stays
 * unused.
 */
static bool pci_map_table(struct pci_function *f)
{
	u32 where = f->table_at, i;
	volatile u8 *table = load_acquire(f->table);
	paddr_t base;
	u64 size, off = where & ~7u, flags;

	if (table)
		return true;
	/* TRUST: the table lies in memory that only this device decodes. */
	if (pci_bar(f, where & 7, &base, &size) && off < size &&
		(u64)f->nr_vectors * MSIX_ENTRY <= size - off)
		table = kmap_device(base + off, f->nr_vectors * MSIX_ENTRY);
	if (!table)
		return false;
	flags = spin_lock_irqsave(&f->lock);
	for (i = 0; !f->table && i < f->nr_vectors; i++)
		pci_write32(table + i * MSIX_ENTRY, 12, 1);
	if (!f->table)
		store_release(f->table, table);
	spin_unlock_irqrestore(&f->lock, flags);
	return true;
}

u32 pci_message_table(const struct pci_function *f, u32 *where)
{
	*where = f->table_at;
	return f->msix ? f->nr_vectors * MSIX_ENTRY : 0;
}

/* Sets the message of entry @i, which stays masked for now. f->lock held. */
static void pci_set_message(struct pci_function *f, unsigned i, const struct msi_message *m)
{
	u32 at = f->msi;

	if (f->msix) {
		volatile u8 *e = f->table + i * MSIX_ENTRY;
		pci_write32(e, 12, 1);
		pci_write32(e, 0, (u32)m->address);
		pci_write32(e, 4, (u32)(m->address >> 32));
		pci_write32(e, 8, m->data);
		pci_write16(f->config, f->msix + 2u,
			pci_read16(f->config, f->msix + 2u) | MSIX_ENABLE);
	} else {
		u32 control = pci_read16(f->config, at + 2);
		bool wide = control & MSI_64;
		pci_write32(f->config, at + 4, (u32)m->address);
		if (wide)
			pci_write32(f->config, at + 8, (u32)(m->address >> 32));
		pci_write16(f->config, at + (wide ? 12 : 8), m->data & 0xffff);
		if (control & MSI_MASKS)
			pci_write32(f->config, at + (wide ? 16 : 12), 0);
	}
}

/*
 * The queues of a network card are lines 0 to n - 1, a CPU each: the i-th message goes to CPU i,
 * where there are so many.
 */
static int pci_message_start(struct irq_chip *c, u32 i, struct irq_line *l)
{
	struct pci_function *f = (struct pci_function *)c;
	struct msi_message m;
	int err = irq_message(l, i, &m);
	u64 flags;

	if (err)
		return err;
	flags = spin_lock_irqsave(&f->lock);
	pci_set_message(f, i, &m);
	/* TRUST: the address is that of a chip that takes messages (irqchip.h); see the top. */
	if (!load_once(f->off_bus) && pci_read32(f->config, PCI_VENDOR) == f->id)
		pci_write16(f->config, PCI_COMMAND,
			pci_read16(f->config, PCI_COMMAND) | COMMAND_MASTER);
	spin_unlock_irqrestore(&f->lock, flags);
	return 0;
}

/* TRUST: a line exists only for an entry that pci_irq has checked. */
static void pci_message_mask(struct irq_chip *c, u32 i, bool masked)
{
	struct pci_function *f = (struct pci_function *)c;
	u64 flags = spin_lock_irqsave(&f->lock);
	u32 v;

	if (f->msix) {
		pci_write32(f->table + i * MSIX_ENTRY, 12, masked);
	} else {
		v = pci_read16(f->config, f->msi + 2u);
		pci_write16(f->config, f->msi + 2u, masked ? v & ~MSI_ENABLE : v | MSI_ENABLE);
	}
	spin_unlock_irqrestore(&f->lock, flags);
}

static const struct irq_chip_ops pci_message_ops = {
	.name = "PCI-MSI", .mask = pci_message_mask, .start = pci_message_start
};

/*
 * Where the machine takes no messages, functions share the wires of their pins. Each function has a
 * mask of its own for its pin in the command register, which has been set since the scan, and a
 * state in the status register.
 */
static void pci_pin_mask(struct irq_chip *c, u32 i, bool masked)
{
	(void)i;
	pci_command((struct pci_function *)c, COMMAND_NO_INTX, masked);
}

static bool pci_pin_is_up(struct irq_chip *c, u32 i)
{
	u32 v = pci_read32(((struct pci_function *)c)->config, PCI_COMMAND);

	(void)i;
	return (v >> 16 & STATUS_INTX) && !(v & COMMAND_NO_INTX);
}

static const struct irq_chip_ops pci_pin_ops = {
	.name = "PCI-INTx", .mask = pci_pin_mask, .is_up = pci_pin_is_up
};

/*
 * The wire of the function's pin. Each bridge on the way turns the pins by the number of the slot
 * behind it (PCI-to-PCI bridge specification 1.2, table 9-1).
 */
static struct irq_line *pci_wire(const struct pci_function *f)
{
	u32 pin = f->pin;
	struct dt_interrupt in;

	if (!pin || pin > 4)
		return NULL;
	for (; f->above; f = f->above)
		pin = (pin - 1 + (f->address >> 11 & 31)) % 4 + 1;
	return dt_pci_interrupt(f->node->parent, f->address, pin, &in) ? irq_line_find(&in) : NULL;
}

struct irq_line *pci_irq(struct pci_function *f, unsigned i)
{
	struct irq_line *wire, *l;

	if (f->chip.ops == &pci_message_ops)
		return i < f->nr_vectors && (!f->msix || pci_map_table(f))
			? irq_line_get(&f->chip, i)
			: NULL;
	/* A function that cannot be masked would hold up all that share its wire. */
	if (i || !f->can_mask_pin)
		return NULL;
	wire = pci_wire(f);
	l = wire ? irq_line_get(&f->chip, 0) : NULL;
	return l && irq_line_share(wire, l) == 0 ? l : NULL;
}
