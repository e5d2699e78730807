// SPDX-License-Identifier: MPL-2.0
/*
 * /sys/firmware/devicetree/base, to which /proc/device-tree points: the devicetree of the firmware.
 * Each node is a directory and each property a file with the bytes of the tree (Linux's
 * Documentation/ABI/testing/sysfs-firmware-ofw; dtc -I fs reads it). Each directory has a file
 * `name`, which Linux adds, too. The functions found behind a PCI host bridge are below its node.
 *
 * The tree is the frame's copy, which never changes after the start, so nothing is locked and nodes
 * and properties are never removed. A subject is made at each look-up: it names a node and perhaps
 * a property, and holds neither.
 */
#include <frame/device.h>
#include <uapi/fs.h>

#include "sysfs.h"

#define CHUNK 4096u

/* The subject of a directory (a node) or a file (one of its properties). */
struct dt_entry {
	struct obj obj;
	struct dt_node *node;
	u32 prop;
};
OBJ_TYPE(dt_entry, NULL_RELEASE);

static struct dt_entry *entry_of(struct synth *s)
{
	return s->subject ? obj_cast(dt_entry, s->subject) : NULL;
}

static struct dt_node *node_of(struct synth *s)
{
	struct dt_entry *e = entry_of(s);

	return e ? e->node : dt_root();
}

/* Seeds of random numbers are for the kernel only, and not shown. */
static bool is_secret(struct cspan prop)
{
	return cspan_equal(prop, STR("rng-seed")) || cspan_equal(prop, STR("kaslr-seed"));
}

/* ---- properties ---- */

/*
 * A value may be longer than one record, so it is shown in pieces; the record's number is the
 * offset.
 */
static int show_value(struct synth *s, struct fmt *f, u64 *next)
{
	struct cspan rest = cspan_from(dt_prop_value(entry_of(s)->node, entry_of(s)->prop), *next);

	fmt_span(f, cspan_first(rest, min(cspan_len(rest), (size_t)CHUNK)));
	*next = cspan_len(rest) > CHUNK ? *next + CHUNK : SYNTH_END;
	return 0;
}

static u64 value_size(struct synth *s)
{
	return cspan_len(dt_prop_value(entry_of(s)->node, entry_of(s)->prop));
}
static const struct synth_node property = {
	.mode = S_IFREG | 0444, .show = show_value, .size = value_size
};

/* The added file `name`: the node's name without the unit address. */
static int show_name(struct synth *s, struct fmt *f, u64 *next)
{
	struct cspan name = dt_name(node_of(s));

	fmt_span(f, cspan_first(name, cspan_find(name, '@')));
	fmt_char(f, '\0');
	return sys_done(next);
}

static u64 name_size(struct synth *s)
{
	return cspan_find(dt_name(node_of(s)), '@') + 1;
}
static const struct synth_node added_name = {
	.mode = S_IFREG | 0444, .show = show_name, .size = name_size
};

/* ---- nodes ---- */

static const struct synth_node directory;

/* The result of a look-up. The subject's reference goes to the caller. */
static int found(const struct synth_node *what, struct dt_node *n, u32 prop,
	struct synth_found *out)
{
	struct dt_entry *e = obj_new(dt_entry);

	if (!e)
		return -ENOMEM;
	e->node = n;
	e->prop = prop;
	*out = (struct synth_found){ .node = what, .subject = &e->obj };
	return 0;
}

/* Properties come before nodes of the same name; a property `name` comes before the added one. */
static int node_lookup(struct synth *s, struct cspan name, struct synth_found *out)
{
	struct dt_node *n = node_of(s), *child;
	struct cspan prop;
	u32 i;

	for (i = 0; cspan_len(prop = dt_prop_name(n, i)); i++) {
		if (cspan_equal(prop, name) && !is_secret(prop))
			return found(&property, n, i, out);
	}
	for (child = dt_first_child(n); child; child = dt_next_sibling(child)) {
		if (cspan_equal(dt_name(child), name))
			return found(&directory, child, 0, out);
	}
	return cspan_equal(name, STR("name")) ? found(&added_name, n, 0, out) : -ENOENT;
}

/*
 * Positions: 0 is the added `name`, then the properties, then the child nodes. Each call counts
 * again from the first one; a node has some dozens of entries at most.
 */
static bool node_list(struct synth *s, u64 *pos, struct fmt *name, u32 *type)
{
	struct dt_node *n = node_of(s), *child;
	struct cspan prop;
	u64 i = 1;

	*type = S_IFREG;
	if (*pos == 0) {
		(*pos)++;
		if (!dt_has(n, LIT("name"))) {
			fmt_lit(name, LIT("name"));
			return true;
		}
	}
	for (; cspan_len(prop = dt_prop_name(n, (u32)(i - 1))); i++) {
		if (i >= *pos && !is_secret(prop)) {
			fmt_span(name, prop);
			*pos = i + 1;
			return true;
		}
	}
	*type = S_IFDIR;
	for (child = dt_first_child(n); child; child = dt_next_sibling(child), i++) {
		if (i >= *pos) {
			fmt_span(name, dt_name(child));
			*pos = i + 1;
			return true;
		}
	}
	return false;
}
static const struct synth_node directory = {
	.mode = S_IFDIR | 0555, .lookup = node_lookup, .list = node_list
};
static const struct synth_node base = {
	.name = LIT("base"), .mode = S_IFDIR | 0555, .lookup = node_lookup, .list = node_list
};
const struct synth_node sys_devicetree = {
	.name = LIT("devicetree"), .mode = S_IFDIR | 0555, .children = { &base }
};
