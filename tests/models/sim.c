// SPDX-License-Identifier: MPL-2.0
/*
 * The machine of sim.h: time, tasks, interrupts, register access. What drivers meet of the frame
 * besides is in sim_frame.c.
 */
#include "sim.h"
#include "../../frame/cpu_local.h"
#include "fiber.h"

int vsnprintf(char *out, size_t n, const char *format, __builtin_va_list args);
int strcmp(const char *a, const char *b);

/* Where "virtual" addresses of registers begin: nothing of the host's is there. */
#define MMIO        0x100000000000ul
#define CLOCK_NS    20ul
#define SPIN_NS     100ul
#define HANG_NS     (20 * NSEC_PER_SEC)
#define STORM_LIMIT 100000u
#define MAX_MODELS  16
#define MAX_TASKS   16
#define MAX_TIMERS  16
#define TRACE       24

static u64 now;
static u64 last_switch; /* since when one task has the CPU */
u64 sim_access_ns = 500;

/* ---- failing ---- */

static struct {
	const char *what;
	const char *model;
	u64 off, v;
	unsigned width;
} trace[TRACE];
static u64 nr_accesses;

void model_fail(const char *format, ...)
{
	char text[512];
	__builtin_va_list args;
	u64 i;

	__builtin_va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	__builtin_va_end(args);
	for (i = nr_accesses > TRACE ? nr_accesses - TRACE : 0; i < nr_accesses; i++)
		printf("  %s %s %#lx, %u bytes: %#lx\n", trace[i % TRACE].model,
			trace[i % TRACE].what, trace[i % TRACE].off, trace[i % TRACE].width,
			trace[i % TRACE].v);
	printf("log:\n%sat %lu ns: %s\n", sim_log_text(), now, text);
	exit(1);
}

/* ---- models ---- */

static struct placed {
	u64 base, size;
	u32 hwirq;
	const struct model_ops *ops;
	void *m;
} placed[MAX_MODELS];
static unsigned nr_placed;

void sim_model(u64 base, u64 size, u32 hwirq, const struct model_ops *ops, void *m)
{
	CHECK(nr_placed < MAX_MODELS);
	placed[nr_placed++] = (struct placed){ base, size, hwirq, ops, m };
}

static void update_lines(void)
{
	unsigned i;

	for (i = 0; i < nr_placed; i++) {
		if (placed[i].hwirq && placed[i].ops->irq)
			sim_line_changed(placed[i].hwirq, placed[i].ops->irq(placed[i].m));
	}
}

static struct placed *model_at(u64 pa, unsigned width)
{
	unsigned i;

	for (i = 0; i < nr_placed; i++) {
		if (pa >= placed[i].base && pa - placed[i].base < placed[i].size) {
			model_require(pa - placed[i].base + width <= placed[i].size,
				"%s: access beyond its end", placed[i].ops->name);
			return &placed[i];
		}
	}
	model_fail("access to %#lx, where no device is", pa);
}

static void note_access(const struct placed *p, const char *what, u64 off, unsigned width, u64 v)
{
	trace[nr_accesses % TRACE].what = what;
	trace[nr_accesses % TRACE].model = p->ops->name;
	trace[nr_accesses % TRACE].off = off;
	trace[nr_accesses % TRACE].width = width;
	trace[nr_accesses % TRACE].v = v;
	nr_accesses++;
}

static void pass(u64 ns);

u64 sim_read(u64 address, unsigned width)
{
	struct placed *p = model_at(address - MMIO, width);
	u64 off = address - MMIO - p->base, v;

	model_require(!(address & (width - 1)), "%s: misaligned read of %u bytes at %#lx",
		p->ops->name, width, off);
	pass(sim_access_ns);
	note_access(p, "read", off, width, 0);
	v = p->ops->read(p->m, off, width);
	trace[(nr_accesses - 1) % TRACE].v = v;
	update_lines();
	return v;
}

void sim_write(u64 address, unsigned width, u64 v)
{
	struct placed *p = model_at(address - MMIO, width);
	u64 off = address - MMIO - p->base;

	model_require(!(address & (width - 1)), "%s: misaligned write of %u bytes at %#lx",
		p->ops->name, width, off);
	pass(sim_access_ns);
	note_access(p, "write", off, width, v);
	p->ops->write(p->m, off, width, v);
	update_lines();
}

