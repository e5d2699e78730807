// SPDX-License-Identifier: MPL-2.0
/*
 * The devicetree as nodes and properties: built once from the flattened tree, never changed or
 * freed. Names and values point into the flattened tree, which stays reserved.
 *
 * libfdt is called only while the nodes are built: it is compiled for user programs, with their
 * assumptions about registers and stack.
 */
#include <frame/cpu.h>
#include <frame/device.h>
#include <frame/log.h>

#include "../cpu_local.h"
#include "../dev/dev.h"
#include "../dev/irqchip.h"
#include "boot_private.h"

#include <libfdt.h>

static struct dt_node *root;

/* Zeroed memory in small pieces, never freed. Boot time only. */
void *dt_piece(size_t size)
{
	static u8 *chunk;
	static size_t left;

	size = round_up(size, 8);
	if (left < size) {
		paddr_t pa = page_alloc_frame();
		if (!pa)
			_kernel_panic("no memory for the devicetree");
		chunk = arch_phys_to_virt(pa);
		left = PAGE_SIZE;
	}
	chunk += size;
	left -= size;
	return chunk - size;
}

void dt_add_prop(struct dt_node *n, const char *name, const u8 *value, size_t len)
{
	struct dt_prop *p = dt_piece(sizeof(*p)), **tail = &n->props;

	while (*tail)
		tail = &(*tail)->next;
	*p = (struct dt_prop){ .name = name, .value = value, .len = len };
	*tail = p;
}

struct dt_node *dt_add_node(struct dt_node *parent, const char *name)
{
	struct dt_node *n = dt_piece(sizeof(*n)), **tail = parent ? &parent->child : &root;

	while (*tail)
		tail = &(*tail)->sibling;
	n->parent = parent;
	n->name = name;
	*tail = n;
	return n;
}

static void dt_build(struct dt_node *parent, int offset, unsigned depth)
{
	struct dt_node *n = dt_add_node(parent, fdt_get_name(boot_facts.fdt, offset, NULL));
	int at, len, sub;

	if (depth > 16)
		_kernel_panic("the devicetree is nested too deeply");
	fdt_for_each_property_offset(at, boot_facts.fdt, offset) {
		const char *name;
		const u8 *value = fdt_getprop_by_offset(boot_facts.fdt, at, &name, &len);
		if (!value)
			_kernel_panic("the devicetree is damaged");
		dt_add_prop(n, name, value, len > 0 ? (size_t)len : 0);
	}
	fdt_for_each_subnode(sub, boot_facts.fdt, offset)
		dt_build(n, sub, depth + 1);
}

void dt_unflatten(void)
{
	dt_build(NULL, 0, 0);
}

struct dt_node *dt_root(void)
{
	return root;
}
struct dt_node *dt_first_child(struct dt_node *n)
{
	return n ? n->child : NULL;
}
struct dt_node *dt_next_sibling(struct dt_node *n)
{
	return n ? n->sibling : NULL;
}
struct cspan dt_name(struct dt_node *n)
{
	return n ? lit_span((struct lit){ n->name }) : CSPAN_NONE;
}

/* Components match with or without their unit address. */
static bool dt_name_matches(const struct dt_node *n, struct cspan want)
{
	struct cspan have = lit_span((struct lit){ n->name });

	if (cspan_equal(have, want))
		return true;
	return cspan_find(want, '@') == want._n &&
		cspan_equal(cspan_first(have, cspan_find(have, '@')), want);
}

struct dt_node *dt_find(struct cspan path)
{
	struct dt_node *n = root;

	while (n && path._n) {
		size_t len;
		if (path._p[0] == '/') {
			path = cspan_from(path, 1);
			continue;
		}
		len = cspan_find(path, '/');
		for (n = n->child; n && !dt_name_matches(n, cspan_first(path, len)); n = n->sibling)
			;
		path = cspan_from(path, len);
	}
	return n;
}

