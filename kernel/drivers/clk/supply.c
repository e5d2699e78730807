// SPDX-License-Identifier: MPL-2.0
/*
 * The registry of providers of clocks, resets and pins (kernel/supply.h), and clocks of a fixed
 * rate (oscillators).
 *
 * A devicetree node refers to its provider by a phandle, followed by as many cells as the
 * provider's node says (#clock-cells and so on); the first cell is the number of the clock, reset
 * or pin. The lookup of a provider that is not registered yet returns -EPROBE_DEFER, and the probe
 * of the user is repeated after others. Providers are added while devices are probed, by one task,
 * and never removed; so the list needs no lock.
 *
 * A reference without a provider (by is NULL) means that the board has nothing to switch there: the
 * operations below then succeed and do nothing, and a rate is 0. So drivers need no case for simple
 * boards.
 */
#include <kernel/supply.h>

#define MAX_CELLS 2u /* cells of one reference after the phandle */

struct supplier {
	struct obj obj;
	struct dt_node *node;
	const struct supply_ops *ops;
	struct obj *owner;
	struct supplier *next;
};
OBJ_TYPE(supplier, NULL_RELEASE);

static struct supplier *suppliers; /* a reference, as each next; never removed */

/* Providers are added at the front of the list. */
int supply_add(struct dt_node *n, const struct supply_ops *ops, struct obj *owner)
{
	struct supplier *s = obj_new(supplier);

	if (!s)
		return -ENOMEM;
	s->node = n;
	s->ops = ops;
	s->owner = obj_get_any(owner);
	s->next = suppliers;
	suppliers = s;
	return 0;
}

static struct supplier *supplier_of(struct dt_node *n)
{
	struct supplier *s;

	for (s = suppliers; s && s->node != n; s = s->next)
		;
	return s;
}

/* ---- references ---- */

struct supply_ref {
	struct supplier *by;
	u32 cell[MAX_CELLS];
};

/*
 * Reads the reference that begins at cell @at of the property. *@length: its cells. The provider
 * may not be registered yet; then out->by is NULL.
 */
static int read_reference(struct dt_node *n, struct lit prop, struct lit cells, u32 at,
	struct supply_ref *out, u32 *length)
{
	struct dt_node *target;
	u32 phandle, nr = 0, i;

	if (!dt_u32(n, prop, at, &phandle))
		return -ENOENT;
	target = dt_by_phandle(phandle);
	if (!dt_u32(target, cells, 0, &nr) || nr > MAX_CELLS)
		return -EINVAL;
	for (i = 0; i < nr; i++) {
		if (!dt_u32(n, prop, at + 1 + i, array_at(out->cell, i)))
			return -EINVAL;
	}
	out->by = supplier_of(target);
	*length = 1 + nr;
	return 0;
}

/* Reads the i-th reference of a list. -EPROBE_DEFER: its provider is not registered yet. */
static int reference(struct dt_node *n, struct lit prop, struct lit cells, u32 i,
	struct supply_ref *out)
{
	u32 at = 0, length = 0;
	int err = read_reference(n, prop, cells, 0, out, &length);

	for (; i && !err; i--) {
		at += length;
		err = read_reference(n, prop, cells, at, out, &length);
	}
	return !err && !out->by ? -EPROBE_DEFER : err;
}

int supply_clk_nth(struct dt_node *n, u32 i, struct clk *out)
{
	struct supply_ref r = { 0 };
	int err = reference(n, LIT("clocks"), LIT("#clock-cells"), i, &r);

	out->by = err ? NULL : r.by;
	out->number = r.cell[0];
	return err;
}

/*
 * Finds the position of the name in clock-names; the reference at the same position in clocks is
 * the one.
 */
int supply_clk(struct dt_node *n, struct lit name, struct clk *out)
{
	u32 i = 0;

	while (cspan_len(dt_string(n, LIT("clock-names"), i)) &&
		!cspan_equal(dt_string(n, LIT("clock-names"), i), lit_span(name)))
		i++;
	if (cspan_len(dt_string(n, LIT("clock-names"), i)))
		return supply_clk_nth(n, i, out);
	out->by = NULL;
	return -ENOENT;
}

int supply_reset(struct dt_node *n, u32 i, struct reset *out)
{
	struct supply_ref r = { 0 };
	int err = reference(n, LIT("resets"), LIT("#reset-cells"), i, &r);

	out->by = err ? NULL : r.by;
	out->number = r.cell[0];
	return err;
}

/* Bit 0 of the second cell: active low (dt-bindings/gpio). */
int supply_pin(struct dt_node *n, struct lit prop, struct pin *out)
{
	struct supply_ref r = { 0 };
	int err = reference(n, prop, LIT("#gpio-cells"), 0, &r);

	out->by = err ? NULL : r.by;
	out->number = r.cell[0];
	out->active_low = r.cell[1] & 1;
	return err;
}

/* The lists assigned-clocks and assigned-clock-rates run in parallel. */
u64 supply_assigned_rate(struct dt_node *n, const struct clk *c)
{
	u32 i, rate;

	for (i = 0; c->by && dt_u32(n, LIT("assigned-clock-rates"), i, &rate); i++) {
		struct supply_ref r = { 0 };
		if (!reference(n, LIT("assigned-clocks"), LIT("#clock-cells"), i, &r) &&
			r.by == c->by && r.cell[0] == c->number)
			return rate;
	}
	return 0;
}

/* ---- operations ---- */

int clk_enable(const struct clk *c, bool on)
{
	return c->by && c->by->ops->enable ? c->by->ops->enable(c->by->owner, c->number, on) : 0;
}

u64 clk_rate(const struct clk *c)
{
	return c->by && c->by->ops->rate ? c->by->ops->rate(c->by->owner, c->number) : 0;
}

u64 clk_set_rate(const struct clk *c, u64 most)
{
	return c->by && c->by->ops->set_rate ? c->by->ops->set_rate(c->by->owner, c->number, most)
					     : clk_rate(c);
}

int reset_set(const struct reset *r, bool asserted)
{
	return r->by && r->by->ops->set_reset
		? r->by->ops->set_reset(r->by->owner, r->number, asserted)
		: 0;
}

bool reset_asserted(const struct reset *r)
{
	return r->by && r->by->ops->in_reset && r->by->ops->in_reset(r->by->owner, r->number);
}

/* The level of the pin, or its opposite if it is active low. */
bool pin_active(const struct pin *p)
{
	return p->by && p->by->ops->level &&
		p->by->ops->level(p->by->owner, p->number) != p->active_low;
}

/* ---- fixed rates ---- */

struct fixed_clock {
	struct obj obj;
	u64 hz;
};
OBJ_TYPE(fixed_clock, NULL_RELEASE);

static u64 fixed_rate(struct obj *owner, u32 number)
{
	(void)number;
	return obj_cast(fixed_clock, owner)->hz;
}
static const struct supply_ops fixed_ops = { .rate = fixed_rate };

static int fixed_probe(struct device *dev, u32 quirk)
{
	struct fixed_clock *f = obj_new(fixed_clock);
	u32 hz = 0;
	int err;

	(void)quirk;
	if (!f)
		return -ENOMEM;
	(void)dt_u32(device_node(dev), LIT("clock-frequency"), 0, &hz);
	f->hz = hz;
	err = supply_add(device_node(dev), &fixed_ops, &f->obj);
	obj_put(&f);
	return err;
}
static const struct dt_match fixed_match[] = { { LIT("fixed-clock"), .quirk = 0 } };
DRIVER(fixed_clock, fixed_match, fixed_probe);
