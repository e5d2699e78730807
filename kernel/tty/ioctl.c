// SPDX-License-Identifier: MPL-2.0
/*
 * The other ioctls of terminals, and vhangup(2). See ioctl_tty(2). Those that change the terminal
 * are subject to job control: a background process gets SIGTTOU first (tty_check_background).
 *
 * Each command takes tty.lock for its change and never holds it over a copy to or from user memory,
 * which may sleep. A command that waits for the output (TCSBRK, tcdrain) can be interrupted, and
 * ends when the terminal is hung up.
 */
#include <frame/time.h>
#include <kernel/cred.h>
#include <kernel/file.h>
#include <kernel/syscall.h>
#include <kernel/thread.h>
#include <kernel/uaccess.h>

#include "core.h"

int tty_put_int(u64 to, s32 v)
{
	return user_put(UADDR(to), &v) ? -EFAULT : 0;
}

static bool tty_is_admin(void)
{
	return cred_capable(thread_current()->cred, CAP_SYS_ADMIN);
}

/* ---- ioctls of both sides of a pty ---- */

/* TIOCGWINSZ. Under the lock: a handler of SIGWINCH reads the size that the signal is for. */
static s64 get_winsize(struct tty *t, u64 arg)
{
	struct winsize w;

	mutex_lock(&t->lock);
	w = t->winsize;
	mutex_unlock(&t->lock);
	return user_put(UADDR(arg), &w) ? -EFAULT : 0;
}

/*
 * TIOCSWINSZ: a change is stored, then SIGWINCH goes to the foreground group. The signal is sent
 * under the lock, so of two changes at a time the last signal comes after the last size.
 */
static s64 set_winsize(struct tty *t, u64 arg)
{
	struct winsize w;
	bool changed;

	if (user_get(&w, UADDR(arg)))
		return -EFAULT;
	mutex_lock(&t->lock);
	changed = !cspan_equal(value_cspan(&w), value_cspan(&t->winsize));
	t->winsize = w;
	if (changed)
		tty_signal_foreground(t, SIGWINCH);
	mutex_unlock(&t->lock);
	return 0;
}

/* The only line discipline is N_TTY, 0. */
static s64 set_discipline(struct tty *t, u64 arg, bool master)
{
	s32 v;
	s64 err = master ? 0 : tty_check_background(t, SIGTTOU);

	if (err)
		return err;
	if (user_get(&v, UADDR(arg)))
		return -EFAULT;
	return v ? -EINVAL : 0;
}

/* These read and write the slave, also on the master's side, where job control does not apply. */
s64 tty_shared_ioctl(struct tty *t, struct file *f, u32 cmd, u64 arg, bool master)
{
	switch (cmd) {
	case TIOCGWINSZ:
		return get_winsize(t, arg);
	case TIOCSWINSZ:
		return set_winsize(t, arg);
	case TIOCGETD:
		return tty_put_int(arg, 0);
	case TIOCSETD:
		return set_discipline(t, arg, master);
	case TIOCGDEV:
		return tty_put_int(arg, (s32)t->dev);
	case TIOCSCTTY:
	case TIOCNOTTY:
	case TIOCGPGRP:
	case TIOCSPGRP:
	case TIOCGSID:
		return tty_job_ioctl(t, f, cmd, arg, master);
	default:
		return tty_mode_ioctl(t, cmd, arg);
	}
}

/* ---- ioctls of one terminal ---- */

/* Waits for the driver's output. A hung-up terminal (dead) has none to wait for. */
int tty_drain(struct tty *t)
{
	int err = 0;

	if (t->driver->pending)
		wait_event(&t->writers, !t->driver->pending(t) || t->dead, WAIT_INTERRUPTIBLE,
			NO_DEADLINE, &err);
	return err ? -ERESTARTSYS : 0;
}

/* Nothing to do for a terminal without a wire, such as a pty. */
static void tty_set_break(struct tty *t, bool on)
{
	mutex_lock(&t->lock);
	if (t->driver->set_break)
		t->driver->set_break(t, on);
	mutex_unlock(&t->lock);
}