static const struct dt_prop *dt_find_prop(const struct dt_node *n, struct lit name)
{
	const struct dt_prop *p;

	for (p = n ? n->props : NULL; p && strcmp(p->name, name._s) != 0; p = p->next)
		;
	return p;
}

struct cspan dt_bytes(struct dt_node *n, struct lit prop)
{
	const struct dt_prop *p = dt_find_prop(n, prop);

	return p ? (struct cspan){ p->value, p->len } : CSPAN_NONE;
}

static const struct dt_prop *dt_nth_prop(const struct dt_node *n, u32 i)
{
	const struct dt_prop *p;

	for (p = n ? n->props : NULL; p && i; p = p->next)
		i--;
	return p;
}

struct cspan dt_prop_name(struct dt_node *n, u32 i)
{
	const struct dt_prop *p = dt_nth_prop(n, i);

	return p ? lit_span((struct lit){ p->name }) : CSPAN_NONE;
}

struct cspan dt_prop_value(struct dt_node *n, u32 i)
{
	const struct dt_prop *p = dt_nth_prop(n, i);

	return p ? (struct cspan){ p->value, p->len } : CSPAN_NONE;
}

bool dt_has(struct dt_node *n, struct lit prop)
{
	return dt_find_prop(n, prop) != NULL;
}

static u32 be32(const u8 *p)
{
	return (u32)p[0] << 24 | (u32)p[1] << 16 | (u32)p[2] << 8 | p[3];
}

bool dt_u32(struct dt_node *n, struct lit prop, unsigned i, u32 *out)
{
	struct cspan b = dt_bytes(n, prop);

	if ((u64)i * 4 + 4 > b._n)
		return false;
	*out = be32(b._p + i * 4ul);
	return true;
}

struct cspan dt_string(struct dt_node *n, struct lit prop, unsigned i)
{
	struct cspan b = dt_bytes(n, prop);

	for (; i && b._n; i--)
		b = cspan_from(b, cspan_strlen(b) + 1);
	return cspan_first(b, cspan_strlen(b));
}

bool dt_compatible(struct dt_node *n, struct cspan name)
{
	unsigned i;
	struct cspan s;

	for (i = 0; (s = dt_string(n, LIT("compatible"), i))._n; i++) {
		if (cspan_equal(s, name))
			return true;
	}
	return false;
}

bool dt_available(struct dt_node *n)
{
	struct cspan s = dt_string(n, LIT("status"), 0);

	return !s._n || cspan_equal(s, STR("okay")) || cspan_equal(s, STR("ok"));
}

static struct dt_node *dt_find_phandle(struct dt_node *n, u32 phandle)
{
	struct dt_node *sub;
	u32 v;

	for (; n; n = n->sibling) {
		if (dt_u32(n, LIT("phandle"), 0, &v) && v == phandle)
			return n;
		sub = dt_find_phandle(n->child, phandle);
		if (sub)
			return sub;
	}
	return NULL;
}

struct dt_node *dt_by_phandle(u32 phandle)
{
	return dt_find_phandle(root, phandle);
}

/* ---- addresses ---- */

static u32 dt_cell_count(struct dt_node *n, struct lit prop, u32 otherwise)
{
	u32 v;

	return n && dt_u32(n, prop, 0, &v) && v <= 3 ? v : otherwise;
}

static u64 dt_read_cells(struct cspan b, size_t at, u32 n)
{
	u64 v = 0;

	while (n--) {
		v = v << 32 | be32(b._p + at);
		at += 4;
	}
	return v;
}

