// SPDX-License-Identifier: MPL-2.0
/*
 * frame/task as it is, on CPUs that the test holds up wherever it likes: the life of tasks,
 * parking, and the switch.
 *
 * A CPU is a place where a fiber goes on. The compiler calls step() in each basic block of the
 * frame's sources and of this file, and step lets another CPU go on, or stalls this one for long;
 * both by numbers that look random and are the same each time. So between any two blocks of one CPU
 * the others may do anything, a whole life of a task included. Memory is as the program orders it:
 * this finds what interleaving breaks, not what a weak memory breaks.
 *
 * What is watched: a fiber (the stack of a task) goes on at one CPU at a time and not after it has
 * been given back; the frame's own panics; and what each test says.
 */
#include <frame/boot.h>
#include <frame/log.h>
#include <frame/sched.h>
#include <frame/time.h>

#include "../../frame/task/task.h"
#include "fiber.h"

int printf(const char *format, ...);
int fflush(void *stream);
int strcmp(const char *a, const char *b);
void exit(int status) __attribute__((noreturn));

#define CPUS  4
#define SLOTS 24

static void failed(const char *what) __attribute__((noreturn));
#define CHECK(cond) ((cond) ? (void)0 : failed(#cond))

/* ---- CPUs ---- */

struct stack {
	struct fiber *fiber;
	bool live;
	int on; /* CPU + 1 that goes on here now or when it is chosen */
	struct stack *next;
};
static struct vcpu {
	struct stack *at;
	bool irqs_on;
	u64 stalled_until;
	u64 alarm; /* of its timer */
	u32 ipi;
	u32 one_in_stall; /* 0: as usual; a test makes stalls likely where they may hurt */
	/* Or it plans them: after so many steps, until something is true, but not for ever. */
	struct hold {
		u32 after;
		bool (*until)(void);
	} plan[2];
	u32 nr_plans;
	bool (*held_until)(void);
} vcpu[CPUS];

struct cpu cpus[MAX_CPUS];
unsigned nr_cpus = CPUS;
unsigned sim_cpu;
bool sim_irqs_on;
void *sim_task_running;

#define LAST_STEP 400000000ul /* something hangs */
static u64 steps;
static bool in_model = true, running, quiet_interrupts;
static bool planned; /* no CPU is held up by chance */
static u64 chance = 0x5eed;
static struct stack *here;
#define ONE_IN_CHANGE 6
#define ONE_IN_STALL  400
#define HELD_AT_MOST  10000

static u64 draw(u64 n)
{
	u64 z = chance += 0x9e3779b97f4a7c15ul;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ul;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebul;
	return (z ^ (z >> 31)) % n;
}

static void failed(const char *what)
{
	in_model = true;
	printf("%s [CPU %u, step %lu]\n", what, sim_cpu, (unsigned long)steps);
	fflush(NULL);
	exit(1);
}

struct cpu *sim_this_cpu(void)
{
	return &cpus[sim_cpu];
}

static void go_on_at(struct stack *s)
{
	struct fiber *from = here->fiber;

	here = s;
	fiber_switch(from, s->fiber);
}

static void change_cpu(unsigned c)
{
	if (c == sim_cpu)
		return;
	vcpu[sim_cpu].at = here;
	vcpu[sim_cpu].irqs_on = sim_irqs_on;
	sim_cpu = c;
	sim_irqs_on = vcpu[c].irqs_on;
	sim_task_running = cpus[c].current;
	go_on_at(vcpu[c].at);
	in_model = true;
}

/* Interrupts of this CPU that are due. */
static void interrupts(void)
{
	struct vcpu *v = &vcpu[sim_cpu];
	struct cpu *c = &cpus[sim_cpu];

	while (sim_irqs_on && !quiet_interrupts && (v->ipi || steps >= v->alarm)) {
		sim_irqs_on = false;
		c->irq_depth++;
		if (v->ipi) {
			v->ipi = 0;
		} else {
			v->alarm = ~0ul;
			in_model = false;
			timer_interrupt();
			in_model = true;
		}
		c = &cpus[sim_cpu];
		v = &vcpu[sim_cpu];
		c->irq_depth--;
		sim_irqs_on = true;
	}
}

