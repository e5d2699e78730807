// SPDX-License-Identifier: MPL-2.0
/*
 * How the threads of a process stop for a core dump.
 *
 * How it works. A thread takes a signal whose action is a dump and calls dump_begin. In one hold of
 * proc_lock and sighand.lock the process begins to exit (group_exiting), and each thread that has
 * not begun to end gets WORK_EXIT and is counted. Only the dumper does not get WORK_EXIT yet. A
 * counted thread comes to begin_leaving (exit.c) as any ending thread, and waits there in
 * dump_join_locked, with its registers, address space and descriptors. The last one to come wakes
 * the dumper. After the dump dump_end sets WORK_EXIT at the dumper, and all of them end.
 *
 * A thread that has ended on its own account before is not counted. It holds proc_lock when it
 * raises thread.leaving and looks at dump_counted, and dump_begin holds it for the reverse; so it is
 * counted and stops, or neither.
 *
 * What may disturb the dump. Nothing but SIGKILL: senders drop other signals while process.dumper is
 * set (send.c), so that a write of the dumper to a pipe waits as long as it has to. SIGKILL ends
 * killable waits of the dumper, and signal_fatal_pending is true from then on. A kill without a
 * signal (out of memory, power-off) sets WORK_EXIT at the dumper instead.
 *
 * Locking: dumper changes under proc_lock and sighand.lock together; the count and the list of
 *          stopped threads change under proc_lock.
 */
#include <frame/task.h>
#include <kernel/coredump.h>
#include <kernel/list.h>
#include <kernel/thread.h>

bool dump_begin(struct thread *t, s32 status)
{
	struct process *p = t->process;
	struct thread *s;
	bool ok;
	u64 irq;

	spin_lock(&proc_lock);
	irq = spin_lock_irqsave(&t->sighand->lock);
	ok = !p->group_exiting && !p->execing && !(p->pending.set & sigbit(SIGKILL));
	if (ok) {
		p->group_exiting = true;
		p->exit_status = status;
		p->dumper = t;
		p->group_stop = false;
		/* Signals that are pending end no sleep of the dumper any more. */
		(void)clear_bits(t->work, WORK_SIGNAL | WORK_STOP);
		task_interrupt_clear(TASK_INT_SIGNAL);
	}
	list_for_each(s, &p->threads, group_link) {
		if (!ok || s == t || s->exited || s->leaving || (load_once(s->work) & WORK_EXIT))
			continue;
		s->dump_counted = true;
		p->nr_dump_waits++;
		thread_set_work(s, WORK_EXIT);
		waitq_wake_all(&s->stop_wait);
	}
	spin_unlock_irqrestore(&t->sighand->lock, irq);
	spin_unlock(&proc_lock);
	return ok;
}

bool dump_wait_threads(struct thread *t)
{
	struct process *p = t->process;
	int err;

	/* The acquire pairs with the release of the last thread: its registers are stored. */
	wait_event(&p->dump_wait, !load_acquire(p->nr_dump_waits), WAIT_KILLABLE, NO_DEADLINE,
		&err);
	return !err && !signal_fatal_pending(t);
}

struct thread *dump_next_thread(struct thread *t, struct thread *prev)
{
	return prev ? list_next(prev, dump_link) : list_first(&t->process->dump_threads);
}

/*
 * The threads are taken off the list before the first of them can end. They look at dumper without
 * a lock: it is cleared last.
 */
void dump_end(struct thread *t, bool dumped)
{
	struct process *p = t->process;
	bool killed = signal_fatal_pending(t);
	struct thread *s, *next;
	u64 irq;

	spin_lock(&proc_lock);
	list_for_each_safe(s, next, &p->dump_threads, dump_link)
		list_remove(&p->dump_threads, s, dump_link);
	if (killed)
		p->exit_status = SIGKILL;
	else if (dumped)
		p->exit_status |= 0x80;
	irq = spin_lock_irqsave(&t->sighand->lock);
	store_release(p->dumper, NULL);
	thread_set_work(t, WORK_EXIT);
	spin_unlock_irqrestore(&t->sighand->lock, irq);
	spin_unlock(&proc_lock);
	waitq_wake_all(&p->dump_wait);
}

/* A dumper that was killed does not wait for all: then this thread may come after the end. */
void dump_join_locked(struct thread *t)
{
	struct process *p = t->process;
	int err;

	t->dump_counted = false;
	if (p->dumper)
		list_push_back(&p->dump_threads, t, dump_link);
	store_release(p->nr_dump_waits, p->nr_dump_waits - 1);
	spin_unlock(&proc_lock);
	waitq_wake_all(&p->dump_wait);
	wait_event(&p->dump_wait, !load_acquire(p->dumper), WAIT_UNINTERRUPTIBLE, NO_DEADLINE,
		&err);
	(void)err;
	spin_lock(&proc_lock);
}