/* Applies the ranges of @bus to an address on it; false: the address is not visible from above. */
static bool dt_translate(struct dt_node *bus, u64 *addr)
{
	struct cspan r = dt_bytes(bus, LIT("ranges"));
	u32 ca = dt_cell_count(bus, LIT("#address-cells"), 2),
	    cs = dt_cell_count(bus, LIT("#size-cells"), 1);
	u32 pa = dt_cell_count(bus->parent, LIT("#address-cells"), 2);
	size_t step = 4ul * (ca + pa + cs), at;

	if (!dt_has(bus, LIT("ranges")))
		return false;
	if (!r._n)
		return true; /* identity */
	for (at = 0; step && at + step <= r._n; at += step) {
		u64 child = dt_read_cells(r, at, ca), up = dt_read_cells(r, at + 4ul * ca, pa),
		    size = dt_read_cells(r, at + 4ul * (ca + pa), cs);
		if (*addr >= child && *addr - child < size) {
			*addr = up + (*addr - child);
			return true;
		}
	}
	return false;
}

/* Translates an address on @bus to a CPU address, through all ranges. */
static bool dt_from_bus(struct dt_node *bus, u64 *addr)
{
	for (; bus && bus->parent; bus = bus->parent) {
		if (!dt_translate(bus, addr))
			return false;
	}
	return true;
}

bool dt_reg(struct dt_node *n, unsigned i, paddr_t *base, u64 *size)
{
	struct cspan r = dt_bytes(n, LIT("reg"));
	struct dt_node *bus = n ? n->parent : NULL;
	u32 ac = dt_cell_count(bus, LIT("#address-cells"), 2),
	    sc = dt_cell_count(bus, LIT("#size-cells"), 1);
	size_t step = 4ul * (ac + sc), at = i * step;

	if (!bus || !step || at + step > r._n)
		return false;
	*size = dt_read_cells(r, at + 4ul * ac, sc);
	*base = dt_read_cells(r, at, ac);
	return dt_from_bus(bus, base);
}

/*
 * Row @row of a host bridge's ranges, if it is one of memory. The first cell of an address on a PCI
 * bus gives its space; 2 and 3 are memory (PCI bus binding to Open Firmware, 2.2.1.1). False: there
 * is no such row; a row of another space has a length of 0.
 */
static bool dt_pci_row(struct dt_node *host, u32 row, u64 *child, u64 *up, u64 *len)
{
	struct cspan r = dt_bytes(host, LIT("ranges"));
	u32 pa = dt_cell_count(host->parent, LIT("#address-cells"), 2);
	size_t step = 4ul * (3 + pa + 2), at = row * step;

	if (dt_cell_count(host, LIT("#address-cells"), 2) != 3 ||
		dt_cell_count(host, LIT("#size-cells"), 1) != 2 || at + step > r._n)
		return false;
	*child = dt_read_cells(r, at + 4, 2);
	*up = dt_read_cells(r, at + 12, pa);
	*len = be32(r._p + at) >> 25 & 1 ? dt_read_cells(r, at + 12 + 4ul * pa, 2) : 0;
	return true;
}

bool dt_pci_memory(struct dt_node *host, u64 at, u64 size, paddr_t *base)
{
	u64 child, up, len;
	u32 row;

	for (row = 0; dt_pci_row(host, row, &child, &up, &len); row++) {
		if (at >= child && at - child < len && size <= len - (at - child)) {
			*base = up + (at - child);
			return dt_from_bus(host->parent, base) && *base + size > *base;
		}
	}
	return false;
}

bool dt_pci_range(struct dt_node *host, u64 *at, u64 *end)
{
	u64 up, len;
	u32 row;

	for (row = 0; dt_pci_row(host, row, at, &up, &len); row++) {
		*end = *at + len;
		if (len && *at && *end > *at)
			return true;
	}
	return false;
}

/* On an ISA bus the first cell of an address says whether it is a port (Devicetree ISA binding). */
bool dt_port(struct dt_node *n, unsigned i, u64 *port, u64 *size)
{
	u32 space, base, count;

	if (!n || !n->parent || !dt_compatible(n->parent, STR("isa")) ||
		!dt_u32(n, LIT("reg"), 3 * i, &space) || !(space & 1) ||
		!dt_u32(n, LIT("reg"), 3 * i + 1, &base) ||
		!dt_u32(n, LIT("reg"), 3 * i + 2, &count))
		return false;
	*port = base;
	*size = count;
	return (u64)base + count <= 1ul << 16;
}

