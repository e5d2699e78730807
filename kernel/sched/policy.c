// SPDX-License-Identifier: MPL-2.0
/*
 * The scheduling policy: real-time threads first (FIFO, round robin), then shares by weight. See
 * sched(7).
 *
 * How it works. Each CPU has one tree of runnable threads, ordered by a key; the leftmost runs
 * next. The key of a real-time thread is its priority (falling) and its order of arrival. The key
 * of a fair thread is its virtual run time: its CPU time, divided by its weight. So a thread of
 * twice the weight gets twice the CPU. Threads of SCHED_IDLE come after all others. Kernel tasks
 * that are not threads run first of all, from a ring; there are a few for each device. They do what
 * others wait for, and in most cases not for long. But packets that never end, or a slow disk, must
 * not stop the programs: when kernel tasks have had a CPU for a slice while threads wait for it, a
 * thread has it for a slice, which no kernel task cuts short.
 *
 * The frame calls the operations at the bottom: select_cpu and enqueue when a thread wakes up,
 * preempts to see whether it takes the CPU at once, pick and slice at a switch, account for the
 * time that a task has run. For a CPU without work, busiest chooses another CPU, and pull takes a
 * thread from it.
 *
 * A thread that slept keeps its virtual run time, but at most WAKE_BONUS_NS behind the others: it
 * gets the CPU soon, but no credit for the whole sleep. Virtual clocks of CPUs differ, so a thread
 * that changes the CPU is also put at most one slice ahead.
 *
 * Locking: the frame calls with interrupts off and the run-queue lock of the CPU held. That lock
 *          guards queues[cpu] and the sched state of the threads on it. Numbers of other queues are
 *          read without their locks, as hints.
 */
#include <frame/boot.h>
#include <frame/cpu.h>
#include <frame/log.h>
#include <frame/sched.h>
#include <frame/time.h>
#include <kernel/thread.h>

#define SLICE_NS    (3 * NSEC_PER_MSEC)
#define RR_SLICE_NS (100 * NSEC_PER_MSEC)
/* how far behind the others a waking thread is placed */
#define WAKE_BONUS_NS  (2 * NSEC_PER_MSEC)
#define WAKE_MARGIN_NS NSEC_PER_MSEC /* how much earlier a woken thread must be to take the CPU */
#define KERNEL_RING    256
#define WEIGHT_0       1024u

/* Keys: real-time below KEY_FAIR, then fair threads by virtual run time, then SCHED_IDLE. */
#define KEY_FAIR (1ul << 62)
#define KEY_IDLE (3ul << 62)

struct queue {
	TREE_ROOT(thread) tree;
	struct thread *first; /* leftmost */
	u32 nr;
	/* Threads in the tree, and real-time ones among them. */
	u32 nr_rt;
	u64 min_vruntime;
	u64 arrivals;
	u64 kernel_ns; /* that kernel tasks have run since a thread was picked */
	bool owed;     /* the thread that runs was picked before them */
	u32 ring_head, ring_len;
	struct task *ring[KERNEL_RING];
};
static struct queue queues[MAX_CPUS];

static bool runs_before(const struct thread *a, const struct thread *b)
{
	return a->sched.key < b->sched.key;
}
TREE_DEFINE(run_tree, thread, sched.node, runs_before)

static struct thread *thread_of(struct task *t)
{
	return obj_cast(thread, task_owner(t));
}

static bool is_rt(const struct thread *t)
{
	return t->sched.policy == SCHED_FIFO || t->sched.policy == SCHED_RR;
}

static bool allowed_on(const struct thread *t, unsigned cpu)
{
	return !t->sched.affinity || (t->sched.affinity >> cpu & 1);
}

/*
 * The key of a thread that enters queue @q. @to_front: before others of the same real-time
 * priority.
 */
static u64 policy_key_of(struct queue *q, struct thread *t, bool to_front)
{
	u64 order = to_front ? 0 : ++q->arrivals & ((1ul << 48) - 1);

	if (is_rt(t))
		return (u64)(99 - min(t->sched.rt_priority, 99u)) << 48 | order;
	return (t->sched.policy == SCHED_IDLE ? KEY_IDLE : KEY_FAIR) +
		(t->sched.vruntime_ns & (KEY_FAIR - 1));
}

/* Does nothing if the thread is queued already. */
static void policy_insert(unsigned cpu, struct thread *t, bool to_front)
{
	struct queue *const q = array_at(queues, cpu);

	if (t->sched.queued_on)
		return;
	t->sched.key = policy_key_of(q, t, to_front);
	run_tree_insert(&q->tree, t);
	if (!q->first || t->sched.key < q->first->sched.key)
		q->first = t;
	t->sched.queued_on = cpu + 1;
	q->nr++;
	q->nr_rt += is_rt(t);
}