u64 sim_accesses(void)
{
	return nr_accesses;
}

void *kmap_device(paddr_t pa, size_t size)
{
	(void)size;
	return (void *)(MMIO + pa);
}

/* ---- tasks ---- */

enum state { UNUSED_TASK, NEW, RUNNABLE, SLEEPING, DONE };

struct task {
	const struct task_ops *ops;
	struct fiber *fiber;
	u32 refs;
	enum state state;
	struct obj *owner; /* _TASK_OWNER_OFFSET */
	const void *on;    /* the wait queue or lock it sleeps at */
	bool prepared, woken, token;
	u64 deadline;
};
static_assert(offsetof(struct task, owner) == _TASK_OWNER_OFFSET, "frame/task.h");
static struct task tasks[MAX_TASKS]; /* 0: the test itself */
void *sim_task_running = &tasks[0];
static struct fiber *main_fiber;

static struct task *current(void)
{
	return sim_task_running;
}

static struct task *next_runnable(void)
{
	unsigned at = (unsigned)(current() - tasks), i;

	for (i = 1; i <= MAX_TASKS; i++) {
		if (tasks[(at + i) % MAX_TASKS].state == RUNNABLE)
			return &tasks[(at + i) % MAX_TASKS];
	}
	return NULL;
}

static void switch_to(struct task *t)
{
	struct task *from = current();

	last_switch = now;
	if (t == from)
		return;
	sim_task_running = t;
	fiber_switch(from->fiber, t->fiber);
}

static u64 next_event(void);
static void advance(u64 to);

/* The running task does not go on before it is runnable. */
static void reschedule(void)
{
	struct task *t;

	model_require(sim_irqs_on, "a task sleeps with interrupts off");
	while (!(t = next_runnable())) {
		u64 at = next_event();
		model_require(at != ~0ul, "everybody sleeps, and nothing will ever happen");
		last_switch = now;
		advance(at);
		sim_irqs_enable();
	}
	switch_to(t);
}

static void task_body(void *arg)
{
	struct task *t = arg;

	t->ops->run(t->owner);
	task_exit();
}

void task_exit(void)
{
	current()->state = DONE;
	reschedule();
	model_fail("a task that has ended goes on");
}

struct task *task_new(const struct task_ops *ops, struct obj *owner, struct lit name)
{
	unsigned i;

	(void)name;
	for (i = 1; i < MAX_TASKS && tasks[i].state != UNUSED_TASK; i++)
		;
	CHECK(i < MAX_TASKS);
	tasks[i] = (struct task){ .ops = ops,
		.owner = owner ? obj_get_any(owner) : NULL,
		.state = NEW,
		.refs = 1,
		.deadline = ~0ul };
	tasks[i].fiber = fiber_new(task_body, &tasks[i]);
	return &tasks[i];
}

void task_start(struct task *t)
{
	CHECK(t->state == NEW);
	t->state = RUNNABLE;
}

struct task *task_get(struct task *t)
{
	t->refs++;
	return t;
}

void task_put(struct task **tp)
{
	if (*tp)
		CHECK((*tp)->refs--);
	*tp = NULL;
}

void task_yield(void)
{
	reschedule();
}

void task_cond_resched(void)
{
	reschedule();
}

static void sleep_at(const void *on, u64 deadline)
{
	struct task *t = current();

	t->on = on;
	t->deadline = deadline;
	t->state = SLEEPING;
	reschedule();
	t->on = NULL;
	t->deadline = ~0ul;
}

static unsigned wake_at(const void *on, unsigned nr)
{
	unsigned i, n = 0;

	for (i = 0; i < MAX_TASKS && n < nr; i++) {
		if (tasks[i].on != on || tasks[i].woken)
			continue;
		tasks[i].woken = true;
		if (tasks[i].state == SLEEPING)
			tasks[i].state = RUNNABLE;
		n++;
	}
	return n;
}

