// SPDX-License-Identifier: MPL-2.0
/*
 * Controlling terminals and job control. See credentials(7), ioctl_tty(2).
 *
 * A session has a terminal and each of its processes has it or not: a process gets it at fork or
 * when it is the leader that takes it, and a member may give it up. So the session counts the
 * terminals it has had (tty_serial) and a process remembers which one of them is its own.
 */
#include <kernel/cred.h>
#include <kernel/file.h>
#include <kernel/thread.h>
#include <kernel/uaccess.h>

#include "core.h"

struct tty *process_tty_locked(const struct process *p)
{
	const struct session *const s = p->session;

	return s && s->tty && p->tty_serial == s->tty_serial ? s->tty : NULL;
}

struct tty *process_tty(struct process *p)
{
	struct tty *t;

	spin_lock(&proc_lock);
	t = process_tty_locked(p);
	if (t)
		(void)obj_get(t);
	spin_unlock(&proc_lock);
	return t;
}

/* Signals group @id if it is (still) one of session @s. */
static void signal_group(struct session *s, s32 id, s32 signo)
{
	struct pgrp *g = id ? pgrp_find(id) : NULL;

	if (g && g->session == s)
		signal_send_pgrp(g, signo);
	obj_put(&g);
}

void tty_signal_foreground(struct tty *t, s32 signo)
{
	struct session *s;
	s32 id;

	spin_lock(&proc_lock);
	s = t->session ? obj_get(t->session) : NULL;
	id = t->foreground;
	spin_unlock(&proc_lock);
	if (s)
		signal_group(s, id, signo);
	obj_put(&s);
}

int tty_check_background(struct tty *t, s32 signo)
{
	struct thread *th = thread_current();
	struct process *p = th->process;
	struct pgrp *g = NULL;
	bool ignored, lonely = false;
	u64 irq;

	spin_lock(&proc_lock);
	if (process_tty_locked(p) == t && t->foreground && t->foreground != p->pgrp->pgid) {
		g = obj_get(p->pgrp);
		lonely = pgrp_is_orphaned_locked(g, NULL);
	}
	spin_unlock(&proc_lock);
	if (!g)
		return 0;
	irq = spin_lock_irqsave(&th->sighand->lock); /* timers take it in their interrupt */
	ignored = (th->blocked & sigbit(signo)) ||
		th->sighand->action[signo - 1].handler == SIG_IGN;
	spin_unlock_irqrestore(&th->sighand->lock, irq);
	if (!ignored && !lonely)
		signal_send_pgrp(g, signo);
	obj_put(&g);
	if (ignored)
		return signo == SIGTTIN ? -EIO : 0;
	return lonely ? -EIO : -ERESTARTSYS;
}

/* ---- taking and leaving ---- */

/* proc_lock held; the session has no terminal, the terminal no session. */
static void take_locked(struct process *p, struct tty *t)
{
	struct session *s = p->session;

	s->tty = obj_get(t);
	p->tty_serial = ++s->tty_serial;
	t->session = s;
	t->foreground = p->pgrp->pgid;
}

void tty_become_controlling(struct tty *t)
{
	struct thread *th = thread_current();
	struct process *p = th ? th->process : NULL;

	if (!p)
		return;
	spin_lock(&proc_lock);
	if (p->session->sid == p->pid && !p->session->tty && !t->session)
		take_locked(p, t);
	spin_unlock(&proc_lock);
}

/* What leaving a terminal leads to, outside proc_lock. */
struct tty_left {
	struct session *session; /* reference */
	struct tty *tty;         /* the session's reference */
	s32 foreground;
};

/* proc_lock held. */
static struct tty_left leave_locked(struct session *s)
{
	struct tty_left left = { 0 };

	if (!s || !s->tty)
		return left;
	left.session = obj_get(s);
	left.tty = s->tty;
	left.foreground = s->tty->foreground;
	s->tty->session = NULL;
	s->tty->foreground = 0;
	s->tty = NULL;
	return left;
}

static void left_done(struct tty_left *left)
{
	obj_put(&left->session);
	obj_put(&left->tty);
}

static void signal_leader(struct session *s)
{
	struct thread *l = thread_find(s->sid);

	if (l && l->process->session == s) {
		signal_kernel(l->process, SIGHUP);
		signal_kernel(l->process, SIGCONT);
	}
	obj_put(&l);
}

void tty_leave_session(struct tty *t, bool hangup, bool session_ends)
{
	struct tty_left left;

	spin_lock(&proc_lock);
	left = leave_locked(t->session);
	if (left.session && hangup)
		/* It gets its signals when the leader exits. */
		left.session->hup_group = left.foreground;
	spin_unlock(&proc_lock);
	if (left.session && hangup) {
		signal_leader(left.session);
		if (session_ends)
			signal_group(left.session, left.foreground, SIGHUP);
	}
	left_done(&left);
}