/* Whether the CPU does not go on now. */
static bool is_stalled(struct vcpu *v)
{
	if (v->held_until && (v->held_until() || steps >= v->stalled_until)) {
		v->held_until = NULL;
		v->stalled_until = 0;
	}
	return steps < v->stalled_until;
}

static void follow_plan(struct vcpu *v)
{
	if (!v->nr_plans || v->plan[0].after--)
		return;
	v->held_until = v->plan[0].until;
	v->stalled_until = steps + HELD_AT_MOST;
	v->plan[0] = v->plan[1];
	v->nr_plans--;
}

static void __attribute__((no_sanitize_coverage)) step(void)
{
	struct vcpu *v = &vcpu[sim_cpu];
	unsigned c, i;

	if (in_model || !running)
		return;
	in_model = true;
	CHECK(steps++ < LAST_STEP);
	follow_plan(v);
	if (!planned && !draw(v->one_in_stall ? v->one_in_stall : ONE_IN_STALL))
		v->stalled_until = steps + draw(60) * (draw(2) ? 1 : draw(2) ? 15 : 100);
	if (is_stalled(v) || (!v->nr_plans && !draw(ONE_IN_CHANGE))) {
		c = (unsigned)draw(CPUS);
		for (i = 0; i < CPUS && is_stalled(&vcpu[(c + i) % CPUS]); i++)
			;
		change_cpu((c + i) % CPUS);
	}
	interrupts();
	in_model = false;
}

void __sanitizer_cov_trace_pc(void);
void __attribute__((no_sanitize_coverage)) __sanitizer_cov_trace_pc(void)
{
	step();
}
void sim_irqs_enable(void)
{
	sim_irqs_on = true;
	step();
}
void sim_spins(void)
{
	bool was = in_model;

	in_model = true;
	steps++;
	if (!is_stalled(&vcpu[(sim_cpu + 1) % CPUS]))
		change_cpu((sim_cpu + 1) % CPUS);
	in_model = was;
	step();
}
u64 sim_cycles(void)
{
	return steps;
}

/* ---- the backend ---- */

static struct stack *free_stacks;

void *kmap_alloc_stack(void)
{
	struct stack *s = free_stacks;
	bool was = in_model;

	in_model = true;
	if (s) {
		free_stacks = s->next;
	} else {
		s = __builtin_calloc(1, sizeof(*s));
		s->fiber = fiber_new(NULL, NULL);
	}
	CHECK(!s->live && !s->on);
	s->live = true;
	in_model = was;
	return s;
}
void kmap_free_stack(void *top)
{
	struct stack *s = top;

	CHECK(s->live && !s->on);
	s->live = false;
	s->next = free_stacks;
	free_stacks = s;
}

static void (*entry)(void *); /* the same for all */
static void first_code(void *arg)
{
	in_model = false;
	entry(arg);
}
void arch_context_init(struct arch_context *c, void *stack_top, void (*fn)(void *), void *arg)
{
	struct stack *s = stack_top;
	bool was = in_model;

	in_model = true;
	entry = fn;
	fiber_again(s->fiber, first_code, arg);
	c->unused = (u64)s;
	in_model = was;
}
void arch_switch(struct arch_context *from, struct arch_context *to)
{
	struct stack *next = (struct stack *)to->unused;

	in_model = true;
	CHECK(!sim_irqs_on);
	from->unused = (u64)here;
	CHECK(next && next->live && !next->on);
	here->on = 0;
	next->on = (int)sim_cpu + 1;
	sim_task_running = cpus[sim_cpu].current;
	go_on_at(next);
	in_model = false;
	step();
}
void arch_timer_set(u64 cycles)
{
	vcpu[sim_cpu].alarm = cycles;
}
u64 arch_timer_hz(void)
{
	return 10000000;
}
u64 boot_entry_cycles(void)
{
	return 0;
}
void arch_fpu_save(struct user_ctx *u)
{
	(void)u;
}
void ipi_send(u64 mask, u64 bits)
{
	unsigned i;

	(void)bits;
	for (i = 0; i < CPUS; i++)
		vcpu[i].ipi |= mask >> i & 1;
}

/* ---- the rest of the frame ---- */