/*
 * The class is read from the key, not from the policy, which may have changed since the insertion.
 */
static void policy_take_out(unsigned cpu, struct thread *t)
{
	struct queue *const q = array_at(queues, cpu);

	if (q->first == t)
		q->first = run_tree_next(t);
	run_tree_remove(&q->tree, t);
	t->sched.queued_on = 0;
	q->nr--;
	q->nr_rt -= t->sched.key < KEY_FAIR;
}

/* A kernel task wakes up on an idle CPU, else where it ran before. */
static unsigned place_kernel_task(unsigned prev)
{
	unsigned n = cpu_count();
	unsigned i;

	for (i = 0; i < n; i++) {
		if (sched_cpu_is_idle((prev + i) % n))
			return (prev + i) % n;
	}
	return prev;
}

/*
 * Called without a run-queue lock: the lengths are hints. An idle CPU is best, the thread's last
 * one first; else the shortest queue.
 */
static unsigned policy_select_cpu(struct task *task, unsigned prev)
{
	struct thread *t = thread_of(task);
	unsigned n = cpu_count();
	unsigned i, best = prev;
	u32 load = ~0u;

	if (n == 1)
		return prev;
	if (!t)
		return place_kernel_task(prev);
	if (allowed_on(t, prev) && sched_cpu_is_idle(prev))
		return prev;
	for (i = 0; i < n; i++) {
		unsigned cpu = (prev + i) % n;
		if (!allowed_on(t, cpu))
			continue;
		if (sched_cpu_is_idle(cpu))
			return cpu;
		if (load_once(queues[cpu].nr) < load) {
			load = load_once(queues[cpu].nr);
			best = cpu;
		}
	}
	/* Stay on the CPU whose caches are warm, unless another queue is clearly shorter. */
	if (allowed_on(t, prev) && load_once(queues[prev].nr) <= load + 1)
		return prev;
	return best;
}

static void policy_enqueue(unsigned cpu, struct task *task, bool woken)
{
	struct queue *const q = array_at(queues, cpu);
	struct thread *t = thread_of(task);

	if (!t) {
		/* A task that is not queued never runs again: better to say so than to lose it. */
		if (q->ring_len == KERNEL_RING)
			kernel_panic("too many kernel tasks are ready to run");
		q->ring[(q->ring_head + q->ring_len) % KERNEL_RING] = task;
		q->ring_len++;
		return;
	}
	if (woken && !is_rt(t)) {
		u64 floor = q->min_vruntime > WAKE_BONUS_NS ? q->min_vruntime - WAKE_BONUS_NS : 0;
		/*
		 * A thread from a CPU with another virtual clock must not be far ahead or far
		 * behind here.
		 */
		t->sched.vruntime_ns = clamp(t->sched.vruntime_ns, floor,
			q->min_vruntime + SLICE_NS);
	}
	/* A preempted FIFO thread stays at the head of its priority. */
	policy_insert(cpu, t, !woken && t->sched.policy == SCHED_FIFO && !t->sched.yielded);
	t->sched.yielded = false;
}

/*
 * min_vruntime follows the thread that runs; it only grows, so waking threads are placed by the
 * present time of the queue.
 */
static struct task *policy_pick(unsigned cpu)
{
	struct queue *const q = array_at(queues, cpu);
	struct thread *t;

	q->owed = q->ring_len && q->first && q->kernel_ns >= SLICE_NS;
	if (q->ring_len && !q->owed) {
		struct task *task = q->ring[q->ring_head];
		q->ring_head = (q->ring_head + 1) % KERNEL_RING;
		q->ring_len--;
		return task;
	}
	t = q->first;
	if (!t)
		return NULL;
	policy_take_out(cpu, t);
	q->kernel_ns = 0;
	if (!is_rt(t) && t->sched.policy != SCHED_IDLE)
		q->min_vruntime = max(q->min_vruntime, t->sched.vruntime_ns);
	return t->task;
}

/* Division is avoided for the usual weight. */
static void policy_account(unsigned cpu, struct task *cur, u64 ran_ns)
{
	struct thread *t = thread_of(cur);

	if (!t) {
		array_at(queues, cpu)->kernel_ns += ran_ns;
		return;
	}
	t->sched.vruntime_ns += t->sched.weight == WEIGHT_0 || !t->sched.weight
		? ran_ns
		: ran_ns * WEIGHT_0 / t->sched.weight;
}

