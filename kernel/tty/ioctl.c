// SPDX-License-Identifier: MPL-2.0
/* Terminal ioctls and job control. See ioctl_tty(2), credentials(7). */
#include <kernel/uaccess.h>

#include "ldisc.h"

/* ---- who is in the foreground ---- */

s32 tty_foreground(struct tty *t)
{
	s32 id = 0;

	spin_lock(&proc_lock);
	if (t->session && t->session->foreground)
		id = t->session->foreground->pgid;
	spin_unlock(&proc_lock);
	return id;
}

void tty_signal_foreground(struct tty *t, s32 signo)
{
	struct pgrp *g = NULL;

	spin_lock(&proc_lock);
	if (t->session && t->session->foreground)
		g = obj_get(t->session->foreground);
	spin_unlock(&proc_lock);
	if (g)
		signal_send_pgrp(g, signo);
	obj_put(&g);
}

/* Whether a group has no member that a shell could continue. proc_lock held. */
static bool orphaned(struct pgrp *g)
{
	struct process *p;

	list_for_each (p, &g->members, pgrp_link) {
		if (p->state != PROCESS_ZOMBIE && p->parent && p->parent->pgrp != g && p->parent->session == p->session && p->parent != process_init())
			return false;
	}
	return true;
}

int tty_check_background(struct tty *t, s32 signo)
{
	struct thread *th = thread_current();
	struct process *p = th->process;
	struct pgrp *g = NULL;
	bool background, ignored, lonely;

	spin_lock(&proc_lock);
	background = t->session && p->session == t->session && t->session->foreground != p->pgrp;
	if (background)
		g = obj_get(p->pgrp);
	lonely = background && orphaned(p->pgrp);
	spin_unlock(&proc_lock);
	if (!background)
		return 0;
	spin_lock(&th->sighand->lock);
	ignored = (th->blocked & sigbit(signo)) || th->sighand->action[signo - 1].handler == SIG_IGN;
	spin_unlock(&th->sighand->lock);
	if (ignored || lonely) {
		obj_put(&g);
		return signo == SIGTTIN || (lonely && !ignored) ? -EIO : 0;
	}
	signal_send_pgrp(g, signo);
	obj_put(&g);
	return -ERESTARTSYS;
}

/* ---- attributes ---- */

/* The rate that a B constant stands for; 0: none of them. */
static u32 baud_rate(u32 cflag)
{
	static const u32 low[16] = { 0, 50, 75, 110, 134, 150, 200, 300, 600, 1200, 1800, 2400, 4800, 9600, 19200, 38400 };
	static const u32 high[16] = { 0, 57600, 115200, 230400, 460800, 500000, 576000, 921600, 1000000, 1152000, 1500000, 2000000, 2500000, 3000000,
		3500000, 4000000 };

	return cflag & BOTHER ? high[cflag & 15] : low[cflag & 15];
}

static s64 get_termios(struct tty *t, u32 cmd, u64 arg)
{
	struct termios2_k out;

	mutex_lock(&t->lock);
	out = (struct termios2_k){ t->termios, t->ispeed, t->ospeed };
	mutex_unlock(&t->lock);
	if (cmd == TCGETS2)
		return user_put(UADDR(arg), &out) ? -EFAULT : 0;
	return user_put(UADDR(arg), &out.t) ? -EFAULT : 0;
}