static u8 slots[SLOTS][2048] __attribute__((aligned(64)));
static struct obj *free_slots[SLOTS];
static u32 nr_free, nr_carved;
static struct obj_type *only_type;

static struct obj *take_slot(struct obj_type *type)
{
	bool was = in_model;
	struct obj *o;

	in_model = true;
	CHECK(type->_size <= sizeof(slots[0]) && (!only_type || only_type == type));
	only_type = type;
	o = nr_free ? free_slots[--nr_free] : (struct obj *)slots[nr_carved++];
	CHECK(nr_carved <= SLOTS);
	in_model = was;
	return o;
}
struct obj *obj_alloc_dirty(struct obj_type *type)
{
	struct obj *o = take_slot(type);

	store_release(o->_refs, 1);
	return o;
}
struct obj *_obj_alloc(struct obj_type *type)
{
	struct obj *o = take_slot(type);
	u64 *w = (u64 *)(o + 1);

	while (w < (u64 *)((u8 *)o + type->_size)) {
		store_once(*w, 0);
		w++;
		step();
	}
	store_release(o->_refs, 1);
	return o;
}
void _obj_last_put(struct obj *o)
{
	only_type->_release(o);
	in_model = true;
	free_slots[nr_free++] = o; /* the next one that is taken */
	in_model = false;
}
void _obj_bad_count(struct obj *o, u32 change)
{
	(void)o, (void)change;
	failed("get or put of an object without references");
}

bool _obj_no_ref(struct obj *o, u32 refs)
{
	if (refs == 0x7fffffff)
		_obj_bad_count(o, 0);
	return false;
}
void _kernel_panic(const char *message)
{
	failed(message);
}
void frame_bug(const char *what)
{
	failed(what);
}
void no_task_here(void)
{
	failed("what only a task may do");
}
static u32 nr_messages;
void _log_printf(u32 level, const char *format, ...)
{
	(void)level, (void)format;
	nr_messages++;
}
void user_set_vmspace(struct vmspace *vm)
{
	(void)vm;
}
void vmspace_activate(struct vmspace *vm)
{
	(void)vm;
}
void _spin_wait(struct spinlock *l)
{
	do {
		while (load_once(l->_v))
			sim_spins();
	} while (__atomic_exchange_n(&l->_v, 1, __ATOMIC_ACQUIRE));
}

/* ---- a policy that puts tasks anywhere ---- */

#define QUEUE 64
static struct mq {
	struct task *task[QUEUE];
	u32 head, len;
} mq[CPUS];
static bool lets_interrupts_in;

static void operation(void)
{
	if (lets_interrupts_in && draw(2))
		_arch_irq_restore(1);
}
static unsigned m_select(struct task *t, unsigned prev)
{
	(void)t, (void)prev;
	operation();
	return (unsigned)draw(CPUS);
}
static void m_enqueue(unsigned cpu, struct task *t, bool woken)
{
	struct mq *q = &mq[cpu];

	(void)woken;
	operation();
	CHECK(q->len < QUEUE);
	q->task[(q->head + q->len++) % QUEUE] = t;
}
static struct task *m_pick(unsigned cpu)
{
	struct mq *q = &mq[cpu];
	struct task *t;

	operation();
	if (!q->len)
		return NULL;
	t = q->task[q->head];
	q->head = (q->head + 1) % QUEUE;
	q->len--;
	return t;
}
static void m_account(unsigned cpu, struct task *t, u64 ns)
{
	(void)cpu, (void)t, (void)ns;
	operation();
}
static bool m_preempts(unsigned cpu, struct task *woken, struct task *cur)
{
	(void)cpu, (void)woken, (void)cur;
	operation();
	return true;
}
static u64 m_slice(unsigned cpu, struct task *t)
{
	(void)cpu, (void)t;
	operation();
	return 0;
}
static bool m_dequeue(unsigned cpu, struct task *t)
{
	(void)cpu, (void)t;
	operation();
	return false;
}
static unsigned m_busiest(unsigned cpu)
{
	(void)cpu;
	operation();
	return (unsigned)draw(CPUS);
}
static struct task *m_pull(unsigned from, unsigned to)
{
	(void)to;
	return m_pick(from);
}
static const struct sched_policy model_policy = {
	m_select,
	m_enqueue,
	m_pick,
	m_account,
	m_preempts,
	m_slice,
	m_dequeue,
	m_busiest,
	m_pull,
};
const struct sched_policy *kernel_policy(void)
{
	return &model_policy;
}

