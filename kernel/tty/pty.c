// SPDX-License-Identifier: MPL-2.0
/*
 * Pseudo-terminals: the slave's side, and the creation of pairs. See pty(7), pts(4).
 *
 * Output of the slave waits in pty.out for the master. Input from the master passes through the
 * slave's line discipline at once. One lock, the slave's, guards both sides.
 */
#include <kernel/chrdev.h>
#include <kernel/devpts.h>
#include <kernel/file.h>
#include <kernel/locks.h>
#include <kernel/poll.h>
#include <uapi/fs.h>

#include "core.h"

/* The number may be used again from here on. */
static void pty_release(struct pty *p)
{
	if (p->fs)
		devpts_number_free(p->fs, p->index);
	obj_put(&p->entry);
	devpts_put(&p->fs);
	obj_put(&p->poll);
	tty_queue_clear(&p->out);
}
OBJ_TYPE(pty, pty_release);

void pty_wake_reader(struct pty *p)
{
	waitq_wake_all(&p->readers);
	poll_notify(p->poll,
		POLLIN | POLLRDNORM | POLLPRI | (tty_queue_len(&p->out) ? ASYNC_IN : 0u));
}

void pty_wake_writer(struct pty *p)
{
	waitq_wake_all(&p->writers);
	poll_notify(p->poll, POLLOUT | POLLWRNORM);
}

/* ---- the slave as a terminal ---- */

static struct pty *pty_of(struct tty *t)
{
	return obj_cast(pty, t->private);
}

/* The slave's output waits for the master; a full queue makes the writer wait. */
static size_t slave_send(struct tty *t, struct cspan bytes)
{
	return tty_queue_put(&pty_of(t)->out, bytes, PTY_OUT);
}

/* Less than the eight bytes that one character may become counts as none (tty_output). */
static size_t slave_room(struct tty *t)
{
	u32 room = PTY_OUT - tty_queue_len(&pty_of(t)->out);

	return room < 8 ? 0 : room;
}

/* Output and packet status are for the master to read. */
static void slave_kick(struct tty *t)
{
	pty_wake_reader(pty_of(t));
}

/* Output that the master could already read stays, as on Linux. */
static void slave_flush(struct tty *t)
{
	struct pty *p = pty_of(t);

	if (tty_queue_len(&p->out) > PTY_VISIBLE)
		p->out.head = p->out.tail + PTY_VISIBLE;
	tty_packet(t, 0, TIOCPKT_FLUSHWRITE);
	tty_output_ready(t);
}

/* The slave's reader has made room for the master's bytes. */
static void slave_drained(struct tty *t)
{
	pty_wake_writer(pty_of(t));
}

/* Whether ^S and ^Q have their usual meaning, so that the master may act on them itself. */
static bool usual_flow_control(const struct termios_k *m)
{
	return (m->iflag & IXON) && m->cc[VSTOP] == 023 && m->cc[VSTART] == 021;
}

/*
 * In packet mode the master is notified when the usual flow control characters begin or cease to
 * work. A pty has no other format than 8 bits.
 */
static void slave_set_termios(struct tty *t, const struct termios_k *old)
{
	bool was = usual_flow_control(old), is = usual_flow_control(&t->termios);

	if (was != is)
		tty_packet(t, TIOCPKT_DOSTOP | TIOCPKT_NOSTOP,
			is ? TIOCPKT_DOSTOP : TIOCPKT_NOSTOP);
	t->termios.cflag = (t->termios.cflag & ~(CSIZE | PARENB)) | CS8 | CREAD;
}

/*
 * A slave cannot be opened before the master has unlocked it (unlockpt), or after the master was
 * closed.
 */
static int slave_open(struct tty *t)
{
	struct pty *p = pty_of(t);

	if (t->dead || p->locked)
		return -EIO;
	p->slave_closed = false;
	return 0;
}

/*
 * The last close of the slave: the master reads the rest of the output and then gets -EIO, until
 * the slave is opened again.
 */
static void slave_close(struct tty *t)
{
	struct pty *p = pty_of(t);

	p->slave_closed = true;
	waitq_wake_all(&p->readers);
	waitq_wake_all(&p->writers);
	poll_notify(p->poll, POLLIN | POLLOUT | POLLHUP);
}

static const struct tty_driver pty_driver = {
	.write = slave_send,
	.room = slave_room,
	.kick = slave_kick,
	.flush = slave_flush,
	.drained = slave_drained,
	.set_termios = slave_set_termios,
	.open = slave_open,
	.close = slave_close,
	.pty = true,
};

/*
 * The node in devpts keeps its terminal by a reference, which is taken here; it is gone when the
 * master was closed.
 */
static int open_slave(struct file *f)
{
	struct obj *o = devpts_tty(f->inode);
	struct tty *t = obj_cast(tty, o);
	int err = t ? tty_open_file(f, t, 0) : -EIO;

	obj_put_any(&o);
	return err;
}
static const struct file_ops slave_node_ops = { .open = open_slave };

/* ---- creation of a pair ---- */

/* Creates a pair. Consumes the reference on @fs and the number, also on failure. */
static int pty_make_pair(struct devpts *fs, u32 number, struct pty **out)
{
	struct pty *p = obj_new(pty);
	struct tty *t = p ? tty_new(&pty_driver, MKDEV(136, number)) : NULL;
	int err = -ENOMEM;

	if (!t) {
		devpts_number_free(fs, number);
		devpts_put(&fs);
		obj_put(&p);
		return err;
	}
	p->fs = fs;
	p->index = number;
	p->locked = true;
	t->private = &obj_get(p)->obj;
	p->slave = t;
	err = devpts_add(fs, number, &t->obj, &p->entry);
	if (err) {
		obj_put(&p->slave);
		obj_put(&p);
	} else {
		*out = p;
	}
	return err;
}

/*
 * Each open of ptmx makes a new pair: a number of the devpts instance, the terminal, and the
 * slave's node.
 */
static int open_master(struct file *f)
{
	struct devpts *fs = NULL;
	struct pty *p = NULL;
	u32 number;
	int err = devpts_of_ptmx(&f->path, &fs);

	if (err)
		return err;
	err = devpts_number_new(fs, &number);
	if (err)
		devpts_put(&fs);
	else
		err = pty_make_pair(fs, number, &p);
	if (err)
		return err;
	f->ops = &ptmx_file_ops;
	f->private = &p->obj;
	f->mode |= FMODE_STREAM;
	return 0;
}
static const struct file_ops master_node_ops = { .open = open_master };

int pty_init(void)
{
	int err = chrdev_register(5, 2, 1, LIT("ptmx"), S_IFCHR | 0666, &master_node_ops);

	return err ? err
		   : chrdev_register(136, 0, 1u << 20, LIT("pts"), S_IFCHR | 0600, &slave_node_ops);
}
