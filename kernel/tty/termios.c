// SPDX-License-Identifier: MPL-2.0
/*
 * Attributes of terminals: the three generations of tcgetattr and tcsetattr. See termios(3),
 * ioctl_tty(2).
 *
 * A set copies the attributes from user memory into a copy of the present ones, without the lock,
 * because an older format has only some of the fields. Then it waits for the output if requested
 * (SET_DRAINED, SET_FLUSHED), and applies them under the lock. Of two concurrent sets the later one
 * wins as a whole.
 */
#include <kernel/cred.h>
#include <kernel/thread.h>
#include <kernel/uaccess.h>

#include "core.h"

/* ---- speeds ---- */

/*
 * The rate for the B constant in these bits. BOTHER: the number in the structure itself, of
 * TCSETS2.
 */
static u32 baud_rate(u32 bits, u32 other)
{
	static const u32 low[16] = { 0, 50, 75, 110, 134, 150, 200, 300, 600, 1200, 1800, 2400,
		4800, 9600, 19200, 38400 };
	static const u32 high[16] = { 0, 57600, 115200, 230400, 460800, 500000, 576000, 921600,
		1000000, 1152000, 1500000, 2000000, 2500000, 3000000, 3500000, 4000000 };

	bits &= CBAUD;
	if (bits == BOTHER)
		return other;
	return bits & CBAUDEX ? high[bits & 15] : low[bits & 15];
}

/* The speeds follow from cflag; an input speed of 0 means that of the output. */
static void set_speeds(struct termios2_k *n)
{
	u32 in = n->t.cflag >> IBSHIFT & CBAUD;

	n->ospeed = baud_rate(n->t.cflag, n->ospeed);
	n->ispeed = in ? baud_rate(in, n->ispeed) : n->ospeed;
}

/* ---- copies ---- */

/*
 * One copy under the lock, then the format that was asked for: the newest has the speeds as
 * numbers, the oldest 16-bit flags.
 */
static s64 get_termios(struct tty *t, u32 cmd, u64 arg)
{
	struct termios2_k now;
	struct termio_k old;
	u32 i;

	mutex_lock(&t->lock);
	now = (struct termios2_k){ t->termios, t->ispeed, t->ospeed };
	mutex_unlock(&t->lock);
	if (cmd == TCGETS2)
		return user_put(UADDR(arg), &now) ? -EFAULT : 0;
	if (cmd == TCGETS)
		return user_put(UADDR(arg), &now.t) ? -EFAULT : 0;
	old = (struct termio_k){ (u16)now.t.iflag, (u16)now.t.oflag, (u16)now.t.cflag,
		(u16)now.t.lflag, .line = now.t.line };
	for (i = 0; i < NCC; i++)
		old.cc[i] = now.t.cc[i];
	return user_put(UADDR(arg), &old) ? -EFAULT : 0;
}

/* struct termio has the low 16 bits of each flag word; the others stay. */
static u32 low_half(u32 flags, u16 low)
{
	return (flags & 0xffff0000) | low;
}

static s64 copy_termio_in(struct termios2_k *to, u64 arg)
{
	struct termio_k in;
	u32 i;

	if (user_get(&in, UADDR(arg)))
		return -EFAULT;
	to->t.iflag = low_half(to->t.iflag, in.iflag);
	to->t.oflag = low_half(to->t.oflag, in.oflag);
	to->t.cflag = low_half(to->t.cflag, in.cflag);
	to->t.lflag = low_half(to->t.lflag, in.lflag);
	to->t.line = in.line;
	for (i = 0; i < NCC; i++)
		to->t.cc[i] = in.cc[i];
	return 0;
}

/* ---- setting ---- */

enum set_when { SET_NOW, SET_DRAINED, SET_FLUSHED };
struct set_request {
	enum set_when when;
	u32 format; /* TCSETS, TCSETS2 or TCSETA */
};

/*
 * Splits a set command into the time of the change and the format of its argument. Returns false if
 * it is none.
 */
static bool request_of(u32 cmd, struct set_request *r)
{
	if (cmd >= TCSETS && cmd <= TCSETSF)
		*r = (struct set_request){ (enum set_when)(cmd - TCSETS), TCSETS };
	else if (cmd >= TCSETA && cmd <= TCSETAF)
		*r = (struct set_request){ (enum set_when)(cmd - TCSETA), TCSETA };
	else if (cmd >= TCSETS2 && cmd <= TCSETSF2)
		*r = (struct set_request){ (enum set_when)(cmd - TCSETS2), TCSETS2 };
	else
		return false;
	return true;
}

static u32 keep_bits(u32 new, u32 old, u32 kept)
{
	return (new & ~kept) | (old & kept);
}

