// SPDX-License-Identifier: MPL-2.0
/*
 * Controlling terminals and job control. See credentials(7) and ioctl_tty(2).
 *
 * How terminals, sessions and processes refer to each other. A session has at most one terminal
 * (session.tty, a reference) and a terminal at most one session (tty.session, borrowed; it is
 * cleared before the session gives its reference up). Each process of the session has the terminal
 * or not: a process inherits it at fork, the leader gets it when it takes it, and a member may give
 * it up alone. To record this without a list, the session counts the terminals that it has had
 * (session.tty_serial), and a process stores the number of its own (process.tty_serial).
 *
 * How job control stops a background process. Reads, and changes of the terminal, call
 * tty_check_background. If the terminal is the caller's and another group is in the foreground, the
 * whole group of the caller gets SIGTTIN or SIGTTOU, and the call returns -ERESTARTSYS: it starts
 * again after the group was stopped and continued. If the signal is ignored or blocked, a read
 * fails and a write proceeds. An orphaned group would never be continued, so the call fails with
 * -EIO instead.
 *
 * How a terminal leaves a session. leave_locked cuts both pointers under proc_lock and returns the
 * references. Signals and the release of the references follow without the lock: both may take
 * other locks. The group that was in the foreground is named by its id and looked up again, and
 * signalled only if it is still a group of the session.
 *
 * Locking: proc_lock guards all of these fields. It is taken inside tty.lock.
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

/* Signals group @id if there is such a group and it belongs to session @s. */
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
	irq = spin_lock_irqsave(&th->sighand->lock); /* timers take this lock in interrupts */
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

/* ---- taking and leaving a terminal ---- */

/* Gives terminal @t to the session of leader @p. proc_lock held; neither has a partner. */
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

/* The result of leaving a terminal, to be processed outside proc_lock. */
struct tty_left {
	struct session *session; /* reference */
	struct tty *tty;         /* the session's reference */
	s32 foreground;
};

/* Separates a session from its terminal. proc_lock held. */
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

/* Drops the references. proc_lock not held. */
static void left_done(struct tty_left *left)
{
	obj_put(&left->session);
	obj_put(&left->tty);
}

/* Sends SIGHUP and SIGCONT to the leader of the session. */
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
		/* The group is signalled when the leader exits (tty_session_exit). */
		left.session->hup_group = left.foreground;
	spin_unlock(&proc_lock);
	if (left.session && hangup) {
		signal_leader(left.session);
		if (session_ends)
			signal_group(left.session, left.foreground, SIGHUP);
	}
	left_done(&left);
}

/*
 * A session leader exits. If the session lost its terminal in a hang-up, the group that was in the
 * foreground then gets SIGHUP and SIGCONT. A serial line is hung up, so that the next session finds
 * it fresh. A pty is only separated from the session, and its foreground group gets SIGHUP.
 */
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

/* ---- system calls ---- */

/*
 * TIOCSCTTY. With the argument 1 a privileged leader takes the terminal of another session; that
 * session is not signalled, as on Linux.
 */
static s64 set_controlling(struct thread *th, struct tty *t, struct file *f, u64 force)
{
	struct process *p = th->process;
	bool admin = cred_capable(th->cred, CAP_SYS_ADMIN);
	struct tty_left stolen = { 0 };
	s64 err = 0;

	spin_lock(&proc_lock);
	if (p->session->sid == p->pid && t->session == p->session) {
		/* The terminal is the session's already. */
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

/*
 * TIOCNOTTY: if the leader gives the terminal up, the whole session loses it; a member gives it up
 * alone.
 */
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
 * The session of group @id, or of process @id if there is no such group; NULL if there is neither.
 * Only for comparison, since it is not a reference. Id 0, init's session, has no name.
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

/*
 * TIOCSPGRP: sets the foreground group. As a change of the terminal it is subject to job control
 * itself.
 */
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

/* TIOCGPGRP, TIOCGSID. The master of a pty may read the ids of any session. */
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