/* ---- memory as devices see it ---- */

bool dt_is_coherent(struct dt_node *n)
{
	for (; n; n = n->parent) {
		if (dt_has(n, LIT("dma-noncoherent")))
			return false;
		if (dt_has(n, LIT("dma-coherent")))
			return true;
	}
	return true;
}

bool dt_is_translated(struct dt_node *n)
{
	const struct dt_node *self = n;

	for (; n; n = n->parent) {
		if ((n != self && dt_bytes(n, LIT("dma-ranges"))._n) ||
			dt_bytes(n, LIT("iommus"))._n || dt_bytes(n, LIT("iommu-map"))._n)
			return true;
	}
	return false;
}

/* ---- interrupts ---- */

/*
 * The controller of the interrupts of @n: the interrupt-parent of the node or its nearest ancestor
 * with one, or otherwise the nearest ancestor that is a controller.
 */
static struct dt_node *dt_interrupt_parent(struct dt_node *n)
{
	unsigned steps;
	u32 phandle;

	for (steps = 0; n && steps < 16; steps++) {
		n = dt_u32(n, LIT("interrupt-parent"), 0, &phandle) ? dt_by_phandle(phandle)
								    : n->parent;
		if (dt_has(n, LIT("#interrupt-cells")))
			return n;
	}
	return NULL;
}

/* Reads a specifier for out->controller from cell @at of the property on. */
static bool dt_specifier(struct dt_node *n, struct lit prop, u32 at, struct dt_interrupt *out)
{
	u32 i;

	if (!dt_u32(out->controller, LIT("#interrupt-cells"), 0, &out->nr) || !out->nr ||
		out->nr > DT_MAX_INTERRUPT_CELLS)
		return false;
	for (i = 0; i < out->nr; i++) {
		if (!dt_u32(n, prop, at + i, &out->cell[i]))
			return false;
	}
	return true;
}

/* interrupts-extended: each entry is a controller and its cells. */
static bool dt_extended_interrupt(struct dt_node *n, unsigned i, struct dt_interrupt *out)
{
	u32 at = 0, phandle;

	for (;; i--) {
		if (!dt_u32(n, LIT("interrupts-extended"), at, &phandle))
			return false;
		out->controller = dt_by_phandle(phandle);
		if (!dt_specifier(n, LIT("interrupts-extended"), at + 1, out))
			return false;
		if (!i)
			return true;
		at += 1 + out->nr;
	}
}

/*
 * Cell @i of what a nexus compares: an address on it, then a specifier. Some bits do not count
 * (interrupt-map-mask).
 */
static u32 dt_map_key(const struct dt_interrupt *in, const u32 *unit, u32 nr_unit, u32 i)
{
	u32 mask, v = i < nr_unit ? unit[i] : in->cell[i - nr_unit];

	return dt_u32(in->controller, LIT("interrupt-map-mask"), i, &mask) ? v & mask : v;
}

/*
 * Replaces the interrupt of a nexus by the one that its interrupt-map has for it, and @unit by the
 * address there. A row: address and specifier on the nexus, the parent, address and specifier
 * there. Devicetree specification, 2.4.3.
 */
