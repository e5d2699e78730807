// SPDX-License-Identifier: MPL-2.0
/*
 * Clocks, resets and input pins that a device receives from other devices. A driver names the one
 * of its node's that it means; the provider is found through the references of the devicetree.
 *
 * 	err = supply_clk(node, LIT("ciu"), &clk);
 * 	err = clk_enable(&clk, true);
 * 	hz = clk_set_rate(&clk, 50000000);
 *
 * supply_clk returns -ENOENT if the node names no such clock, and -EPROBE_DEFER if the provider has
 * not been probed yet; the probe returns that error and is repeated.
 *
 * The driver of a provider registers it in its probe. Providers are never removed. Users are not
 * counted: a clock here belongs to one device. Context: task.
 */
#ifndef KERNEL_SUPPLY_H
#define KERNEL_SUPPLY_H

#include <frame/device.h>
#include <frame/errno.h>
#include <frame/obj.h>

struct supplier;
OBJ_TYPE_DECL(supplier);

/*
 * A clock, reset or pin without a provider is absent: operations on it succeed without effect, and
 * its rate is unknown.
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
 * The operations of a provider. NULL: it has no such thing. Numbers are those of its devicetree
 * binding, and are not checked by the caller.
 */
struct TABLE supply_ops {
	int (*enable)(struct obj *owner, u32 clk, bool on);
	u64 (*rate)(struct obj *owner, u32 clk); /* in Hz; 0: unknown */
	/* Sets the highest possible rate up to @most, else the lowest. Returns the new rate. */
	u64 (*set_rate)(struct obj *owner, u32 clk, u64 most);
	/* returns when the state is reached */
	int (*set_reset)(struct obj *owner, u32 reset, bool asserted);
	bool (*in_reset)(struct obj *owner, u32 reset);
	bool (*level)(struct obj *owner, u32 pin); /* of an input pin */
};
/* Registers @owner as the provider for references to @n, with a reference. Returns 0 or -ENOMEM. */
int supply_add(struct dt_node *n, const struct supply_ops *ops, struct obj *owner);

/*
 * Find a provider: the clock of that name (`clock-names`), the i-th clock, the i-th reset, the
 * first pin of a property. Return 0, -ENOENT (*out is then absent), -EPROBE_DEFER, -EINVAL
 * (malformed references).
 */
int supply_clk(struct dt_node *n, struct lit name, struct clk *out);
int supply_clk_nth(struct dt_node *n, u32 i, struct clk *out);
int supply_reset(struct dt_node *n, u32 i, struct reset *out);
int supply_pin(struct dt_node *n, struct lit prop, struct pin *out);
/* The rate that the node requests for the clock (`assigned-clock-rates`); 0 if none. */
u64 supply_assigned_rate(struct dt_node *n, const struct clk *c);

/* Turns -ENOENT into 0, for a device that works without this clock, reset or pin. */
static inline int supply_optional(int err)
{
	return err == -ENOENT ? 0 : err;
}

/* Enables or disables the clock. Returns 0 or -errno. */
int clk_enable(const struct clk *c, bool on);
/* The rate in Hz; 0 if unknown. */
u64 clk_rate(const struct clk *c);
/*
 * Sets the highest possible rate up to @most, else the lowest. Returns the rate in Hz; 0 if
 * unknown.
 */
u64 clk_set_rate(const struct clk *c, u64 most);
/* Asserts or releases the reset. Returns 0 or -errno. */
int reset_set(const struct reset *r, bool asserted);
/* Whether the reset is asserted; false if it is absent. */
bool reset_asserted(const struct reset *r);
/* Whether the pin is in its active state; false if it is absent. */
bool pin_active(const struct pin *p);

#endif