void tty_session_exit(struct session *s)
{
	struct tty_left left = { 0 };
	struct tty *line = NULL;
	s32 orphans = 0;

	spin_lock(&proc_lock);
	if (!s->tty)
		orphans = s->hup_group;
	else if (s->tty->driver->pty)
		left = leave_locked(s);
	else
		line = obj_get(s->tty);
	s->hup_group = 0;
	spin_unlock(&proc_lock);
	if (line)
		tty_hangup(line, true);
	if (left.session)
		signal_group(left.session, left.foreground, SIGHUP);
	if (orphans) {
		signal_group(s, orphans, SIGHUP);
		signal_group(s, orphans, SIGCONT);
	}
	obj_put(&line);
	left_done(&left);
}

/* ---- calls ---- */

/* TIOCSCTTY. */
static s64 set_controlling(struct thread *th, struct tty *t, struct file *f, u64 force)
{
	struct process *p = th->process;
	bool admin = cred_capable(th->cred, CAP_SYS_ADMIN);
	struct tty_left stolen = { 0 };
	s64 err = 0;

	spin_lock(&proc_lock);
	if (p->session->sid == p->pid && t->session == p->session) {
		/* it is ours */
	} else if (p->session->sid != p->pid || process_tty_locked(p)) {
		err = -EPERM;
	} else if (t->session && (force != 1 || !admin)) {
		err = -EPERM;
	} else if (!(f->mode & FMODE_READ) && !admin) {
		err = -EPERM;
	} else {
		stolen = leave_locked(t->session);
		take_locked(p, t);
	}
	spin_unlock(&proc_lock);
	left_done(&stolen);
	return err;
}

/* TIOCNOTTY: the leader leaves with the whole session, a member alone. */
static s64 give_up_controlling(struct thread *th, struct tty *t)
{
	struct process *p = th->process;
	struct tty_left left = { 0 };
	s64 err = 0;

	spin_lock(&proc_lock);
	if (process_tty_locked(p) != t)
		err = -ENOTTY;
	else if (p->session->sid == p->pid)
		left = leave_locked(p->session);
	else
		p->tty_serial = 0;
	spin_unlock(&proc_lock);
	if (left.session) {
		signal_group(left.session, left.foreground, SIGHUP);
		signal_group(left.session, left.foreground, SIGCONT);
	}
	left_done(&left);
	return err;
}

/*
 * The session of what @id names: a group, or else any process; NULL: nothing. Only to be compared.
 * (0, init's, has no name.)
 */
static struct session *session_of_id(s32 id)
{
	struct pgrp *g = id ? pgrp_find(id) : NULL;
	struct session *s = g ? g->session : NULL;
	struct thread *l = g || !id ? NULL : thread_find(id);

	if (l)
		s = l->process->session;
	obj_put(&g);
	obj_put(&l);
	return s;
}

/* TIOCSPGRP. */
static s64 set_foreground(struct thread *th, struct tty *t, u64 arg)
{
	struct process *p = th->process;
	struct session *s;
	s32 id;
	s64 err = tty_check_background(t, SIGTTOU);

	if (err)
		return err == -EIO ? -ENOTTY : err;
	if (user_get(&id, UADDR(arg)))
		return -EFAULT;
	if (id < 0)
		return -EINVAL;
	s = session_of_id(id);
	spin_lock(&proc_lock);
	if (process_tty_locked(p) != t)
		err = -ENOTTY;
	else if (!s)
		err = -ESRCH;
	else if (s != p->session)
		err = -EPERM;
	else
		t->foreground = id;
	spin_unlock(&proc_lock);
	return err;
}

/* TIOCGPGRP, TIOCGSID. The master of a pty may ask about any session. */
static s64 get_ids(struct thread *th, struct tty *t, u32 cmd, u64 arg, bool master)
{
	s32 sid, group;
	bool allowed;

	spin_lock(&proc_lock);
	allowed = master || process_tty_locked(th->process) == t;
	sid = t->session ? t->session->sid : 0;
	group = t->foreground;
	spin_unlock(&proc_lock);
	if (!allowed || (cmd == TIOCGSID && !sid))
		return -ENOTTY;
	return tty_put_int(arg, cmd == TIOCGSID ? sid : group);
}

s64 tty_job_ioctl(struct tty *t, struct file *f, u32 cmd, u64 arg, bool master)
{
	struct thread *th = thread_current();

	switch (cmd) {
	case TIOCSCTTY:
		return set_controlling(th, t, f, arg);
	case TIOCNOTTY:
		return master ? -ENOTTY : give_up_controlling(th, t);
	case TIOCSPGRP:
		return set_foreground(th, t, arg);
	default:
		return get_ids(th, t, cmd, arg, master);
	}
}
