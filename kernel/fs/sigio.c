// SPDX-License-Identifier: MPL-2.0
/*
 * Signals about the readiness of open files (kernel/sigio.h).
 *
 * How it works. A file that has an owner or O_ASYNC has a struct sigio, which is registered with
 * the file's sources of readiness by one entry, like a waiter of poll. So a file without it costs
 * nothing: the ASYNC_ bits travel with the notification that pollers get anyway. The entry stays
 * until the file is released; whether a signal is due is decided at each event (is_wanted).
 *
 * An event may come in an interrupt, or under a lock that is taken after those of processes and
 * signals. So sigio_notify only notes what happened, puts the sigio on the list of those that are
 * due, and marks the running thread (WORK_SIGIO). That thread sends before it returns to user mode
 * (sigio_send_due): a program that writes to its own pipe has the signal when write returns. If the
 * thread sleeps before that, or the event was in an interrupt or a kernel task, the task sends.
 * sending is held while signals are sent: a thread that finds the list empty waits until those
 * that the task took off before are sent.
 *
 * Each event sends a signal, as F_SETSIG promises. Between two rounds of sending a sigio notes
 * NR_NOTED events. More are a queue that has overflowed, of which a plain SIGIO tells, as of a
 * full queue of the receiver.
 *
 * The owner is a reference to a process, thread or group, so its number is never that of another.
 * The rights are those that the task had which named it (F_SETOWN), and are compared with the
 * receiver's at each signal.
 *
 * Locking: sending (mutex) before proc_lock and sighand.lock; it also lets one task register a
 * file. sigio_lock, a leaf that interrupts take, guards the list and the fields of all sigios.
 */
#include <frame/task.h>
#include <kernel/cred.h>
#include <kernel/list.h>
#include <kernel/locks.h>
#include <kernel/pid.h>
#include <kernel/poll.h>
#include <kernel/sigio.h>
#include <kernel/signal.h>
#include <kernel/thread.h>
#include <kernel/uaccess.h>
#include <uapi/errno.h>
#include <uapi/fs.h>

#define NR_NOTED 32u
#define NR_ROUND 64u /* files that a thread sends for before it goes on */

/* Who gets signals, by whose right, and which. Copied, with references of its own, to send. */
struct sigio_target {
	s32 type, id;            /* enum sigio_owner; 0: nobody */
	struct process *process; /* references; of a thread or process */
	struct thread *thread;   /* NULL: the leader */
	struct pgrp *group;
	u32 uid, euid;
	s32 signo; /* F_SETSIG; 0: SIGIO without details */
	s32 fd;
	bool on; /* O_ASYNC */
};

struct sigio {
	struct obj obj;
	struct poll_entry *entry; /* reference; `sending` */
	/* sigio_lock: */
	struct sigio_target to;
	LIST_LINK(sigio) due_link;
	bool is_due, overflow;
	u32 nr_noted;
	u8 noted[NR_NOTED]; /* POLL_IN ... */
};
OBJ_TYPE_DECL(sigio);

static struct mutex sending;
static struct spinlock sigio_lock;
static LIST_HEAD(sigio) sigio_due; /* references */
static struct waitq sigio_wait;

static void target_put(struct sigio_target *const to)
{
	obj_put(&to->process);
	obj_put(&to->thread);
	obj_put(&to->group);
}

static void sigio_release(struct sigio *s)
{
	target_put(&s->to);
}
OBJ_TYPE(sigio, sigio_release);

/* ---- events ---- */

struct TABLE band {
	u32 event;
	u32 mask; /* si_band */
};
/* By si_code - 1. POLL_MSG does not come from sources: sigio_tell_message. */
static const struct band bands[] = {
	{ ASYNC_IN, POLLIN | POLLRDNORM },
	{ ASYNC_OUT, POLLOUT | POLLWRNORM | POLLWRBAND },
	{ 0, POLLIN | POLLRDNORM | POLLMSG },
	{ ASYNC_ERR, POLLERR },
	{ ASYNC_URG, POLLPRI | POLLRDBAND },
	{ ASYNC_HUP, POLLHUP | POLLERR },
};