/*
 * A kernel task preempts every thread that is not owed its slice. A real-time thread preempts lower ones, a fair thread only
 * if it is clearly behind the running one, so that threads do not switch for nothing.
 */
static bool policy_preempts(unsigned cpu, struct task *woken, struct task *cur)
{
	struct thread *w = thread_of(woken);
	struct thread *c = thread_of(cur);

	if (!w || !c)
		return !w && c && !array_at(queues, cpu)->owed;
	if (is_rt(w) || is_rt(c))
		return is_rt(w) && (!is_rt(c) || w->sched.rt_priority > c->sched.rt_priority);
	if (c->sched.policy == SCHED_IDLE || w->sched.policy == SCHED_IDLE)
		return w->sched.policy != SCHED_IDLE;
	return w->sched.vruntime_ns + WAKE_MARGIN_NS < c->sched.vruntime_ns;
}

/*
 * 0: no slice, the task runs until it sleeps or is preempted. Alone on its CPU, a task needs no
 * timer interrupt.
 */
static u64 policy_slice(unsigned cpu, struct task *cur)
{
	const struct queue *const q = array_at(queues, cpu);
	struct thread *t = thread_of(cur);

	if (q->ring_len || (!t && q->nr))
		return SLICE_NS;
	if (!t || !q->nr || t->sched.policy == SCHED_FIFO)
		return 0;
	if (t->sched.policy == SCHED_RR)
		return RR_SLICE_NS;
	return SLICE_NS;
}

static bool policy_dequeue(unsigned cpu, struct task *task)
{
	struct thread *t = thread_of(task);

	if (!t || t->sched.queued_on != cpu + 1)
		return false;
	policy_take_out(cpu, t);
	return true;
}

/*
 * The CPU with the longest queue; @cpu itself if all others are empty. Only a hint: pull checks
 * again under the lock.
 */
static unsigned policy_busiest(unsigned cpu)
{
	unsigned n = cpu_count();
	unsigned i, from = cpu;
	u32 most = 0;

	for (i = 0; i < n; i++) {
		u32 nr = load_once(queues[i].nr);
		if (i != cpu && nr > most) {
			most = nr;
			from = i;
		}
	}
	return from;
}

/*
 * The first thread in the queue of @from that may run on @to, or NULL. The run-queue lock of @from
 * is held.
 */
static struct task *policy_pull(unsigned from, unsigned to)
{
	struct thread *t = queues[from].first;

	while (t && !allowed_on(t, to))
		t = run_tree_next(t);
	if (!t)
		return NULL;
	policy_take_out(from, t);
	return t->task;
}

static const struct sched_policy fair_policy = {
	.select_cpu = policy_select_cpu,
	.enqueue = policy_enqueue,
	.pick = policy_pick,
	.account = policy_account,
	.preempts = policy_preempts,
	.slice = policy_slice,
	.dequeue = policy_dequeue,
	.busiest = policy_busiest,
	.pull = policy_pull,
};

/* The virtual run time is inherited, so that a fork gains no CPU time. */
void sched_fork(struct thread *t, const struct thread *parent)
{
	const struct sched_state *const from = &parent->sched;

	t->sched.affinity = from->affinity;
	t->sched.vruntime_ns = from->vruntime_ns;
	t->sched.policy = from->policy;
	t->sched.nice = from->nice;
	t->sched.rt_priority = from->rt_priority;
	t->sched.weight = from->weight;
	if (from->reset_on_fork) {
		t->sched.policy = SCHED_NORMAL;
		t->sched.rt_priority = 0;
		t->sched.nice = max(from->nice, 0);
		t->sched.weight = sched_weight(t->sched.nice);
	}
}

/* Each step of nice changes the weight by a factor of 1.25. */
u32 sched_weight(s32 nice)
{
	u64 w = (u64)WEIGHT_0 << 20;
	s32 i;

	for (i = 0; i < nice; i++)
		w = w * 4 / 5;
	for (i = 0; i > nice; i--)
		w = w * 5 / 4;
	return (u32)max(w >> 20, 3ul);
}

/* Threads in queues, and one on each CPU that is not idle: a sum of hints. */
u32 sched_nr_running(void)
{
	u32 nr = 0;
	unsigned i;

	for (i = 0; i < cpu_count(); i++)
		nr += load_once(queues[i].nr) + !sched_cpu_is_idle(i);
	return nr;
}

const struct sched_policy *kernel_policy(void)
{
	return &fair_policy;
}
