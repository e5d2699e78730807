// SPDX-License-Identifier: MPL-2.0
/*
 * A machine on the host for one driver at a time: the frame's interface as the driver sees it, over
 * models of devices that check each register access.
 *
 * Everything runs in one thread and is the same each time. Time is simulated: it goes on with each
 * register access and each look at the clock, and jumps to the next event when everybody sleeps.
 * Interrupts come whenever they are on and a model's line is up: between any two accesses of a
 * task. Devices, lines and the devicetree are the frame's own sources (frame/dev/device.c,
 * window.c, iomem.c, irq.c, frame/boot/dt.c); a driver is found through the linker set and probed
 * as in the kernel.
 *
 *	static const struct model_ops ops = { .name = "uart",
 *		.read = ..., .write = ..., .irq = ..., .next = ..., .advance = ... };
 *	MODEL_TEST(uart_sends_what_is_written)
 *	{
 *		struct dt_node *n = sim_device("serial@10000000", "ns16550a", 0x10000000, 0x100, 10);
 *		sim_model(0x10000000, 0x100, 10, &ops, &uart);
 *		sim_boot();
 *		...
 *		CHECK(uart.sent == 5);
 *	}
 *
 * A model says by model_fail() what the driver must not do. Each test is a process of its own
 * (tests/models/run), so statics begin afresh.
 */
#ifndef MODELS_SIM_H
#define MODELS_SIM_H

#include <frame/device.h>
#include <frame/task.h>
#include <frame/time.h>
#include <frame/wait.h>

#include "../../frame/dev/dev.h"
#include "host.h"

/* ---- models ---- */

/*
 * All but read and write may be NULL. @off lies in the window and is aligned to @width (1, 2, 4,
 * 8); whether the register has that width is the model's business.
 */
struct model_ops {
	const char *name;
	u64 (*read)(void *m, u64 off, unsigned width);
	void (*write)(void *m, u64 off, unsigned width, u64 v);
	bool (*irq)(void *m);              /* whether its line is up */
	u64 (*next)(void *m);              /* when it changes by itself (~0: never) */
	void (*advance)(void *m, u64 now); /* what has happened up to @now */
};
/* Puts a model at an address; its line is number @hwirq of the controller's (0: none). */
void sim_model(u64 base, u64 size, u32 hwirq, const struct model_ops *ops, void *m);
/* The driver did what hardware forbids: the last accesses are printed, and the test has failed. */
void model_fail(const char *format, ...) __attribute__((format(printf, 1, 2), noreturn));
#define model_require(c, ...) ((c) ? (void)0 : model_fail(__VA_ARGS__))

/* ---- the machine ---- */

/*
 * Devicetree: the root has two cells each for addresses and sizes; /soc, a simple-bus, too. Strings
 * are kept, not copied.
 */
struct dt_node *sim_root(void);
struct dt_node *sim_soc(void);
struct dt_node *sim_node(struct dt_node *parent, const char *name);
void sim_prop_string(struct dt_node *n, const char *name, const char *value);
void sim_prop_cells(struct dt_node *n, const char *name, unsigned count, const u32 *cells);
#define sim_prop(n, name, ...) \
	sim_prop_cells((n), (name), sizeof((u32[]){ __VA_ARGS__ }) / 4, (u32[]){ __VA_ARGS__ })
/* A device below /soc with reg and, if not 0, interrupts. */
struct dt_node *sim_device(const char *name, const char *compatible, u64 base, u64 size, u32 hwirq);
/* Makes devices of the nodes and probes them, in a task. */
void sim_boot(void);

/* ---- running ---- */

u64 sim_now(void);
/*
 * Lets tasks, timers and devices go on for so long; until @cond holds, for @ns at most: whether it
 * does.
 */
void sim_run(u64 ns);
#define sim_until(cond, ns)                         \
	(__extension__({                            \
		u64 _end = sim_now() + (ns);        \
		while (!(cond) && sim_now() < _end) \
			sim_step(_end);             \
		(cond);                             \
	}))
/* Runs what can run, else goes to the next event, not beyond @end. */
void sim_step(u64 end);

/* Interrupts delivered for a line; register accesses in all; text of the log since the start. */
u64 sim_irqs(u32 hwirq);
u64 sim_accesses(void);
bool sim_logged(const char *text);
const char *sim_log_text(void);
/* Whether the kernel panics in @what; what it does otherwise is undone. */
bool sim_panics(void (*what)(void));
/* What one register access takes. */
extern u64 sim_access_ns;
/* A line whose controller sees only that it goes up (a PC's). */
void sim_edge(u32 hwirq);

/* ---- below: the interrupt controller, controller.c or a model with the frame's own driver ---- */

/* Whether CPU sim_cpu is interrupted now; the handler. */
bool sim_irq_pending(void);
void sim_irq_handle(void);
/* A line's level has been computed anew. */
void sim_line_changed(u32 hwirq, bool up);
u64 sim_delivered(u32 hwirq);

/* ---- tests ---- */

struct model_test {
	const char *name;
	void (*run)(void);
	struct model_test *next;
};
void sim_add_test(struct model_test *t);
#define MODEL_TEST(n)                                          \
	static void n(void);                                   \
	static struct model_test n##_test = { #n, n, NULL };   \
	static __attribute__((constructor)) void n##_add(void) \
	{                                                      \
		sim_add_test(&n##_test);                       \
	}                                                      \
	static void n(void)
#define CHECK(c) ((c) ? (void)0 : model_fail("%s:%d: %s", __FILE__, __LINE__, #c))

#endif
