// SPDX-License-Identifier: MPL-2.0
/*
 * Providers of clocks, resets and input pins. A driver names the clock, reset or pin of its own
 * node; the references in the devicetree lead to the provider.
 *
 *	err = supply_clk(node, LIT("ciu"), &clk);	-EPROBE_DEFER: return it from the probe
 *	err = clk_enable(&clk, true);
 *	hz = clk_set_rate(&clk, 50000000);
 *
 * The driver of a provider registers it in its probe. Providers are never removed. Users are not
 * counted: a clock here belongs to one device. Context: task.
 */
#ifndef KERNEL_SUPPLY_H
#define KERNEL_SUPPLY_H

#include <frame/device.h>
#include <frame/obj.h>
#include <uapi/errno.h>

struct supplier;
OBJ_TYPE_DECL(supplier);

/*
 * A handle with by NULL stands for none: operations on it succeed and do nothing, and its rate is
 * unknown.
 */
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

/*
 * The operations of a provider. Any may be NULL: the provider has no such thing. Numbers are those
 * of the binding of the provider's node, unchecked.
 */
struct TABLE supply_ops {
	int (*enable)(struct obj *owner, u32 clk, bool on);
	u64 (*rate)(struct obj *owner, u32 clk); /* in Hz; 0: unknown */
	/* Sets the highest possible rate up to @most, or else the lowest; returns the new rate. */
	u64 (*set_rate)(struct obj *owner, u32 clk, u64 most);
	/* returns when it has taken effect */
	int (*set_reset)(struct obj *owner, u32 reset, bool asserted);
	bool (*in_reset)(struct obj *owner, u32 reset);
	bool (*level)(struct obj *owner, u32 pin); /* of an input */
};
/* Registers @owner (kept by reference) as the provider that node @n stands for. 0, -ENOMEM. */
int must_check supply_add(struct dt_node *n, const struct supply_ops *ops, struct obj *owner);

/*
 * Find a clock by name (`clock-names`), the @i-th clock, the @i-th reset, and the first pin of
 * property @prop. Return 0, -ENOENT (none; *@out stands for none), -EPROBE_DEFER (no provider yet),
 * -EINVAL (the references are malformed).
 */
int must_check supply_clk(struct dt_node *n, struct lit name, struct clk *out);
int must_check supply_clk_nth(struct dt_node *n, u32 i, struct clk *out);
int must_check supply_reset(struct dt_node *n, u32 i, struct reset *out);
int must_check supply_pin(struct dt_node *n, struct lit prop, struct pin *out);
/* The rate that the node assigns to the clock (`assigned-clock-rates`), in Hz; 0: none. */
u64 supply_assigned_rate(struct dt_node *n, const struct clk *c);

/* Filters the result of these functions for a device that works without the resource. */
static inline int must_check supply_optional(int err)
{
	return err == -ENOENT ? 0 : err;
}

/* Switches the clock on or off. Returns 0 or -errno. */
int must_check clk_enable(const struct clk *c, bool on);
/* The rate in Hz; 0: unknown. */
u64 clk_rate(const struct clk *c);
/* Sets the highest possible rate up to @most Hz; returns the new rate, 0 if unknown. */
u64 clk_set_rate(const struct clk *c, u64 most);
/* Asserts or releases the reset. Returns 0 or -errno. */
int must_check reset_set(const struct reset *r, bool asserted);
/* Whether the reset is asserted; false for none. */
bool reset_asserted(const struct reset *r);
/* Whether the pin is in its active state; false for none. */
bool pin_active(const struct pin *p);

#endif