/* Urgent data is told also without O_ASYNC. Data that a reader sleeps for is not. */
static bool is_wanted(const struct sigio *s, const struct poll_source *from, u32 event)
{
	if ((event & (ASYNC_IN | ASYNC_HUP)) && atomic_load(&from->async_readers))
		return false;
	return s->to.id && (s->to.on || event == ASYNC_URG);
}

/* sigio_lock held. */
static void sigio_note_code(struct sigio *s, u32 code)
{
	if (s->nr_noted == NR_NOTED)
		s->overflow |= s->to.on || code == POLL_MSG;
	else
		*array_at(s->noted, s->nr_noted++) = (u8)code;
}

/* Puts @s on the list, unless it is there. sigio_lock held. */
static bool sigio_make_due(struct sigio *s)
{
	if (s->is_due)
		return false;
	s->is_due = true;
	list_push_back(&sigio_due, s, due_link);
	(void)obj_get(s);
	return true;
}

/* True: there is something to send, and it was not due before. sigio_lock held. */
static bool sigio_note(struct sigio *s, const struct poll_source *from, u32 events)
{
	bool any = false;
	u32 i;

	for (i = 0; i < ARRAY_LEN(bands); i++) {
		if (!(bands[i].event & events) || !is_wanted(s, from, bands[i].event))
			continue;
		any = true;
		sigio_note_code(s, i + 1);
	}
	return any && sigio_make_due(s);
}

/* After something has become due, without sigio_lock. */
static void sigio_wake(void)
{
	struct thread *t = thread_current();

	if (t) /* without interrupting it: a call that goes on to sleep is not ended by that */
		(void)set_bits(t->work, WORK_SIGIO);
	waitq_wake_one(&sigio_wait);
}

/* The sources' callback; their lock is held. */
static bool sigio_notify(struct poll_entry *e, u32 events)
{
	struct sigio *s = obj_cast(sigio, e->waiter);
	u64 irq = spin_lock_irqsave(&sigio_lock);
	bool due = sigio_note(s, e->source, events & e->events);

	spin_unlock_irqrestore(&sigio_lock, irq);
	if (due)
		sigio_wake();
	return false;
}
static const struct poll_entry_ops sigio_entry_ops = { .notify = sigio_notify };

void sigio_tell_message(struct obj *sigio)
{
	struct sigio *s = obj_cast(sigio, sigio);
	u64 irq = spin_lock_irqsave(&sigio_lock);
	bool due = false;

	if (s->to.id) {
		sigio_note_code(s, POLL_MSG);
		due = sigio_make_due(s);
	}
	spin_unlock_irqrestore(&sigio_lock, irq);
	if (due)
		sigio_wake();
}

/* ---- sending ---- */

/* Codes below SI_KERNEL have a meaning of their own for these signals. */
static bool signal_has_codes(s32 signo)
{
	return signo == SIGCHLD ||
		(sigbit(signo) &
			(sigbit(SIGILL) | sigbit(SIGFPE) | sigbit(SIGSEGV) | sigbit(SIGBUS) |
				sigbit(SIGTRAP) | sigbit(SIGSYS)));
}

/* As for kill(2), but with the rights at the time of F_SETOWN, and root's only by its id. */
static bool may_signal(const struct sigio_target *to, const struct thread *t)
{
	const struct cred *c = t->cred;

	return c &&
		(!to->euid || to->euid == c->suid || to->euid == c->uid || to->uid == c->suid ||
			to->uid == c->uid);
}

/* proc_lock held. Returns 0 or -EAGAIN: the receiver's queue is full. */
static int sigio_send_info(const struct sigio_target *to, struct thread *t,
	const struct siginfo *info)
{
	return to->type == F_OWNER_TID ? signal_send_thread(t, info)
				       : signal_send_process(t->process, info);
}

