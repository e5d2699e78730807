// SPDX-License-Identifier: MPL-2.0
/*
 * /dev/console, /dev/tty and the serial terminals.
 *
 * TIOCCONS redirects writes on /dev/console to another terminal. The redirection holds a reference
 * on the open file, and ends when that terminal is hung up or TIOCCONS is called on the console
 * itself.
 */
#include <kernel/chrdev.h>
#include <kernel/cred.h>
#include <kernel/file.h>
#include <kernel/init.h>
#include <kernel/inode.h>
#include <kernel/serial.h>
#include <kernel/thread.h>
#include <kernel/uio.h>
#include <uapi/fs.h>

#include "core.h"

static struct tty *console;

/* The first port wins; called by probes at boot, one at a time. */
void tty_set_console(struct tty *t)
{
	if (!console)
		console = obj_get(t);
}

struct tty *tty_console(void)
{
	return console;
}

/* ---- TIOCCONS ---- */

static struct spinlock redirect_lock;
static struct file *redirect; /* target of writes on /dev/console; a reference */

/*
 * Takes the redirection away if it goes to @t (NULL: in any case). Returns the reference. The
 * caller drops it without the lock: that may be the last reference, and a release takes other
 * locks.
 */
static struct file *take_redirect(struct tty *t)
{
	struct file *f = NULL;

	spin_lock(&redirect_lock);
	if (redirect && (!t || obj_cast(tty, redirect->private) == t)) {
		f = redirect;
		redirect = NULL;
	}
	spin_unlock(&redirect_lock);
	return f;
}

void tty_drop_redirect(struct tty *t)
{
	struct file *f = take_redirect(t);

	obj_put(&f);
}

/*
 * TIOCCONS. On the console itself it ends the redirection; elsewhere it begins one, unless there is
 * one already.
 */
s64 tty_redirect_console(struct file *f)
{
	bool busy;

	if (!cred_capable(thread_current()->cred, CAP_SYS_ADMIN))
		return -EPERM;
	if (f->ops == &tty_console_file_ops) {
		tty_drop_redirect(NULL);
		return 0;
	}
	if (!(f->mode & FMODE_WRITE))
		return -EBADF;
	spin_lock(&redirect_lock);
	busy = redirect;
	if (!busy)
		redirect = obj_get(f);
	spin_unlock(&redirect_lock);
	return busy ? -EBUSY : 0;
}

/*
 * The file is pinned under the lock and written without it, so the redirection may end meanwhile. A
 * redirected terminal that is hung up in that moment gives the writer its error once; the next
 * write goes to the console again.
 */
ssize_t tty_console_write(struct file *f, struct uio *u, u64 *pos)
{
	struct file *to;
	ssize_t n;

	spin_lock(&redirect_lock);
	to = redirect ? obj_get(redirect) : obj_get(f);
	spin_unlock(&redirect_lock);
	n = tty_write(to, u, pos);
	obj_put(&to);
	return n;
}

/* ---- nodes ---- */

static int open_console(struct file *f)
{
	return console ? tty_open_file(f, console, TTY_OPEN_CONSOLE) : -ENXIO;
}
static const struct file_ops console_ops = { .open = open_console };

static int open_serial(struct file *f)
{
	struct tty *t = serial_tty(f->inode->rdev);

	return t ? tty_open_file(f, t, 0) : -ENXIO;
}
static const struct file_ops serial_ops = { .open = open_serial };

/* /dev/tty: the controlling terminal of the caller. */
static int open_current(struct file *f)
{
	struct thread *th = thread_current();
	struct tty *t = th ? process_tty(th->process) : NULL;
	int err = t ? tty_open_file(f, t, TTY_OPEN_NOCTTY) : -ENXIO;

	obj_put(&t);
	return err;
}
static const struct file_ops current_ops = { .open = open_current };

int tty_init(void)
{
	int err = chrdev_register(5, 0, 1, LIT("tty"), S_IFCHR | 0666, &current_ops);

	if (!err)
		err = chrdev_register(5, 1, 1, LIT("console"), S_IFCHR | 0600, &console_ops);
	if (!err)
		err = chrdev_register(4, 64, SERIAL_MAX_LINES, LIT("ttyS"), S_IFCHR | 0600,
			&serial_ops);
	if (!err)
		err = chrdev_register(SIFIVE_TTY_MAJOR, 0, SERIAL_MAX_LINES, LIT("ttySIF"),
			S_IFCHR | 0600, &serial_ops);
	if (!err)
		err = chrdev_register(HVC_MAJOR, 0, SERIAL_MAX_LINES, LIT("hvc"), S_IFCHR | 0600,
			&serial_ops);
	return err ? err : pty_init();
}