void waitq_prepare(struct waitq *wq, enum wait_mode mode)
{
	struct task *t = current();

	(void)mode;
	model_require(!t->prepared, "a task waits at two queues");
	t->prepared = true;
	t->woken = false;
	t->on = wq;
	wq->_nr++;
}

static void leave(struct task *t)
{
	struct waitq *wq = (struct waitq *)t->on;

	model_require(t->prepared, "a wait was not prepared");
	t->prepared = false;
	t->on = NULL;
	wq->_nr--;
}

int waitq_commit(u64 deadline_ns)
{
	struct task *t = current();
	const void *on = t->on;

	if (!t->woken)
		sleep_at(on, deadline_ns);
	t->on = on;
	leave(t);
	return t->woken ? 0 : -ETIMEDOUT;
}

void waitq_cancel(void)
{
	leave(current());
}

unsigned _waitq_wake(struct waitq *wq, unsigned nr)
{
	return wake_at(wq, nr);
}

int task_sleep_until(u64 deadline_ns, enum wait_mode mode)
{
	(void)mode;
	while (now < deadline_ns) {
		current()->woken = false;
		sleep_at(NULL, deadline_ns);
	}
	return 0;
}

int task_park(enum wait_mode mode, u64 deadline_ns)
{
	struct task *t = current();

	(void)mode;
	if (!t->token)
		sleep_at(t, deadline_ns);
	if (!t->token)
		return -ETIMEDOUT;
	t->token = false;
	return 0;
}

void task_unpark(struct task *t)
{
	t->token = true;
	if (t->on == t && t->state == SLEEPING)
		t->state = RUNNABLE;
}

void _mutex_lock_slow(struct mutex *m)
{
	while (__atomic_exchange_n(&m->_v, 2, __ATOMIC_SEQ_CST) != 0) {
		current()->woken = false;
		sleep_at(m, ~0ul);
	}
}

void _mutex_unlock_slow(struct mutex *m)
{
	(void)wake_at(m, ~0u);
}

void _spin_wait(struct spinlock *l)
{
	(void)l;
	model_fail("a spinlock is taken that is held: with one CPU, for ever");
}

/* ---- timers ---- */

struct timer {
	const struct timer_ops *ops;
	struct obj *owner;
	u64 deadline; /* 0: not armed */
	bool used;
};
static struct timer timers[MAX_TIMERS];

struct timer *timer_new(const struct timer_ops *ops, struct obj *owner)
{
	unsigned i;

	for (i = 0; i < MAX_TIMERS && timers[i].used; i++)
		;
	CHECK(i < MAX_TIMERS);
	timers[i] = (struct timer){ ops, obj_get_any(owner), 0, true };
	return &timers[i];
}

void timer_set(struct timer *t, u64 deadline_ns)
{
	CHECK(t->used);
	t->deadline = max(deadline_ns, 1ul);
}

bool timer_cancel(struct timer *t)
{
	bool armed = t->deadline;

	t->deadline = 0;
	return armed;
}

bool timer_cancel_sync(struct timer *t)
{
	return timer_cancel(t);
}

void timer_put(struct timer **tp)
{
	struct timer *t = *tp;

	*tp = NULL;
	if (!t)
		return;
	t->used = false;
	t->deadline = 0;
	obj_put_any(&t->owner);
}

static struct timer *due_timer(void)
{
	unsigned i;

	for (i = 0; i < MAX_TIMERS; i++) {
		if (timers[i].deadline && timers[i].deadline <= now)
			return &timers[i];
	}
	return NULL;
}

static void fire(struct timer *t)
{
	u64 again;

	t->deadline = 0;
	again = t->ops->fire(t->owner);
	if (again)
		timer_set(t, again);
}

/* ---- interrupts ---- */

struct cpu cpus[MAX_CPUS];
unsigned nr_cpus = 8;

unsigned cpu_count(void)
{
	return nr_cpus;
}
unsigned sim_cpu;
bool sim_irqs_on = true;

struct cpu *sim_this_cpu(void)
{
	return &cpus[sim_cpu];
}

u64 cpu_hw_id(unsigned i)
{
	return cpus[i].hw_id;
}