/*
 * TCSBRK, TCSBRKP, TIOCSBRK, TIOCCBRK. The output is sent before the break. TCSBRK with an argument
 * that is not 0 only waits; that is how tcdrain is made. The break itself lasts 250 ms, or for
 * TCSBRKP tenths of a second. A signal during the break ends it early.
 */
static s64 do_break(struct tty *t, u32 cmd, u64 arg)
{
	s64 err = cmd == TIOCCBRK ? 0 : tty_check_background(t, SIGTTOU);
	u64 ms = cmd == TCSBRKP && arg ? min(arg, 1000ul) * 100 : 250;

	if (!err && cmd != TIOCCBRK && tty_drain(t))
		err = -EINTR;
	if (err || (cmd == TCSBRK && arg))
		return err;
	if (cmd == TIOCSBRK || cmd == TIOCCBRK) {
		tty_set_break(t, cmd == TIOCSBRK);
	} else if (t->driver->set_break) {
		tty_set_break(t, true);
		err = task_sleep_until(time_mono_ns() + ms * NSEC_PER_MSEC, WAIT_INTERRUPTIBLE);
		tty_set_break(t, false);
	}
	return err ? -EINTR : 0;
}

/*
 * TCFLSH: drops input, output or both. The pty master can send again after the input is dropped
 * (drained).
 */
static s64 tty_flush(struct tty *t, u64 queue)
{
	int err;

	/* Waiting input is dropped before job control is checked. */
	mutex_lock(&t->lock);
	if (queue == TCIFLUSH || queue == TCIOFLUSH)
		tty_queue_clear(&t->waiting);
	mutex_unlock(&t->lock);
	err = tty_check_background(t, SIGTTOU);
	if (err)
		return err;
	if (queue > TCIOFLUSH)
		return -EINVAL;
	mutex_lock(&t->lock);
	if (queue != TCOFLUSH) {
		tty_flush_input(t);
		if (t->driver->drained)
			t->driver->drained(t);
	}
	if (queue != TCIFLUSH && t->driver->flush)
		t->driver->flush(t);
	mutex_unlock(&t->lock);
	return 0;
}

/*
 * TCXONC (tcflow). TCOOFF stops output until TCOON, whatever ^Q says (tco_stopped). TCIOFF and
 * TCION send the stop or start character to the other side.
 */
static s64 flow_control(struct tty *t, u64 action)
{
	int err = tty_check_background(t, SIGTTOU);
	u8 c;

	if (err)
		return err;
	if (action > TCION)
		return -EINVAL;
	mutex_lock(&t->lock);
	if (action == TCOOFF && !t->tco_stopped) {
		t->tco_stopped = true;
		tty_stop_output(t);
	} else if (action == TCOON && t->tco_stopped) {
		t->tco_stopped = false;
		tty_start_output(t);
	} else if (action >= TCIOFF) {
		c = t->termios.cc[action == TCIOFF ? VSTOP : VSTART];
		if (c) {
			(void)t->driver->write(t, value_cspan(&c));
			tty_kick(t);
		}
	}
	mutex_unlock(&t->lock);
	return 0;
}

/*
 * TIOCSTI injects input as if it were typed, which can be used to run commands in another user's
 * shell. So it requires CAP_SYS_ADMIN, or the sysctl dev.tty.legacy_tiocsti and that the terminal
 * is the caller's own.
 */
static bool legacy_tiocsti;

bool tty_legacy_tiocsti(s32 set)
{
	if (set >= 0)
		store_once(legacy_tiocsti, set != 0);
	return load_once(legacy_tiocsti);
}

/*
 * The order of the errors tells which of the conditions failed: -EIO is the switch, -EPERM
 * another's terminal.
 */
int tty_may_simulate(struct tty *t)
{
	struct tty *own;
	bool mine;

	if (tty_is_admin())
		return 0;
	if (!tty_legacy_tiocsti(-1))
		return -EIO;
	own = process_tty(thread_current()->process);
	mine = own && own == t;
	obj_put(&own);
	return mine ? 0 : -EPERM;
}

