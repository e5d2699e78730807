// SPDX-License-Identifier: MPL-2.0
/* frame/dev/irq.c with a line that interrupts without end, at a chip that is the test's. */
#include "../../frame/dev/irqchip.h"
#include "../../frame/task/task.h"
#include "sim.h"

static bool masked;
static u32 handled;

static void chip_mask(struct irq_chip *c, u32 nr, bool on)
{
	CHECK(c && nr == 5);
	masked = on;
}
static const struct irq_chip_ops chip_ops = { .name = "test", .mask = chip_mask };
static struct irq_chip chip = { .ops = &chip_ops };

static struct timer_node *timer; /* armed */
static u64 timer_at;
static bool sleeps; /* tasks do */

bool timer_node_set(struct timer_node *n, u64 deadline_ns)
{
	CHECK(!timer);
	timer = n;
	timer_at = deadline_ns;
	return false;
}
bool sched_is_starved(u64 *seen)
{
	(void)seen;
	return !sleeps;
}

static void fire(void)
{
	struct timer_node *n = timer;

	timer = NULL;
	n->fire(n);
}

struct owner {
	struct obj obj;
};
OBJ_TYPE_DECL(owner);
OBJ_TYPE(owner, NULL_RELEASE);
static struct owner *owner;

static void handle(struct obj *o)
{
	CHECK(o == &owner->obj);
	handled++;
}
static const struct irq_ops ops = { .handle = handle };

static struct irq_line *line(void)
{
	struct irq_line *l = irq_line_get(&chip, 5);

	owner = obj_new(owner);
	CHECK(l && irq_line_attach(l, &ops, &owner->obj) == 0 && !masked);
	return l;
}

/* As often as the chip lets it, with so much time between: how often. */
static u32 interrupt(struct irq_line *l, u32 most, u64 ns)
{
	u32 n;

	for (n = 0; n < most && !masked; n++) {
		irq_line_deliver(l);
		if (ns)
			sim_run(ns);
	}
	return n;
}

/* It lets tasks run, for a while each time; what came meanwhile is handled. The log says it once. */
MODEL_TEST(without_end)
{
	struct irq_line *l = line();
	u32 i;

	for (i = 0; i < 300; i++) {
		u32 before = handled;
		CHECK(interrupt(l, 10000, 0) <= 2000 && masked && timer);
		CHECK(timer_at == sim_now() + NSEC_PER_MSEC && handled > before);
		before = handled;
		fire();
		CHECK(!masked && handled == before + 1);
		CHECK(sim_logged("without end") == (i >= 99));
	}
}

MODEL_TEST(fast_while_tasks_sleep)
{
	struct irq_line *l = line();

	sleeps = true;
	CHECK(interrupt(l, 1000000, 0) == 1000000 && !timer && handled == 1000000);
}

/* Ten thousand in a second. */
MODEL_TEST(slower)
{
	struct irq_line *l = line();

	CHECK(interrupt(l, 5000, 101 * NSEC_PER_USEC) == 5000 && !timer);
}

/* What the driver does meanwhile counts. */
MODEL_TEST(disabled_during_the_pause)
{
	struct irq_line *l = line();
	u32 before;

	(void)interrupt(l, 10000, 0);
	irq_line_disable(l);
	before = handled;
	fire();
	CHECK(masked && handled == before);
	irq_line_enable(l);
	CHECK(!masked);
	(void)interrupt(l, 10000, 0);
	irq_line_detach(l);
	before = handled;
	fire();
	CHECK(masked && handled == before);
}