void sim_irqs_enable(void)
{
	unsigned n = 0;

	sim_irqs_on = true;
	while (due_timer() || sim_irq_pending()) {
		struct timer *t = due_timer();
		model_require(n++ < STORM_LIMIT,
			"interrupt storm: the kernel does nothing else any more");
		sim_irqs_on = false;
		if (t)
			fire(t);
		else
			sim_irq_handle();
		pass(CLOCK_NS);
		sim_irqs_on = true;
	}
}

u64 sim_irqs(u32 hwirq)
{
	return sim_delivered(hwirq);
}

/* ---- time ---- */

static u64 next_event(void)
{
	u64 at = ~0ul;
	unsigned i;

	for (i = 0; i < nr_placed; i++) {
		if (placed[i].ops->next)
			at = min(at, placed[i].ops->next(placed[i].m));
	}
	for (i = 0; i < MAX_TIMERS; i++) {
		if (timers[i].deadline)
			at = min(at, timers[i].deadline);
	}
	for (i = 0; i < MAX_TASKS; i++) {
		if (tasks[i].state == SLEEPING)
			at = min(at, tasks[i].deadline);
	}
	return at;
}

static void settle(void)
{
	unsigned i;

	for (i = 0; i < nr_placed; i++) {
		if (placed[i].ops->advance)
			placed[i].ops->advance(placed[i].m, now);
	}
	for (i = 0; i < MAX_TASKS; i++) {
		if (tasks[i].state == SLEEPING && tasks[i].deadline <= now)
			tasks[i].state = RUNNABLE;
	}
	update_lines();
}

static void advance(u64 to)
{
	u64 at;

	while ((at = next_event()) < to && at > now) {
		now = at;
		settle();
	}
	now = max(now, to);
	settle();
}

/* The running code takes so long. */
static void pass(u64 ns)
{
	model_require(now - last_switch < HANG_NS, "the kernel hangs: it polls a device for %lu s",
		HANG_NS / NSEC_PER_SEC);
	advance(now + ns);
	if (sim_irqs_on)
		sim_irqs_enable();
}

u64 sim_now(void)
{
	return now;
}

u64 time_mono_ns(void)
{
	pass(CLOCK_NS);
	return now;
}

u64 sim_cycles(void)
{
	return time_mono_ns();
}

u64 arch_timer_hz(void)
{
	return NSEC_PER_SEC;
}

void sim_spins(void)
{
	pass(SPIN_NS);
}

void sim_step(u64 end)
{
	struct task *t;

	CHECK(current() == &tasks[0] && sim_irqs_on);
	last_switch = now;
	settle(); /* the test may have changed a model */
	sim_irqs_enable();
	t = next_runnable();
	if (t && t != &tasks[0])
		switch_to(t);
	else if (now < end)
		advance(min(end, next_event()));
	sim_irqs_enable();
}

void sim_run(u64 ns)
{
	u64 end = now + ns;

	while (now < end)
		sim_step(end);
}

/* ---- the machine ---- */

static bool booted;

static void boot_run(struct obj *owner)
{
	(void)owner;
	device_init();
	device_probe_all();
	booted = true;
}
static const struct task_ops boot_ops = { .run = boot_run };

void sim_boot(void)
{
	struct task *t = task_new(&boot_ops, NULL, LIT("boot"));

	update_lines();
	task_start(t);
	task_put(&t);
	CHECK(sim_until(booted, 60 * NSEC_PER_SEC));
}

/* ---- tests ---- */

static struct model_test *tests;

void sim_add_test(struct model_test *t)
{
	t->next = tests;
	tests = t;
}

int main(int argc, char **argv)
{
	struct model_test *t;

	tasks[0].state = RUNNABLE;
	tasks[0].deadline = ~0ul;
	main_fiber = fiber_main();
	tasks[0].fiber = main_fiber;
	for (t = tests; t; t = t->next) {
		if (argc < 2) {
			printf("%s\n", t->name);
		} else if (!strcmp(argv[1], t->name)) {
			t->run();
			return 0;
		}
	}
	return argc < 2 ? 0 : 2;
}
