// SPDX-License-Identifier: MPL-2.0
/* frame/dev/irq.c with lines that interrupt without end, at a chip that is the test's. */
#include "../../frame/dev/irqchip.h"
#include "../../frame/task/task.h"
#include "sim.h"

#define FIRST 5u
#define LINES 3u

static bool masked[LINES];
static u32 handled;

static void chip_mask(struct irq_chip *c, u32 nr, bool on)
{
	CHECK(c && nr - FIRST < LINES);
	masked[nr - FIRST] = on;
}
static const struct irq_chip_ops chip_ops = { .name = "test", .mask = chip_mask };
static struct irq_chip chip = { .ops = &chip_ops };

static struct timer_node *timer[LINES]; /* armed */
static bool sleeps;                     /* tasks do */

bool timer_node_set(struct timer_node *n, u64 deadline_ns)
{
	u32 i, at = LINES;

	for (i = 0; i < LINES; i++) {
		if (timer[i] == n || (!timer[i] && at == LINES))
			at = i;
	}
	CHECK(at < LINES);
	timer[at] = n;
	n->deadline = deadline_ns;
	return false;
}
/* Tasks of two CPUs have slept, and do not any more. */
bool sched_is_starved(u64 *seen)
{
	static const u64 nr_sleeps[] = { 7, 1000 };
	bool same = *seen == nr_sleeps[sim_cpu];

	*seen = nr_sleeps[sim_cpu];
	return same && !sleeps;
}

/* Those whose time has come. */
static void fire(u64 now)
{
	struct timer_node *n;
	u32 i;

	for (i = 0; i < LINES; i++) {
		n = timer[i];
		if (!n || n->deadline > now)
			continue;
		timer[i] = NULL;
		n->fire(n);
	}
}

static void pass(u64 ns)
{
	if (ns)
		sim_run(ns);
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

static struct irq_line *line(u32 i)
{
	struct irq_line *l = irq_line_get(&chip, FIRST + i);

	owner = owner ? owner : obj_new(owner);
	CHECK(l && irq_line_attach(l, &ops, &owner->obj) == 0 && !masked[i]);
	return l;
}

/* As often as the chip lets it, with so much time between: how often. */
static u32 interrupt(struct irq_line *l, u32 most, u64 ns)
{
	u32 n;

	for (n = 0; n < most && !masked[0]; n++) {
		irq_line_deliver(l);
		pass(ns);
	}
	return n;
}

/* It lets tasks run, for a while each time; what came meanwhile is handled. The log says it once. */
MODEL_TEST(without_end)
{
	struct irq_line *l = line(0);
	u32 i;

	for (i = 0; i < 300; i++) {
		u32 before = handled;
		CHECK(interrupt(l, 10000, 0) <= 2000 && masked[0] && timer[0]);
		CHECK(timer[0]->deadline > sim_now() && handled > before);
		CHECK(timer[0]->deadline <= sim_now() + NSEC_PER_MSEC);
		fire(sim_now());
		CHECK(masked[0]);
		before = handled;
		pass(NSEC_PER_MSEC);
		fire(sim_now());
		CHECK(!masked[0] && handled == before + 1);
		CHECK(sim_logged("without end") == (i >= 99));
	}
}

/*
 * Lines of one CPU, each of which is up whenever it is not masked, an interrupt in a microsecond:
 * tasks have as much of the CPU as if there were one line. Drivers enable their lines again
 * meanwhile.
 */
MODEL_TEST(many_without_end)
{
	struct irq_line *l[LINES];
	u64 end, of_tasks = 0, began;
	u32 i, up, turn = 0;

	for (i = 0; i < LINES; i++)
		l[i] = line(i);
	(void)interrupt(l[0], 400, NSEC_PER_USEC); /* its bursts end while the others have begun */
	began = sim_now();
	end = began + 100 * NSEC_PER_MSEC;
	for (; sim_now() < end; turn++) {
		fire(sim_now());
		for (i = 0; i < LINES && masked[(turn + i) % LINES]; i++)
			;
		up = (turn + i) % LINES;
		if (i < LINES)
			irq_line_deliver(l[up]);
		else if (turn % 64 == 0)
			irq_line_enable(l[turn / 64 % LINES]);
		else
			of_tasks += NSEC_PER_USEC;
		pass(NSEC_PER_USEC);
	}
	CHECK(of_tasks >= (end - began) / 3 && handled > 10000);
}

/* Each CPU has a count and a pause of its own, also of a wire that any of them takes. */
MODEL_TEST(without_end_at_two_cpus)
{
	struct irq_line *l;
	u32 i;

	l = line(0);
	for (i = 0; i < 5000 && !masked[0]; i++) {
		sim_cpu = i / 1000 % 2; /* each of them ends bursts */
		irq_line_deliver(l);
	}
	CHECK(masked[0]);
	sim_cpu = 0;
}

MODEL_TEST(fast_while_tasks_sleep)
{
	struct irq_line *l = line(0);

	sleeps = true;
	CHECK(interrupt(l, 1000000, 0) == 1000000 && !timer[0] && handled == 1000000);
}

/* Ten thousand in a second. */
MODEL_TEST(slower)
{
	struct irq_line *l = line(0);

	CHECK(interrupt(l, 5000, 101 * NSEC_PER_USEC) == 5000 && !timer[0]);
}

/* What the driver does meanwhile counts. */
MODEL_TEST(disabled_during_the_pause)
{
	struct irq_line *l = line(0);
	u32 before;

	(void)interrupt(l, 10000, 0);
	irq_line_disable(l);
	before = handled;
	pass(NSEC_PER_MSEC);
	fire(sim_now());
	CHECK(masked[0] && handled == before);
	irq_line_enable(l);
	CHECK(!masked[0]);
	(void)interrupt(l, 10000, 0);
	irq_line_detach(l);
	before = handled;
	pass(NSEC_PER_MSEC);
	fire(sim_now());
	CHECK(masked[0] && handled == before);
}