/* Bits that TIOCSLCKTRMIOS has locked keep their value. */
static void keep_locked(struct termios_k *new, const struct termios_k *old,
	const struct termios_k *kept)
{
	u32 i;

	new->iflag = keep_bits(new->iflag, old->iflag, kept->iflag);
	new->oflag = keep_bits(new->oflag, old->oflag, kept->oflag);
	new->cflag = keep_bits(new->cflag, old->cflag, kept->cflag);
	new->lflag = keep_bits(new->lflag, old->lflag, kept->lflag);
	new->line = kept->line ? old->line : new->line;
	for (i = 0; i < NCCS; i++)
		new->cc[i] = kept->cc[i] ? old->cc[i] : new->cc[i];
}

/*
 * Applies new attributes: locked bits keep their values, the driver may refuse some, and the line
 * discipline adapts. tty.lock held.
 */
static void termios_apply(struct tty *t, const struct termios2_k *new)
{
	struct termios_k old = t->termios;

	t->termios = new->t;
	t->ispeed = new->ispeed;
	t->ospeed = new->ospeed;
	keep_locked(&t->termios, &old, &t->kept);
	if (t->driver->set_termios)
		t->driver->set_termios(t, &old);
	tty_mode_changed(t, &old);
}

/*
 * Job control first: a background process is stopped before it changes what the foreground one
 * sees. The wait for the output is without the lock, since output may need as long as the line
 * takes.
 */
static s64 set_termios(struct tty *t, const struct set_request *r, u64 arg)
{
	struct termios2_k new;
	s64 err = tty_check_background(t, SIGTTOU);

	if (err)
		return err;
	mutex_lock(&t->lock);
	new = (struct termios2_k){ t->termios, t->ispeed, t->ospeed };
	mutex_unlock(&t->lock);
	if (r->format == TCSETA)
		err = copy_termio_in(&new, arg);
	else if (r->format == TCSETS2)
		err = user_get(&new, UADDR(arg));
	else
		err = user_get(&new.t, UADDR(arg));
	if (err)
		return -EFAULT;
	set_speeds(&new);
	if (r->when != SET_NOW)
		err = tty_drain(t);
	if (err)
		return err;
	mutex_lock(&t->lock);
	if (r->when == SET_FLUSHED)
		tty_flush_input(t);
	termios_apply(t, &new);
	tty_pump(t);
	mutex_unlock(&t->lock);
	return 0;
}

/* ---- calls ---- */

/* TIOCGSOFTCAR, TIOCSSOFTCAR: CLOCAL as a value of its own. */
static s64 soft_carrier(struct tty *t, u32 cmd, u64 arg)
{
	struct termios2_k new;
	s32 v;

	mutex_lock(&t->lock);
	new = (struct termios2_k){ t->termios, t->ispeed, t->ospeed };
	mutex_unlock(&t->lock);
	if (cmd == TIOCGSOFTCAR)
		return tty_put_int(arg, !!(new.t.cflag &CLOCAL));
	if (user_get(&v, UADDR(arg)))
		return -EFAULT;
	mutex_lock(&t->lock);
	new = (struct termios2_k){ t->termios, t->ispeed, t->ospeed };
	new.t.cflag = (new.t.cflag & ~CLOCAL) | (v ? CLOCAL : 0);
	termios_apply(t, &new);
	mutex_unlock(&t->lock);
	return 0;
}

/* TIOCGLCKTRMIOS, TIOCSLCKTRMIOS: the mask of attributes that cannot be changed. */
static s64 kept_bits(struct tty *t, u32 cmd, u64 arg)
{
	struct termios_k v;

	mutex_lock(&t->lock);
	v = t->kept;
	mutex_unlock(&t->lock);
	if (cmd == TIOCGLCKTRMIOS)
		return user_put(UADDR(arg), &v) ? -EFAULT : 0;
	if (!cred_capable(thread_current()->cred, CAP_SYS_ADMIN))
		return -EPERM;
	if (user_get(&v, UADDR(arg)))
		return -EFAULT;
	mutex_lock(&t->lock);
	t->kept = v;
	mutex_unlock(&t->lock);
	return 0;
}

/* A command that is none of these belongs to nobody: -ENOTTY. */
s64 tty_mode_ioctl(struct tty *t, u32 cmd, u64 arg)
{
	struct set_request r;

	switch (cmd) {
	case TCGETS:
	case TCGETS2:
	case TCGETA:
		return get_termios(t, cmd, arg);
	case TIOCGSOFTCAR:
	case TIOCSSOFTCAR:
		return soft_carrier(t, cmd, arg);
	case TIOCGLCKTRMIOS:
	case TIOCSLCKTRMIOS:
		return kept_bits(t, cmd, arg);
	default:
		return request_of(cmd, &r) ? set_termios(t, &r, arg) : -ENOTTY;
	}
}