static void sigio_send_plain(const struct sigio_target *to, struct thread *t, s32 signo)
{
	struct siginfo info = { .signo = signo, .code = SI_KERNEL };

	ignore_error(sigio_send_info(to, t, &info)); /* a standard signal is never refused */
}

/* One event, @code: POLL_IN ..., to the thread @t or its process. 0: SIGIO. proc_lock held. */
static void sigio_tell_thread(const struct sigio_target *to, struct thread *t, u32 code)
{
	struct siginfo info = { .signo = to->signo, .code = (s32)code };

	if (!t || !may_signal(to, t))
		return;
	if (code == POLL_PRI)
		sigio_send_plain(to, t, SIGURG);
	if ((!to->on && code && code != POLL_MSG) || (code == POLL_PRI && !to->signo))
		return;
	if (to->signo && code) {
		if (to->signo != SIGIO && signal_has_codes(to->signo))
			info.code = SI_SIGIO;
		info.addr = array_at(bands, code - 1)->mask;
		info.value = (u32)to->fd;
		if (!sigio_send_info(to, t, &info))
			return;
	}
	sigio_send_plain(to, t, SIGIO);
}

/* The thread that stands for the owner; NULL: it is gone. proc_lock held. */
static struct thread *target_thread(const struct sigio_target *to)
{
	struct thread *t = to->thread;

	if (!to->process)
		return NULL;
	if (!t)
		return load_once(to->process->state) == PROCESS_DEAD ? NULL : to->process->leader;
	return load_once(t->exited) || t->tid != to->id ? NULL : t;
}

static void sigio_tell(const struct sigio_target *to, u32 code)
{
	struct process *p;

	spin_lock(&proc_lock);
	if (to->group) {
		list_for_each(p, &to->group->members, pgrp_link)
			sigio_tell_thread(to, p->leader, code);
	} else {
		sigio_tell_thread(to, target_thread(to), code);
	}
	spin_unlock(&proc_lock);
}

struct noted {
	u8 code[NR_NOTED];
};

/* Sends what the first sigio of the list has noted. False: the list is empty. `sending` held. */
static bool sigio_send_first(void)
{
	struct sigio_target to = { 0 };
	struct noted codes;
	u64 irq = spin_lock_irqsave(&sigio_lock);
	struct sigio *s = list_first(&sigio_due);
	bool overflow = false;
	u32 i, n = 0;

	if (s) {
		list_remove(&sigio_due, s, due_link);
		s->is_due = false;
		to = s->to;
		if (to.process)
			(void)obj_get(to.process);
		if (to.thread)
			(void)obj_get(to.thread);
		if (to.group)
			(void)obj_get(to.group);
		n = s->nr_noted;
		span_copy(span_of(codes.code), cspan_of(s->noted));
		overflow = s->overflow;
		s->nr_noted = 0;
		s->overflow = false;
	}
	spin_unlock_irqrestore(&sigio_lock, irq);
	if (!s)
		return false;
	for (i = 0; i < n; i++) {
		sigio_tell(&to, *array_at(codes.code, i));
		task_cond_resched(); /* a group may have thousands of members */
	}
	if (overflow)
		sigio_tell(&to, 0);
	target_put(&to);
	obj_put(&s);
	return true;
}

static void sigio_send_round(void)
{
	u32 n = NR_ROUND;

	mutex_lock(&sending);
	while (n-- && sigio_send_first())
		;
	mutex_unlock(&sending);
}

void sigio_send_due(void)
{
	struct thread *t = thread_current();

	if (t && (clear_bits(t->work, WORK_SIGIO) & WORK_SIGIO))
		sigio_send_round();
}

static void sigio_run(struct obj *owner)
{
	int err;

	(void)owner;
	for (;;) {
		wait_event(&sigio_wait, load_once(sigio_due.first), WAIT_UNINTERRUPTIBLE,
			NO_DEADLINE, &err);
		sigio_send_round();
		task_cond_resched();
	}
}
static const struct task_ops sigio_task = { .run = sigio_run };