/* TIOCSTI: one byte, through the line discipline, so ^C typed in this way sends SIGINT. */
static s64 simulate_input(struct tty *t, u64 arg)
{
	u8 c;
	s64 err = tty_may_simulate(t);

	if (err)
		return err;
	if (user_get(&c, UADDR(arg)))
		return -EFAULT;
	mutex_lock(&t->lock);
	(void)tty_discipline(t, value_cspan(&c));
	mutex_unlock(&t->lock);
	return 0;
}

/* TIOCINQ: the bytes that a read would return without a wait. */
static s64 count_input(struct tty *t, u64 arg)
{
	u32 n;

	mutex_lock(&t->lock);
	n = tty_readable_bytes(t);
	mutex_unlock(&t->lock);
	return tty_put_int(arg, (s32)n);
}

/*
 * TIOCMGET and its relatives. Only the lines that the machine drives can be set; those that the
 * other side drives are ignored.
 */
static s64 modem_lines(struct tty *t, u32 cmd, u64 arg)
{
	u32 ours = TIOCM_DTR | TIOCM_RTS | TIOCM_OUT1 | TIOCM_OUT2 | TIOCM_LOOP;
	s32 v;

	if (!t->driver->modem)
		return -ENOTTY;
	if (cmd == TIOCMGET)
		return tty_put_int(arg, (s32)t->driver->modem(t));
	if (user_get(&v, UADDR(arg)))
		return -EFAULT;
	mutex_lock(&t->lock);
	t->driver->set_modem(t, cmd == TIOCMBIC ? 0 : (u32)v & ours,
		cmd == TIOCMBIC           ? (u32)v & ours
			: cmd == TIOCMSET ? ~(u32)v & ours
					  : 0);
	mutex_unlock(&t->lock);
	return 0;
}

/* TIOCGICOUNT: errors and changes of the lines since the start. Only real ports have them. */
static s64 line_counts(struct tty *t, u64 arg)
{
	struct serial_counts c;

	if (!t->driver->counts)
		return -ENOTTY;
	c = t->driver->counts(t);
	return user_put(UADDR(arg), &c) ? -EFAULT : 0;
}

/* TIOCVHANGUP: as vhangup(2), for any terminal that the caller has open. */
static s64 hang_up(struct tty *t)
{
	if (!tty_is_admin())
		return -EPERM;
	tty_hangup(t, false);
	return 0;
}

/*
 * What belongs to this side alone; the rest is shared with the pty's master. TIOCEXCL is a flag
 * that the open looks at. TIOCGPTPEER is the master's.
 */
s64 tty_ioctl(struct file *f, u32 cmd, u64 arg)
{
	struct tty *t = obj_cast(tty, f->private);

	switch (cmd) {
	case TIOCINQ:
		return count_input(t, arg);
	case TIOCOUTQ:
		return tty_put_int(arg, t->driver->pending ? (s32)t->driver->pending(t) : 0);
	case TCFLSH:
		return tty_flush(t, arg);
	case TCXONC:
		return flow_control(t, arg);
	case TCSBRK:
	case TCSBRKP:
	case TIOCSBRK:
	case TIOCCBRK:
		return do_break(t, cmd, arg);
	case TIOCMGET:
	case TIOCMSET:
	case TIOCMBIS:
	case TIOCMBIC:
		return modem_lines(t, cmd, arg);
	case TIOCGICOUNT:
		return line_counts(t, arg);
	case TIOCEXCL:
	case TIOCNXCL:
		t->exclusive = cmd == TIOCEXCL;
		return 0;
	case TIOCGEXCL:
		return tty_put_int(arg, t->exclusive);
	case TIOCSTI:
		return simulate_input(t, arg);
	case TIOCVHANGUP:
		return hang_up(t);
	case TIOCCONS:
		return tty_redirect_console(f);
	case TIOCGPTPEER:
		return -EIO;
	default:
		return tty_shared_ioctl(t, f, cmd, arg, false);
	}
}

/* Hangs up the controlling terminal of the caller. */
s64 sys_vhangup(struct thread *th)
{
	struct tty *t;

	if (!cred_capable(th->cred, CAP_SYS_TTY_CONFIG))
		return -EPERM;
	t = process_tty(th->process);
	if (t)
		tty_hangup(t, false);
	obj_put(&t);
	return 0;
}