/* ---- tests ---- */

/*
 * Makes it likely that the CPU is held up from here on, in the frame's function that is called
 * next.
 */
static void risk(u32 one_in)
{
	vcpu[sim_cpu].one_in_stall = one_in;
}

static struct task *start(const struct task_ops *ops)
{
	struct task *t = task_new(ops, NULL, LIT("task"));

	CHECK(t != NULL);
	task_start(t);
	return t;
}

/*
 * Drops the reference of a task that is about to end and waits until its slot is free, which is
 * then the next task's.
 */
static void bury(struct task **t)
{
	const struct obj *o = &(*t)->handle.obj;

	task_put(t);
	while (!load_once(nr_free) || load_once(free_slots[nr_free - 1]) != o)
		task_yield();
}

/* A task that is woken over pointers to those that had its slot before. */
static struct task *victim;
static u32 nr_parks, nr_done;
static bool over;

static void run_victim(struct obj *o)
{
	(void)o;
	CHECK(task_park(WAIT_UNINTERRUPTIBLE, NO_DEADLINE) == 0);
	nr_parks++;
}
static const struct task_ops victim_ops = { .run = run_victim };

static void wait_for(u32 n)
{
	while (load_once(nr_parks) < n)
		task_yield();
	CHECK(load_once(nr_parks) == n);
}

/*
 * The waker begins when it is told to and is held up twice: after so many steps of its call until
 * something is true, and after so many more until its victim is dead.
 */
enum { IDLE, GO, ENDED };
static u32 waker_phase, first_hold, second_hold;
static bool (*first_until)(void);
static void (*waker_wakes)(void);

static bool victim_sleeps(void)
{
	return victim->state == TASK_SLEEPING && !victim->on_cpu;
}
static bool victim_is_dead(void)
{
	return victim->state == TASK_DEAD || victim->state == TASK_NONE;
}
static void run_waker(struct obj *o)
{
	struct vcpu *v;

	(void)o;
	while (!load_once(over)) {
		if (load_acquire(waker_phase) != GO) {
			task_yield();
			continue;
		}
		v = &vcpu[sim_cpu];
		v->plan[0] = (struct hold){ first_hold, first_until };
		v->plan[1] = (struct hold){ second_hold, victim_is_dead };
		v->nr_plans = 2;
		waker_wakes();
		v->nr_plans = 0;
		store_release(waker_phase, ENDED);
	}
	store_once(nr_done, 1);
}
static const struct task_ops waker_ops = { .run = run_waker };

static bool waker_is_held(void)
{
	u32 i;

	for (i = 0; i < CPUS; i++) {
		if (vcpu[i].held_until)
			return true;
	}
	return load_acquire(waker_phase) == ENDED;
}

static void wake_victim(void)
{
	task_unpark(victim);
}

/* One life of the victim; @first: of the slot. */
static void live_once(u32 i, bool first)
{
	struct task *t;

	if (!first)
		store_release(waker_phase, GO);
	while (!first && !waker_is_held())
		task_yield();
	t = start(&victim_ops);
	CHECK(first || t == victim);
	victim = t;
	/*
	 * It sleeps, or the waker has woken it already; the waker is in its second hold then, or
	 * through.
	 */
	while (load_once(nr_parks) == i && !victim_sleeps())
		task_yield();
	while (!first && !waker_is_held())
		task_yield();
	task_unpark(t);
	wait_for(i + 1);
	bury(&t);
	while (!first && load_acquire(waker_phase) != ENDED)
		task_yield();
}

/* The waker begins over a pointer to a slot that is free. */
static void stale_waker(u32 rounds)
{
	struct task *w;
	u32 i;

	planned = true;
	first_until = victim_sleeps;
	waker_wakes = wake_victim;
	w = start(&waker_ops);
	live_once(0, true);
	for (i = 1; i < rounds; i++) {
		first_hold = i % 30;
		second_hold = i / 30 % 40;
		live_once(i, false);
	}
	store_once(over, true);
	wait_for(rounds);
	while (!load_once(nr_done))
		task_yield();
	bury(&w);
}