int sigio_init(void)
{
	struct task *t = task_new(&sigio_task, NULL, LIT("sigio"));

	if (!t)
		return -ENOMEM;
	lock_level(&sending, LOCK_SIGIO);
	task_start(t);
	task_put(&t);
	return 0;
}

/* ---- the file's ---- */

/* The file's sigio, borrowed, made at the first use. NULL: no memory. */
static struct sigio *sigio_of(struct file *f)
{
	struct sigio *s = load_acquire(f->sigio), *mine;
	u64 irq;

	if (s)
		return s;
	mine = obj_new(sigio);
	if (!mine)
		return NULL;
	irq = spin_lock_irqsave(&sigio_lock);
	if (!f->sigio)
		store_release(f->sigio, obj_get(mine));
	spin_unlock_irqrestore(&sigio_lock, irq);
	obj_put(&mine);
	return f->sigio;
}

/* Registers the file's sigio with its sources, once. */
static int sigio_register(struct file *f, struct sigio *s)
{
	struct poll_table pt = { .ops = &sigio_entry_ops, .waiter = &s->obj, .events = ASYNC_ALL };
	const struct file_ops *ops = load_once(f->ops); /* a hang-up gives a terminal others */

	if (!ops->async)
		return 0;
	/* The ends of a pipe share its source. */
	if ((f->mode & (FMODE_READ | FMODE_WRITE)) == FMODE_READ)
		pt.events &= ~(u32)ASYNC_OUT;
	if ((f->mode & (FMODE_READ | FMODE_WRITE)) == FMODE_WRITE)
		pt.events &= ~(u32)ASYNC_IN;
	mutex_lock(&sending);
	if (!s->entry) {
		ops->async(f, &pt);
		s->entry = pt.made;
	}
	mutex_unlock(&sending);
	return pt.error;
}

struct obj *sigio_pin(struct file *f)
{
	struct sigio *s = sigio_of(f);

	return s ? obj_get_any(&s->obj) : NULL;
}

void sigio_set_fd(struct obj *sigio, s32 fd)
{
	store_once(obj_cast(sigio, sigio)->to.fd, fd);
}

void sigio_disown(struct obj *sigio)
{
	struct sigio *s = obj_cast(sigio, sigio);
	struct sigio_target old;
	u64 irq = spin_lock_irqsave(&sigio_lock);

	old = s->to;
	s->to = (struct sigio_target){ .fd = old.fd, .on = old.on };
	spin_unlock_irqrestore(&sigio_lock, irq);
	target_put(&old);
}

int sigio_switch(struct file *f, s32 fd, bool on)
{
	struct sigio *s = sigio_of(f);
	int err = s ? sigio_register(f, s) : -ENOMEM;
	u64 irq;

	if (err)
		return err;
	irq = spin_lock_irqsave(&sigio_lock);
	s->to.on = on;
	if (on)
		s->to.fd = fd;
	spin_unlock_irqrestore(&sigio_lock, irq);
	return 0;
}

void sigio_file_gone(struct file *f)
{
	struct sigio *s = f->sigio;
	struct poll_entry *e;

	if (!s)
		return;
	e = s->entry;
	s->entry = NULL;
	if (e)
		poll_entry_remove(e);
	obj_put(&f->sigio);
}

/* ---- the owner ---- */

/*
 * Any id that is in use will do, as on Linux; of another kind than @type, it has nobody to signal.
 */
static int sigio_find_owner(struct sigio_target *const to)
{
	struct thread *t;
	struct pgrp *g;

	if (!to->id)
		return 0;
	t = thread_find(to->id);
	g = pgrp_find(to->id);
	if (!t && !g)
		return -ESRCH;
	if (to->type == F_OWNER_PGRP) {
		to->group = g;
		g = NULL;
	} else if (t) {
		to->process = obj_get(t->process);
		if (t->process->leader != t) {
			to->thread = t;
			t = NULL;
		}
	}
	obj_put(&t);
	obj_put(&g);
	return 0;
}

