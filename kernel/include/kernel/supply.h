// SPDX-License-Identifier: MPL-2.0
/*
 * What a device gets from others: clocks, resets, input pins. A driver says which of its node's it
 * means; who supplies them is found by the devicetree's references.
 *
 *	err = supply_clk(node, LIT("ciu"), &clk);	-ENOENT: the node names none; -EPROBE_DEFER: return that from the probe
 *	err = clk_enable(&clk, true);
 *	hz = clk_set_rate(&clk, 50000000);
 *
 * A supplier's driver registers in its probe. Suppliers are for ever. Nobody counts users: a clock
 * here is one device's. Context: task.
 */
#ifndef KERNEL_SUPPLY_H
#define KERNEL_SUPPLY_H

#include <frame/device.h>
#include <frame/errno.h>
#include <frame/obj.h>

struct supplier;
OBJ_TYPE_DECL(supplier);

/* One that has no supplier is none: what is asked of it is done, its rate is not known. */
struct clk {
	struct supplier *by;
	u32 number;
};
struct reset {
	struct supplier *by;
	u32 number;
};
struct pin {
	struct supplier *by;
	u32 number;
	bool active_low;
};

/* Any may be NULL: the supplier has no such thing. Numbers are those of its binding, unchecked. */
struct TABLE supply_ops {
	int (*enable)(struct obj *owner, u32 clk, bool on);
	u64 (*rate)(struct obj *owner, u32 clk); /* in Hz; 0: not known */
	/* The highest possible up to @most, or else the lowest; what it is now. */
	u64 (*set_rate)(struct obj *owner, u32 clk, u64 most);
	int (*set_reset)(struct obj *owner, u32 reset, bool asserted); /* returns when it is so */
	bool (*in_reset)(struct obj *owner, u32 reset);
	bool (*level)(struct obj *owner, u32 pin); /* of an input */
};
/* What refers to @n is supplied by @owner, which is kept. 0, -ENOMEM. */
int supply_add(struct dt_node *n, const struct supply_ops *ops, struct obj *owner);

/*
 * The clock of that name (`clock-names`), the i-th clock, the i-th reset, the first pin of a
 * property. 0, -ENOENT (and none), -EPROBE_DEFER, -EINVAL (the references make no sense).
 */
int supply_clk(struct dt_node *n, struct lit name, struct clk *out);
int supply_clk_nth(struct dt_node *n, u32 i, struct clk *out);
int supply_reset(struct dt_node *n, u32 i, struct reset *out);
int supply_pin(struct dt_node *n, struct lit prop, struct pin *out);
/* What the node wants the clock to run at (`assigned-clock-rates`); 0: it does not say. */
u64 supply_assigned_rate(struct dt_node *n, const struct clk *c);

/* The result of one of these, where a device does without what its node does not name. */
static inline int supply_optional(int err)
{
	return err == -ENOENT ? 0 : err;
}

int clk_enable(const struct clk *c, bool on);
u64 clk_rate(const struct clk *c);
u64 clk_set_rate(const struct clk *c, u64 most);
int reset_set(const struct reset *r, bool asserted);
/* Whether it is asserted; one that is none is not. */
bool reset_asserted(const struct reset *r);
/* Whether the pin is in its active state; one that is none is not. */
bool pin_active(const struct pin *p);

#endif
