// SPDX-License-Identifier: MPL-2.0
/* /dev/console, /dev/tty and the serial terminals. */
#include <frame/log.h>
#include <kernel/console_input.h>
#include <kernel/init.h>
#include <kernel/tty.h>

static struct tty *console;

void tty_set_console(struct tty *t)
{
	if (!console)
		console = obj_get(t);
}

struct tty *tty_console(void)
{
	return console;
}

static int open_console(struct file *f)
{
	if (!console)
		return -ENXIO;
	f->flags |= O_NOCTTY; /* /dev/console never becomes a controlling terminal by itself */
	return tty_open_file(f, console);
}
static const struct file_ops console_ops = { .open = open_console };

static int open_serial(struct file *f)
{
	struct tty *t = serial_tty(DEV_MINOR(f->inode->rdev) - 64);

	return t ? tty_open_file(f, t) : -ENXIO;
}
static const struct file_ops serial_ops = { .open = open_serial };

/* The terminal of the caller's session. */
static int open_current(struct file *f)
{
	struct thread *th = thread_current();
	struct tty *t = NULL;
	int err;

	spin_lock(&proc_lock);
	if (th && th->process->session->tty)
		t = obj_get(th->process->session->tty);
	spin_unlock(&proc_lock);
	if (!t)
		return -ENXIO;
	err = tty_open_file(f, t);
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
		err = chrdev_register(4, 64, 4, LIT("ttyS"), S_IFCHR | 0600, &serial_ops);
	return err;
}
