// SPDX-License-Identifier: MPL-2.0
/*
 * Terminals: the line discipline between a device (or the master of a pty) and programs. See
 * termios(3).
 *
 * tty.lock (mutex) guards all fields except those whose comment says otherwise. Input arrives in
 * task context. Signals are sent, tasks woken and the driver's operations called under the lock;
 * user memory is copied without it.
 */
#ifndef KERNEL_TTY_H
#define KERNEL_TTY_H

#include <frame/wait.h>
#include <kernel/file.h>
#include <kernel/thread.h>
#include <uapi/termios.h>

#define TTY_RING 4096u

/* Operations of a driver. Called with tty.lock held, must not sleep. NULL: does nothing. */
struct TABLE tty_driver {
	/* Accepts output; returns how many bytes it accepted (fewer: it is full). */
	size_t (*write)(struct tty *t, struct cspan bytes);
	/*
	 * How many bytes it accepts now; 0 if that is fewer than any one character needs (8). Also
	 * called without the lock: the result is then a hint.
	 */
	size_t (*room)(struct tty *t);
	/* The end of a series of writes: starts the transmission. */
	void (*kick)(struct tty *t);
	/* pending: bytes of output accepted and not sent yet; flush: discards them. */
	size_t (*pending)(struct tty *t);
	void (*flush)(struct tty *t);
	/* Programs have read input: the other side may send more. */
	void (*drained)(struct tty *t);
	/* ^S or ^Q has stopped or restarted the output. */
	void (*stopped)(struct tty *t);
	void (*set_termios)(struct tty *t, const struct termios_k *old);
	void (*set_break)(struct tty *t, bool on);
	/* Modem lines (TIOCM_*) and counts of a serial line. */
	u32 (*modem)(struct tty *t);
	void (*set_modem)(struct tty *t, u32 set, u32 clear);
	struct serial_counts (*counts)(struct tty *t);
	/* Each open; the last close. open returns 0 or -errno. */
	int (*open)(struct tty *t);
	void (*close)(struct tty *t);
	bool pty; /* a pty: it lives on between its last close and the master's */
};

/*
 * A ring of bytes whose buffer exists only while it is needed. The size is that of the buffer, a
 * power of two.
 */
struct tty_queue {
	struct buf *buf;
	u32 head, tail;
};

struct tty {
	struct obj obj;
	struct mutex lock;
	const struct tty_driver *driver;
	struct obj *private; /* the driver's; reference */
	struct termios_k termios;
	struct termios_k kept; /* TIOCSLCKTRMIOS: locked bits */
	u32 ispeed, ospeed;    /* baud */
	struct winsize winsize;
	u64 dev;
	LIST_HEAD(file) files; /* open ones, by tty_link; hung-up ones too */
	u32 open_count;        /* number of files; lock; the task of a port reads it without */
	bool dead;             /* the master of the pty has been closed */
	bool exclusive;        /* TIOCEXCL */
	bool stopped;          /* by ^S, or by tcflow when tco_stopped too */
	bool tco_stopped;
	bool async_missed;     /* a write with O_ASYNC found no room */
	bool reading, writing; /* a read or write is in progress: others wait for their turn */
	bool throttled;        /* IXOFF: a stop character has been sent */

	/*
	 * Input: in the ring, [tail, canon_head) is finished lines and [canon_head, head) is the
	 * line being edited; without ICANON there is no difference. Input that did not fit is in
	 * `waiting`.
	 */
	u32 head, tail, canon_head;
	bool literal_next, erasing;
	u8 ring[TTY_RING];
	/* a set bit: the byte ends a line; if the byte is 0, it is an end-of-file mark, not data */
	u64 ends[TTY_RING / 64];
	u64 special[4]; /* a set bit: the byte is special in the present mode */
	struct tty_queue waiting;

	/*
	 * Output: the column, for tabs, and the column where the edited line began. Echo that the
	 * device did not accept is kept.
	 */
	u32 column, canon_column;
	u32 echo_len;
	u8 echo[256];
	struct tty_queue echo_waiting;

	/* Packet mode of the pty master: TIOCPKT_* bits that the master has not read. */
	bool packet;
	u8 packet_status;

	struct waitq readers, writers, turns;
	struct poll_source *poll;

	/* The session whose controlling terminal it is; proc_lock. */
	struct session *session; /* borrowed */
	s32 foreground;          /* id of the foreground group; 0: none */
};
OBJ_TYPE_DECL(tty);

/* A terminal with default attributes; one reference. NULL: no memory. Context: task. */
struct tty *tty_new(const struct tty_driver *driver, u64 dev);
/*
 * Input from the device: returns how many bytes were accepted (fewer: full). Takes tty.lock.
 * Context: task.
 */
size_t tty_input(struct tty *t, struct cspan bytes);
/* A byte received with an error, or a break. Takes tty.lock. */
enum tty_damage { TTY_BREAK, TTY_PARITY, TTY_FRAME, TTY_OVERRUN };
void tty_input_damaged(struct tty *t, u8 c, enum tty_damage what);
/* The device accepts output again: sends the waiting echo and wakes writers. tty.lock held. */
void tty_output_ready(struct tty *t);
/*
 * Hang-up: open files stop working, and the session leader gets SIGHUP; with @session_ends also the
 * foreground group. Takes tty.lock. Context: task.
 */
void tty_hangup(struct tty *t, bool session_ends);

/*
 * Makes @f an open file of the terminal: sets f->ops, f->private and the counts. @how: TTY_OPEN_*.
 * Returns 0 or -errno.
 */
enum tty_open_how {
	TTY_OPEN_NOCTTY = 1,
	TTY_OPEN_CONSOLE = 2 /* /dev/console: no hang-up, no job control */
};
int must_check tty_open_file(struct file *f, struct tty *t, u32 how);

/* ---- sessions ---- */
/* The controlling terminal of @p, borrowed, or NULL; proc_lock held. */
struct tty *process_tty_locked(const struct process *p);
/* The same, as a reference; takes proc_lock. */
struct tty *process_tty(struct process *p);
/*
 * A session leader exits: its terminal becomes free, and the foreground group gets SIGHUP. Called
 * without locks.
 */
void tty_session_exit(struct session *s);

/*
 * Whether any user may use TIOCSTI on the controlling terminal (dev.tty.legacy_tiocsti): sets it to
 * @set, or only returns it if @set < 0.
 */
bool tty_legacy_tiocsti(s32 set);

/*
 * The console terminal: the driver of the stdout device sets it (a reference is kept, the first one
 * counts). tty_console returns it borrowed, or NULL.
 */
void tty_set_console(struct tty *t);
struct tty *tty_console(void);

#endif