static bool dt_map_interrupt(struct dt_interrupt *in, u32 unit[3])
{
	struct dt_node *nexus = in->controller;
	u32 n, i, v, at, phandle, nr_unit = dt_cell_count(nexus, LIT("#address-cells"), 2);
	struct dt_interrupt to;
	bool found;

	for (at = 0;; at += n + to.nr) {
		found = true;
		for (i = 0; i < nr_unit + in->nr; i++) {
			if (!dt_u32(nexus, LIT("interrupt-map"), at + i, &v))
				return false;
			found = found && dt_map_key(in, unit, nr_unit, i) == v;
		}
		if (!dt_u32(nexus, LIT("interrupt-map"), at + i, &phandle))
			return false;
		to.controller = dt_by_phandle(phandle);
		v = dt_cell_count(to.controller, LIT("#address-cells"), 0);
		n = i + 1 + v;
		if (!dt_specifier(nexus, LIT("interrupt-map"), at + n, &to))
			return false;
		if (!found)
			continue;
		for (i = 0; i < v; i++)
			(void)dt_u32(nexus, LIT("interrupt-map"), at + n - v + i, &unit[i]);
		*in = to;
		return true;
	}
}

/* Follows the maps to a controller; a tree in which they lead in a circle is damaged. */
static bool dt_follow_maps(struct dt_interrupt *in, u32 unit[3])
{
	unsigned steps;

	for (steps = 0; dt_has(in->controller, LIT("interrupt-map")); steps++) {
		if (steps == 16 || !dt_map_interrupt(in, unit))
			return false;
	}
	return true;
}

bool dt_interrupt(struct dt_node *n, unsigned i, struct dt_interrupt *out)
{
	u32 unit[3] = { 0 }, k, cells;

	for (k = 0; n && k < dt_cell_count(n->parent, LIT("#address-cells"), 2); k++)
		(void)dt_u32(n, LIT("reg"), k, &unit[k]);
	if (dt_has(n, LIT("interrupts-extended")))
		return dt_extended_interrupt(n, i, out) && dt_follow_maps(out, unit);
	out->controller = dt_has(n, LIT("interrupts")) ? dt_interrupt_parent(n) : NULL;
	return dt_u32(out->controller, LIT("#interrupt-cells"), 0, &cells) &&
		i <= dt_bytes(n, LIT("interrupts"))._n && cells <= DT_MAX_INTERRUPT_CELLS &&
		dt_specifier(n, LIT("interrupts"), i * cells, out) && dt_follow_maps(out, unit);
}

bool dt_pci_interrupt(struct dt_node *host, u32 address, u32 pin, struct dt_interrupt *out)
{
	u32 unit[3] = { address };

	*out = (struct dt_interrupt){ host, 1, { pin } };
	return dt_has(host, LIT("interrupt-map")) && dt_follow_maps(out, unit);
}

/* ---- CPUs and the console ---- */

bool dt_cpu_hw_id(struct dt_node *n, u64 *id)
{
	struct cspan reg = dt_bytes(n, LIT("reg"));
	u32 cells = n ? dt_cell_count(n->parent, LIT("#address-cells"), 1) : 0;

	if (!cspan_equal(dt_string(n, LIT("device_type"), 0), STR("cpu")) || cells < 1 ||
		cells > 2 || reg._n < cells * 4ul)
		return false;
	*id = dt_read_cells(reg, 0, cells);
	return true;
}

struct dt_node *cpu_node(unsigned i)
{
	u64 want = cpu_hw_id(i), id;
	struct dt_node *n;

	for (n = dt_first_child(dt_find(STR("/cpus"))); n; n = n->sibling) {
		if (dt_cpu_hw_id(n, &id) && id == want)
			return n;
	}
	return NULL;
}

/* /chosen/stdout-path: a path or an alias, with options after a colon. */
struct dt_node *dt_stdout(void)
{
	struct cspan p = dt_string(dt_find(STR("/chosen")), LIT("stdout-path"), 0);
	char name[64] = { 0 };

	p = cspan_first(p, cspan_find(p, ':'));
	if (!p._n)
		return NULL;
	if (p._p[0] == '/')
		return dt_find(p);
	if (p._n >= sizeof(name))
		return NULL;
	memcpy(name, p._p, p._n);
	return dt_find(dt_string(dt_find(STR("/aliases")), (struct lit){ name }, 0));
}