/*
 * A sleeper whose time is over while it is woken by key, and the next one in its slot. The waker is
 * held up until that one sleeps, and has nothing to do with it.
 */
static struct waitq hot, cold;
static bool may_wake, is_cold;

static void run_hot(struct obj *o)
{
	int ret;

	(void)o;
	waitq_prepare(&hot, WAIT_UNINTERRUPTIBLE);
	ret = waitq_commit(time_mono_ns() + 20000 + draw(200000));
	CHECK(ret == 0 || ret == -ETIMEDOUT);
	nr_parks++;
}
static const struct task_ops hot_ops = { .run = run_hot };
static void run_cold(struct obj *o)
{
	(void)o;
	store_once(is_cold, true);
	waitq_prepare(&cold, WAIT_UNINTERRUPTIBLE);
	CHECK(waitq_commit(NO_DEADLINE) == 0 && load_once(may_wake));
	nr_parks++;
}
static const struct task_ops cold_ops = { .run = run_cold };

static bool cold_sleeps(void)
{
	return is_cold && victim_sleeps();
}
static void wake_hot(void)
{
	waitq_wake_all(&hot);
}

static void late_waker(u32 rounds)
{
	struct task *w, *t;
	u32 i, k;

	planned = true;
	first_until = cold_sleeps;
	waker_wakes = wake_hot;
	second_hold = ~0u; /* never */
	w = start(&waker_ops);
	for (i = 0; i < rounds; i++) {
		first_hold = i % 40;
		store_once(is_cold, false);
		store_once(may_wake, false);
		t = start(&hot_ops);
		victim = t;
		while (load_once(nr_parks) == 2 * i && !victim_sleeps())
			task_yield();
		store_release(waker_phase, GO);
		wait_for(2 * i + 1);
		bury(&t);
		t = start(&cold_ops);
		CHECK(t == victim);
		while (!cold_sleeps())
			task_yield();
		for (k = 0; k < 20 || load_acquire(waker_phase) != ENDED; k++)
			task_yield();
		store_once(may_wake, true);
		while (load_once(nr_parks) < 2 * i + 2) {
			waitq_wake_all(&cold);
			task_yield();
		}
		bury(&t);
	}
	store_once(over, true);
	while (!load_once(nr_done))
		task_yield();
	bury(&w);
}

/* Everything at once, on tasks that come and go. */
static struct task *seen[8];
static void run_anything(struct obj *o)
{
	u32 i;
	int ret;

	(void)o;
	store_once(seen[draw(8)], task_current());
	for (i = 0; i < 6; i++) {
		struct task *t = load_once(seen[draw(8)]);
		risk(60);
		switch (draw(7)) {
		case 0:
			ret = task_sleep_until(time_mono_ns() + draw(40000), WAIT_UNINTERRUPTIBLE);
			CHECK(ret == 0);
			break;
		case 1:
			ret = task_park(WAIT_INTERRUPTIBLE, time_mono_ns() + draw(40000));
			CHECK(ret == 0 || ret == -ETIMEDOUT || ret == -EINTR);
			break;
		case 2:
			waitq_prepare(&hot, WAIT_UNINTERRUPTIBLE);
			ret = waitq_commit(time_mono_ns() + draw(40000));
			CHECK(ret == 0 || ret == -ETIMEDOUT);
			break;
		case 3:
			(void)waitq_wake(&hot, (unsigned)draw(3));
			break;
		case 4:
			if (t)
				task_unpark(t);
			break;
		case 5:
			sched_requeue(t && draw(2) ? t : task_current());
			break;
		default:
			if (t)
				task_interrupt(t, TASK_INT_SIGNAL);
			task_interrupt_clear(TASK_INT_SIGNAL);
			break;
		}
		risk(0);
		task_cond_resched();
	}
	__atomic_fetch_add(&nr_parks, 1, __ATOMIC_SEQ_CST);
}
static const struct task_ops anything_ops = { .run = run_anything };