int sigio_set_owner(struct file *f, s32 type, s32 id, bool keep)
{
	struct thread *t = thread_current();
	struct sigio_target new = { .type = type, .id = id }, old = { 0 };
	struct sigio *s;
	u64 irq;
	int err;

	if (type < F_OWNER_TID || type > F_OWNER_PGRP)
		return -EINVAL;
	s = sigio_of(f);
	err = s ? sigio_find_owner(&new) : -ENOMEM;
	if (err)
		return err;
	err = sigio_register(f, s);
	irq = spin_lock_irqsave(&sigio_lock);
	if (!err && !(keep && s->to.id)) {
		old = s->to;
		s->to.type = new.type;
		s->to.id = new.id;
		s->to.process = new.process;
		s->to.thread = new.thread;
		s->to.group = new.group;
		if (id) {
			s->to.uid = t->cred->uid;
			s->to.euid = t->cred->euid;
		}
	} else {
		old = new;
	}
	spin_unlock_irqrestore(&sigio_lock, irq);
	target_put(&old);
	return err;
}

int sigio_set_owner_signed(struct file *f, s32 who)
{
	if (who == (s32)0x80000000)
		return -EINVAL;
	return who < 0 ? sigio_set_owner(f, F_OWNER_PGRP, -who, false)
		       : sigio_set_owner(f, F_OWNER_PID, who, false);
}

s32 sigio_owner(const struct file *f, s32 *type)
{
	struct sigio *s = load_acquire(f->sigio);
	s32 id = 0;
	u64 irq;

	*type = F_OWNER_TID;
	if (!s)
		return 0;
	spin_lock(&proc_lock);
	irq = spin_lock_irqsave(&sigio_lock);
	*type = s->to.type;
	if (s->to.group ? !list_empty(&s->to.group->members)
			: target_thread(&s->to) && !(s->to.type == F_OWNER_PID && s->to.thread))
		id = s->to.id;
	spin_unlock_irqrestore(&sigio_lock, irq);
	spin_unlock(&proc_lock);
	return id;
}

struct owner_ex {
	s32 type;
	s32 pid;
};
struct owner_uids {
	u32 uid, euid;
};

static s64 sigio_set_signal(struct file *f, u64 signo)
{
	struct sigio *s;

	if (signo > NSIG)
		return -EINVAL;
	s = sigio_of(f);
	if (!s)
		return -ENOMEM;
	store_once(s->to.signo, (s32)signo);
	return 0;
}

/*
 * F_GETOWN returns a group as a negative number, which programs can confuse with an errno;
 * F_GETOWN_EX exists for that reason.
 */
s64 sigio_fcntl(struct file *f, u32 cmd, u64 arg)
{
	struct sigio *s = load_acquire(f->sigio);
	struct owner_uids uids = { 0 };
	struct owner_ex o;

	switch (cmd) {
	case F_GETOWN:
		o.pid = sigio_owner(f, &o.type);
		return o.type == F_OWNER_PGRP ? -o.pid : o.pid;
	case F_SETOWN:
		return sigio_set_owner_signed(f, (s32)arg);
	case F_GETOWN_EX:
		o.pid = sigio_owner(f, &o.type);
		return user_put(UADDR(arg), &o);
	case F_SETOWN_EX:
		return user_get(&o, UADDR(arg)) ? -EFAULT
						: sigio_set_owner(f, o.type, o.pid, false);
	case F_GETSIG:
		return s ? load_once(s->to.signo) : 0;
	case F_SETSIG:
		return sigio_set_signal(f, arg);
	case F_GETOWNER_UIDS:
		if (s) {
			uids.uid = load_once(s->to.uid);
			uids.euid = load_once(s->to.euid);
		}
		return user_put(UADDR(arg), &uids);
	default:
		return -EINVAL;
	}
}