static s64 set_termios(struct tty *t, u32 cmd, u64 arg)
{
	struct termios2_k new = { 0 };
	bool two = cmd == TCSETS2 || cmd == TCSETSW2 || cmd == TCSETSF2;
	int err = tty_check_background(t, SIGTTOU);

	if (err)
		return err;
	if (two ? user_get(&new, UADDR(arg)) : user_get(&new.t, UADDR(arg)))
		return -EFAULT;
	if (!two || (new.t.cflag & CBAUD) != BOTHER)
		new.ispeed = new.ospeed = baud_rate(new.t.cflag);
	mutex_lock(&t->lock);
	if (cmd == TCSETSF || cmd == TCSETSF2)
		tty_flush_input(t);
	if ((t->termios.lflag ^ new.t.lflag) & ICANON) {
		/* What has been typed becomes readable at once without lines; a line to edit with. */
		t->line_end = t->head;
	}
	t->termios = new.t;
	t->ispeed = new.ispeed;
	t->ospeed = new.ospeed;
	if (!(new.t.iflag & IXON))
		t->output_stopped = false;
	mutex_unlock(&t->lock);
	waitq_wake_all(&t->readers);
	tty_output_ready(t);
	return 0;
}

static s64 set_winsize(struct tty *t, u64 arg)
{
	struct winsize w;
	bool changed;

	if (user_get(&w, UADDR(arg)))
		return -EFAULT;
	mutex_lock(&t->lock);
	changed = w.row != t->winsize.row || w.col != t->winsize.col || w.xpixel != t->winsize.xpixel || w.ypixel != t->winsize.ypixel;
	t->winsize = w;
	mutex_unlock(&t->lock);
	if (changed)
		tty_signal_foreground(t, SIGWINCH);
	return 0;
}

/* ---- sessions ---- */

static s64 set_controlling(struct thread *th, struct tty *t, struct file *f, u64 force)
{
	struct process *p = th->process;
	s64 err = 0;

	(void)f;
	spin_lock(&proc_lock);
	if (p->session->sid != p->pid || (p->session->tty && p->session->tty != t)) {
		err = p->session->sid == p->pid && p->session->tty == t ? 0 : -EPERM;
	} else if (t->session && t->session != p->session) {
		if (force == 1 && cred_capable(th->cred, CAP_SYS_ADMIN)) {
			struct tty *old = t->session->tty;
			t->session->tty = NULL;
			t->session->foreground = NULL;
			t->session = NULL;
			obj_put(&old);
		} else {
			err = -EPERM;
		}
	}
	if (!err && p->session->tty != t) {
		p->session->tty = obj_get(t);
		p->session->foreground = p->pgrp;
		t->session = p->session;
	}
	spin_unlock(&proc_lock);
	return err;
}

/* Takes the terminal from the session; gives the reference and the foreground group to the caller. proc_lock held. */
static struct tty *leave_locked(struct session *s, struct pgrp **fg)
{
	struct tty *t = s->tty;

	*fg = s->foreground ? obj_get(s->foreground) : NULL;
	s->tty = NULL;
	s->foreground = NULL;
	if (t)
		t->session = NULL;
	return t;
}

static s64 give_up_controlling(struct thread *th, struct tty *t)
{
	struct process *p = th->process;
	struct pgrp *fg = NULL;
	struct tty *gone = NULL;

	spin_lock(&proc_lock);
	if (p->session->tty != t) {
		spin_unlock(&proc_lock);
		return -ENOTTY;
	}
	if (p->session->sid == p->pid)
		gone = leave_locked(p->session, &fg);
	spin_unlock(&proc_lock);
	if (fg) {
		signal_send_pgrp(fg, SIGHUP);
		signal_send_pgrp(fg, SIGCONT);
	}
	obj_put(&fg);
	obj_put(&gone);
	return 0;
}

void tty_session_exit(struct session *s)
{
	struct pgrp *fg = NULL;
	struct tty *gone;

	spin_lock(&proc_lock);
	gone = leave_locked(s, &fg);
	spin_unlock(&proc_lock);
	if (gone && fg) {
		signal_send_pgrp(fg, SIGHUP);
		signal_send_pgrp(fg, SIGCONT);
	}
	obj_put(&fg);
	obj_put(&gone);
}