static void anything(u32 rounds)
{
	struct task *t[6];
	u32 i, k;

	for (i = 0; i < rounds; i++) {
		for (k = 0; k < 6; k++)
			t[k] = start(&anything_ops);
		wait_for((i + 1) * 6);
		for (k = 0; k < 6; k++)
			task_put(&t[k]);
	}
}

/*
 * A policy that turns interrupts on: they are off again when the frame goes on, and so at the entry
 * into user mode.
 */
static void run_switches(struct obj *o)
{
	u32 i;
	u64 s;

	(void)o;
	for (i = 0; i < 40; i++) {
		sched_requeue(task_current());
		arch_irq_disable();
		schedule();
		CHECK(!sim_irqs_on);
		arch_irq_enable();
		s = irq_save();
		task_unpark(load_once(seen[0]));
		CHECK(!sim_irqs_on);
		sched_requeue(load_once(seen[0]));
		CHECK(!sim_irqs_on);
		irq_restore(s);
	}
	__atomic_fetch_add(&nr_parks, 1, __ATOMIC_SEQ_CST);
}
static const struct task_ops switches_ops = { .run = run_switches };
static void run_parks(struct obj *o)
{
	(void)o;
	while (!load_once(over))
		(void)task_park(WAIT_UNINTERRUPTIBLE, NO_DEADLINE);
	store_once(nr_done, 1);
}
static const struct task_ops parks_ops = { .run = run_parks };

static void interrupts_stay_off(u32 rounds)
{
	struct task *t[3];
	u32 i, k;

	quiet_interrupts = true;
	store_once(seen[0], start(&parks_ops));
	lets_interrupts_in = true;
	for (i = 0; i < rounds; i++) {
		for (k = 0; k < 3; k++)
			t[k] = start(&switches_ops);
		wait_for((i + 1) * 3);
		for (k = 0; k < 3; k++)
			task_put(&t[k]);
	}
	lets_interrupts_in = false;
	store_once(over, true);
	while (!load_once(nr_done)) {
		task_unpark(seen[0]);
		task_yield();
	}
	task_put(&seen[0]);
}

/* ---- the program ---- */

static const struct test {
	const char *name;
	void (*fn)(u32 rounds);
	u32 rounds;
} tests[] = {
	{ "a_stale_waker_wakes_one_task_at_a_time", stale_waker, 1500 },
	{ "a_late_waker_wakes_no_later_sleep", late_waker, 400 },
	{ "tasks_that_do_anything", anything, 300 },
	{ "interrupts_are_off_after_a_policy_that_turns_them_on", interrupts_stay_off, 30 },
};
static const struct test *chosen;

static void run_driver(struct obj *o)
{
	(void)o;
	chosen->fn(chosen->rounds);
	running = false;
	CHECK(task_live_count() == 1);
	printf("%lu steps\n", (unsigned long)steps);
	fflush(NULL);
	exit(0);
}
static const struct task_ops driver_ops = { .run = run_driver };

static void idle_body(void *arg)
{
	(void)arg;
	in_model = false;
	idle_loop();
}

int main(int argc, char **argv)
{
	static struct stack main_stack;
	struct task *t;
	u32 i;

	for (i = 0; i < ARRAY_LEN(tests); i++) {
		if (argc < 2)
			printf("%s\n", tests[i].name);
		else if (!strcmp(argv[1], tests[i].name))
			chosen = &tests[i];
	}
	if (argc < 2)
		return 0;
	CHECK(chosen != NULL);
	time_init();
	for (i = 0; i < CPUS; i++) {
		struct stack *s = kmap_alloc_stack();
		cpus[i].id = i;
		cpus[i].online = 1;
		fiber_again(s->fiber, idle_body, NULL);
		s->on = (int)i + 1;
		vcpu[i].at = s;
		vcpu[i].alarm = ~0ul;
		sim_cpu = i;
		CHECK(task_create_idle(&cpus[i]));
	}
	sim_cpu = 0;
	sim_task_running = cpus[0].current;
	sched_init();
	t = task_new(&driver_ops, NULL, LIT("driver"));
	task_start(t);
	here = &main_stack;
	here->fiber = fiber_main();
	running = true;
	go_on_at(vcpu[0].at);
	return 1;
}
