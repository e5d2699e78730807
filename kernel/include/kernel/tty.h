// SPDX-License-Identifier: MPL-2.0
/*
 * Terminals: the line discipline between a device (or a pty master) and programs. See termios(3).
 *
 * tty.lock (mutex) guards everything but what says otherwise; input arrives in task context.
 */
#ifndef KERNEL_TTY_H
#define KERNEL_TTY_H

#include <frame/wait.h>
#include <kernel/thread.h>
#include <kernel/vfs.h>
#include <uapi/termios.h>

#define TTY_RING 4096u

struct TABLE tty_driver {
	/* Takes output; returns how many bytes it took (fewer: it is full, or stopped). Called without tty.lock. */
	size_t (*write)(struct tty *t, struct cspan bytes);
	/* How many bytes it takes now. */
	size_t (*room)(struct tty *t);
	/* The last close. */
	void (*close)(struct tty *t);
};

struct tty {
	struct obj obj;
	struct mutex lock;
	const struct tty_driver *driver;
	struct obj *private;       /* of the driver; reference */
	struct termios_k termios;
	struct winsize winsize;
	u32 ispeed, ospeed;        /* baud; nothing here depends on it */
	u64 dev;
	u32 open_count;
	bool hung_up;              /* the other side is gone: reads give 0, writes EIO */
	bool exclusive;
	bool output_stopped;       /* ^S */

	/* Input: [tail, line_end) can be read in canonical mode, [line_end, head) is being edited. */
	u32 head, tail, line_end;
	bool literal_next;
	u32 column;                /* of the output, for tabs and erasing */
	u32 edit_column;           /* where the line being edited began */
	u8 ring[TTY_RING];
	u64 ends[TTY_RING / 64];   /* bit: the byte ends a line */
	u64 eofs[TTY_RING / 64];   /* bit: the byte is an end-of-file mark, not data */

	struct waitq readers, writers;
	struct poll_source *poll;
	struct session *session;   /* whose controlling terminal it is; proc_lock; borrowed */
};
OBJ_TYPE_DECL(tty);

struct tty *tty_new(const struct tty_driver *driver, u64 dev);
/* Input from the device, in task context. */
void tty_input(struct tty *t, struct cspan bytes);
/* The device takes output again. */
void tty_output_ready(struct tty *t);
/* Carrier lost or pty master closed: SIGHUP to the session, readers and writers end. */
void tty_hangup(struct tty *t);
/* An open file on it: sets f->private and counts. */
int tty_open_file(struct file *f, struct tty *t);
extern const struct file_ops tty_file_ops;
/* Bytes that can be read now in the present mode. tty.lock held. */
u32 tty_readable(struct tty *t);
void tty_flush_input(struct tty *t);
/* ioctl.c */
s64 tty_ioctl(struct file *f, u32 cmd, u64 arg);
/* Job control: may the caller do this from the background? 0, -EIO, -ERESTARTSYS (a signal was sent). */
int tty_check_background(struct tty *t, s32 signo);
/* The foreground group's id, 0: none. */
s32 tty_foreground(struct tty *t);
void tty_signal_foreground(struct tty *t, s32 signo);
/* A session leader exits: its terminal is free, the foreground group gets SIGHUP. Called without locks. */
void tty_session_exit(struct session *s);
/* The console terminal, made by the driver of the stdout device. */
void tty_set_console(struct tty *t);
struct tty *tty_console(void);

#endif