static s64 set_foreground(struct thread *th, struct tty *t, u64 arg)
{
	struct process *p = th->process;
	struct pgrp *g;
	s32 pgid;
	s64 err = tty_check_background(t, SIGTTOU);

	if (err)
		return err;
	if (user_get(&pgid, UADDR(arg)))
		return -EFAULT;
	if (pgid < 0)
		return -EINVAL;
	g = pgrp_find(pgid);
	spin_lock(&proc_lock);
	if (!t->session || p->session != t->session)
		err = -ENOTTY;
	else if (!g)
		err = -ESRCH;
	else if (g->session != p->session)
		err = -EPERM;
	else
		t->session->foreground = g;
	spin_unlock(&proc_lock);
	obj_put(&g);
	return err;
}

static s64 put_int(u64 to, s32 v)
{
	return user_put(UADDR(to), &v) ? -EFAULT : 0;
}

static s64 get_ids(struct thread *th, struct tty *t, u32 cmd, u64 arg)
{
	s32 sid = 0;
	bool mine;

	spin_lock(&proc_lock);
	mine = t->session && t->session == th->process->session;
	if (t->session)
		sid = t->session->sid;
	spin_unlock(&proc_lock);
	if (!mine)
		return -ENOTTY;
	return put_int(arg, cmd == TIOCGSID ? sid : tty_foreground(t));
}

static s64 flush(struct tty *t, u64 queue)
{
	int err = tty_check_background(t, SIGTTOU);

	if (err)
		return err;
	if (queue > 2)
		return -EINVAL;
	if (queue != 1) {
		mutex_lock(&t->lock);
		tty_flush_input(t);
		mutex_unlock(&t->lock);
	}
	return 0;
}

static s64 flow_control(struct tty *t, u64 action)
{
	if (action > 3)
		return -EINVAL;
	if (action < 2) {
		t->output_stopped = action == 0;
		if (action == 1)
			tty_output_ready(t);
	}
	return 0;
}

s64 tty_ioctl(struct file *f, u32 cmd, u64 arg)
{
	struct tty *t = obj_cast(tty, f->private);
	struct thread *th = thread_current();
	s32 v;
	u8 c;

	if (t->hung_up)
		return -EIO;
	switch (cmd) {
	case TCGETS:
	case TCGETS2:
		return get_termios(t, cmd, arg);
	case TCSETS2:
	case TCSETSW2:
	case TCSETSF2:
	case TCSETS:
	case TCSETSW:
	case TCSETSF:
		return set_termios(t, cmd, arg);
	case TIOCGWINSZ:
		return user_put(UADDR(arg), &t->winsize) ? -EFAULT : 0;
	case TIOCSWINSZ:
		return set_winsize(t, arg);
	case TIOCSCTTY:
		return set_controlling(th, t, f, arg);
	case TIOCNOTTY:
		return give_up_controlling(th, t);
	case TIOCGPGRP:
	case TIOCGSID:
		return get_ids(th, t, cmd, arg);
	case TIOCSPGRP:
		return set_foreground(th, t, arg);
	case TIOCINQ:
		mutex_lock(&t->lock);
		v = (s32)tty_readable(t);
		mutex_unlock(&t->lock);
		return put_int(arg, v);
	case TIOCOUTQ:
		return put_int(arg, 0);
	case TCFLSH:
		return flush(t, arg);
	case TCXONC:
		return flow_control(t, arg);
	case TCSBRK:
	case TCSBRKP:
		return tty_check_background(t, SIGTTOU);
	case TIOCEXCL:
	case TIOCNXCL:
		t->exclusive = cmd == TIOCEXCL;
		return 0;
	case TIOCGETD:
		return put_int(arg, 0);
	case TIOCGDEV:
		return put_int(arg, (s32)t->dev);
	case TIOCSTI:
		if (!cred_capable(th->cred, CAP_SYS_ADMIN))
			return -EPERM;
		if (user_get(&c, UADDR(arg)))
			return -EFAULT;
		tty_input(t, value_cspan(&c));
		return 0;
	default:
		return -ENOTTY;
	}
}
